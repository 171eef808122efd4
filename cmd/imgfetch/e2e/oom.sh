# The kernel kills a process because its cgroup has no memory left.
# shellcheck shell=bash

# $group: a cgroup of our own, whose limit of memory is 256 MB.
make_group() {
    local v1=/sys/fs/cgroup/memory/imgfetch-e2e.$$ v2=/sys/fs/cgroup/imgfetch-e2e.$$
    trap 'cleanup; remove_group' EXIT
    if group=$v1 && mkdir "$group" 2>/dev/null; then
        echo 256M >"$group/memory.limit_in_bytes"
    elif group=$v2 && mkdir "$group" 2>/dev/null && [ -w "$group/memory.max" ]; then
        echo 256M >"$group/memory.max"
    else
        echo 'skipped: no memory cgroup of our own'
        return 1
    fi
}

remove_group() {
    local i
    for ((i = 0; i < 100; i++)); do # while its last processes end
        rmdir "$group" 2>/dev/null && return
        sleep 0.02
    done
}

# Fills the group until the victim is killed, which the kernel prefers: it looks larger than each of
# those that fill it.
kill_for_memory() { # PID
    local i fillers=()
    echo 1000 >"/proc/$1/oom_score_adj"
    echo "$1" >"$group/cgroup.procs"
    for ((i = 0; i < 10; i++)); do
        sh -c 'echo $$ >"$0/cgroup.procs" && exec python3 -c "
import time
kept = [b\"x\" * (1 << 20) for i in range(32)]
time.sleep(20)
"' "$group" &
        fillers+=($!)
    done
    await eval "! [ -e /proc/$1 ] || grep -q '^State:.*Z' /proc/$1/status"
    kill -KILL "${fillers[@]}" 2>/dev/null || true
}

start_in_group() {
    serve
    list_many 200 delay=200
    make_group || return 1
    fetch_start -q -c 4 -t 16 --workers=2 --shard-size=40 urls.txt
    await has_rows 8
}

resume_after_oom() {
    await nothing_runs
    fetch -q -t 16 --workers=2 --shard-size=40 --retry-failed=decode_crash urls.txt
    assert_rc 0
    assert_as_if_undisturbed -q -t 16 --workers=2 --shard-size=40 urls.txt
    fetch --verify
    assert_rc 0
}

test_the_main_process_is_killed() {
    start_in_group || return 0
    kill_for_memory "$pid"
    fetch_wait
    assert_rc 137
    resume_after_oom
}

test_the_zygote_is_killed() {
    start_in_group || return 0
    kill_for_memory "$(ours imgfetch-zygote)"
    fetch_wait
    assert_rc 3
    assert_says 'the decoding processes have died'
    resume_after_oom
}

test_a_decoder_is_killed() {
    start_in_group || return 0
    kill_for_memory "$(ours imgfetch-worker | sed -n 1p)"
    fetch_wait
    assert_between "$rc" 0 1 'exit status'
    assert_between "$(rows 'select(.error) | .key' | wc -l)" 0 1 'rows that failed'
    resume_after_oom
}
