# --dedupe=content: rows of a shard with the same body share the files of the first of them.
# shellcheck shell=bash

shared=(--dedupe=content -t 32 --originals)

check() { # [DIR]
    "$BIN/imgfetch" --verify "${1:-out}" >stdout 2>stderr || fail "--verify: $(cat stdout)"
}

# 60 URLs of five images, some of them twice. Of each shard of 25, the delays of the first rows are
# the longest, or the shortest.
list_of_five() { # SIGN
    local i names=(jpeg_420.jpg png_rgb.png gif_static.gif bmp_24bit.bmp orientation_6.jpg)
    for ((i = 0; i < 60; i++)); do
        printf '%s/%s?n=%s&delay=%s\n' "$site" "${names[i % 5]}" "$((i % 25 < 23 ? i : i - 20))" \
            $((200 $1 8 * (i % 25)))
    done >urls.txt
}

# Key, first row, and files of each row.
sharing() { # [DIR]
    rows '[.key, .duplicate_of, .path, .thumbs[].path] | join(" ")' "${1:-out}"
}

test_rows_with_one_body_name_the_files_of_the_first() {
    serve
    printf 'url,text\n' >urls.csv
    printf '%s,%s\n' "$site/png_rgb.png?1" one "$site/jpeg_420.jpg" two "$site/png_rgb.png?2" three \
        "$site/missing.jpg?1" four "$site/missing.jpg?2" five "$site/png_rgb.png?1" six \
        "$site/png_rgb.png?2" seven "$site/html.jpg?1" eight "$site/html.jpg?2" nine >>urls.csv
    fetch --dedupe=content --retries=0 -t 32 -t 64x64:cover --caption-col=text urls.csv
    assert_rc 1
    assert_eq "$(stat_of .requests)" 7
    sharing >is
    cat >should <<'END'
000000000  images/00000/000000000.png thumbs/32/00000/000000000.jpg thumbs/64x64-cover/00000/000000000.jpg
000000001  images/00000/000000001.jpg thumbs/32/00000/000000001.jpg thumbs/64x64-cover/00000/000000001.jpg
000000002 000000000 images/00000/000000000.png thumbs/32/00000/000000000.jpg thumbs/64x64-cover/00000/000000000.jpg
000000003  
000000004  
000000005 000000000 images/00000/000000000.png thumbs/32/00000/000000000.jpg thumbs/64x64-cover/00000/000000000.jpg
000000006 000000000 images/00000/000000000.png thumbs/32/00000/000000000.jpg thumbs/64x64-cover/00000/000000000.jpg
000000007  
000000008  
END
    diff should is >diff.out || fail "rows: $(cat diff.out)"
    assert_eq "$(rows 'select(.started) | .key[7:]' | paste -sd' ')" '00 01 02 03 04 07 08'
    assert_eq "$(rows '.final_url | split("/")[3]' | sed -n '3p;7p' | paste -sd' ')" \
        'png_rgb.png?2 png_rgb.png?2'
    assert_eq "$(rows .caption | paste -sd' ')" 'one two three four five six seven eight nine'
    assert_says 'duplicates of an earlier row: 2'
    assert_says 'sharing the files of an earlier row with the same body: 2'
    assert_whole
    check
    grep -q '9 rows, 6 files' stdout || fail "$(cat stdout)"
    mv out first
    fetch --dedupe=shard --retries=0 -t 32 -t 64x64:cover --caption-col=text urls.csv
    assert_same_stats first out duplicates
}

