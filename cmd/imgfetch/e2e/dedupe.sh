# Lists with duplicate URLs.
# shellcheck shell=bash

# The rows of out, without the fields that differ in a duplicate.
results() { # [DIR]
    rows '{final_url, status, error, message, http_status, content_type, format, bytes, sha256,
        width, height, orientation, truncated, thumbs: [.thumbs[] | {spec, width, height, bytes}]} |
        tojson' "${1:-out}"
}

# The manifests of two directories agree, except for which row is a duplicate of which.
assert_same_results() { # DIR DIR
    results "$1" >results1
    results "$2" >results2
    diff results1 results2 >diff.out || fail "results: $(head -c 1000 diff.out)"
}

# Every third row is new; the others repeat one of the last 40 of these.
list_with_repeats() { # N EXTRA
    list_many "$1" "${2:-}"
    awk 'NR % 3 == 1 {new[n++] = $0; print; next}
        {i = n - 1 - (NR * 7) % 40; print new[i < 0 ? 0 : i]}' urls.txt >repeats.txt
    mv repeats.txt urls.txt
}

test_a_url_is_fetched_once() {
    serve
    {
        printf 'url,text\n'
        printf '%s/jpeg_420.jpg,first\n' "$site"
        printf '%s/missing.jpg,missing\n' "$site"
        printf '%s/../a/.././jpeg_420.jpg#x,another spelling\n' "$site"
        printf '%s/jpeg_420.jpg?x,not the same\n' "$site"
        printf '%s/missing.jpg,once more\n' "$site"
        printf '%s/html.jpg,text\nno url,none\nno url,none\n%s/html.jpg,again\n' "$site" "$site"
    } >urls.csv
    fetch --retries=0 -t 32 -t 64x64:cover --caption-col=text urls.csv
    assert_rc 1
    assert_eq "$(stat_of .requests)" 4
    rows '[.key, .line, .caption, .error, .duplicate_of, .path, (.thumbs | length)] | tojson' >is
    cat >should <<'END'
["000000000",2,"first",null,null,"images/00000/000000000.jpg",2]
["000000001",3,"missing","http_error",null,null,0]
["000000002",4,"another spelling",null,"000000000","images/00000/000000000.jpg",2]
["000000003",5,"not the same",null,null,"images/00000/000000003.jpg",2]
["000000004",6,"once more","http_error","000000001",null,0]
["000000005",7,"text","not_an_image",null,null,0]
["000000006",8,"none","bad_url",null,null,0]
["000000007",9,"none","bad_url",null,null,0]
["000000008",10,"again","not_an_image","000000005",null,0]
END
    diff should is >diff.out || fail "rows: $(cat diff.out)"
    assert_eq "$(rows 'select(.duplicate_of) | [.started, .finished, .ms.total + 0] | tojson' | sort -u)" \
        '[null,null,0]'
    assert_says 'duplicates of an earlier row: 3'
    assert_whole
    fetch --dedupe=off -o out2 --retries=0 -t 32 -t 64x64:cover --caption-col=text urls.csv
    assert_eq "$(rows .duplicate_of out2 | sort -u)" null
    assert_whole out2
    assert_same_results out out2
    assert_same_stats out out2 duplicates
    assert_eq "$(jq .duplicates out/00000_stats.json out2/00000_stats.json | xargs)" '3 0'
}

test_duplicates_are_found_in_a_shard_or_in_the_run() {
    local scope
    serve
    list_many 10
    cat urls.txt urls.txt urls.txt >three.txt
    for scope in shard run off; do
        reset_stats
        fetch --no-thumbs --shard-size=15 --dedupe=$scope -o "out-$scope" three.txt
        assert_rc 0
        assert_whole "out-$scope"
        case $scope in
        shard) assert_eq "$(stat_of .requests)" 20 ;;
        run) assert_eq "$(stat_of .requests)" 10 ;;
        off) assert_eq "$(stat_of .requests)" 30 ;;
        esac
    done
    assert_same_results out-shard out-off
    assert_same_results out-run out-off
    assert_eq "$(rows 'select(.index == 25) | .duplicate_of' out-shard)" 000010000
    assert_eq "$(rows 'select(.index == 25) | .duplicate_of' out-run)" 000000005
}

