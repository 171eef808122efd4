# An output directory that an earlier run has used with other options.
# shellcheck shell=bash

assert_unchanged() {
    diff -r before out >diff.out || fail "changed: $(cat diff.out)"
}

test_other_options_in_a_used_folder_are_told_and_nothing_is_touched() {
    serve
    list_many 10
    fetch -t 64 -t 32:cover --quality=70 urls.txt
    assert_rc 0
    cp -a out before
    reset_stats
    fetch -t 64 -t 16 --background=black --max-pixels=1M --format=tsv --caption-col=7 --url-col=1 \
        urls.txt
    assert_rc 2
    assert_says 'out was made with --url-col=url, not 1; no --caption-col, not --caption-col=7'
    assert_says '--thumb=64 --thumb=32:cover, not --thumb=64 --thumb=16;'
    assert_says '--quality=70, not 85; --background=#ffffff, not #000000'
    assert_says '--max-pixels=100000000, not 1000000'
    assert_says 'to change what is there: imgfetch '
    assert_says 'to use another directory, and what this one has: imgfetch '
    assert_eq "$(stat_of .requests)" 0
    assert_unchanged
}

test_options_of_the_first_run_are_told_as_they_are_typed() {
    serve
    list /jpeg_420.jpg
    fetch --no-thumbs --no-originals urls.txt
    assert_rc 0
    fetch --upscale urls.txt
    assert_rc 2
    assert_says 'made with --no-thumbs, not --thumb=256; --no-originals, not --originals'
    ! grep 'no --upscale' stderr || fail 'an option without effect is told'
}

test_what_does_not_shape_the_output_may_change() {
    serve
    list_many 10
    fetch urls.txt
    assert_rc 0
    fetch -b threads -c 2 --timeout=50 --pool=threads --decode-order=largest --retries=0 urls.txt
    assert_rc 0
}

test_fresh_starts_over_and_leaves_foreign_files_alone() {
    serve
    list_many 25
    fetch --shard-size=10 urls.txt
    assert_rc 0
    echo mine | tee out/mine.txt out/images/mine.txt out/images/00000/mine.txt \
        out/images/00001/000010003.txt.mine >out/7_stats.json
    rm out/images/00001/000010003.txt.mine
    head -n 4 urls.txt >short.txt
    fetch --fresh -t 32 --shard-size=5 short.txt
    assert_rc 0
    assert_eq "$(count_rows)" 4
    assert_eq "$(cat out/mine.txt out/images/mine.txt out/images/00000/mine.txt)" "$(
        printf 'mine\nmine\nmine')"
    rm out/mine.txt out/images/mine.txt out/images/00000/mine.txt out/7_stats.json
    assert_whole
    assert_eq "$(cd out && find . -type d | sort | tr '\n' ' ')" \
        '. ./.imgfetch ./images ./images/00000 ./manifest ./thumbs ./thumbs/32 ./thumbs/32/00000 '
}

test_fresh_removes_the_folders_of_names() {
    serve
    list_many 6
    fetch --name='{host}/{basename}/{key}' -t 32 urls.txt
    assert_rc 0
    echo mine >out/images/00000/127.0.0.1/mine.txt
    head -n 1 urls.txt >short.txt
    fetch --fresh short.txt
    assert_rc 0
    rm out/images/00000/127.0.0.1/mine.txt # and the folder is empty
    rmdir out/images/00000/127.0.0.1
    assert_whole
    assert_eq "$(cd out && find . -type d | sort | tr '\n' ' ')" \
        '. ./.imgfetch ./images ./images/00000 ./manifest ./thumbs ./thumbs/256 ./thumbs/256/00000 '
}

# A manifest may come from anybody.
test_fresh_removes_nothing_outside_its_folders() {
    serve
    list_many 2
    fetch urls.txt
    echo mine | tee victim out/victim >images.txt
    for path in ../victim /etc/victim victim images/../victim images/../../victim \
        thumbs//../../victim "$PWD/victim"; do
        jq -cn --arg path "$path" '{key: "000000000", path: $path, thumbs: [{path: $path}]}'
    done >>out/manifest/00000.jsonl
    fetch --fresh urls.txt
    assert_rc 0
    assert_eq "$(cat victim out/victim | tr '\n' ' ')" 'mine mine '
}

test_fresh_has_to_be_alone() {
    serve
    list_many 40 delay=100
    fetch_start -c 2 urls.txt
    await has_rows 2
    rc=0
    "$BIN/imgfetch" "${ALLOW[@]}" -o out --fresh urls.txt >stdout2 2>stderr2 || rc=$?
    assert_rc 3
    grep -q 'another imgfetch is writing there' stderr2 || fail "it says: $(cat stderr2)"
    fetch_wait
    assert_rc 0
    assert_eq "$(count_rows)" 40
    assert_whole
}

test_fresh_with_tars() {
    serve
    list_many 12
    fetch --layout=webdataset --shard-size=5 urls.txt
    assert_rc 0
    cp "$IMAGES/empty.jpg" out/00009.jsonl
    touch foreign
    echo '{"mine": 1}' >out/00008.jsonl
    echo mine | tee out/00008.tar >out/mine.txt
    fetch --layout=files --shard-size=5 urls.txt
    assert_rc 2
    fetch --fresh urls.txt
    assert_rc 0
    assert_eq "$(cd out && echo *)" \
        '00000_stats.json 00008.jsonl 00008.tar 00009.jsonl images manifest mine.txt thumbs'
}

