# The result of each kind of image: testdata/images/expected.tsv is the contract.
# shellcheck shell=bash

# The table without its header line.
fetch_all_images() {
    serve
    sed 1d "$IMAGES/expected.tsv" >table
    cut -f1 table | sed "s|^|$site/|" >urls.txt
    fetch --thumb=64 --thumb=16x12:exact --thumb-format=png --retries=0 urls.txt
}

test_all_as_expected() {
    fetch_all_images
    assert_rc 1
    rows '[(.url | sub(".*/"; "")), .format // "-", .width // 0, .height // 0,
        .orientation // 1, .error // "", if .truncated then 1 else 0 end] | @tsv' >is
    diff table is >diff.out || fail "expected (<) and got (>): $(cat diff.out)"
    assert_whole
}

test_status_follows_error() {
    fetch_all_images
    rows 'select(.error == null) | .status' | sort -u >status
    assert_eq "$(cat status)" success
    rows 'select(.url | endswith("/empty.jpg")) | .status + " \(.path) \(.sha256)"' >status
    assert_eq "$(cat status)" 'failed_to_download null null'
    rows 'select(.error == "not_an_image") | .status + " \(.path)"' | sort -u >status
    assert_eq "$(cat status)" 'failed_to_resize null'
    rows 'select(.error == "decode_error" or .error == "unsupported_format" or
        .error == "image_too_large") | "\(.status) \(.path == null) \(.thumbs | length)"' |
        sort -u >status
    assert_eq "$(cat status)" 'failed_to_resize false 0'
}

test_originals_are_the_bytes_served() {
    local name path
    fetch_all_images
    rows 'select(.path) | (.url | sub(".*/"; "")) + " " + .path' >kept
    while read -r name path; do
        cmp -s "$IMAGES/$name" "out/$path" || fail "$name differs"
    done <kept
    assert_between "$(wc -l <kept)" 70 100 'originals kept'
}

test_extension_is_that_of_the_content() {
    fetch_all_images
    assert_eq "$(rows 'select(.url | endswith("/wrong_extension.png")) | .path | sub(".*[.]"; "")')" jpg
    rows 'select(.path and .format) | .format + " " + (.path | sub(".*[.]"; ""))' | sort -u >pairs
    printf '%s\n' 'avif avif' 'bmp bmp' 'gif gif' 'ico ico' 'jpeg jpg' 'png png' 'svg svg' 'tiff tif' \
        'webp webp' >expected
    diff expected pairs >diff.out || fail "$(cat diff.out)"
}

# Pixels of a small PNG with 8-bit channels and no interlace, a line each: "R G B A".
# A zlib stream without its 2-byte header is a gzip stream without its header. gzip complains
# about the end after it has written everything. The rest is PNG's filters (RFC 2083, 6).
png_pixels() {
    local width colour
    width=$(od -An -tu1 -j19 -N1 "$1" | tr -d ' ')
    colour=$(od -An -tu1 -j25 -N1 "$1" | tr -d ' ')
    {
        printf '\037\213\010\0\0\0\0\0\0\003'
        tail -c +44 "$1"
    } | (gzip -dc 2>/dev/null || true) | od -An -v -tu1 -w1 | awk -v width="$width" -v colour="$colour" '
        function abs(x) { return x < 0 ? -x : x }
        function paeth(a, b, c,   pa, pb, pc) {
            pa = abs(b - c); pb = abs(a - c); pc = abs(a + b - 2 * c)
            return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
        }
        BEGIN {
            size = colour == 0 ? 1 : colour == 4 ? 2 : colour == 2 ? 3 : 4
            grey = size < 3
            alpha = size % 2 == 0
            len = width * size
            at = -1
        }
        at < 0 { filter = $1; at = 0; next }
        {
            a = at >= size ? line[at - size] : 0
            b = up[at] + 0
            c = at >= size ? up[at - size] + 0 : 0
            add = filter == 1 ? a : filter == 2 ? b : filter == 3 ? int((a + b) / 2) : \
                filter == 4 ? paeth(a, b, c) : 0
            line[at++] = ($1 + add) % 256
            if (at < len)
                next
            for (i = 0; i < len; i += size)
                print line[i], line[grey ? i : i + 1], line[grey ? i : i + 2], \
                    alpha ? line[i + size - 1] : 255
            for (i = 0; i < len; i++)
                up[i] = line[i]
            at = -1
        }'
}

