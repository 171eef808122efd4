# Lists that cannot be read, that are empty, and that are full of nonsense.
# shellcheck shell=bash

test_missing_list() {
    fetch no-such-list.txt
    assert_rc 3
    assert_says 'no-such-list.txt: No such file or directory'
}

test_folder_as_list() {
    mkdir folder
    fetch folder
    assert_rc 3
    assert_says 'folder: Is a directory'
}

test_second_list_missing() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    fetch urls.txt no-such-list.txt
    assert_rc 3
    assert_says 'no-such-list.txt: No such file or directory'
    cp urls.txt no-such-list.txt
    fetch urls.txt no-such-list.txt
    assert_rc 0
    assert_eq "$(count_rows)" 4
    assert_whole
}

test_output_that_is_a_file() {
    serve
    list /jpeg_420.jpg
    echo mine >out
    fetch urls.txt
    assert_rc 3
    assert_says 'out: Not a directory'
    assert_eq "$(cat out)" mine
    fetch -o out/below urls.txt
    assert_rc 3
    fetch -o missing/below urls.txt
    assert_rc 3
    assert_says 'missing/below: No such file or directory'
    assert_eq "$(stat_of .requests)" 0
}

test_empty_list() {
    : >urls.txt
    fetch urls.txt
    assert_rc 0
    assert_says 'the list is empty'
    printf '# only a comment\n\n   \n' >urls.txt
    fetch -o out2 urls.txt
    assert_rc 0
    assert_says 'the list is empty'
    fetch -o out3 - </dev/null
    assert_rc 0
    assert_says 'the list is empty'
}

# Every line is one row, and the run goes on to its end.
test_garbage() {
    fetch "$LISTS/garbage.bin"
    assert_rc 1
    # A last line without its end counts too.
    assert_eq "$(count_rows)" "$(($(wc -l <"$LISTS/garbage.bin") + 1))"
    assert_eq "$(rows .error | sort -u)" bad_url
    assert_eq "$(rows .line | sort -n | uniq -d)" ''
    assert_whole
}

test_nul_bytes() {
    serve
    list_from nul.txt
    fetch nul.txt
    assert_rc 1
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" 'bad_url bad_url bad_url bad_url success'
    assert_eq "$(stat_of .requests)" 1
}

test_bad_urls() {
    local bad
    serve
    list_from bad_urls.txt
    bad=$(grep -ac '^[^#]' bad_urls.txt)
    fetch bad_urls.txt
    assert_rc 1
    assert_eq "$(count_rows)" "$bad"
    assert_eq "$(rows '"\(.error) \(.status) \(.attempts) \(.final_url) \(.path)"' | sort -u)" \
        'bad_url failed_to_download 0 null null'
    assert_eq "$(rows '.message | length > 0' | sort -u)" true
    grep -an '^[^#]' bad_urls.txt | cut -d: -f1 >lines
    rows .line | diff lines - >diff.out || fail "line numbers: $(cat diff.out)"
    assert_eq "$(stat_of .requests)" 0
}

# What a list says must not reach a terminal as it is.
test_control_characters_are_not_printed() {
    serve
    list_from bad_urls.txt
    fetch -v bad_urls.txt
    LC_ALL=C grep -a $'[\001-\010\013-\037\177]' stderr >controls || true
    [ ! -s controls ] || fail "control characters: $(cat -v controls)"
    assert_between "$(LC_ALL=C wc -L <stderr)" 20 400 'longest line'
}

test_crlf_and_byte_order_mark() {
    serve
    list_from crlf_bom.txt
    fetch crlf_bom.txt
    assert_rc 0
    assert_eq "$(rows .line | paste -sd' ')" '1 4 7 9'
    assert_eq "$(rows '.error' | sort -u)" null
    assert_whole
}

test_odd_but_good() {
    serve
    list_from odd_but_good.txt
    list_from odd_but_good.tsv
    fetch --retries=0 --connect-timeout=2 --dns-servers=127.0.0.1:"$(free_port)" odd_but_good.txt
    sed 1d odd_but_good.tsv >expected
    rows '[.line, .final_url] | @tsv' >is
    diff expected is >diff.out || fail "expected (<) and got (>): $(cat diff.out)"
    assert_eq "$(rows 'select(.error == "bad_url") | .line')" ''
    assert_eq "$(rows 'select(.line <= 6 or .line == 17 or .line == 18 or .line == 19) |
        .error // "success"' | sort -u)" success
}

test_url_of_100_kb() {
    serve
    {
        echo "$site/jpeg_420.jpg"
        printf '%s/%0100000d\n' "$site" 7
        printf '%s/jpeg_420.jpg?%08000d\n' "$site" 7
        echo "$site/png_rgb.png"
    } >urls.txt
    fetch urls.txt
    assert_rc 1
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" 'success bad_url success success'
    assert_eq "$(rows .line | paste -sd' ')" '1 2 3 4'
    assert_between "$(rows 'select(.error) | .url | length')" 1 8200 'length of the url kept'
}

test_gzip() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    gzip -k urls.txt
    fetch urls.txt.gz
    assert_rc 0
    assert_eq "$(count_rows)" 2
    # Two members, as `cat a.gz b.gz` makes them.
    cat urls.txt.gz urls.txt.gz >both.txt.gz
    fetch -o out2 both.txt.gz
    assert_rc 0
    assert_eq "$(jq -s length out2/manifest/*.jsonl)" 4
}

test_broken_gzip() {
    serve
    list_many 2000
    gzip -c urls.txt | head -c 3000 >cut.txt.gz
    fetch --no-thumbs cut.txt.gz
    assert_rc 3
    assert_says cut.txt.gz
    assert_whole
}

test_two_lists_and_standard_input() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    echo "$site/gif_static.gif" >more.txt
    fetch more.txt - more.txt <urls.txt
    assert_rc 0
    assert_eq "$(rows '"\(.index) \(.line) \(.url | sub(".*/"; ""))"' | paste -sd,)" \
        '0 1 gif_static.gif,1 1 jpeg_420.jpg,2 2 png_rgb.png,3 1 gif_static.gif'
    assert_whole
}

# Rows are fetched while the list is still being written.
test_a_slow_list_is_fetched_as_it_comes() {
    serve
    mkfifo pipe
    fetch_start pipe
    exec {fd}>pipe
    echo "$site/jpeg_420.jpg" >&"$fd"
    await has_rows 1
    echo "$site/png_rgb.png" >&"$fd"
    await has_rows 2
    exec {fd}>&-
    fetch_wait
    assert_rc 0
}

test_limit() {
    serve
    list_many 50
    fetch --limit=7 urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 7
    assert_eq "$(stat_of .requests)" 7
}