# Whichever ends first, and in which order whatever is asked.
test_the_result_is_in_the_order_of_the_list() {
    local layout
    serve
    for layout in files flat webdataset; do
        list_of_five +
        fetch "${shared[@]}" --layout=$layout --shard-size=25 -c 64 --per-host=0 -o ascending urls.txt
        assert_rc 0
        list_of_five -
        fetch "${shared[@]}" --layout=$layout --shard-size=25 -c 64 --per-host=0 -o descending urls.txt
        assert_rc 0
        fetch "${shared[@]}" --layout=$layout --shard-size=25 -c 1 --shuffle=7 -o shuffled urls.txt
        assert_rc 0
        assert_eq "$(rows .duplicate_of shuffled | grep -vc null)" 45
        for dir in ascending descending; do
            sharing $dir | diff - <(sharing shuffled) || fail "$layout: rows of $dir"
            (cd $dir && find . -type f -name '*.[jpgb][pnim][gpf]' -exec sha256sum {} + | sort -k2) >is
            (cd shuffled && find . -type f -name '*.[jpgb][pnim][gpf]' -exec sha256sum {} + |
                sort -k2) | diff - is || fail "$layout: files of $dir"
            check $dir
        done
        (cd shuffled && find . -name '*.tar' -exec sha256sum {} + | sort -k2) >should
        (cd descending && find . -name '*.tar' -exec sha256sum {} + | sort -k2) | diff - should ||
            fail "$layout: tars"
        rm -r ascending descending shuffled
    done
}