# The corners of a 16x12 image as letters: which channels are strong; "...": transparent.
corners() {
    png_pixels "$1" | awk '
        NR == 1 || NR == 16 || NR == 177 || NR == 192 {
            if ($4 < 128)
                printf "... "
            else
                printf ($1 > 128 ? "r" : "-") ($2 > 128 ? "g" : "-") ($3 > 128 ? "b" : "-") " "
        }'
}

test_every_thumbnail_shows_the_picture_upright() {
    local name path is
    fetch_all_images
    rows 'select(.error == null and (.width == 160 or .format == "ico")) |
        (.url | sub(".*/"; "")) + " " + (.thumbs[] | select(.spec == "16x12-exact").path)' >thumbs
    while read -r name path; do
        is=$(corners "out/$path")
        case $name in
        png_grey_alpha.png) assert_eq "$is" '--- rgb --- ... ' "$name" ;;
        png_rgba.png | png_palette_trns.png | gif_transparent.gif | *_alpha.* | ico_mask.ico)
            assert_eq "$is" 'r-- -g- --b ... ' "$name"
            ;;
        *grey*) assert_eq "$is" '--- rgb --- rgb ' "$name" ;;
        *1bit*) assert_eq "$is" '--- rgb rgb rgb ' "$name" ;;
        truncated.bmp) assert_eq "${is:8}" '--b rgb ' "$name" ;; # BMP begins at the bottom
        truncated*) assert_eq "${is:0:8}" 'r-- -g- ' "$name" ;;
        *) assert_eq "$is" 'r-- -g- --b rgb ' "$name" ;;
        esac
    done <thumbs
    assert_between "$(wc -l <thumbs)" 60 100 'thumbnails'
}

# Pictures of odd kinds look as in Chromium: testdata/odd/expected.tsv.
test_odd_pictures_are_as_a_browser_shows_them() {
    local odd=$TOP/testdata/odd
    serve "$odd"
    sed 1d "$odd/expected.tsv" >table
    cut -f1 table | sed "s|^|$site/|" >urls.txt
    fetch --thumb=512 --thumb-format=png --retries=0 urls.txt
    rows '[(.url | sub(".*/"; "")), .format // "-", .width // 0, .height // 0,
        .orientation // 1, .error // "", if .truncated then 1 else 0 end] | @tsv' >is
    cut -f1-7 table | diff - is >diff.out || fail "expected (<) and got (>): $(cat diff.out)"
    rows '[(.url | sub(".*/"; "")), "out/\(.thumbs[0].path)"] | @tsv' | sort >paths
    cut -f1,8 table | grep -v -- '-$' | sort | join -t $'\t' paths - >pictures
    python3 "$here/pngblocks.py" <pictures >far
    assert_eq "$(cat far)" '' 'blocks of other colours'
    assert_between "$(wc -l <pictures)" 10 30 'pictures that were looked at'
}

# The mean of each block of 40 pixels of a 160x120 image.
block_means() {
    png_pixels "$1" | awk '{at = int((NR - 1) % 160 / 40) + 4 * int((NR - 1) / 6400)
            r[at] += $1; g[at] += $2; b[at] += $3}
        END {for (at = 0; at < 12; at++) printf "%.0f %.0f %.0f 255\n", r[at] / 1600, g[at] / 1600, b[at] / 1600}'
}

test_filter() {
    local filter
    serve
    echo "$site/png_rgb.png" >urls.txt
    fetch --thumb=4x3:exact --thumb-format=png urls.txt
    for filter in lanczos3 mitchell area; do
        fetch -o $filter --filter=$filter --thumb=4x3:exact --thumb-format=png urls.txt
        png_pixels "$(find $filter -name '*.png' -path '*4x3-exact*')" >$filter.pixels
    done
    block_means "$IMAGES/png_rgb.png" >means
    paste means area.pixels | awk '{for (c = 1; c < 5; c++) if (($c - $(c + 4)) ^ 2 > 1) exit 1}' ||
        fail "not the means: $(paste means area.pixels)"
    ! cmp -s area.pixels mitchell.pixels || fail 'mitchell is area'
    ! cmp -s lanczos3.pixels mitchell.pixels || fail 'mitchell is lanczos3'
    png_pixels "$(find out -name '*.png' -path '*4x3-exact*')" >default.pixels
    cmp default.pixels lanczos3.pixels || fail 'the default is not lanczos3'
    fetch -o none --filter=nearest urls.txt
    assert_rc 2
    assert_says 'unknown (lanczos3, mitchell or area)'
}

