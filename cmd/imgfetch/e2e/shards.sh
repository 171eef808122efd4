# A list that many tasks share, each with its own shards.
# shellcheck shell=bash

shards_there() {
    (cd out && echo manifest/*.jsonl *_stats.json) | tr ' ' '\n' | grep -o '[0-9]\{5\}' | sort |
        uniq -c | awk '$1 == 2 {printf "%d ", $2} $1 != 2 {printf "%d(half) ", $2}'
}

has_keys() { # DIR N
    [ "$(rows .key "$1" | wc -l)" -ge "$2" ]
}

# Names and keys with more digits, in each layout and by whatever reads or removes them.
test_digits_of_the_shard() {
    local layout name keys options
    serve
    list_many 25
    sed -i "3s,.*,$site/missing.jpg," urls.txt
    sed -n 1p urls.txt >>urls.txt
    for layout in webdataset files flat; do
        options=(--layout=$layout --shard-size=10 --shard-digits=8 --dedupe=run -o $layout --originals -t 32)
        hold 17
        fetch_start "${options[@]}" -c 1 urls.txt
        await has_keys $layout 12
        kill -KILL "$pid"
        fetch_wait
        await nothing_runs
        release
        fetch "${options[@]}" urls.txt
        assert_rc 1
        name=$(cd $layout && echo *_stats.json)
        assert_eq "$name" '00000000_stats.json 00000001_stats.json 00000002_stats.json'
        keys=$(rows .key $layout | sed -n '1p;11p;26p' | paste -sd' ')
        assert_eq "$keys" '000000000000 000000010000 000000020005'
        assert_eq "$(rows .duplicate_of $layout | tail -n 1)" 000000000000
        fetch -o $layout --verify
        assert_rc 0
        assert_eq "$(sed -n '$s/,.*//p' stdout)" "$layout: 3 shards"
        fetch -o $layout --report=page.html
        assert_rc 0
        assert_eq "$(grep -o 'src="data:image/jpeg' page.html | sort -u)" 'src="data:image/jpeg'
        fetch --dry-run "${options[@]}" urls.txt
        assert_rc 0
        reset_stats
        fetch "${options[@]}" --refresh urls.txt
        assert_says 'unchanged: 24'
        fetch "${options[@]}" --shard-digits=5 urls.txt
        assert_rc 2
        assert_says shard-digits
        # A directory of other digits gives its bodies.
        reset_stats
        fetch --layout=$layout --shard-size=7 --reuse=$layout -o $layout-5 -t 16 urls.txt
        assert_eq "$(stat_of .requests)" 1
        fetch -o $layout-5 --verify
        assert_rc 0
    done
    assert_eq "$(tar tf webdataset/00000001.tar | sed -n 1,3p | paste -sd' ')" '000000010000.jpg 000000010000.orig 000000010000.json'
    assert_eq "$(cd files && echo thumbs/32/00000002/*)" \
        'thumbs/32/00000002/000000020000.jpg thumbs/32/00000002/000000020001.jpg thumbs/32/00000002/000000020002.jpg thumbs/32/00000002/000000020003.jpg thumbs/32/00000002/000000020004.jpg'
    for layout in webdataset files flat; do
        fetch -o $layout --fresh --layout=webdataset --limit=1 --no-thumbs urls.txt
        assert_eq "$(cd $layout && find . -type f ! -path './.imgfetch/*' | sort | paste -sd' ')" \
            './00000.jsonl ./00000.tar ./00000_stats.json'
    done
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

# A task passes the rows of others without parsing them, and still has the same rows as one run.
test_tasks_of_lists_with_odd_rows_do_what_one_run_does() {
    local i list
    serve
    list_many 30
    {
        echo 'url,caption'
        awk 'NR % 5 == 0 {printf "%s,\"two, \"\"lines\"\"\n and a half\"\r\n", $0; next}
             NR % 7 == 0 {printf "\n \r\n%s,\"never closed\n", $0; next}
             NR % 3 == 0 {printf "\"%s\",\"a\"b\"\n", $0; next}
             {print $0 ",plain"}' urls.txt
    } >list.csv
    awk 'NR % 5 == 0 {print "[\"no object\"]\n\n \r"; next}
         NR % 7 == 0 {print "{\"url\": \"" $0; next}
         {print "{\"url\": \"" $0 "\", \"caption\": \"{\\n}\"}"}' urls.txt >list.jsonl
    for list in list.csv list.jsonl; do
        rm -rf out undisturbed
        for i in 0 1 2; do
            fetch --no-thumbs --shard-size=4 --caption-col=caption --shard=$i/3 $list
        done
        assert_whole
        fetch --no-thumbs --shard-size=4 --caption-col=caption -o undisturbed $list
        assert_rc 1
        assert_same_rows out undisturbed
    done
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

# Two lists that are parts of one, in one directory.
test_parts_of_a_list_share_a_directory() {
    serve
    list_many 25
    head -n 12 urls.txt >one.txt
    tail -n 13 urls.txt >two.txt
    fetch --no-thumbs --shard-size=10 --first-shard=0 one.txt
    assert_rc 0
    fetch --no-thumbs --shard-size=10 --first-shard=2 two.txt
    assert_rc 0
    assert_eq "$(shards_there)" '0 1 2 3 '
    assert_eq "$(rows .key | sort -u | wc -l)" 25
    assert_eq "$(rows .url | sort)" "$(sort urls.txt)"
    assert_whole
    fetch --no-thumbs --shard-size=10 --first-shard=0 one.txt
    assert_rc 0
    assert_says 'all 12 rows are already done'
    fetch --no-thumbs --shard-size=10 --first-shard=1 two.txt
    assert_rc 2
    assert_says 'shard 00001 was made from other list lines'
    fetch --no-thumbs --shard-size=10 --first-shard=4 --shard=0/2 two.txt
    assert_rc 2
    assert_says 'cannot be combined with --shard'
    assert_eq "$(stat_of .requests)" 25
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
