# --phash: perceptual hashes in rows, and the groups of near duplicates on the page of --report.
# shellcheck shell=bash

# How many bits two hashes of 16 hex digits differ in.
distance() { # HASH HASH
    python3 -c 'import sys; print(bin(int(sys.argv[1], 16) ^ int(sys.argv[2], 16)).count("1"))' "$1" "$2"
}

# One picture in several encodings, others, and some without a hash.
list_alike() {
    serve
    list /jpeg_420.jpg /jpeg_444.jpg /photo_640x480.jpg /png_rgb.png /bmp_24bit.bmp /missing.jpg \
        /jpeg_huffman_broken.jpg /png_1x1.png /jpeg_420.jpg
}

test_rows_have_it() {
    local first
    list_alike
    fetch --phash -t 64 -t 30x20:cover --retries=0 urls.txt
    assert_rc 1
    assert_whole
    rows '.phash' >phash
    first=$(sed -n 1p phash)
    [[ $first =~ ^[0-9a-f]{16}$ ]] || fail "$(cat phash)"
    assert_between "$(distance "$first" "$(sed -n 2p phash)")" 0 4
    assert_eq "$(sed -n '6,8p' phash | paste -sd' ')" 'null null 0000000000000000'
    assert_eq "$(sed -n 9p phash)" "$first" 'of the duplicate'
    # It is the same in a sidecar, in every pool, and of the first size.
    fetch -o tars --layout=webdataset --phash -t 64 --retries=0 urls.txt
    assert_eq "$(tar xOf tars/00000.tar 000000000.json | jq -r .phash)" "$first"
    "$BIN/imgfetch" --verify tars >verify.out 2>&1 || fail "$(cat verify.out)"
    fetch -o inline --pool=inline --phash -t 64 --retries=0 urls.txt
    rows '.phash' inline | diff phash - || fail 'another pool'
    fetch -o cut --phash -t 30x20:cover -t 64 --retries=0 urls.txt
    [ "$(rows .phash cut | head -1)" != "$first" ] || fail 'of another size'
    # Without it no row has the field, and the directory is another one.
    fetch -o plain -t 64 --retries=0 urls.txt
    ! grep -q phash plain/manifest/* || fail 'a field that nobody wants'
    fetch -o plain --phash -t 64 --retries=0 urls.txt
    assert_rc 2
    assert_says 'phash'
}

test_it_needs_thumbnails() {
    serve
    list /jpeg_420.jpg
    fetch --phash --no-thumbs urls.txt
    assert_rc 2
    assert_says '--phash: hashes thumbnails'
    [ ! -e out ] || fail 'a directory'
    list_many 8 >urls.txt
    fetch -q --compare=async,coro --repeat=1 --phash urls.txt
    assert_rc 0
}

report() { # ARGUMENT...
    "$BIN/imgfetch" --report "$@" >stdout 2>stderr || fail "$(cat stderr)"
    assert_well_formed report.html
}

# The headings of groups, and how many pictures each has on the page.
groups() {
    grep -oE '<h[23]>[^<]*|<img ' report.html |
        awk '/^<h2>/ { on = $0 == "<h2>Near duplicates" } on && /^<h3>/ { h = $0; n[++k] = 0; t[k] = h }
             on && /^<img/ { n[k]++ } END { for (i = 1; i <= k; i++) print substr(t[i], 5) ": " n[i] }'
}

test_the_page_shows_near_duplicates() {
    local layout
    list_alike
    {
        cat urls.txt
        for n in 1 2 3 4 5 6 7; do
            echo "$site/photo_640x480.jpg?n=$n"
        done
        echo "$site/photo_1200x900.jpg"
    } >more.txt
    for layout in files flat webdataset; do
        fetch -o $layout --layout=$layout --shard-size=5 --phash -t 64 --retries=0 more.txt
        report $layout
        groups >$layout.groups
        grep -q '^8 pictures, 6 shown: 6$' $layout.groups || fail "$layout: $(cat $layout.groups)"
        diff files.groups $layout.groups || fail "$layout"
        ! grep '^1 ' $layout.groups || fail "$layout: a group of one"
    done
    # Without hashes, or with others, there are none.
    fetch -o none -t 64 --retries=0 more.txt
    report none
    ! grep 'Near duplicates' report.html || fail 'groups without hashes'
}