# Samples of first rows only; captions of the others are in the manifest.
test_tars_have_each_body_once() {
    serve
    printf 'url,text\n' >urls.csv
    for i in 1 2 3 4 5 6 7 8; do
        printf '%s,%s\n' "$site/png_rgb.png?$i" "png $i" "$site/jpeg_420.jpg?$i" "jpeg $i"
    done >>urls.csv
    fetch --dedupe=content -t 16 --layout=webdataset --shard-size=6 --caption-col=text urls.csv
    assert_rc 0
    python3 - out/*.tar >is <<'END' || fail 'the tars cannot be read'
import json, sys, tarfile
for name in sys.argv[1:]:
    with tarfile.open(name) as tar:
        read = {m.name: tar.extractfile(m).read() for m in tar}
    for key in sorted({n.split('.')[0] for n in read}):
        row = json.loads(read[key + '.json'])
        assert row['key'] == key and row['caption'].encode() == read[key + '.txt']
        print(key, len(read[key + '.jpg']) > 100, read[key + '.txt'].decode())
    assert len(read) == 6, read.keys()
END
    cat >should <<'END'
000000000 True png 1
000000001 True jpeg 1
000010000 True png 4
000010001 True jpeg 4
000020000 True png 7
000020001 True jpeg 7
END
    diff should is >diff.out || fail "samples: $(cat diff.out)"
    assert_eq "$(rows '"\(.caption) \(.thumbs[0].path)"' | sed -n 10p)" 'jpeg 5 00001.tar/000010001.jpg'
    check
    sed -i '4s,00001.tar/000010001,00001.tar/000010002,' out/00001.jsonl
    fetch --verify
    assert_rc 1
    grep -q 'line 4: names a file that no other row has like that' stdout || fail "$(cat stdout)"
}

# Killed before, while and after shards are closed.
kill_and_go_on() { # LAYOUT
    local at
    serve
    list_many 1000 delay=50
    for at in 100 300 500 700; do
        fetch_start "${shared[@]}" --layout="$1" --shard-size=100 -c 32 --shuffle=$at urls.txt
        await has_rows $at
        kill -KILL "$pid"
        fetch_wait
        await nothing_runs
    done
    fetch "${shared[@]}" --layout="$1" --shard-size=100 -c 32 urls.txt
    assert_rc 0
    check
    assert_eq "$(rows .duplicate_of | grep -vc null)" 950
    fetch "${shared[@]}" --layout="$1" --shard-size=100 -o undisturbed urls.txt
    assert_same_rows out undisturbed
}

test_going_on_in_files() {
    kill_and_go_on files
    assert_whole
    diff -r out/images undisturbed/images || fail images
    diff -r out/thumbs undisturbed/thumbs || fail thumbnails
}

test_going_on_in_flat() {
    kill_and_go_on flat
    diff -r -x manifest -x .imgfetch -x '*.json' out undisturbed || fail files
}

test_going_on_in_tars() {
    kill_and_go_on webdataset
    (cd undisturbed && sha256sum -- *.tar) >should
    (cd out && sha256sum -- *.tar) | diff - should >diff.out || fail "tars: $(cat diff.out)"
}

# Rows 0, 2, 3 and 6 have one body, 1 and 4 another; 5 has the URL of 2. The server of 3 is stopped
# by stop_other.
serve_own() {
    mkdir site
    cp "$IMAGES/jpeg_420.jpg" site/0.jpg
    cp "$IMAGES/jpeg_444.jpg" site/1.jpg
    cp -p site/0.jpg site/2.jpg
    cp -p site/0.jpg site/3.jpg
    cp -p site/1.jpg site/4.jpg
    cp -p site/0.jpg site/6.jpg
    serve site
    "$BIN/imgserve" --ready-file=port2 site >imgserve2.log 2>&1 &
    other=$!
    started+=("$other")
    await test -s port2
    printf "$site/%s.jpg\n" 0 1 2 3 4 2 6 | sed "4s,:$port/,:$(cat port2)/," >urls.txt
}

owners() { # [DIR]
    rows '.duplicate_of // "-"' "${1:-out}" | sed 's/^00000000//' | paste -sd' '
}

# Rows without what differs from run to run, and without paths.
rows_without_paths() { # DIR
    rows 'del(.started, .finished, .ms, .etag, .last_modified, .path, .thumbs[].path, .attempts, .ip) |
        tojson' "$1"
}

# What rows share stays when the first of them changes, or is gone, while the others have not
# changed, or cannot be asked.
keep_for_the_others() { # LAYOUT
    serve_own
    fetch "${shared[@]}" --layout="$1" urls.txt
    assert_rc 0
    assert_eq "$(owners)" '- - 0 0 1 0 0'
    cp "$IMAGES/png_rgb.png" site/0.jpg
    rm site/1.jpg
    kill "$other"
    fetch "${shared[@]}" --layout="$1" --retries=0 --refresh urls.txt
    assert_rc 1
    assert_eq "$(owners)" '- - - 2 - 2 2'
    assert_eq "$(rows '.error // "-"' | paste -sd' ')" '- http_error - - - - -'
    assert_says 'unchanged: 3'
    assert_says 'kept, because the server could not be asked: 1'
    check
    # And back: what was handed over is given up for the first.
    cp -p site/2.jpg site/0.jpg
    touch site/0.jpg
    fetch "${shared[@]}" --layout="$1" --retries=0 --refresh urls.txt
    assert_rc 1
    # In the flat layout, a file of an earlier run is not removed: it may be somebody else's.
    assert_eq "$(owners)" "$([ "$1" = flat ] && echo '- - - 0 - 0 0' || echo '- - 0 0 - 0 0')"
    check
    [ "$1" != flat ] || return 0
    sed -i "4s,:$(cat port2)/,:$port/," urls.txt # as if it had been asked
    fetch "${shared[@]}" --layout="$1" --retries=0 -o undisturbed urls.txt
    assert_eq "$(rows_without_paths out | sed "s,:$(cat port2)/,:$port/,g" | cksum)" \
        "$(rows_without_paths undisturbed | cksum)" rows
}

test_what_is_shared_is_kept_for_the_others_in_files() {
    keep_for_the_others files
    assert_whole
    assert_eq "$(sharing)" "$(sharing undisturbed)"
    diff -r out/images undisturbed/images || fail images
}

test_what_is_shared_is_kept_for_the_others_in_flat() {
    keep_for_the_others flat
    assert_whole
}

test_what_is_shared_is_kept_for_the_others_in_tars() {
    keep_for_the_others webdataset
    assert_eq "$(sharing)" "$(sharing undisturbed)"
    "$TOP/testdata/webdataset.py" out/00000.tar | cut -d' ' -f1-4 >is
    "$TOP/testdata/webdataset.py" undisturbed/00000.tar | cut -d' ' -f1-4 | diff - is || fail samples
    tar -xOf out/00000.tar 000000004.json | jq -e '.duplicate_of == null and .width == 32 and
        .original_width > 32 and .path == "00000.tar/000000004.orig"' || fail 'sidecar of an heir'
}

# An earlier row that succeeds later becomes the first.
test_an_earlier_row_becomes_the_first() {
    local layout
    serve
    for layout in files flat webdataset; do
        list "/jpeg_420.jpg?fail_first=1&$layout" "/jpeg_420.jpg?2" "/png_rgb.png?3" "/jpeg_420.jpg?4"
        fetch "${shared[@]}" --layout=$layout --retries=0 -o $layout urls.txt
        assert_rc 1
        assert_eq "$(owners $layout)" '- - - 1'
        fetch "${shared[@]}" --layout=$layout --retries=0 -o $layout --retry-failed urls.txt
        assert_rc 0
        check $layout
        [ $layout = flat ] || assert_eq "$(owners $layout)" '- 0 - 0' $layout
    done
    assert_whole files
    assert_eq "$(owners flat)" '- - - 0' # see above
    assert_whole flat
    assert_eq "$(tar tf webdataset/00000.tar | grep -c orig)" 2
}

# A list that has grown: the new rows share with the old ones.
test_new_rows_share_with_old_ones() {
    local layout
    serve
    list_many 12
    head -n 7 urls.txt >some.txt
    for layout in files flat webdataset; do
        fetch "${shared[@]}" --layout=$layout -o $layout some.txt
        fetch "${shared[@]}" --layout=$layout -o $layout urls.txt
        assert_rc 0
        assert_eq "$(owners $layout)" '- - - - - 0 1 2 3 4 0 1'
        check $layout
    done
}

# The same body with other boxes has other thumbnails, and shares nothing.
test_other_thumbnails_are_not_shared() {
    serve
    printf 'url,boxes\n' >urls.csv
    printf "$site/photo_640x480.jpg?%s,\"%s\"\n" 1 '[[0,0,0.5,0.5]]' 2 '[[0.5,0.5,1,1]]' \
        3 '[[0,0,0.5,0.5]]' >>urls.csv
    fetch "${shared[@]}" --blur-col=boxes urls.csv
    assert_rc 0
    assert_eq "$(owners)" '- - 0'
    assert_whole
}

test_files_of_other_people_stay() {
    serve
    mkdir out
    cp -p "$IMAGES/jpeg_420.jpg" out/jpeg_420-2.jpg
    list "/jpeg_420.jpg?1" "/jpeg_420.jpg?2" "/jpeg_420.jpg?3"
    fetch --dedupe=content --layout=flat --no-thumbs urls.txt
    assert_rc 0
    assert_eq "$(owners)" '- - 0'
    assert_eq "$(cd out && echo *.jpg)" 'jpeg_420-2.jpg jpeg_420.jpg'
}

test_names_by_hash_are_shared_anyway() {
    serve
    list "/jpeg_420.jpg?1" "/png_rgb.png?2" "/jpeg_420.jpg?3"
    fetch --dedupe=content --layout=flat --name='{sha256}' --shard-size=3 -t 32 urls.txt
    assert_rc 0
    assert_eq "$(owners)" '- - 0'
    assert_whole
    fetch --dedupe=content --layout=flat --name='{sha256}' --shard-size=3 -t 32 --refresh urls.txt
    assert_rc 0
    assert_whole
}

# The directory knows that it shares: a run that would not hand files over is refused.
test_the_directory_remembers_it() {
    serve
    list "/jpeg_420.jpg?1" "/jpeg_420.jpg?2"
    fetch "${shared[@]}" urls.txt
    fetch -t 32 --refresh urls.txt
    assert_rc 2
    assert_says 'was made with --dedupe=content, not shard'
    fetch -t 32 --refresh
    assert_rc 0
    assert_eq "$(owners)" '- 0'
    fetch -o other --dedupe=run urls.txt
    fetch -o other --dedupe=off urls.txt
    assert_rc 0
}

# Everything comes from the directory, in which most rows have no file of their own.
test_the_directory_is_reused() {
    local layout
    serve
    list_many 20
    for layout in files webdataset; do
        fetch "${shared[@]}" --layout=$layout -o $layout urls.txt
        reset_stats
        fetch --reuse=$layout -o "$layout-2" -t 16 urls.txt
        assert_rc 0
        assert_eq "$(stat_of .requests)" 0
        assert_eq "$(rows .reused "$layout-2" | sort -u)" true
        assert_whole "$layout-2"
        fetch --reuse=$layout -o "$layout-3" "${shared[@]}" --layout=webdataset urls.txt
        assert_eq "$(stat_of .requests)" 0
        assert_eq "$(owners "$layout-3" | cut -c1-19)" '- - - - - 0 1 2 3 4'
        check "$layout-3"
    done
}

test_a_report_counts_files_once() {
    serve
    for ((i = 0; i < 12; i++)); do echo "$site/jpeg_420.jpg?$i"; done >urls.txt
    fetch "${shared[@]}" urls.txt
    fetch --report=report.html
    assert_rc 0
    tr -d '\n' <report.html | grep -o 'Duplicate rows</dt><dd>11\|Duplicate rows[^0-9]*11' || fail 'duplicates'
    grep -q 'Pictures that may be placeholders' report.html || fail 'the picture of twelve URLs'
}

has_requests() { # at least N
    [ "$(stat_of .requests)" -ge "$1" ]
}

# Killed while what rows share is handed over.
kill_in_refresh() { # LAYOUT
    local i at names=(jpeg_420.jpg jpeg_444.jpg orientation_6.jpg photo_640x480.jpg jpeg_grey.jpg)
    mkdir site
    for ((i = 0; i < 160; i++)); do cp "$IMAGES/${names[i % 5]}" "site/$i.jpg"; done
    serve site
    for ((i = 0; i < 160; i++)); do echo "http://127.0.0.$((i % 20 + 1)):$port/$i.jpg?delay=150"; done >urls.txt
    fetch "${shared[@]}" --layout="$1" --shard-size=80 -c 64 urls.txt
    assert_rc 0
    for i in 0 1 2 5 81 90; do cp "$IMAGES/png_rgb.png" site/$i.jpg; done
    rm site/3.jpg site/83.jpg
    for at in 10 30 80; do
        reset_stats
        fetch_start "${shared[@]}" --layout="$1" --shard-size=80 -c 4 --retries=0 --refresh --shuffle=$at urls.txt
        await has_requests $at
        kill -KILL "$pid"
        fetch_wait
        await nothing_runs
    done
    # What was handed over is whole without another --refresh, too.
    cp -a out before
    fetch "${shared[@]}" --layout="$1" --shard-size=80 -c 64 --retries=0 -o before urls.txt
    check before
    fetch "${shared[@]}" --layout="$1" --shard-size=80 -c 64 --retries=0 --refresh urls.txt
    assert_rc 1
    check
    fetch "${shared[@]}" --layout="$1" --shard-size=80 -c 64 --retries=0 -o undisturbed urls.txt
}

test_killed_while_files_are_handed_over() {
    kill_in_refresh files
    assert_whole before
    assert_whole
    assert_eq "$(sharing | cksum)" "$(sharing undisturbed | cksum)"
    diff -r out/images undisturbed/images || fail images
}

test_killed_while_files_are_handed_over_in_flat() {
    kill_in_refresh flat
    assert_whole before
    assert_whole
}

test_killed_while_samples_are_handed_over() {
    kill_in_refresh webdataset
    assert_eq "$(sharing | cksum)" "$(sharing undisturbed | cksum)"
    "$TOP/testdata/webdataset.py" out/*.tar | cut -d' ' -f1-4 >is
    "$TOP/testdata/webdataset.py" undisturbed/*.tar | cut -d' ' -f1-4 | diff - is || fail samples
}
