# Whatever the program waits for, it ends on a signal.
# shellcheck shell=bash

# The third signal ends it at the latest; then it says nothing more.
assert_ends_within() { # SIGNALS
    local i tries
    for ((i = 1; i <= $1; i++)); do
        kill -INT "$pid"
        for ((tries = i < $1 ? 20 : 200; tries; tries--)); do # the last one may take its time
            sleep 0.1
            kill -0 "$pid" 2>/dev/null || break 2
        done
    done
    ! kill -0 "$pid" 2>/dev/null || fail "not ended by $1 signals"
    fetch_wait
    assert_rc 130
}

# Holds a lock on the file.
hold_lock() { # FILE
    mkdir -p "$(dirname "$1")"
    python3 -c 'import fcntl, sys, time
file = open(sys.argv[1], "w+")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(100)' "$1" >locked &
    started+=($!)
    await grep -q locked locked
}

test_a_list_that_does_not_come() {
    mkfifo pipe
    fetch_start pipe
    sleep 0.3
    assert_ends_within 1
}

test_another_run_has_the_shard() {
    serve
    list_many 3
    hold_lock out/.imgfetch/00000.open
    fetch_start urls.txt
    await grep -q 'waiting for shard' stderr
    assert_ends_within 1
}

test_another_run_opens_the_directory() {
    serve
    list_many 3
    hold_lock out/.imgfetch/lock
    fetch_start urls.txt
    sleep 0.3
    assert_ends_within 1
}

# More rows than a pipe takes.
test_nobody_reads_the_rows() {
    serve
    list_many 600
    mkfifo pipe
    exec 7<>pipe
    "$BIN/imgfetch" "${ALLOW[@]}" -o out --json --no-thumbs urls.txt >pipe 2>stderr &
    pid=$!
    await has_rows 1
    sleep 2 # it waits for the pipe, or will soon
    assert_ends_within 2
    exec 7>&-
    fetch --no-thumbs urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 600
    assert_whole
}

test_nobody_reads_what_it_says() {
    serve
    seq -f "$site/missing.jpg?%g" 2000 >urls.txt
    mkfifo pipe
    exec 7<>pipe # it is filled by fewer rows than these
    "$BIN/imgfetch" "${ALLOW[@]}" -o out -v --no-thumbs urls.txt >stdout 2>pipe &
    pid=$!
    sleep 2
    assert_ends_within 3
    exec 7>&-
    await nothing_runs
}

test_decoders_that_never_start() {
    local zygote
    serve
    list_many 100 delay=500 # it must not end before it is stopped
    fetch_start -c 4 --workers=1 -t 32 urls.txt
    await eval 'zygote=$(pgrep -P "$pid")'
    kill -STOP "$zygote"
    started+=("$zygote")
    assert_ends_within 3
    kill -CONT "$zygote" 2>/dev/null || true
    await nothing_runs
}

# A signal when every row is done interrupts nothing.
test_a_signal_after_the_last_row() {
    serve
    list_many 20
    can_stop_a_close || return 0
    strace -f -o trace -e trace=syncfs -e inject=syncfs:delay_exit=1500000 \
        "$BIN/imgfetch" "${ALLOW[@]}" -o out urls.txt 2>stderr &
    pid=$!
    started+=($pid)
    await has_rows 20
    kill -INT "$(ours 'imgfetch$')"
    fetch_wait
    assert_rc 0
    assert_says '20 of 20 rows succeeded'
    ! grep 'imgfetch: interrupted' stderr || fail 'it was no interruption'
    assert_whole
}

can_stop_a_close() {
    strace -o /dev/null -e inject=syncfs:delay_exit=1 true 2>/dev/null
}
