# A process or a thread stands still for a while (SIGSTOP, a debugger, a machine that swaps), or the
# wall clock is set. The run goes on, and only what stood still may be late.
# shellcheck shell=bash

# The pid of the N-th child of a process, by age.
child_of() { # PID N
    pgrep -P "$1" | sort -n | sed -n "$2p"
}

# Time-outs are shorter than what follows takes.
start_with_short_limits() { # OPTION...
    serve
    list_many 60 delay=100
    fetch_start -c 4 -t 16 --workers=2 --shard-size=20 --timeout=2 --stall-timeout=1 \
        --connect-timeout=1 --decode-timeout=1 "$@" urls.txt
    await has_rows 2
}

stop_for_a_while() { # PID
    kill -STOP "$1"
    sleep 3
    kill -CONT "$1" 2>/dev/null || true # a decoder that was late is gone
}

assert_all_but() { # N: rows that may have failed
    fetch_wait
    assert_between "$rc" 0 1 'exit status'
    assert_eq "$(count_rows)" 60
    assert_between "$(rows 'select(.error) | .key' | wc -l)" 0 "$1" 'rows that failed'
    fetch -t 16 --workers=2 --shard-size=20 --retry-failed urls.txt
    assert_rc 0
    assert_whole
}

test_the_main_process_stands_still() {
    start_with_short_limits
    stop_for_a_while "$pid"
    assert_all_but 0
}

has_requests() { # N
    [ "$(stat_of .requests)" -ge "$1" ]
}

# What waits for its answer all the while is no failure, even where nothing is tried again.
test_what_is_in_flight_survives_a_stop() {
    local name
    serve
    list_many 12 delay=2500
    for name in $(backends); do
        reset_stats
        fetch_start -b "$name" -o "$name" -c 4 --retries=0 --timeout=4 --stall-timeout=4 --connect-timeout=4 urls.txt
        await has_requests 4
        kill -STOP "$pid"
        sleep 6
        kill -CONT "$pid"
        fetch_wait
        assert_rc 0
    done
}

test_the_zygote_stands_still() {
    start_with_short_limits
    stop_for_a_while "$(child_of "$pid" 1)"
    assert_all_but 0
}

test_a_decoder_stands_still() {
    start_with_short_limits
    stop_for_a_while "$(child_of "$(child_of "$pid" 1)" 1)"
    assert_all_but 1
}

test_a_fetching_process_stands_still() {
    start_with_short_limits -b procs --retries=0
    stop_for_a_while "$(child_of "$(child_of "$pid" 2)" 1)"
    assert_all_but 1
}

test_a_thread_stands_still() {
    local name
    start_with_short_limits -b threads --pool=threads --retries=0 -c 1 --host-rate=2
    for name in store syncer decode; do
        if ! python3 "$here/stopthread.py" "$pid" $name 0.9 2>ptrace.err; then
            grep -q '^ptrace:' ptrace.err || fail "$(cat ptrace.err)"
            echo 'skipped: no ptrace here'
            break
        fi
    done
    assert_all_but 0
}

# Only what is written down depends on it, and when a server says that it is back at a date.
test_the_wall_clock_is_set() {
    local soon
    can_preload || return 0
    serve
    list_many 60
    soon=$(encode "$(date -u -d '+1 second' '+%a, %d %b %Y %H:%M:%S GMT')")
    sed -i "1~4s|\$|\&fail_first=1\&status=503\&retry_after=$soon|" urls.txt
    export SWEEP_CLOCK=1 LD_PRELOAD=$BIN/sweep.so
    fetch -t 16 --shard-size=20 --retry-max-wait=2 --robots-txt urls.txt
    unset SWEEP_CLOCK LD_PRELOAD
    assert_rc 0
    assert_whole
    assert_eq "$(jq -s 'all(.duration >= 0 and .duration < 100)' out/*_stats.json)" true
    fetch --verify
    assert_rc 0
}