test_another_expected_hash_is_fetched_for_itself() {
    local sum
    serve
    sum=$(md5sum <"$IMAGES/jpeg_420.jpg" | cut -d' ' -f1)
    printf "url,sum\n$site/jpeg_420.jpg,%s\n" '' "$sum" "${sum/?/x}" "${sum//[0-9]/0}" "$sum" \
        >urls.csv
    sed -i '1!{/^url/d}' urls.csv
    fetch --hash-col=sum urls.csv
    assert_eq "$(rows '"\(.error) \(.duplicate_of)"' | paste -sd,)" \
        'null null,null null,hash_mismatch null,hash_mismatch null,null 000000001'
    assert_eq "$(stat_of .requests)" 3
}

# Killed while the first row of many is written, in flight, or in another shard; some rows fail.
kill_and_go_on() { # LAYOUT SCOPE
    local i at options=(--shard-size=100 -t 32 -c 8 --layout="$1" --dedupe="$2" --originals urls.txt)
    serve
    list_with_repeats 1000 delay=50
    sed -i 's,/[a-z0-9_.]*?n=\(6\|99\|6.3\)&,/missing.jpg?n=\1\&,' urls.txt
    for i in 1 2 3; do
        hold 60 # of some 300 that the rows need
        at=$(($(count_rows) + 50))
        fetch_start "${options[@]}"
        await has_rows "$at"
        kill -KILL "$pid"
        fetch_wait
        await nothing_runs
    done
    release
    fetch "${options[@]}"
    assert_rc 1
    fetch --verify
    assert_rc 0
}

test_going_on_with_duplicates() {
    kill_and_go_on files shard
    assert_whole
    assert_as_if_undisturbed --shard-size=100 -t 32 urls.txt
}

test_going_on_with_duplicates_in_the_run() {
    kill_and_go_on files run
    assert_whole
    assert_eq "$(rows 'select(.duplicate_of == null) | .url' | sort | uniq -d)" ''
    assert_as_if_undisturbed --shard-size=100 -t 32 --dedupe=run urls.txt
}

