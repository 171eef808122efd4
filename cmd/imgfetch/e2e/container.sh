# In a container: its processors, its memory, and process 1.
# shellcheck shell=bash

# $group: a cgroup of our own with that limit of memory; version 1 or 2, whichever is here.
make_limited_group() { # BYTES
    local v1=/sys/fs/cgroup/memory/imgfetch-e2e.$$ v2=/sys/fs/cgroup/imgfetch-e2e.$$
    trap 'cleanup; rmdir "$group" || true' EXIT
    if group=$v1 && mkdir "$group" 2>/dev/null; then
        echo "$1" >"$group/memory.limit_in_bytes"
    elif group=$v2 && mkdir "$group" 2>/dev/null && [ -w "$group/memory.max" ]; then
        echo "$1" >"$group/memory.max"
    else
        echo 'skipped: no memory cgroup of our own'
        return 1
    fi
}

test_a_run_fits_into_its_memory() {
    serve
    list_many 60
    make_limited_group 512M || return 0
    rc=0
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec "$BIN/imgfetch" "${ALLOW[@]}" -o out --workers=4 urls.txt 2>stderr
    ) || rc=$?
    assert_rc 0
    assert_says 'imgfetch: this container has 537 MB of memory, so this run has 117 MB for bodies, and 2 decoders with 168 MB each (--memory, --workers, --decode-memory)'
    assert_eq "$(rows .error | sort | uniq -c | tr -s ' ')" ' 60 null'
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec "$BIN/imgfetch" "${ALLOW[@]}" -o out2 --workers=1 --memory=64M --decode-memory=256M urls.txt 2>stderr
    )
    ! grep container stderr || fail 'it fits'
}

# A process 1 ignores what it has no handler for.
test_process_1_ends_on_a_signal() {
    local mode modes=('--compare=async --repeat=9' '--dry-run' '')
    serve
    list_many 4 fault=silent
    mkfifo list
    for mode in "${modes[@]}"; do
        unshare --pid --fork --kill-child "$BIN/imgfetch" "${ALLOW[@]}" -o out $mode list 2>stderr &
        pid=$!
        started+=($pid)
        await eval 'ours "imgfetch$" >pids && [ -s pids ]'
        sleep 0.3
        kill -TERM "$(head -n 1 pids)"
        fetch_wait
        assert_rc 143
        await nothing_runs
    done
}

test_the_way_out_has_a_limit() {
    serve
    list_many 8 fault=silent
    fetch_start --stop-timeout=1 -c 4 urls.txt
    await eval '[ "$(stat_of .in_flight)" = 4 ]'
    kill -TERM "$pid"
    fetch_wait
    assert_rc 143
    assert_says 'giving up 4 requests that have not ended in time (--stop-timeout)'
    assert_eq "$(count_rows)" 0
}

test_what_limits_the_requests_is_told() {
    serve
    list_many 4
    fetch -c 100 --memory=4M urls.txt
    assert_says 'imgfetch: at most 16 requests in flight: 100 need --memory=25M'
    fetch -c 16 --memory=4M -o out2 urls.txt
    ! grep 'at most' stderr || fail 'there is room'
}

# Fills the group until the kernel kills that process, which it takes for the largest; and then
# perhaps the one that fills.
fill_group() { # PID
    echo 1000 >"/proc/$1/oom_score_adj"
    sh -c 'echo $$ >"$0/cgroup.procs" && exec python3 -c "
import sys
kept = []
try:
    while open(\"/proc/$1/stat\").read().rsplit(\")\", 1)[1].split()[0] != \"Z\":
        kept.append(b\"x\" * (1 << 20))
except (FileNotFoundError, ProcessLookupError):
    pass
"' "$group" "$1" || true
    ! grep '^State:.[^Z]' "/proc/$1/status" 2>/dev/null || fail 'it was not killed'
}

busy_decoder() {
    for worker in $(ours imgfetch-worker); do
        grep -q '^State:.R' "/proc/$worker/status" && return
    done
    return 1
}

# The image that was being decoded is not at fault, and is tried again, alone. (Here it is: it takes
# for ever.)
test_a_decoder_that_is_killed_for_memory() {
    mkdir site
    cp "$IMAGES"/{jpeg_420.jpg,png_rgb.png} site
    { cat "$IMAGES/jpeg_420.jpg" && printf 'imgfetch-fault: spin'; } >site/spin.jpg
    serve site
    list /spin.jpg
    for ((i = 0; i < 20; i++)); do echo "$site/png_rgb.png?$i" >>urls.txt; done
    make_limited_group 400M || return 0
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec setsid "$BIN/imgfetch" "${ALLOW[@]}" -o out --test-faults --workers=2 --memory=32M \
            --decode-memory=128M --decode-timeout=20 \
            urls.txt 2>stderr
    ) &
    pid=$!
    started+=($pid)
    await has_rows 20
    await busy_decoder
    fill_group "$worker"
    fetch_wait
    assert_rc 1
    # decode_memory: the group was still full when it was tried alone.
    rows .error | sort | uniq -c | tr -s ' ' | paste -sd, >codes
    grep -qE '^ 1 decode_(timeout|memory), 20 null$' codes || fail "$(cat codes)"
}
