# With few descriptors there are fewer requests at once, and no row fails.
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

# Nothing that the run could wait for would free one.
test_without_any_descriptor_the_run_ends() {
    can_preload || return 0
    serve
    list_many 20
    export LD_PRELOAD=$BIN/sweep.so SWEEP_FILE=$PWD/counts SWEEP_FAULT=socket:8+:24 # EMFILE
    truncate -s 16K counts
    fetch -c 4 urls.txt
    unset LD_PRELOAD
    assert_rc 3
    assert_says 'no file descriptor or no memory for a request'
    fetch urls.txt
    assert_rc 0
    assert_whole
}

# The descriptors run out during the run: it waits, and no row fails. Each row has its own host, so
# that no connection is used twice, and each response is slow, so that the limit comes first.
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
