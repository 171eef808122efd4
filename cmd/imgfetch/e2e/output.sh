# Output: rows, thumbnails, shards, standard output and standard error.
# shellcheck shell=bash

test_row_has_every_field() {
    serve
    list /photo_640x480.jpg /missing.jpg
    echo nonsense >>urls.txt
    fetch urls.txt
    assert_rc 1
    rows 'keys_unsorted | join(" ")' | sort -u >keys
    assert_eq "$(cat keys)" "key index line url final_url status error message http_status attempts \
ip content_type etag last_modified format bytes sha256 width height orientation truncated \
truncated_transfer path thumbs duplicate_of reused started finished ms"
    rows '.ms | keys_unsorted | join(" ")' | sort -u >keys
    assert_eq "$(cat keys)" 'dns connect tls first_byte total decode'
    rows '[.[] | type] | join(" ")' >types
    assert_eq "$(sed -n 1p types)" "string number number string string string null null number \
number string string string string string number string number number number boolean boolean string array null boolean string string object"
    assert_eq "$(rows .key | paste -sd' ')" '000000000 000000001 000000002'
    assert_eq "$(rows '.content_type' | head -n 1)" image/jpeg
    assert_eq "$(rows 'select(.started) | (.started, .finished) |
        test("^[0-9-]{10}T[0-9:]{8}[.][0-9]{3}Z$")' | sort -u)" true
    assert_eq "$(rows 'select(.started == null) | .finished')" null
    assert_eq "$(rows 'select(.error == null) |
        .ms | .connect > 0 and .first_byte >= .connect and .total >= .first_byte and .decode > 0')" true
    assert_eq "$(jq -c '[.count, .successes, .failed_to_download, .failed_to_resize]' \
        out/00000_stats.json)" '[3,1,2,0]'
}

# A row has it wherever its body came from: in a duplicate, after a 304, from another directory.
test_another_hash_of_the_body() {
    local name
    serve
    list /jpeg_420.jpg /missing.jpg /jpeg_420.jpg /html.jpg
    for name in md5 sha1 sha512; do
        fetch -o $name --hash=$name -t 32 --retries=0 urls.txt
        assert_rc 1
        { ${name}sum <"$IMAGES/jpeg_420.jpg"; echo null; ${name}sum <"$IMAGES/jpeg_420.jpg"; } | cut -d' ' -f1 >sums
        assert_eq "$(rows ".$name" $name | head -3)" "$(<sums)"
        assert_eq "$(rows 'keys_unsorted | index("sha256") as $i | .[$i + 1]' $name | uniq)" $name
        "$BIN/imgfetch" --verify $name >verify.out 2>&1 || fail "$(cat verify.out)"
    done
    fetch -o md5 --refresh
    assert_says 'unchanged'
    assert_eq "$(rows .md5 md5 | grep -c null)" 1
    fetch -o tars --layout=webdataset --hash=md5 -t 32 --reuse=sha1 --retries=0 urls.txt
    assert_eq "$(jq -r '"\(.reused) \(.md5)"' tars/00000.jsonl | head -1)" "true $(rows .md5 md5 | head -1)"
    assert_eq "$(tar xOf tars/00000.tar 000000002.json | jq -r .md5)" "$(rows .md5 md5 | head -1)"
    "$BIN/imgfetch" --verify tars >verify.out 2>&1 || fail "$(cat verify.out)"
    # The rows of a directory are alike; a column that has that name needs another.
    fetch -o md5 --hash=sha1 urls.txt
    assert_rc 2
    assert_says '--hash=md5, not sha1'
    echo "url,md5" >urls.csv
    echo "$site/jpeg_420.jpg,from the list" >>urls.csv
    fetch -o list --keep-cols=md5 --hash=md5 urls.csv
    assert_rc 2
    assert_says '--hash=md5: a column of --keep-cols has this name: give it another one, --keep-cols=md5=list_md5'
    fetch -o list --keep-cols=md5 --hash=sha1 urls.csv
    assert_rc 0
    assert_eq "$(rows '"\(.md5) \(.sha1)"' list)" "from the list $(sha1sum <"$IMAGES/jpeg_420.jpg" | cut -d' ' -f1)"
}

