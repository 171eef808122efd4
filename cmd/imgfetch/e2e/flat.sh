# --layout=flat: images in the directory itself, under their own names.
# shellcheck shell=bash

FLAT=(--layout=flat -t 32)

pictures() { # [DIR]: the files that are no rows or statistics
    (cd "${1:-out}" && find . -type f ! -path './manifest/*' ! -path './.imgfetch/*' \
        ! -name '*_stats.json' | cut -c3- | LC_ALL=C sort)
}

assert_same_pictures() { # DIR OTHER
    diff -r -x manifest -x .imgfetch -x '*_stats.json' "$1" "$2" >diff.out ||
        fail "pictures: $(head -n 5 diff.out)"
    assert_same_rows "$1" "$2"
}

# N rows from 20 hosts, of nine names in different case, some of which fail, are repeats, or wait.
list_alike() { # N
    local i names=(jpeg_420.jpg JPEG_420.jpg png_rgb.png gif_static.gif bmp_24bit.bmp missing.jpg
        jpeg_420-2.jpg orientation_6.jpg png_rgb.png)
    for ((i = 0; i < $1; i++)); do
        echo "http://127.0.0.$((i % 20 + 1)):$port/${names[i % 9]}?n=$((i % 50 ? i : 0))&delay=$((i * 7 % 40))"
    done >urls.txt
}

test_images_have_their_own_names() {
    serve
    list '/jpeg_420.jpg?a' /png_rgb.png '/jpeg_420.jpg?b' /missing.jpg '/missing.jpg?2' '/jpeg_420.jpg?a'
    echo 'not a URL' >>urls.txt
    fetch "${FLAT[@]}" urls.txt
    assert_rc 1
    assert_eq "$(pictures | paste -sd' ')" 'jpeg_420-2.jpg jpeg_420.jpg png_rgb.png thumbs/32/jpeg_420-2.jpg thumbs/32/jpeg_420.jpg thumbs/32/png_rgb.jpg'
    assert_eq "$(rows .path | paste -sd' ')" \
        'jpeg_420.jpg png_rgb.png jpeg_420-2.jpg null null jpeg_420.jpg null'
    assert_whole
    fetch --verify
    assert_rc 0
    : >out/thumbs/32/own.jpg
    : >out/own.jpg
    fetch --verify
    assert_rc 1
    assert_eq "$(sed '$d' stdout | paste -sd,)" \
        'own.jpg: not written by imgfetch,thumbs/32/own.jpg: no row names it'
    fetch --report=page.html
    assert_rc 0
    assert_well_formed page.html
}

# Whatever finishes first: names are those that a program decides that reads the list only.
test_the_list_alone_decides() {
    local backend
    serve
    list_alike 300
    python3 - <<'END' >should
import re
taken = {'manifest', 'thumbs'}
for line in open('urls.txt'):
    base = re.search(r'/([^/?]*)\.[a-z]+\?', line)[1]
    name, n = base, 1
    while name.lower() in taken:
        n += 1
        name = f'{base}-{n}'
    taken.add(name.lower())
    print(name)
END
    for backend in $(backends); do
        fetch -o "$backend" "${FLAT[@]}" -b "$backend" -c 32 --per-host=0 --shard-size=70 \
            --dedupe=off urls.txt
        assert_rc 1
        rows '.path // empty | sub("\\.[a-z]+$"; "")' "$backend" >is
        [ "$(wc -l <is)" -ge 200 ] || fail "$backend: $(wc -l <is) images"
        rows '.error == null' "$backend" | paste - should | sed -n 's/^true\t//p' | diff - is >diff.out ||
            fail "$backend: $(head -n 5 diff.out)"
        assert_whole "$backend"
        assert_same_pictures "$backend" async
    done
}

test_killed_and_continued() {
    local at options=("${FLAT[@]}" --shard-size=40 -c 8 urls.txt)
    serve
    list_alike 300
    for at in 30 80 130; do
        hold 80
        fetch_start "${options[@]}"
        await has_rows "$at"
        kill -KILL "$pid"
        fetch_wait
        await nothing_runs
    done
    release
    fetch "${options[@]}"
    assert_rc 1
    assert_whole
    fetch -o undisturbed "${options[@]}"
    assert_same_pictures out undisturbed
    fetch --verify
    assert_rc 0
}

# Nothing that somebody else made is replaced or removed, in no way of beginning again.
test_the_users_own_files_stay() {
    local options=("${FLAT[@]}" --shard-size=10 urls.txt) option
    serve
    list_many 30
    fetch --limit=15 "${options[@]}"
    assert_rc 0
    mkdir own
    rows .path >before
    grep -q jpeg_420-4.jpg before && fail 'it is there already'
    # The names of three rows that are not done, one of them of a thumbnail; and any others.
    echo mine >out/jpeg_420-4.jpg
    : >out/png_rgb-5.png
    echo mine >out/thumbs/32/gif_static-6.jpg
    cp urls.txt out/
    mkdir out/album
    echo mine >out/album/jpeg_420.jpg
    echo mine >out/.jpeg_420.jpg
    echo mine >out/jpeg_420-5.jpg.part
    cp -a out own/
    assert_mine() {
        local file
        for file in jpeg_420-4.jpg png_rgb-5.png thumbs/32/gif_static-6.jpg urls.txt \
            album/jpeg_420.jpg .jpeg_420.jpg jpeg_420-5.jpg.part; do
            cmp "out/$file" "own/out/$file" || fail "$file"
        done
    }
    fetch "${options[@]}"
    assert_rc 1
    assert_mine
    assert_eq "$(rows 'select(.error) | [.error, .index, .message, .path, .bytes] | tojson' | paste -sd' ')" \
        "$(printf '%s ' '["name_taken",15,"not overwritten: jpeg_420-4.jpg",null,null]' \
            '["name_taken",21,"not overwritten: png_rgb-5.png",null,null]')$(
            )[\"name_taken\",27,\"not overwritten: thumbs/32/gif_static-6.jpg\",null,null]"
    [ ! -e out/gif_static-6.gif ] || fail 'half a row is there'
    for option in --retry-failed --refresh; do
        fetch "$option" "${options[@]}"
        assert_rc 1
        assert_mine
    done
    rm out/png_rgb-5.png own/out/png_rgb-5.png
    fetch --retry-failed "${options[@]}"
    cp "$IMAGES/png_rgb.png" own/out/png_rgb-5.png
    assert_mine
    assert_eq "$(rows 'select(.error) | .index' | paste -sd' ')" '15 27'
    rm own/out/png_rgb-5.png
    # Starting over removes what was fetched only.
    fetch --fresh --limit=1 "${options[@]}"
    assert_rc 0
    [ ! -e out/png_rgb-5.png ] || fail 'it was fetched, and is still there'
    : >out/png_rgb-5.png
    : >own/out/png_rgb-5.png
    assert_mine
}

