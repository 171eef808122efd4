# --dry-run: what a run would do.
# shellcheck shell=bash

assert_prints() { # TEXT
    assert_eq "$(cat stdout)" "$1" 'standard output'
}

# It asks no server and changes nothing.
dry() { # ARGUMENT...
    local requests
    requests=$(stat_of .requests)
    find out -printf '%p %i %s %T@ %C@\n' 2>/dev/null | sort >tree.before || true
    fetch --dry-run "$@"
    find out -printf '%p %i %s %T@ %C@\n' 2>/dev/null | sort >tree.after || true
    diff tree.before tree.after >diff.out || fail "written: $(cat diff.out)"
    assert_eq "$(stat_of .requests)" "$requests" requests
}

write_mixed() {
    list /jpeg_420.jpg /png_rgb.png /jpeg_420.jpg /missing.jpg
    {
        echo '# a comment'
        echo 'ftp://example.com/a.jpg'
        echo "http://127.0.0.2:$port/gif_static.gif"
        echo 'no URL at all'
    } >>urls.txt
}

test_what_a_list_has() {
    serve
    write_mixed
    dry urls.txt
    assert_rc 0
    [ ! -e out ] || fail 'a directory was made'
    assert_prints "7 rows of 2 hosts, most of 127.0.0.1 (4)
  bad, so never requested: 2
    line 6: bad_url: only http and https are fetched: ftp://example.com/a.jpg
    line 8: bad_url: $(sed -n 's/^    line 8: bad_url: \(.*\): no URL at all$/\1/p' stdout): no URL at all
  repeats of an earlier row: 1
  to be fetched: 4"
    assert_silent_stderr
    seq 9 >bad.txt
    dry bad.txt
    assert_eq "$(grep -c '^    line' stdout)" 5 'bad rows shown'
    assert_eq "$(sed -n 's/^ *bad, so never requested: //p' stdout)" 9
    assert_eq "$(tail -n 2 stdout)" '    ...
  to be fetched: 0'
}

assert_silent_stderr() {
    [ ! -s stderr ] || fail 'standard error'
}

test_several_lists_and_standard_input() {
    serve
    write_mixed
    (echo url && echo "$site/bmp_24bit.bmp") >more.csv
    dry urls.txt more.csv
    assert_eq "$(head -n 1 stdout)" '8 rows of 2 hosts, most of 127.0.0.1 (5)'
    dry - <urls.txt
    assert_eq "$(head -n 1 stdout)" '7 rows of 2 hosts, most of 127.0.0.1 (4)'
    dry --limit=2 urls.txt
    assert_prints '2 rows of 1 host
  to be fetched: 2'
    dry --dedupe=off urls.txt
    assert_eq "$(tail -n 1 stdout)" '  to be fetched: 5'
    dry --shard-size=2 --shard=1/4 urls.txt
    assert_prints '2 rows of 1 host
  to be fetched: 2'
    dry --url-col=nothing more.csv
    assert_rc 2
    assert_says 'no column "nothing"'
    dry no-such-list
    assert_between $rc 2 3 'exit status'
    [ ! -s stdout ] || fail "$(cat stdout)"
}

# What it says would be fetched is what is fetched.
assert_true() { # OPTION...
    local said done
    dry "$@"
    assert_rc 0
    said=$(sed -n 's/^  to be fetched: //p' stdout)
    done=$(sed -n 's/^  already done in out: \([0-9]*\).*/\1/p' stdout)
    reset_stats
    fetch "$@"
    assert_eq "$(stat_of .requests)" "$said" 'requests'
    assert_eq "$(sed -n 's/.*from earlier runs: \([0-9]*\) rows.*\|.* all \([0-9]*\) rows are already done.*/\1\2/p' stderr)" \
        "$done" 'rows that were done'
}