test_json_is_the_manifest() {
    serve
    list_many 60
    echo "$site/missing.jpg" >>urls.txt
    fetch --json urls.txt
    assert_rc 1
    sort stdout >printed
    cat out/manifest/*.jsonl | sort | diff - printed >diff.out || fail "$(head -c 2000 diff.out)"
    assert_eq "$(wc -l <printed)" 61
}

test_json_into_head() {
    serve
    list_many 300 delay=5
    local status
    set +o pipefail
    "$BIN/imgfetch" "${ALLOW[@]}" -o out --json -c 4 urls.txt 2>stderr | head -n 1 >first
    status=${PIPESTATUS[0]}
    set -o pipefail
    assert_eq "$status" 3
    assert_says 'standard output was closed'
    jq -e .key first >/dev/null || fail "no row: $(cat first)"
    assert_between "$(count_rows)" 1 299 rows
    assert_whole
    fetch urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 300
    assert_whole
}

test_quiet() {
    serve
    list /jpeg_420.jpg /missing.jpg
    fetch -q urls.txt
    assert_rc 1
    assert_silent
    fetch -q no-such-list.txt
    assert_rc 3
    [ -s stderr ] || fail "an error is told also with -q"
}

test_verbose() {
    serve
    list /jpeg_420.jpg /missing.jpg '/jpeg_420.jpg?html=1'
    fetch -v urls.txt
    assert_rc 1
    assert_says 'line 2: http_error: HTTP 404'
    assert_says 'line 3: not_an_image'
    if grep -q 'line 1:' stderr; then
        fail "a success is no failure"
    fi
    [ ! -s stdout ] || fail "standard output: $(cat stdout)"
}

test_summary() {
    serve
    list /jpeg_420.jpg /missing.jpg /missing_too.jpg
    fetch urls.txt
    assert_says '1 of 3 rows succeeded'
    grep -Eq '^ *http_error +2$' stderr || fail "no count of errors: $(cat stderr)"
    assert_says 'hosts with most failures: 127.0.0.1 (2)'
    assert_says 'latency: p50'
    fetch urls.txt
    assert_says 'imgfetch: all 3 rows are already done: 1 ok, 2 http_error'
}

test_formats_that_are_not_supported_are_named() {
    serve
    list /svg.svg /tiff.tiff /svg.svg?2 /zip.jpg /svg.svg /jpeg_420.jpg # one is a duplicate
    fetch urls.txt
    assert_rc 1
    grep -qx '  unsupported_format 5: 3 svg, 1 unknown, 1 tiff' stderr || fail "$(cat stderr)"
}

test_progress_on_a_pipe() {
    serve
    list '/jpeg_420.jpg?delay=13000'
    fetch urls.txt
    assert_rc 0
    grep -Eq '^imgfetch: 0 of 1  0%  0 rows/s  0 B/s  after 1[0-9] s  ok 0  failed 0$' stderr || fail "no line after 10 s: $(cat stderr)"
    if grep -q $'\033' stderr; then
        fail "escape sequences on a pipe"
    fi
}

test_status_on_sigusr1() {
    serve
    list '/jpeg_420.jpg?delay=1500' /png_rgb.png
    fetch_start urls.txt
    await has_rows 1
    kill -USR1 "$pid"
    fetch_wait
    assert_rc 0
    assert_says 'imgfetch: 1 of 2  50%  '
    assert_says '  ok 1  failed 0  '
    assert_says 'in flight 1'
}

test_shards() {
    local i
    serve
    list_many 25
    fetch --shard-size=10 -t 32 -t 64:cover urls.txt
    assert_rc 0
    assert_eq "$(cd out && echo *)" \
        '00000_stats.json 00001_stats.json 00002_stats.json images manifest thumbs'
    assert_eq "$(jq -r .count out/*_stats.json | paste -sd' ')" '10 10 5'
    for ((i = 0; i < 25; i++)); do
        printf '%05d%04d images/%05d/%05d%04d\n' $((i / 10)) $((i % 10)) $((i / 10)) $((i / 10)) \
            $((i % 10))
    done >expected
    rows '.key + " " + (.path | sub("[.][a-z]+$"; ""))' | diff expected - >diff.out ||
        fail "$(cat diff.out)"
    assert_eq "$(rows .index | paste -sd' ')" "$(seq -s' ' 0 24)"
    assert_eq "$(cd out/thumbs && echo *)" '32 64-cover'
    assert_whole
}

test_wide_shards_have_wide_keys() {
    serve
    list /jpeg_420.jpg
    fetch --shard-size=100000 urls.txt
    assert_rc 0
    assert_eq "$(rows .key)" 0000000000
}

# Width and height of a PNG, from its header.
png_size() {
    od -An -tx1 -j16 -N8 "$1" | while read -r a b c d e f g h; do
        echo "$((0x$a$b$c$d))x$((0x$e$f$g$h))"
    done
}

test_thumbnail_sizes() {
    local spec size path expected is
    serve
    list /photo_640x480.jpg /png_tall_1x400.png /png_1x1.png /orientation_6.jpg
    cat >table <<END
64 64x48 1x64 1x1 64x48
64x64 64x48 1x64 1x1 64x48
64x64-cover 64x64 - - 64x64
64x64-pad 64x64 64x64 64x64 64x64
64x64-exact 64x64 - - 64x64
64-short 85x64 - - 85x64
100x 100x75 - - 100x75
x100 133x100 - - 133x100
100x30 40x30 - - 40x30
END
    fetch $(cut -d' ' -f1 table | sed 's/-/:/; s/^/--thumb=/') --thumb-format=png urls.txt
    assert_rc 0
    while read -r spec size; do
        rows ".thumbs[] | select(.spec == \"$spec\") | \"\(.width)x\(.height) \(.path)\"" >thumbs
        assert_eq "$(wc -l <thumbs)" 4 "thumbnails $spec"
        while read -r is path && read -r expected <&3; do
            [ "$expected" = - ] || assert_eq "$is" "$expected" "$path as the row says"
            assert_eq "$(png_size "out/$path")" "$is" "$path"
        done <thumbs 3< <(tr ' ' '\n' <<<"$size")
    done <table
    assert_whole
}

test_upscale() {
    serve
    list /png_1x1.png
    fetch --upscale -t 40 -t 30x20:cover urls.txt
    assert_rc 0
    assert_eq "$(rows '.thumbs[] | "\(.width)x\(.height)"' | paste -sd' ')" '40x40 30x20'
}

test_only_shrink() {
    serve
    list /jpeg_420.jpg # 160x120
    fetch -t 256:pad -t 120:cover -t 119:cover -t 150:pad -t 100:short -t 48:short urls.txt
    assert_eq "$(rows '.thumbs[] | "\(.width)x\(.height)"' | paste -sd' ')" \
        '256x256 120x120 119x119 150x150 133x100 64x48'
    fetch -o out2 --only-shrink -t 256:pad -t 120:cover -t 119:cover -t 150:pad -t 100:short \
        -t 48:short urls.txt
    assert_eq "$(rows '.thumbs[] | "\(.width)x\(.height)"' out2 | paste -sd' ')" \
        '160x120 160x120 119x119 150x150 133x100 64x48'
    fetch -o out3 --only-shrink -t 7 urls.txt # 5.25
    fetch -o out4 -t 6 urls.txt               # 4.5
    fetch -o out5 --only-shrink -t 6 urls.txt
    assert_eq "$(rows '.thumbs[] | "\(.width)x\(.height)"' out3)" 7x5
    assert_eq "$(rows '.thumbs[] | "\(.width)x\(.height)"' out4)" 6x5
    assert_eq "$(rows '.thumbs[] | "\(.width)x\(.height)"' out5)" 6x4
    fetch -o out6 --only-shrink --upscale urls.txt
    assert_rc 2
    assert_says '--upscale and --only-shrink: give only one of them'
    fetch -o out2 -t 256:pad urls.txt # it shapes the directory
    assert_rc 2
    assert_says -- '--only-shrink'
}

# The names of images whose first thumbnail is the body itself.
kept() { # [DIR]
    rows 'select(.error == null and .thumbs[0].sha256 == .sha256) | .url' "${1:-out}" |
        sed 's|.*/||' | paste -sd' '
}

