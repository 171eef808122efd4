# A list that many tasks share, each with its own shards.
# shellcheck shell=bash

shards_there() {
    (cd out && echo manifest/*.jsonl *_stats.json) | tr ' ' '\n' | grep -o '[0-9]\{5\}' | sort |
        uniq -c | awk '$1 == 2 {printf "%d ", $2} $1 != 2 {printf "%d(half) ", $2}'
}

# All tasks at once in one directory give the same result as one run.
test_tasks_together_do_the_list() {
    local i options=(--shard-size=10 -t 32)
    serve
    list_many 64
    for i in 0 1 2; do
        "$BIN/imgfetch" "${ALLOW[@]}" "${options[@]}" -o out --shard=$i/3 urls.txt 2>stderr.$i &
        started+=($!)
        tasks[i]=$!
    done
    for i in 0 1 2; do
        wait "${tasks[i]}" || fail "task $i: $(cat stderr.$i)"
    done
    assert_eq "$(stat_of .requests)" 64
    assert_eq "$(shards_there)" '0 1 2 3 4 5 6 '
    assert_whole
    fetch "${options[@]}" -o undisturbed urls.txt
    assert_same_rows out undisturbed
}

test_a_task_speaks_of_its_own_shards() {
    serve
    list_many 25
    sed -i '3s/.*/no url/' urls.txt
    fetch --no-thumbs --shard-size=10 --shard=1/2 urls.txt
    assert_rc 0
    assert_says '10 of 10 rows succeeded'
    fetch --no-thumbs --shard-size=10 --shard=0/2 urls.txt
    assert_rc 1
    assert_says '14 of 15 rows succeeded'
    fetch --no-thumbs --shard-size=10 --shard=0/2 urls.txt
    assert_rc 1
    assert_says 'imgfetch: all 15 rows are already done: 14 ok, 1 bad_url'
    fetch --no-thumbs --shard-size=10 --shard=3/4 urls.txt
    assert_rc 0
    assert_says 'the list has no rows in the shards of --shard'
    # The whole list, now that all of it is done.
    fetch --no-thumbs --shard-size=10 urls.txt
    assert_rc 1
    assert_says 'imgfetch: all 25 rows are already done: 24 ok, 1 bad_url'
    assert_eq "$(stat_of .requests)" 24
    assert_whole
}

test_a_range_of_shards() {
    serve
    list_many 95
    fetch --no-thumbs --shard-size=10 --shard=3-4 urls.txt
    assert_rc 0
    assert_eq "$(shards_there)" '3 4 '
    fetch --no-thumbs --shard-size=10 --shard=8- urls.txt
    assert_eq "$(shards_there)" '3 4 8 9 '
    assert_eq "$(rows .index | paste -sd' ')" "$({ seq 30 49; seq 80 94; } | paste -sd' ')"
    assert_whole
    # Nothing after the range is read.
    mkfifo pipe
    { cat urls.txt && exec sleep 1000; } >pipe &
    started+=($!)
    timeout 30 "$BIN/imgfetch" "${ALLOW[@]}" --no-thumbs --shard-size=10 --shard=0-1 -o out2 pipe \
        2>stderr || fail 'it waits for the rest of the list'
}

test_the_part_comes_from_the_scheduler() {
    serve
    list_many 40
    export SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_MAX=14 \
        SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=3
    fetch --no-thumbs --shard-size=10 --shard=auto urls.txt
    assert_rc 0
    assert_eq "$(shards_there)" '1 '
    unset SLURM_ARRAY_TASK_ID
    JOB_COMPLETION_INDEX=0 fetch --no-thumbs --shard-size=10 --shard=auto urls.txt
    assert_rc 2
    assert_says '--shard=auto: Kubernetes does not say how many tasks there are; give auto/N'
    JOB_COMPLETION_INDEX=0 fetch --no-thumbs --shard-size=10 --shard=auto/3 urls.txt
    assert_eq "$(shards_there)" '0 1 3 '
    fetch --shard=auto urls.txt
    assert_rc 2
    assert_says 'not running as an array task'
    assert_whole
}
