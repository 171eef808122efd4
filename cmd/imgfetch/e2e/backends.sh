# Every backend gives the same results as the default one.
# shellcheck shell=bash

test_all_give_the_same() {
    local name
    serve
    {
        cut -f1 "$IMAGES/expected.tsv" | sed "1d; s|^|$site/|"
        printf "$site/%s\n" missing.jpg 'a?hops=3' 'jpeg_420.jpg?loop=1' \
            "a?redirect=http%3A%2F%2F127.0.0.3%3A$port%2Fpng_rgb.png" 'jpeg_420.jpg?chunked=1'
        printf "$site/jpeg_420.jpg?fault=%s\n" close reset half stall silent lie_long lie_short garbage \
            endless empty bad_chunk drip
        echo http://10.0.0.1/
    } >urls.txt
    fetch -b async --retries=0 --stall-timeout=1 --timeout=3 --max-size=1M -t 64 -o async urls.txt
    for name in $(backends); do
        fetch -b "$name" --retries=0 --stall-timeout=1 --timeout=3 --max-size=1M -t 64 -o "$name" urls.txt
        assert_rc 1
        assert_whole "$name"
        # The message is curl's, and differs between a kept and a new connection.
        stable_rows async | jq -c 'del(.message)' >expected
        stable_rows "$name" | jq -c 'del(.message)' | diff expected - >diff.out ||
            fail "$name: $(head -c 1000 diff.out)"
        diff -r async/images "$name/images" && diff -r async/thumbs "$name/thumbs" ||
            fail "$name: other files than async's"
    done
}

test_all_keep_to_their_concurrency() {
    local name
    serve
    list_many 40 delay=20
    for name in $(backends); do
        reset_stats
        fetch -b "$name" -c 3 -o "$name" urls.txt
        assert_rc 0
        if [ "$name" = serial ]; then
            assert_eq "$(stat_of .max_in_flight)" 1 serial
        else
            assert_eq "$(stat_of .max_in_flight)" 3 "$name"
        fi
    done
}

test_all_can_be_interrupted() {
    local name
    serve
    list_many 40 fault=silent
    for name in $(backends); do
        fetch_start -b "$name" -c 4 -o "$name" urls.txt
        await eval '[ "$(stat_of .in_flight)" -ge 1 ]'
        kill -INT "$pid"
        await grep -q finishing stderr
        kill -INT "$pid"
        fetch_wait
        assert_rc 130
        assert_nothing_runs
        await eval '[ "$(stat_of .in_flight)" = 0 ]'
    done
}

test_auto_tells_what_it_chose() {
    serve
    list_many 100 delay=20
    fetch -b auto -c 20 -o many urls.txt
    assert_rc 0
    grep -q '^imgfetch: auto: async, .*many small waits' stderr || fail "$(cat stderr)"
    fetch -b auto --limit=10 -o too_few urls.txt
    grep -q '^imgfetch: auto: async, .*the run ended before' stderr || fail "$(cat stderr)"
    seq 100 | sed "s|.*|$site/a?size=1100000\&&|" >large.txt
    fetch -b auto -c 8 -o large large.txt
    assert_whole large
    grep -q '^imgfetch: auto: threads, .*few large bodies' stderr || fail "$(cat stderr)"
}