test_orientations_give_one_size() {
    fetch_all_images
    rows 'select(.url | contains("/orientation_")) |
        .thumbs[] | select(.spec == "64") | "\(.width)x\(.height)"' >sizes
    assert_eq "$(wc -l <sizes)" 8
    assert_eq "$(sort -u sizes)" 64x48
}

# How many of imgfetch's processes open libavif, which is linked with 25 more libraries.
test_libavif_is_loaded_once_and_by_those_who_decode_only() {
    local args expected
    command -v strace >/dev/null || return 0
    strace -o /dev/null true 2>/dev/null || return 0
    serve
    echo "$site/avif_420.avif" >urls.txt
    for args in --no-thumbs --workers=2; do
        expected=$([ $args = --no-thumbs ] && echo 0 || echo 1)
        rc=0
        ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat -o trace "$BIN/imgfetch" "${ALLOW[@]}" \
            -o "out$args" $args urls.txt >stdout 2>stderr || rc=$?
        assert_rc 0
        assert_eq "$(grep -c 'libavif\.so.*) = [0-9]' trace || true)" "$expected" "$args: libavif opened"
    done
}

# Serves a JPEG and a PNG with EXIF, and one without any.
serve_exif() {
    mkdir exif
    python3 "$TOP/cmd/imgfetch/e2e/putexif.py" "$IMAGES/jpeg_420.jpg" exif/a.jpg
    python3 "$TOP/cmd/imgfetch/e2e/putexif.py" "$IMAGES/png_rgb.png" exif/b.png
    cp "$IMAGES/jpeg_420.jpg" exif/c.jpg
    serve exif
    printf "$site/%s\n" a.jpg b.png c.jpg missing.jpg a.jpg >urls.txt
}

test_exif_is_in_the_row_when_asked_for() {
    local camera place none options alone='--no-thumbs --isolate=image'
    [ "$(main_level)" != landlock+seccomp ] || alone+=' --require-sandbox'
    serve_exif
    camera='"make":"Acme","model":"Snap [31m","datetime_original":"2024:05:01 12:34:56"'
    camera+=',"exposure_time":0.004,"f_number":2.8,"iso":400,"focal_length":35'
    place='"gps":{"lat":48.85833333,"lon":-2.5}'
    none='{"make":null,"model":null,"datetime_original":null,"exposure_time":null,"f_number":null,"iso":null,"focal_length":null,"gps":null}'
    for options in '-t 64' --no-thumbs '-t 64 --pool=threads' '--no-thumbs --pool=inline' \
        "$alone"; do
        # shellcheck disable=SC2086 # these are words
        fetch --exif $options -o camera urls.txt
        assert_rc 1
        assert_whole camera
        jq -c .exif camera/manifest/*.jsonl >is
        printf '%s\n' "{$camera,\"gps\":null}" "{$camera,\"gps\":null}" "$none" null "{$camera,\"gps\":null}" |
            diff - is >diff.out || fail "$options: $(cat diff.out)"
        # shellcheck disable=SC2086 # these are words
        fetch --exif=gps $options -o place urls.txt
        jq -c .exif place/manifest/*.jsonl | head -n 1 >is
        assert_eq "$(cat is)" "{$camera,$place}" "$options"
        rm -rf camera place
    done
    fetch --exif -o out urls.txt
    fetch --exif=gps -o out urls.txt
    assert_rc 2
    assert_says 'exif'
    fetch -o plain urls.txt
    assert_eq "$(rows 'has("exif")' plain | sort -u)" false
    fetch --exif --no-thumbs --pool=inline --require-sandbox -o out2 urls.txt
    assert_rc 2
    assert_says 'only --pool=procs has a sandbox'
    fetch --exif=all -o out2 urls.txt
    assert_rc 2
    assert_says '--exif=all'
}

test_exif_in_a_sidecar() {
    serve_exif
    fetch --exif --layout=webdataset urls.txt
    assert_rc 1
    tar xf out/00000.tar
    jq -c 'select(.error == null) | .exif' out/*.jsonl >is
    jq -c '.exif | fromjson' 0*.json | diff - is >diff.out || fail "$(cat diff.out)"
    fetch --verify
    assert_rc 0
}
