# Runs that are interrupted, and the same command again.
# shellcheck shell=bash

# The number of requests that the next run must make: one for each row that is not kept.
missing_rows() { # OF
    echo $(($1 - $(jq -r .key out/manifest/*.jsonl 2>/dev/null | sort -u | wc -l)))
}

test_kill_and_go_on() {
    local options=(--shard-size=100 -t 32) missing at
    serve
    list_many 400 delay=100 # for some seconds: it must not end before it is killed
    echo "$site/missing.jpg" >>urls.txt
    for at in 30 150 290; do
        fetch_start "${options[@]}" -c 8 urls.txt
        await has_rows $at
        kill -KILL "$pid"
        fetch_wait
        assert_rc 137
        await nothing_runs
    done
    missing=$(missing_rows 401)
    reset_stats
    fetch "${options[@]}" urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" "$missing" 'requests of the last run'
    assert_says "from earlier runs: $((401 - missing)) rows"
    assert_whole
    assert_as_if_undisturbed "${options[@]}" urls.txt
}

test_a_finished_run_does_nothing_more() {
    serve
    list_many 30
    fetch --shard-size=10 urls.txt
    assert_rc 0
    reset_stats
    stable_rows out >before
    fetch --shard-size=10 urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 0
    stable_rows out | diff before - >diff.out || fail "$(cat diff.out)"
}

test_a_torn_row_and_a_lost_file_are_done_again() {
    serve
    list_many 20 delay=300
    fetch_start -c 2 urls.txt
    await has_rows 8
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    # After a power cut: the last row half written, a file missing, a file cut off.
    truncate -s -40 out/manifest/00000.jsonl
    rm "out/$(head -n 1 out/manifest/00000.jsonl | jq -r .path)"
    truncate -s 10 "out/$(sed -n 2p out/manifest/00000.jsonl | jq -r .path)"
    reset_stats
    fetch -c 2 urls.txt
    assert_rc 0
    assert_whole
    assert_as_if_undisturbed urls.txt
}

test_a_torn_stats_file_is_made_anew() {
    local layout kept
    serve
    list_many 30
    for layout in files webdataset; do
        for kept in 300 0; do
            rm -rf out
            fetch -q --layout=$layout --shard-size=10 -t 32 urls.txt
            assert_rc 0
            (cd out && find . -type f ! -name '*_stats.json' ! -name run.json | sort | xargs sha256sum) >before
            truncate -s $kept out/00001_stats.json
            fetch --verify
            assert_rc 1
            assert_eq "$(head -n 1 stdout)" \
                '00001_stats.json: torn: the same command again makes it anew'
            reset_stats
            fetch -q --layout=$layout --shard-size=10 -t 32 urls.txt
            assert_rc 0
            assert_says "warning: 00001_stats.json is torn: it is made anew from the shard's rows"
            assert_eq "$(stat_of .requests)" 0 requests
            (cd out && find . -type f ! -name '*_stats.json' ! -name run.json | sort | xargs sha256sum) >after
            diff before after >diff.out || fail "files: $(cat diff.out)"
            fetch --verify
            assert_rc 0
        done
    done
}

# Files are written before their row, so a kill can leave one without.
test_a_file_without_a_row_is_removed() {
    serve
    list_many 20 delay=300
    fetch_start -c 2 urls.txt
    await has_rows 5
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    echo stray >out/images/00000/000000017.bin
    echo stray >out/thumbs/256/00000/000000018.png
    echo stray >"out/images/00000/$(head -n 1 out/manifest/00000.jsonl | jq -r .key).bin"
    echo stray >"out/$(head -n 1 out/manifest/00000.jsonl | jq -r .path).part"
    fetch -c 2 urls.txt
    assert_rc 0
    assert_whole
}

test_interrupt_finishes_what_is_in_flight() {
    serve
    list_many 100 delay=500
    fetch_start -c 8 urls.txt
    await has_rows 8
    sleep 0.2
    kill -INT -- -"$pid" # the whole group, as a terminal does
    fetch_wait
    assert_rc 130
    grep -qE 'finishing the [0-9]+ rows in progress' stderr || fail 'it does not say what it finishes'
    assert_says 'run the same command again to continue'
    assert_eq "$(count_rows)" "$(stat_of .requests)" 'rows: one for each request'
    assert_eq "$(rows .error | sort -u)" null
    assert_whole
    nothing_runs || fail "still there: $(ours)"
    fetch urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 100
    assert_whole
}

test_second_interrupt_stops_at_once() {
    local begun
    serve
    list_many 100 fault=silent
    fetch_start -c 8 urls.txt
    await test "$(stat_of .requests)" -ge 0
    await eval '[ "$(stat_of .in_flight)" = 8 ]'
    kill -INT "$pid"
    await grep -q 'finishing the 8' stderr
    begun=$SECONDS
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
    assert_between $((SECONDS - begun)) 0 15 'seconds to stop'
    assert_eq "$(count_rows)" 0
}

test_terminate() {
    serve
    list_many 100 delay=100
    fetch_start -c 4 urls.txt
    await has_rows 4
    kill -TERM "$pid"
    fetch_wait
    assert_rc 143
    assert_says 'run the same command again to continue'
    assert_whole
}

test_nohup_is_honoured() {
    serve
    list_many 40
    hold 20
    (
        trap '' HUP
        exec "$BIN/imgfetch" "${ALLOW[@]}" -o out -c 2 urls.txt >stdout 2>stderr
    ) &
    pid=$!
    await has_rows 4
    kill -HUP "$pid"
    release
    fetch_wait
    assert_rc 0
    assert_eq "$(count_rows)" 40
}

test_another_list_in_the_same_folder() {
    serve
    list_many 30
    fetch --shard-size=10 urls.txt
    assert_rc 0
    cp -a out before
    reset_stats
    sed '15s/n=/m=/' urls.txt >other.txt
    fetch --shard-size=10 other.txt
    assert_rc 2
    assert_says 'other list lines'
    assert_eq "$(stat_of .requests)" 0
    diff -r before out >diff.out || fail "changed: $(cat diff.out)"
}

test_another_shard_size_in_the_same_folder() {
    serve
    list_many 30
    fetch --shard-size=10 urls.txt
    cp -a out before
    fetch --shard-size=100000 urls.txt
    assert_rc 2
    assert_says 'out was made with --shard-size=10, not 100000'
    diff -r before out >diff.out || fail "changed: $(cat diff.out)"
}

# Rows added at the end of a list are fetched.
test_a_list_that_grew() {
    serve
    list_many 20
    head -n 12 urls.txt >short.txt
    fetch --shard-size=6 short.txt
    assert_rc 0
    reset_stats
    fetch --shard-size=6 urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 8
    assert_eq "$(count_rows)" 20
    assert_whole
}

test_a_killed_worker_costs_one_image_at_most() {
    local i killed=0
    serve
    list_many 400 delay=150
    fetch_start -c 8 --workers=2 urls.txt
    for ((i = 1; i <= 5; i++)); do
        await has_rows $((i * 40))
        kill -KILL "$(ours imgfetch-worker | head -n 1)" 2>/dev/null && killed=$((killed + 1))
    done
    fetch_wait
    assert_between $rc 0 1 'exit status'
    assert_eq "$(count_rows)" 400
    assert_between "$killed" 1 5 'workers killed'
    assert_between "$(rows 'select(.error) | .error' | wc -l)" 0 "$killed" 'rows lost'
    assert_eq "$(rows 'select(.error and .error != "decode_crash") | .error')" ''
    assert_whole
}

test_a_killed_zygote_ends_the_run_and_it_can_go_on() {
    serve
    list_many 400 delay=100
    fetch_start -c 8 urls.txt
    await has_rows 40
    kill -KILL "$(ours imgfetch-zygote)"
    fetch_wait
    assert_rc 3
    assert_says 'the decoding processes have died'
    assert_says 'run the same command again to continue'
    assert_whole
    await nothing_runs
    fetch -c 160 urls.txt
    assert_rc 0
    assert_eq "$(rows 'select(.error)')" ''
    assert_eq "$(count_rows)" 400
    assert_whole
}

test_no_worker_outlives_a_kill() {
    serve
    list_many 100 delay=500
    fetch_start -c 4 --workers=4 urls.txt
    await has_rows 4
    await eval '[ "$(ours | wc -l)" = 6 ]'
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
}