test_what_was_done() {
    local layout
    serve
    for layout in files webdataset; do
        rm -rf out
        write_mixed
        assert_true --layout=$layout --retries=0 --shard-size=3 --limit=4 urls.txt
        assert_true --layout=$layout --retries=0 --shard-size=3 urls.txt # it has grown
        assert_true --layout=$layout --retries=0 --shard-size=3 urls.txt
        grep -q '^  already done in out: 7 (4 ok, 2 bad_url, 1 http_error)$' <(dry --layout=$layout \
            --retries=0 --shard-size=3 urls.txt; cat stdout) || fail "$(cat stdout)"
        assert_true --layout=$layout --retries=0 --shard-size=3 --retry-failed urls.txt
        assert_true --retry-failed=http_error # the lists are noted
        assert_true --refresh
        dry --fresh --layout=$layout urls.txt
        assert_eq "$(tail -n 1 stdout)" '  to be fetched: 4'
    done
}

test_files_that_are_missing() {
    serve
    list_many 12
    fetch --limit=5 urls.txt
    rm out/00000_stats.json out/images/00000/000000002.*
    assert_true urls.txt
}

test_a_directory_that_is_refused() {
    touch foreign # not all rows are ours
    serve
    list_many 3
    fetch -t 64 urls.txt
    dry urls.txt
    assert_rc 2
    assert_says 'out was made with --thumb=64, not 256'
    [ ! -s stdout ] || fail "$(cat stdout)"
    dry -t 64 -b null urls.txt
    assert_rc 2
    sed 's/n=/m=/' urls.txt >other.txt
    dry -t 64 other.txt
    assert_rc 2
    assert_says 'out: shard 00000 was made from other list lines'
    rm out/00000_stats.json
    dry -t 64 other.txt
    assert_rc 2
    assert_says 'out: shard 00000 was made from other list lines'
    echo '{"key":"000000000"' >out/00000_stats.json
    echo 'not ours' >out/manifest/00000.jsonl
    dry -t 64 urls.txt
    assert_rc 2
    assert_says 'not written by imgfetch'
    touch file
    rc=0
    "$BIN/imgfetch" --dry-run -o file urls.txt 2>stderr || rc=$?
    assert_rc 3
    assert_says 'file: '
}

test_a_directory_that_would_be_started_anew() {
    serve
    list_many 3
    fetch --min-side=5000 urls.txt
    dry urls.txt
    assert_rc 0
    assert_says 'out: no row had succeeded there, and this run has other options or another list: 3 failed rows would be dropped'
    assert_prints '3 rows of 3 hosts, most of 127.0.0.1 (1)
  to be fetched: 3'
}

test_a_run_that_is_writing() {
    serve
    list_many 10 delay=300
    fetch_start -c 1 urls.txt
    await has_rows 2
    rc=0
    "$BIN/imgfetch" "${ALLOW[@]}" -n -o out urls.txt >said 2>said.err || rc=$?
    assert_rc 0
    grep -q 'out: another imgfetch is writing there now' said.err || fail "$(cat said.err)"
    fetch_wait
    assert_rc 0
    assert_whole
}

test_it_opens_no_socket() {
    strace -o /dev/null true 2>/dev/null || return 0
    echo http://example.com/a.jpg >urls.txt
    strace -f -o trace -e trace=network "$BIN/imgfetch" -n urls.txt >stdout || fail "status $?"
    ! grep -E 'connect|AF_INET' trace || fail 'a socket'
}

test_what_it_cannot_be_combined_with() {
    local option
    echo http://127.0.0.1/ >urls.txt
    for option in --compare --json; do
        fetch --dry-run $option urls.txt
        assert_rc 2
        assert_says '--dry-run: cannot be combined with --compare or --json'
    done
    for option in --verify --report; do
        fetch --dry-run $option
        assert_rc 2
        assert_says 'only reads'
    done
    [ ! -e out ] || fail 'a directory was made'
}

test_a_hostile_list_does_not_reach_the_terminal() {
    printf 'http://\x1b[31m/\nx\x1b]0;title\x07\xe2\x80\xae\n' >urls.txt
    fetch -n urls.txt
    assert_rc 0
    assert_shown stdout stderr
}
