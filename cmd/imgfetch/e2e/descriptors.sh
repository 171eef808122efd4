# Few descriptors: fewer requests, and never a row's fault.
# shellcheck shell=bash

test_concurrency_follows_the_limit() {
    local name
    serve
    list_many 60 delay=20
    for name in $(backends); do
        rc=0
        (ulimit -n 90 && exec "$BIN/imgfetch" "${ALLOW[@]}" -b "$name" -c 64 --per-host=0 -o "$name" urls.txt) \
            2>stderr || rc=$?
        assert_rc 0
        assert_whole "$name"
        assert_says 'requests in flight: the limit of open files is'
    done
}

# They go while the run is on: it waits, and no row fails. Each row has a host of its own, so that
# no connection serves twice, and each answer takes its time, so that the limit comes before it.
test_a_limit_that_is_lowered_on_the_way() {
    serve
    seq 160 | sed "s|.*|http://127.0.7.&:$port/png_1x1.png?delay=1500|" >urls.txt
    fetch_start -c 64 --no-thumbs urls.txt
    await eval '[ "$(stat_of .requests)" -ge 64 ]'
    prlimit --pid "$pid" --nofile=60:60
    fetch_wait
    assert_rc 0
    assert_whole
    assert_eq "$(rows .attempts | sort -u)" 1
    assert_says 'waited for a file descriptor'
}