kill_and_go_on_in_tars() { # SCOPE
    kill_and_go_on webdataset "$1"
    fetch --shard-size=100 -t 32 --layout=webdataset --dedupe="$1" --originals -o undisturbed urls.txt
    (cd out && sha256sum -- *.tar) >is
    (cd undisturbed && sha256sum -- *.tar) | diff - is >diff.out || fail "tars: $(cat diff.out)"
    assert_same_rows out undisturbed
    "$TOP/testdata/webdataset.py" out/*.tar >samples || fail 'the tars cannot be read'
    assert_eq "$(wc -l <samples)" "$(rows 'select(.error == null) | .key' | wc -l)" samples
}

test_going_on_with_duplicates_in_tars() {
    kill_and_go_on_in_tars shard
}

test_going_on_with_duplicates_of_the_run_in_tars() {
    kill_and_go_on_in_tars run
}

# The failure of a first row applies to all of its duplicates, and is retried once for all.
test_failed_rows_are_retried_once_for_all() {
    local layout
    serve
    for layout in files webdataset; do
        reset_stats
        list "/jpeg_420.jpg?fail_first=1&$layout" "/png_rgb.png?$layout" \
            "/jpeg_420.jpg?fail_first=1&$layout" "/png_rgb.png?$layout" \
            "/jpeg_420.jpg?fail_first=1&$layout"
        fetch --retries=0 --layout=$layout -o $layout urls.txt
        assert_rc 1
        assert_eq "$(rows .error $layout | sort | uniq -c | tr -s ' ' | paste -sd,)" \
            ' 3 http_error, 2 null'
        fetch --retries=0 --layout=$layout -o $layout --retry-failed urls.txt
        assert_rc 0
        assert_eq "$(stat_of .requests)" 3
        assert_eq "$(rows .duplicate_of $layout | paste -sd' ')" \
            'null null 000000000 000000001 000000000'
    done
    assert_whole files
    "$TOP/testdata/webdataset.py" webdataset/00000.tar >samples || fail "the tar cannot be read"
    assert_eq "$(wc -l <samples)" 5
}

# A sample for every row, each with the same image as its first.
test_duplicates_in_tars() {
    local scope
    serve
    list_with_repeats 200
    for scope in off shard run; do
        fetch --shard-size=50 --layout=webdataset --originals --dedupe=$scope -o "out-$scope" urls.txt
        assert_rc 0
        cat "out-$scope"/*.tar | tar -tif - | sort >members
        assert_eq "$(grep -c '\.jpg$' members)" 200
        assert_eq "$(grep -c '\.orig$' members)" 200
        for tar in "out-$scope"/*.tar; do
            tar -xOf "$tar" --wildcards '*.jpg' '*.orig' | sha256sum
        done >"images-$scope"
    done
    diff images-off images-shard >diff.out || fail "dedupe=shard: $(cat diff.out)"
    diff images-off images-run >diff.out || fail "dedupe=run: $(cat diff.out)"
    jq -s 'map(select(.duplicate_of)) | length' out-run/00003.jsonl >n
    assert_between "$(cat n)" 30 50 'duplicates in the last shard'
}

# More shards than the store remembers the samples of (store/duplicates.c), some asked for again and again.
test_duplicates_of_many_shards_in_tars() {
    serve
    list_many 560
    awk '{print; line[NR] = $0}
         END {for (i = 0; i < 3; i++) for (n = 1; n <= NR; n += i * 50 + 1) print line[n]}' \
        urls.txt >many.txt
    fetch --shard-size=1 -c 1 --layout=webdataset --dedupe=run -t 16 many.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 560
    assert_eq "$(rows .duplicate_of | grep -vc null)" $(($(wc -l <many.txt) - 560))
    fetch --verify
    assert_rc 0
}

# Rows that wait when the run is stopped are not lost.
test_interrupt_with_duplicates() {
    serve
    list_many 20 delay=400
    awk '{for (i = 0; i < 20; i++) print}' urls.txt >many.txt
    fetch_start --no-thumbs -c 2 many.txt
    await has_rows 40
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
    assert_eq "$(($(count_rows) % 20))" 0 'rows of a URL that are missing'
    assert_whole
    fetch --no-thumbs many.txt
    assert_rc 0
    assert_eq "$(count_rows)" 400
    assert_eq "$(stat_of .requests)" 20
}

# With a modified manifest, rows whose first row cannot be read are fetched.
test_a_first_row_that_cannot_be_read_answers_nothing() {
    touch foreign # it changes a row
    serve
    list_many 6
    cat urls.txt urls.txt >two.txt
    fetch --no-thumbs --shard-size=6 --limit=6 two.txt
    assert_rc 0
    sed -i -e 1d -e 's/^\({"key":"000000001".*\)"path":"/\1"path":"..\/..\//' \
        -e 's/^\({"key":"000000002".*"error":\)null/\1"cancelled"/' \
        -e 's/^\({"key":"000000003".*\),"final_url":/\1,"final_url":{},"x":{/' \
        -e 's/^\({"key":"000000004".*\)"duplicate_of":null/\1"twin_of":null/' out/manifest/00000.jsonl
    reset_stats
    fetch --no-thumbs --shard-size=6 --dedupe=run two.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 5
    assert_eq "$(jq -r '.duplicate_of' out/manifest/00001.jsonl | paste -sd' ')" \
        'null null null null null 000000005'
    assert_eq "$(jq -r '.path' out/manifest/00001.jsonl | cut -d/ -f2 | paste -sd' ')" \
        '00001 00001 00001 00001 00001 00000'
}