# Encoded: another format, turned, with EXIF or bytes after the end, in other colours, damaged, of
# 16 bits, animated.
test_skip_reencode() {
    local path
    serve
    list /jpeg_420.jpg /jpeg_grey.jpg /jpeg_progressive.jpg /orientation_6.jpg /orientation_1.jpg \
        /jpeg_trailing_bytes.jpg /icc_swapped.jpg /truncated.jpg /jpeg_huffman_broken.jpg \
        /jpeg_cmyk_adobe.jpg /photo_640x480.jpg /png_rgb.png /png_rgba.png /png_palette_trns.png \
        /png_rgb16.png /png_bad_crc.png /icc_swapped.png /png_exif_orientation_6.png \
        /truncated.png /webp_lossy.webp /webp_lossless_alpha.webp /webp_animated.webp \
        /icc_swapped.webp /truncated.webp /gif_static.gif
    fetch --skip-reencode urls.txt
    assert_eq "$(kept)" 'jpeg_420.jpg jpeg_grey.jpg jpeg_progressive.jpg'
    cmp out/thumbs/256/00000/000000000.jpg "$IMAGES/jpeg_420.jpg" || fail 'not the body'
    assert_eq "$(rows '.thumbs[0] | "\(.width)x\(.height) \(.bytes)"' | head -n 1)" \
        "160x120 $(stat -c %s "$IMAGES/jpeg_420.jpg")"
    assert_whole
    for path in png webp; do
        fetch -o $path --skip-reencode --thumb-format=$path urls.txt
        assert_whole $path
    done
    assert_eq "$(kept png)" 'png_rgb.png png_rgba.png png_palette_trns.png'
    assert_eq "$(kept webp)" 'webp_lossy.webp webp_lossless_alpha.webp'
    fetch -o all urls.txt
    assert_eq "$(kept all)" ''
    # What is not kept is as without the option.
    rows 'select(.error == null) | "\(.url) \(.thumbs)"' >skipping
    rows 'select(.error == null) | "\(.url) \(.thumbs)"' all | grep -vxFf skipping >differ
    assert_eq "$(wc -l <differ)" 3 'other thumbnails'
}

