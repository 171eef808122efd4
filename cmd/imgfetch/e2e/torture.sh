# Ends a run again and again, in every possible way, at random moments. The result is the same as
# that of an undisturbed run, and a row once kept is never requested again.
#
# make torture sets these to large values:
# TORTURE_ROWS=N: rows of the list (400). TORTURE_ENDS=N: how often it is ended (200), or
# TORTURE_SECONDS=S: for how long (25). TORTURE_REPORT=FILE: gets a line of figures. SEED=N: repeats
# a run that failed.
# shellcheck shell=bash

sleep_ms() {
    sleep $(($1 / 1000)).$(printf %03d $(($1 % 1000)))
}

signal() { # NAME PID...: fails if none of them is there
    local name=$1
    shift
    [ $# -gt 0 ] && kill -s "$name" -- "$@" 2>/dev/null
}

# Whichever process is killed, the run ends soon.
disturb() {
    sleep_ms $((RANDOM % most))
    case $((RANDOM % 9)) in
    0 | 1 | 2) signal KILL "$pid" ;;
    3) signal KILL "-$pid" ;; # all of them
    4) signal KILL $(ours imgfetch-zygote) || signal KILL "$pid" ;;
    5)
        signal KILL $(ours imgfetch-worker | head -n 1) && sleep_ms $((RANDOM % most))
        signal KILL "$pid"
        ;;
    6) signal INT "$pid" ;;
    7) signal TERM "$pid" ;;
    8) signal INT "$pid" && sleep_ms $((RANDOM % 50)) && signal INT "$pid" ;;
    esac || true # it has ended by itself
}

# The rows that are done for good; a killed decoder costs its image until --retry-failed. A torn
# last line is not a row, and the next file follows it without a line end.
list_kept() {
    manifests | xargs -r sed -n -e '/}}$/!d' -e '/"error":"decode_crash"/d' \
        -e 's/^{"key":"[^,]*,"index":[^,]*,"line":[^,]*,"url":"[^"]*[?&]n=\([0-9]*\)&.*/\1/p' |
        sort -u
}

# Since then no row was requested that had been kept before.
assert_nothing_twice() {
    tail -n "+$((logged + 1))" requests.log | sed 's/.*[?&]n=\([0-9]*\)&.*/\1/' | sort -u >asked
    comm -12 kept asked >twice
    [ ! -s twice ] || fail "asked for again: $(head -n 5 twice | paste -sd' ')"
}

torture() { # OPTION...
    local rows=${TORTURE_ROWS:-400} until seconds
    local options=(-q --shard-size=$((rows / 8)) -t 32 --workers=2 --retries=0 "$@")
    RANDOM=${SEED:-$$}
    echo "seed ${SEED:-$$}" # shown if it fails
    "$BIN/imgserve" --ready-file=port --log=requests.log "$IMAGES" >imgserve.log 2>&1 &
    started+=($!)
    await test -s port
    port=$(cat port)
    list_many "$rows" "${TORTURE_QUERY:-delay=100}&"
    sed -i -e '7~31s,/[^/?]*?,/missing.jpg?,' -e '5~17s/$/delay=300\&/' urls.txt

    seconds=$(date +%s%N)
    fetch -c 100 -o undisturbed "${options[@]}" urls.txt
    assert_rc 1
    # Processes need about 200 ms to start.
    [[ $* == *inline* ]] && most=100 || most=400
    most=$((most + 2 * ($(date +%s%N) - seconds) / 1000000 / ${TORTURE_ENDS:-200}))

    ends=0
    until=$((SECONDS + ${TORTURE_SECONDS:-25}))
    : >kept
    rc=137
    while [ $ends -lt "${TORTURE_ENDS:-200}" ] && [ $SECONDS -lt $until ] && [ $rc -gt 1 ]; do
        logged=$(wc -l <requests.log)
        fetch_start -c "${TORTURE_CONCURRENCY:-2}" "${options[@]}" urls.txt
        disturb
        fetch_wait
        [[ $* == *inline* ]] || await nothing_runs
        case $rc in
        3) assert_says 'the decoding processes have died' ;;
        0 | 1 | 130 | 137 | 143) ;;
        *) fail "exit status $rc" ;;
        esac
        ends=$((ends + 1))
        assert_nothing_twice
        list_kept >kept
    done
    assert_between $ends 5 1000000 ends
    logged=$(wc -l <requests.log)
    fetch -c 100 "${options[@]}" --retry-failed=decode_crash urls.txt
    assert_rc 1
    assert_nothing_twice
    assert_same
    [ -z "${TORTURE_REPORT:-}" ] || echo "$*: $rows rows, $ends ends," \
        "$(($(wc -l <requests.log) - rows)) requests, seed ${SEED:-$$}" >>"$TORTURE_REPORT"
}

assert_same() {
    assert_same_rows out undisturbed
    diff -rq -x '*.jsonl' -x '*_stats.json' -x run.json out undisturbed >diff.out ||
        fail "files: $(head -n 20 diff.out)"
    assert_same_stats out undisturbed
    "$BIN/imgfetch" --verify -o out >stdout 2>&1 || fail "--verify: $(head -n 20 stdout)"
}

# Without processes it can be ended much more often.
test_often_files() {
    torture --layout=files --pool=inline
}

test_often_flat() {
    torture --layout=flat --pool=inline
}

test_often_tars() {
    torture --layout=webdataset --pool=inline
}

test_files() {
    torture --layout=files
}

test_tars() {
    torture --layout=webdataset --originals
}