# The same picture, put there by hand before.
test_a_file_that_is_the_same_is_taken() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    mkdir out
    cp "$IMAGES/jpeg_420.jpg" out/
    fetch "${FLAT[@]}" urls.txt
    assert_rc 0
    assert_whole
}

test_a_file_put_there_while_the_run_was_killed() {
    local options=("${FLAT[@]}" --shard-size=100 -c 4 urls.txt) name
    serve
    list_many 100
    hold 40
    fetch_start "${options[@]}"
    await has_rows 20
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    release
    name=$(jq -r '.path // empty' out/manifest/*.jsonl | sort >named
        for i in $(seq 2 20); do echo "jpeg_420-$i.jpg"; done | grep -vxFf named | tail -n 1)
    [ ! -e "out/$name" ] || fail "$name"
    echo mine >"out/$name"
    fetch "${options[@]}"
    assert_rc 1
    assert_eq "$(cat "out/$name")" mine
    assert_eq "$(rows 'select(.error) | .error')" name_taken
}

test_two_tasks_at_once() {
    local options=("${FLAT[@]}" --shard-size=20 -c 8 urls.txt)
    serve
    list_alike 200
    fetch_start --shard=0/2 "${options[@]}"
    local first=$pid
    rc=0
    "$BIN/imgfetch" "${ALLOW[@]}" -o out --shard=1/2 "${options[@]}" >stdout2 2>stderr2 || rc=$?
    assert_rc 1
    pid=$first
    fetch_wait
    assert_rc 1
    assert_whole
    fetch -o alone "${options[@]}"
    assert_same_pictures out alone
}

test_going_on_with_a_longer_list() {
    serve
    list_alike 100
    cp urls.txt all.txt
    head -n 37 all.txt >urls.txt
    fetch "${FLAT[@]}" --shard-size=20 urls.txt
    cp all.txt urls.txt
    fetch "${FLAT[@]}" --shard-size=20 urls.txt
    assert_rc 1
    assert_whole
    fetch -o once "${FLAT[@]}" --shard-size=20 urls.txt
    assert_same_pictures out once
}

test_refreshing() {
    mkdir site
    cp "$IMAGES"/{jpeg_420.jpg,png_rgb.png,gif_static.gif} site/
    serve "$PWD/site"
    list /jpeg_420.jpg /png_rgb.png /gif_static.gif
    fetch "${FLAT[@]}" urls.txt
    assert_rc 0
    cp "$IMAGES"/png_rgba.png site/png_rgb.png
    cp "$IMAGES"/bmp_24bit.bmp site/gif_static.gif
    rm site/jpeg_420.jpg
    fetch --refresh "${FLAT[@]}" urls.txt
    assert_rc 1
    assert_eq "$(pictures | paste -sd' ')" \
        'gif_static.bmp png_rgb.png thumbs/32/gif_static.jpg thumbs/32/png_rgb.jpg'
    cmp out/png_rgb.png "$IMAGES"/png_rgba.png
    assert_whole
}

test_other_templates() {
    serve
    list '/jpeg_420.jpg?1' '/jpeg_420.jpg?2' /png_rgb.png
    fetch -o hashes --no-thumbs --layout=flat --name='{sha256}' urls.txt
    assert_rc 0
    assert_eq "$(pictures hashes | wc -l)" 2
    assert_whole hashes
    fetch -o hosts --no-originals "${FLAT[@]}" --name='{host}+{basename}' urls.txt
    assert_rc 0
    assert_eq "$(pictures hosts | paste -sd,)" "$(echo thumbs/32/127.0.0.1+{jpeg_420-2,jpeg_420,png_rgb}.jpg | tr ' ' ,)"
    assert_whole hosts
    fetch -o numbers --no-thumbs --layout=flat --name='{index}-{basename}' urls.txt
    assert_eq "$(pictures numbers | paste -sd' ')" '0-jpeg_420.jpg 1-jpeg_420.jpg 2-png_rgb.png'
    for template in '{host}/{basename}' 'a/{key}' '{sha256}{sha256}'; do
        fetch -o none "${FLAT[@]}" --name="$template" urls.txt
        assert_rc 2
        assert_says "imgfetch: --name=$template: "
        [ ! -e none ] || fail "'$template' made a directory"
    done
    fetch -o hosts urls.txt
    assert_rc 2
    assert_says layout
}