test_skip_reencode_in_tars() {
    serve
    list /jpeg_420.jpg /photo_640x480.jpg /orientation_6.jpg
    fetch --skip-reencode --layout=webdataset -t 160 urls.txt
    assert_rc 0
    tar -xOf out/00000.tar 000000000.jpg | cmp - "$IMAGES/jpeg_420.jpg" || fail 'not the body'
    assert_eq "$(tar -tf out/00000.tar | paste -sd' ')" \
        '000000000.jpg 000000000.json 000000001.jpg 000000001.json 000000002.jpg 000000002.json'
    assert_eq "$(kept)" jpeg_420.jpg
}

test_thumb_formats() {
    serve
    list /png_rgba.png
    fetch urls.txt
    fetch -o out2 --thumb-format=png urls.txt
    fetch -o out3 --thumb-format=webp urls.txt
    assert_eq "$(od -An -tx1 -N3 out/thumbs/256/00000/000000000.jpg)" ' ff d8 ff'
    assert_eq "$(od -An -tx1 -N4 out2/thumbs/256/00000/000000000.png)" ' 89 50 4e 47'
    assert_eq "$(od -An -c -j8 -N4 out3/thumbs/256/00000/000000000.webp)" '   W   E   B   P'
}

test_progressive() {
    serve
    list /jpeg_420.jpg
    fetch urls.txt
    fetch -o out2 --progressive urls.txt
    od -An -v -tx1 -w1 out/thumbs/256/00000/000000000.jpg | paste -sd' ' | tr -s ' ' >plain
    od -An -v -tx1 -w1 out2/thumbs/256/00000/000000000.jpg | paste -sd' ' | tr -s ' ' >progressive
    grep -q 'ff c0 00 11' plain || fail 'no baseline frame'
    grep -q 'ff c2 00 11' progressive || fail 'no progressive frame'
}

test_no_originals() {
    serve
    list /jpeg_420.jpg /html.jpg
    fetch --no-originals urls.txt
    assert_rc 1
    [ ! -e out/images ] || fail "originals: $(find out/images)"
    assert_eq "$(rows .path | sort -u)" null
    assert_eq "$(rows '"\(.bytes) \(.sha256 | length)"' | head -n 1)" "$(stat -c %s \
        "$IMAGES/jpeg_420.jpg") 64"
    assert_whole
}

test_no_thumbs() {
    serve
    list /jpeg_420.jpg /html.jpg /truncated.jpg /orientation_6.jpg /webp_lossy.webp
    fetch --no-thumbs urls.txt
    assert_rc 1
    [ ! -e out/thumbs ] || fail "thumbnails: $(find out/thumbs)"
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" \
        'success not_an_image success success success'
    assert_eq "$(rows '"\(.width)x\(.height) \(.orientation) \(.truncated)"' | paste -sd,)" \
        '160x120 1 false,nullxnull null false,160x120 1 true,160x120 6 false,160x120 1 false'
    assert_whole
}

test_null_backend() {
    serve
    list_many 500
    fetch -b null urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 0
    assert_says 'nothing was fetched'
    assert_eq "$(rows '"\(.error) \(.bytes) \(.path) \(.thumbs | length)"' | sort -u)" 'null 0 null 0'
    assert_eq "$(count_rows)" 500
}

test_request_headers() {
    serve
    list /-/echo
    fetch -A tester/1 -e http://example.com/ -H 'X-One: 1' -H 'X-Two: 2' urls.txt
    assert_rc 1
    assert_eq "$(rows .error)" not_an_image
    # The body is not kept, but its size and hash are.
    printf '%s\r\n' 'GET /-/echo HTTP/1.1' "Host: 127.0.0.1:$port" 'User-Agent: tester/1' \
        'Accept: */*' 'Referer: http://example.com/' 'X-One: 1' 'X-Two: 2' '' >expected
    assert_eq "$(rows .bytes)" "$(stat -c %s expected)"
    assert_eq "$(rows .sha256)" "$(sha256sum <expected | cut -d' ' -f1)"
}
