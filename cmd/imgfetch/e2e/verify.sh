# --verify: checks a directory against its manifests.
# shellcheck shell=bash

list_all() {
    find out -printf '%p %y %s %T@ %C@\n' | sort
}

verify() { # ARGUMENT...
    rc=0
    list_all >before
    "$BIN/imgfetch" --verify -o out "$@" >stdout 2>stderr || rc=$?
    list_all | diff before - >diff.out || fail "changed: $(cat diff.out)"
}

assert_right() {
    verify
    [ $rc = 0 ] || fail "faults: $(cat stdout)"
    grep -q 'no differences$' stdout || fail "it says: $(cat stdout)"
}

# Checks that exactly these differences are reported.
assert_faults() { # LINES...
    verify
    assert_rc 1
    printf '%s\n' "$@" | sort >expected
    sed '$d' stdout | sort | diff expected - >diff.out || fail "faults: $(cat diff.out)"
    tail -n 1 stdout | grep -qE ": $(wc -l <expected) differences?$" ||
        fail "it says: $(tail -n 1 stdout)"
}

flip_byte() { # FILE OFFSET
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Makes three shards, one of them with failed rows.
make_files() {
    serve
    list_many 25
    sed -i -e '3s/$/status=404/' -e '4s,/[^/]*$,/jpeg_huffman_broken.jpg,' urls.txt
    fetch -q --shard-size=10 -t 64 -t 32:cover urls.txt
    assert_rc 1
}

make_tars() {
    serve
    list_many 25
    sed -i 's/$/\ta caption/; 7s/\t.*//; 3s/\t/status=404\t/; 1i url\tcaption' urls.txt
    fetch -q --shard-size=10 --layout=webdataset --format=tsv --caption-col=caption "$@" urls.txt
    assert_rc 1
}

# The offset of a tar member's bytes.
member_at() { # TAR MEMBER
    tar -tRf "$1" | awk -v name="$2" '$NF == name {sub(":", "", $2); print ($2 + 1) * 512}'
}

test_what_a_run_makes_is_right() {
    make_files
    assert_right
    grep -qx 'out: 3 shards, 25 rows, 70 files, .* kB: no differences' stdout ||
        fail "it says: $(cat stdout)"
    verify -q
    assert_rc 0
    assert_silent
    fetch -q --fresh --no-thumbs --name='{host}/{basename}' urls.txt
    assert_right
    fetch -q --fresh --no-originals --thumb-format=png urls.txt
    assert_right
    fetch -q --fresh -b null urls.txt
    assert_right
    : >urls.txt
    fetch -q -o out --fresh urls.txt
    assert_right
}

test_what_a_run_makes_is_right_in_tars() {
    make_tars
    assert_right
    fetch -q --fresh --layout=webdataset --no-thumbs urls.txt
    assert_right
    make_tars --fresh --originals
    assert_right
    echo "$site/missing.jpg" >urls.txt
    fetch -q --fresh --layout=webdataset urls.txt
    assert_right
}

test_a_flipped_byte() {
    make_files
    flip_byte out/images/00001/000010003.bmp 100
    flip_byte out/thumbs/64/00002/000020001.jpg 300
    assert_faults 'images/00001/000010003.bmp: its SHA-256 differs from its row' \
        'thumbs/64/00002/000020001.jpg: its SHA-256 differs from its row'
}

test_a_missing_file() {
    make_files
    rm out/images/00000/000000000.jpg out/thumbs/32-cover/00000/000000005.jpg
    assert_faults 'images/00000/000000000.jpg: missing' \
        'thumbs/32-cover/00000/000000005.jpg: missing'
    rm -r out/images/00002
    verify
    assert_rc 1
    assert_eq "$(grep -c '^images/00002/.*: missing$' stdout)" 5
}

test_files_that_are_cut_or_no_files() {
    make_files
    truncate -s -1 out/images/00000/000000000.jpg
    mv out/images/00000/000000001.png png
    ln -s ../../../png out/images/00000/000000001.png
    rm out/images/00000/000000004.jpg
    mkdir out/images/00000/000000004.jpg
    mkfifo out/thumbs/64/00002/pipe
    ln out/thumbs/64/00002/000020000.jpg out/thumbs/64/00002/more.jpg
    verify
    assert_rc 1
    grep -qx 'images/00000/000000000.jpg: not a file of 2257 bytes, as its row says' stdout || fail 'the cut one'
    grep -qx 'images/00000/000000001.png: not a file of .* bytes, as its row says' stdout || fail 'the link'
    grep -qx 'thumbs/64/00002/more.jpg: no row names it' stdout || fail 'the other name'
    grep -qx 'thumbs/64/00002/pipe: no row names it' stdout || fail 'the pipe'
}

test_an_extra_file() {
    local path paths=(mine.txt 00001.tar images/mine images/00000/000000000.png images/00007/a.jpg
        images/00001/a/b/c.jpg thumbs/mine thumbs/64/mine thumbs/64/00000/mine
        thumbs/128/00000/000000000.jpg manifest/mine images/00000/000000000.jpg.part)
    make_files
    for path in "${paths[@]}"; do
        mkdir -p "out/$(dirname "$path")"
        echo mine >"out/$path"
    done
    assert_faults 'mine.txt: not written by imgfetch' 'manifest/mine: not written by imgfetch' \
        "$(printf '%s: no row names it\n' "${paths[@]}" | grep -vE '^(mine.txt|manifest/)')"
}

test_a_name_of_a_stranger_does_not_reach_the_terminal() {
    make_files
    echo mine >"out/images/00000/$(printf 'a\033[31m\nb')"
    assert_faults 'images/00000/a\u001b[31m\u000ab: no row names it'
}

test_an_unfinished_run() {
    serve
    list_many 40 delay=300
    fetch_start -q --shard-size=10 -c 2 urls.txt
    await has_rows 4
    "$BIN/imgfetch" --verify -o out >stdout2 2>stderr2 && fail 'it is being written'
    grep -q 'another imgfetch is writing there' stderr2 || fail "it says: $(cat stderr2)"
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
    verify
    assert_rc 1
    sed '$d' stdout | grep -vE '^shard 0000[0-3]: not complete: .* rows so far; run the same command' &&
        fail "more than that: $(cat stdout)"
    fetch -q --shard-size=10 urls.txt
    assert_right
}

test_an_unfinished_run_of_tars() {
    serve
    list_many 40
    sed -i '5s/$/\&delay=300/' urls.txt # the others wait for it
    hold 16
    fetch_start -q --layout=webdataset --shard-size=20 --per-host=1 -c 4 urls.txt
    await has_rows 12
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    release
    verify
    assert_rc 1
    grep -qE '^shard 00000: not complete: .* rows so far; run the same command' stdout ||
        fail "it says: $(cat stdout)"
    ! grep -E 'missing|SHA-256|damaged' stdout || fail 'what the rows name is there'
    fetch -q --layout=webdataset --shard-size=20 urls.txt
    assert_right
}

test_a_damaged_tar() {
    local tar=out/00000.tar size
    make_tars --originals
    size=$(stat -c %s $tar)
    cp -a out whole
    flip_byte $tar "$(member_at $tar 000000001.jpg)"
    assert_faults '00000.tar/000000001.jpg: its SHA-256 differs from its row'
    cp -a whole/. out
    flip_byte $tar "$(member_at $tar 000000001.orig)"
    assert_faults '00000.tar/000000001.orig: its SHA-256 differs from its row'
    cp -a whole/. out
    flip_byte $tar $(($(member_at $tar 000000004.json) + 30))
    assert_faults '00000.tar/000000004.json: differs from its row'
    cp -a whole/. out
    flip_byte $tar "$(member_at $tar 000000004.txt)"
    assert_faults '00000.tar/000000004.txt: its SHA-256 differs from its row'
    cp -a whole/. out
    flip_byte $tar $(($(member_at $tar 000000004.txt) + 500))
    assert_faults '00000.tar/000000004.txt: not padded with NUL bytes'
    cp -a whole/. out
    flip_byte $tar $(($(member_at $tar 000000009.txt) - 512 + 10)) # its head
    assert_faults '00000.tar/000000009.txt: missing' \
        "00000.tar: damaged after byte $((size - 2048))"
    cp -a whole/. out
    truncate -s -512 $tar
    assert_faults '00000.tar: the end of the tar is missing'
    cp -a whole/. out
    flip_byte $tar $((size - 1))
    assert_faults "00000.tar: damaged after byte $((size - 1024))"
}

test_tars_that_miss_something_or_have_more() {
    make_tars
    cp -a out whole
    mkdir members
    tar -xf out/00001.tar -C members
    mv members/000010002.jpg members/9.jpg
    rm -f members/000010001.json
    (cd members && tar --format=ustar -cf ../out/00001.tar -- * &&
        tar --format=ustar -rf ../out/00001.tar 000010003.jpg)
    assert_faults '00001.tar/000010001.json: missing' '00001.tar/000010002.jpg: missing' \
        '00001.tar/9.jpg: no row names it' '00001.tar/000010003.jpg: occurs twice'
    cp -a whole/. out
    rm out/00002.tar
    verify
    assert_rc 1
    grep -qx '00002.tar: missing' stdout || fail "it says: $(cat stdout)"
    cp -a whole/. out
    : >out/00002.spool
    assert_faults '00002.spool: left over from a run that was interrupted'
}

test_manifest_and_stats_that_do_not_fit() {
    local line
    make_files
    cp -a out whole
    sed -i 's/"successes"/"others"/; s/"count": 10/"count": 11/; s/"success": 8/"success": 9/' \
        out/00000_stats.json
    assert_faults '00000_stats.json: its counts differ from the manifest'
    echo '{}' >out/00000_stats.json
    assert_faults '00000_stats.json: not written by imgfetch'
    cp -a whole/. out
    rm out/manifest/00001.jsonl
    verify
    grep -qx 'manifest/00001.jsonl: missing' stdout || fail "it says: $(cat stdout)"
    assert_eq "$(grep -c '/00001/.*: no row names it$' stdout)" 30
    cp -a whole/. out
    rm out/00001_stats.json
    assert_faults 'shard 00001: not complete: 10 rows so far; run the same command again to continue'
    cp -a whole/. out
    line=$(sed -n 2p out/manifest/00002.jsonl)
    printf '%s\n{"key":"0000' "$line" >>out/manifest/00002.jsonl
    assert_faults 'manifest/00002.jsonl: line 6: a second row with the same key' \
        'manifest/00002.jsonl: line 7: an incomplete row'
}

# A manifest may come from anybody.
test_a_hostile_manifest() {
    touch foreign
    local path line n=13 deep
    make_files
    deep=$(head -c 100000 /dev/zero | tr '\0' '[')
    echo mine >victim
    {
        printf '{"key":"000020000"\n\n[]\n{"key":"%s","thumbs":[]}\nnul \0 nul\n' "$deep"
        echo '{"key":"000010000","url":"x","error":null,"thumbs":[]}'
        echo '{"key":"000020010","url":7,"error":"no_such","thumbs":[]}'
        echo '{"key":"000020011","url":"x","error":null,"thumbs":[{"path":"images/00002/x"}]}'
        echo "{\"key\":\"000020012\",\"url\":\"x\",\"error\":null,\"thumbs\":$deep}"
        for path in ../victim /etc/passwd images/../../victim thumbs//x victim; do
            jq -cn --arg path "$path" --arg key 0000200$((n++)) \
                '{key: $key, url: "x", error: null, path: $path, bytes: 5, thumbs: []}'
        done
    } >out/manifest/00002.jsonl
    verify
    assert_rc 1
    for line in '1: not a manifest row' '2: not a row of this shard' '3: not a row of this shard' \
        '4: not a row of this shard' '5: not a manifest row' '6: not a row of this shard' \
        '7: has no URL, or an unknown error code' '9: not a manifest row' \
        {10..14}': names a file at an impossible path'; do
        grep -qx "manifest/00002.jsonl: line $line" stdout || fail "not said: $line"
    done
    grep -qx 'images/00002/x: missing' stdout || fail 'a file without a size'
    ! grep -q 'victim\|passwd' stdout || fail 'it looked outside'
}

test_what_is_no_output_directory() {
    mkdir out
    verify
    assert_rc 3
    assert_says 'out: not an imgfetch output directory'
    rc=0
    "$BIN/imgfetch" --verify -o none 2>stderr || rc=$?
    assert_rc 3
    assert_says 'none: No such file or directory'
    verify --fresh
    assert_rc 2
    verify urls.txt
    assert_rc 2
    assert_says 'urls.txt: give the directory once'
    rc=0
    "$BIN/imgfetch" --verify urls.txt 2>stderr || rc=$?
    assert_rc 3
    assert_says 'urls.txt: No such file or directory'
}

test_directories_stand_by_themselves() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    fetch -q -o a urls.txt
    fetch -q -o b urls.txt
    rm b/images/00000/000000001.png
    "$BIN/imgfetch" --verify a >stdout || fail "faults: $(cat stdout)"
    rc=0
    "$BIN/imgfetch" --verify b a >stdout 2>stderr || rc=$?
    assert_rc 1
    assert_eq "$(sed 's/:.*//' stdout)" "$(printf '%s\n' b/images/00000/000000001.png b a)"
    rc=0
    "$BIN/imgfetch" --verify a none b >stdout 2>stderr || rc=$?
    assert_rc 3
    assert_says 'none: No such file or directory'
    grep -q '^b: .*1 difference$' stdout || fail "b was not looked at: $(cat stdout)"
}

test_a_file_of_another_shard_is_looked_at_once() {
    serve
    list /jpeg_420.jpg /png_rgb.png /jpeg_444.jpg /jpeg_420.jpg /jpeg_420.jpg /jpeg_420.jpg
    fetch -q --shard-size=3 --dedupe=run -t 32 urls.txt
    assert_rc 0
    assert_right
    grep -q '2 shards, 6 rows, 8 files' stdout || fail "it says: $(cat stdout)"
}