test_retry_failed_makes_the_tar_anew() {
    serve
    list_many 20
    sed -i -e '3s/$/fail_first=1/' -e '7s/$/status=404/' urls.txt
    fetch --layout=webdataset --retries=0 urls.txt
    assert_rc 1
    fetch --layout=webdataset --retries=0 --retry-failed urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" 22
    assert_eq "$(rows 'select(.error) | .error')" http_error
    fetch --layout=webdataset --retries=2 -o undisturbed urls.txt
    cmp out/00000.tar undisturbed/00000.tar || fail "tars differ"
    assert_eq "$(cd out && echo *)" '00000.jsonl 00000.tar 00000_stats.json'
}

test_fresh_in_a_new_folder_does_no_harm() {
    serve
    list_many 3
    fetch --fresh urls.txt
    assert_rc 0
    assert_whole
}

test_a_note_that_is_none_is_refused() {
    serve
    list_many 3
    fetch urls.txt
    echo '["mine"]' >out/.imgfetch/options.json
    fetch urls.txt
    assert_rc 2
    assert_says 'options.json: not written by imgfetch'
}

# Images, some of which fail, each in another way.
failing_site() {
    serve
    list_many 20
    sed -i -e '3s/$/status=503/' -e '7s/$/status=404/' -e '12s/$/fault=reset/' \
        -e '15s,/[^/?]*?,/missing.jpg?,' -e '18s,http:,ftp:,' urls.txt
}

test_retry_failed_fetches_the_failed_rows_again_and_no_others() {
    failing_site
    fetch --retries=0 --shard-size=8 urls.txt
    assert_rc 1
    assert_says '--retry-failed'
    stable_rows out >before
    reset_stats
    fetch --retries=0 --shard-size=8 --retry-failed urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" 4 # an ftp URL is never asked for
    stable_rows out | diff before - >diff.out || fail "$(cat diff.out)"
    assert_whole
    reset_stats
    fetch --retries=0 --shard-size=8 --retry-failed=protocol_error,bad_url urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" 1
    reset_stats
    fetch --retries=0 --shard-size=8 --retry-failed=tls_failed urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" 0
    stable_rows out | diff before - >diff.out || fail "$(cat diff.out)"
    assert_whole
}

test_retried_rows_take_the_place_of_the_old_ones() {
    mkdir site
    cp "$IMAGES/json.jpg" site/a.png
    cp "$IMAGES/jpeg_huffman_broken.jpg" site/b.png
    head -c 100 "$IMAGES/png_rgb.png" >site/c.png
    cp "$IMAGES/gif_static.gif" site/d.gif
    serve site
    list /a.png /b.png /c.png /d.gif
    fetch --strict urls.txt
    assert_rc 1
    assert_between "$(rows 'select(.error and .path) | .path' | wc -l)" 1 3 'failed rows with an original'
    cp "$IMAGES/png_rgb.png" site/a.png
    cp "$IMAGES/png_rgb.png" site/b.png
    cp "$IMAGES/png_rgb.png" site/c.png
    fetch --strict --retry-failed urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 4
    assert_eq "$(jq .successes out/00000_stats.json)" 4
    assert_whole
    assert_as_if_undisturbed urls.txt
}

test_with_retry_failed_the_limits_may_change() {
    serve
    list_many 5
    echo "$site/png_1x1.png" >>urls.txt
    fetch --max-pixels=10 urls.txt
    assert_rc 1
    fetch urls.txt
    assert_rc 2
    assert_says 'out was made with --max-pixels=10'
    fetch --retry-failed=image_too_large urls.txt
    assert_rc 0
    assert_whole
    fetch urls.txt
    assert_rc 0
    fetch --quality=3 --retry-failed urls.txt
    assert_rc 2
}

test_a_list_that_grew_within_its_last_shard() {
    serve
    list_many 20
    head -n 8 urls.txt >short.txt
    fetch --shard-size=6 short.txt
    assert_rc 0
    reset_stats
    fetch --shard-size=6 urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 12
    assert_eq "$(count_rows)" 20
    assert_whole
    fetch --shard-size=6 short.txt
    assert_rc 2
    assert_says 'other list lines'
}

# Nothing is cut, not even within a character.
test_long_options() {
    local i names=() last
    serve
    for ((i = 0; i < 60; i++)); do
        names+=("$(printf 'columné%050d' $i)")
    done
    last=${names[59]}
    { (IFS=, && echo "url,${names[*]}"); echo "$site/jpeg_420.jpg$(printf ',%s' "${!names[@]}")"; } >urls.csv
    fetch --keep-cols="$(IFS=, && echo "${names[*]}")" urls.csv
    assert_rc 0
    reset_stats
    fetch --keep-cols="$(IFS=, && echo "${names[*]}")" urls.csv
    assert_rc 0
    assert_eq "$(stat_of .requests)" 0
    names[59]=${names[58]}
    names[58]=$last
    fetch --keep-cols="$(IFS=, && echo "${names[*]}")" urls.csv
    assert_rc 2
    assert_says '--keep-cols'
}
