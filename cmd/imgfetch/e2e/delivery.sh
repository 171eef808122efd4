# --on-shard: complete shards are delivered by a program. Here it copies them into a folder,
# "bucket", as the page cmd/imgfetch/cluster/README.md says.
#
# cmd/imgfetch/cluster/test-delivery does the same with a real object store.
# shellcheck shell=bash

# Makes ./deliver, which copies a shard in steps, and waits before each if ./slow exists.
make_program() {
    cat >deliver <<'END'
#!/bin/bash
set -eu
shard=$1 dir=$2 bucket=bucket
shift 2
step() {
    [ ! -e slow ] || sleep 0.05
}
mkdir -p "$bucket"
cmp -s "$dir/${shard}_stats.json" "$bucket/${shard}_stats.json" && exit
step
rm -f "$bucket/${shard}_stats.json"
for file; do
    to=$bucket${file#"$dir"}
    mkdir -p "$(dirname "$to")"
    step
    rm -rf "$to" # so that a kill leaves less
    step
    cp -r "$file" "$to"
done
echo "$shard" >>deliveries
END
    chmod +x deliver
}

deliveries() {
    sort deliveries | paste -sd' '
}

tars=(--layout=webdataset --shard-size=10 -t 32)
files=(--shard-size=10 -t 32)

notes() {
    find out/.imgfetch -name '*.sent' | sed 's/.*\///; s/\.sent//' | sort | paste -sd' '
}

# ---- what a program gets ----

test_a_program_gets_the_files_of_each_shard() {
    serve
    list_many 25
    cat >tell <<'END'
#!/bin/bash
echo "$@" >>told
echo "of $1, to the log"
read -r line || echo "no input" >>told
pwd >>told
echo "$A_SECRET" >>told
END
    chmod +x tell
    A_SECRET=key fetch "${tars[@]}" --on-shard=./tell --log=log urls.txt
    assert_rc 0
    assert_says 'delivered: 3 shards'
    assert_eq "$(grep '^00001 ' told)" \
        "00001 $PWD/out $PWD/out/00001.tar $PWD/out/00001.jsonl $PWD/out/00001_stats.json"
    assert_eq "$(grep -cx 'no input' told)" 3
    assert_eq "$(grep -cx "$PWD" told)" 3
    assert_eq "$(grep -cx key told)" 3
    grep -q 'shard 00002: of 00002, to the log$' log || fail "log: $(cat log)"
    ! grep -q 'to the log' stderr || fail 'it is on standard error'
    assert_eq "$(notes)" '00000 00001 00002'
    assert_nothing_runs
    fetch "${files[@]}" -o "$PWD/other" --on-shard=./tell -v urls.txt
    assert_rc 0
    assert_says 'shard 00002: of 00002, to the log'
    assert_eq "$(grep '^00002 .*/other' told)" "00002 $PWD/other $PWD/other/images/00002 \
$PWD/other/thumbs/32/00002 $PWD/other/manifest/00002.jsonl $PWD/other/00002_stats.json"
}

# The process that starts it is not confined.
test_a_program_is_outside_the_sandbox() {
    serve
    list /jpeg_420.jpg
    cat >look <<'END'
#!/bin/bash
grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\t' >../outside
END
    chmod +x look
    mkdir run
    cp look urls.txt run
    cd run || fail cd
    fetch --on-shard=./look urls.txt
    assert_rc 0
    cd ..
    assert_eq "$(cat outside)" "$(grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\t')"
    assert_eq "$(stat -c %n run/out/.imgfetch/*.sent)" run/out/.imgfetch/00000.sent
}

test_a_delivered_shard_is_not_delivered_again() {
    serve
    make_program
    list_many 25
    fetch "${tars[@]}" --on-shard=./deliver urls.txt
    assert_rc 0
    fetch "${tars[@]}" --on-shard=./deliver urls.txt
    assert_rc 0
    assert_eq "$(deliveries)" '00000 00001 00002'
    # Shards that were complete before, in a run that did not deliver.
    fetch "${files[@]}" -o second urls.txt
    fetch "${files[@]}" -o second --on-shard=./deliver urls.txt
    assert_rc 0
    assert_eq "$(deliveries)" '00000 00000 00001 00001 00002 00002'
    assert_says 'delivered: 3 shards'
    assert_eq "$(stat_of .requests)" 50
    diff -r second/images bucket/images || fail images
}

test_what_cannot_be_run_is_a_usage_error() {
    local option
    serve
    list_many 5
    for option in ./nothing nothing-of-that-name . ''; do
        fetch --on-shard=$option urls.txt
        assert_rc 2
        assert_says 'there is no such program'
    done
    fetch --on-shard-remove urls.txt
    assert_rc 2
    assert_says '--on-shard-remove: needs --on-shard'
    fetch --on-shard=true --layout=flat urls.txt
    assert_rc 2
    fetch --on-shard=true --on-shard-remove --dedupe=run urls.txt
    assert_rc 2
    fetch --on-shard=true --update urls.txt
    assert_rc 2
    [ ! -e out ] || fail 'it made the directory'
}

# ---- failures and signals ----

test_five_failures_end_the_run_and_the_next_one_delivers() {
    serve
    make_program
    list_many 25
    printf '#!/bin/sh\necho tried >>tries\necho no space there\nexit 7\n' >fails
    chmod +x fails
    fetch "${tars[@]}" --on-shard=./fails --retry-max-wait=0.01 --limit=10 urls.txt
    assert_rc 3
    assert_says 'shard 00000: exit status 7: no space there (failure 4 of 5; again in 0.01 s)'
    assert_says 'shard 00000: exit status 7: no space there (failure 5, the last)'
    assert_eq "$(wc -l <tries)" 5
    assert_eq "$(notes)" ''
    assert_nothing_runs
    fetch "${tars[@]}" --on-shard=./deliver urls.txt
    assert_rc 0
    assert_eq "$(deliveries)" '00000 00001 00002'
}

make_waiting() { # a program that begins and waits for ./go
    cat >waits <<'END'
#!/bin/bash
echo "$1" >>begun
until [ -e go ]; do sleep 0.02; done
exec ./deliver "$@"
END
    chmod +x waits
    : >begun
}

has_begun() { # N
    [ "$(wc -l <begun)" -ge "$1" ]
}

test_sigterm_lets_programs_end_and_starts_none() {
    serve
    make_program
    make_waiting
    list_many 50
    fetch_start "${tars[@]}" --on-shard=./waits urls.txt
    await has_begun 2
    await has_rows 50
    kill -TERM "$pid"
    touch go
    fetch_wait
    assert_rc 143
    assert_eq "$(wc -l <begun)" 2
    assert_eq "$(wc -l <deliveries)" 2
    assert_says 'delivered: 2 shards'
    assert_nothing_runs
    fetch "${tars[@]}" --on-shard=./deliver urls.txt
    assert_rc 0
    assert_eq "$(deliveries)" '00000 00001 00002 00003 00004'
}

test_a_second_signal_kills_them() {
    serve
    make_program
    make_waiting
    list_many 10
    fetch_start "${tars[@]}" --on-shard=./waits urls.txt
    await has_begun 1
    while kill -TERM "$pid" 2>/dev/null; do # two that come at once are one
        sleep 0.5
    done
    fetch_wait
    assert_rc 143
    assert_eq "$(notes)" ''
    await nothing_runs
}

test_a_kill_ends_the_programs() {
    serve
    make_program
    make_waiting
    list_many 10
    fetch_start "${tars[@]}" --on-shard=./waits urls.txt
    await has_begun 1
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    program_runs() {
        pgrep -f "/bin/bash ./waits 00000 $PWD" >/dev/null
    }
    for ((i = 0; i < 500; i++)); do
        program_runs || break
        sleep 0.02
    done
    ! program_runs || fail 'the program lives on'
}

# Shards of an earlier run, which are there before anything is fetched.
test_the_list_waits_while_shards_pile_up() {
    serve
    make_program
    make_waiting
    list_many 100
    fetch "${tars[@]}" --limit=90 urls.txt
    fetch_start "${tars[@]}" --on-shard=./waits urls.txt
    await grep -q '5 complete shards wait for --on-shard, and the list for them' stderr
    assert_eq "$(stat_of .requests)" 90
    touch go
    fetch_wait
    assert_rc 0
    assert_eq "$(stat_of .requests)" 100
    assert_eq "$(wc -l <deliveries)" 10
}

# ---- what was delivered and is gone ----

# Rows 3, 13 and 23 fail at first.
list_with_failures() { # ROWS
    list_many "$1"
    sed -i '4s/$/\&status=503\&fail_first=1/; 14s/$/\&status=503\&fail_first=1/; 24s/$/\&status=503\&fail_first=1/' urls.txt
}

test_a_removed_shard_is_done_and_cannot_be_changed() {
    local option layout
    serve
    make_program
    for layout in tars files; do
        list_with_failures 25
        local -n options=$layout
        rm -rf out bucket
        reset_stats
        fetch "${options[@]}" --on-shard=./deliver --on-shard-remove --retries=0 urls.txt
        assert_rc 1
        assert_eq "$(cd out && find . -type f ! -path './.imgfetch/*' | sort | paste -sd' ')" \
            './00000_stats.json ./00001_stats.json ./00002_stats.json'
        fetch "${options[@]}" --retries=0 urls.txt
        assert_rc 1
        assert_says 'all 25 rows are already done: 22 ok, 3 http_error'
        fetch --dry-run "${options[@]}" urls.txt
        assert_rc 0
        grep -q '25 (22 ok, 3 http_error)' stdout || fail "$(cat stdout)"
        for option in --retry-failed --refresh '--update --quality=50' '--retry-failed --on-shard=./deliver' '--dry-run --retry-failed'; do
            # shellcheck disable=SC2086 # the options are words
            fetch $option "${options[@]}" urls.txt
            assert_rc 2
            assert_says "shard 00000 was delivered, and $([ $layout = tars ] || echo manifest/)00000.jsonl is not here any more"
        done
        fetch --retry-failed=timeout "${options[@]}" urls.txt # no row has that
        assert_rc 1
        list_with_failures 29
        fetch "${options[@]}" urls.txt
        assert_rc 2
        assert_says 'shard 00002 was delivered'
        assert_eq "$(stat_of .requests)" 25
        "$BIN/imgfetch" --verify out >stdout 2>stderr || fail "verify: $(cat stdout)"
        assert_eq "$(cat stdout)" 'out: 3 shards (3 delivered and not here), 25 rows, 0 files, 0 B: no differences'
        "$BIN/imgfetch" --report=page.html out 2>stderr || fail report
        grep -q '<b>25</b><span>rows</span>' <(tr -d '\n' <page.html) || fail 'the page has other rows'
        grep -q 'Shards that were delivered and are not here (only the results of their rows count): 3 of 3' page.html || fail page
    done
}

test_what_is_fetched_back_can_be_changed_and_is_delivered_again() {
    serve
    make_program
    list_with_failures 25
    fetch "${tars[@]}" --on-shard=./deliver --on-shard-remove --retries=0 urls.txt
    assert_rc 1
    cp bucket/* out/
    "$BIN/imgfetch" --verify out >stdout || fail "verify: $(cat stdout)"
    fetch "${tars[@]}" --on-shard=./deliver --on-shard-remove --retry-failed urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 28
    assert_eq "$(deliveries)" '00000 00000 00001 00001 00002 00002'
    fetch "${tars[@]}" -o undisturbed urls.txt
    stable_rows bucket >is
    stable_rows undisturbed | diff - is >diff.out || fail "rows: $(head -c 1000 diff.out)"
    cmp bucket/00001.tar undisturbed/00001.tar || fail tar
}

test_a_shard_that_nobody_noted_and_is_gone_is_for_the_user() {
    serve
    make_program
    list_many 25
    fetch "${tars[@]}" urls.txt
    mkdir moved
    mv out/00001.tar moved
    fetch "${tars[@]}" --on-shard=./deliver urls.txt
    assert_rc 2
    assert_says 'shard 00001 is complete and not noted as delivered, but 00001.tar is not here'
    [ ! -e bucket/00001_stats.json ] || fail 'it is delivered'
    touch out/.imgfetch/00001.sent
    fetch "${tars[@]}" --on-shard=./deliver urls.txt
    assert_rc 0
    assert_eq "$(notes)" '00000 00001 00002'
    assert_eq "$(deliveries)" '00000 00002'
}

test_starting_over_delivers_again() {
    serve
    make_program
    list_many 25
    fetch "${tars[@]}" --on-shard=./deliver --on-shard-remove urls.txt
    fetch "${tars[@]}" --on-shard=./deliver --fresh urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 50
    assert_eq "$(deliveries)" '00000 00000 00001 00001 00002 00002'
}

# ---- another machine, and kills ----

# What the page says: stats files fetched back, and a note for each.
move_to() { # DIR
    local stats
    mkdir -p "$1/.imgfetch"
    fetch_back "$1"
    for stats in "$1"/*_stats.json; do
        [ ! -e "$stats" ] || touch "$1/.imgfetch/$(basename "$stats" _stats.json).sent"
    done
}

fetch_back() { # DIR
    cp bucket/*_stats.json "$1" 2>/dev/null || true
}

# "NAME HASH" for each object of a shard whose stats file is there.
whole_objects() {
    (cd bucket && find . -type f -exec sha256sum {} +) | awk '{print $2, $1}' | only_whole
}

only_whole() {
    sort | awk '{path[NR] = $1; line[NR] = $0; n = $1; sub(/.*\//, "", n); if (n ~ /^[0-9]+_stats/) whole[substr(n, 1, 5)] = 1}
        END {for (i = 1; i <= NR; i++) if (match(path[i], /[0-9][0-9][0-9][0-9][0-9]/) && whole[substr(path[i], RSTART, 5)]) print line[i]}'
}

test_on_another_machine_the_rest_is_done() {
    serve
    make_program
    list_many 95
    fetch "${tars[@]}" --on-shard=./deliver --limit=40 -o one urls.txt
    assert_rc 0
    move_to two
    rm -rf one
    fetch "${tars[@]}" --on-shard=./deliver -o two urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 95
    assert_eq "$(deliveries)" "$(seq -f %05g 0 9 | paste -sd' ')"
    fetch "${tars[@]}" -o undisturbed urls.txt
    stable_rows bucket >is
    stable_rows undisturbed | diff - is >diff.out || fail "rows: $(head -c 1000 diff.out)"
}

# Runs that are killed at any moment, on one machine after another, of which only what was delivered
# is left. What is whole in the bucket stays so, and in the end everything is. $program delivers, and
# what $removes says is removed here.
removes=()
KILL_MS=1500 # a run lives so long at most
deliver_through_kills() { # KILLS ROWS OPTION...
    local kills=$1 rows=$2 n machine=1 ms
    shift 2
    list_many "$rows" delay=10
    RANDOM=${SEED:-$$}
    echo "seed ${SEED:-$$}" # shown if it fails
    touch slow
    mkdir -p bucket
    : >whole
    move_to machine1
    for ((n = 1; n <= kills; n++)); do
        fetch_start "$@" "${removes[@]}" -q -c 8 --on-shard="$program" -o machine$machine urls.txt
        ms=$((RANDOM % KILL_MS))
        sleep $((ms / 1000)).$(printf %03d $((ms % 1000)))
        kill -KILL "$pid" 2>/dev/null || true
        fetch_wait
        await nothing_runs
        whole_objects >now
        comm -23 whole now >diff.out
        [ ! -s diff.out ] || fail "was whole and is not: $(head -n 5 diff.out)"
        mv now whole
        [ $rc = 137 ] || break
        if ((n % 4 == 0)); then
            rm -rf machine$machine
            machine=$((machine + 1))
            move_to machine$machine
        fi
    done
    rm slow
    fetch "$@" "${removes[@]}" --on-shard="$program" -o machine$machine urls.txt
    assert_rc 0
    fetch "$@" -o undisturbed urls.txt
}

test_kills_at_any_moment_lose_no_tar() {
    program=./deliver
    serve
    make_program
    deliver_through_kills 12 300 "${tars[@]}"
    stable_rows bucket >is
    stable_rows undisturbed | diff - is >diff.out || fail "rows: $(head -c 1000 diff.out)"
    for tar in undisturbed/*.tar; do
        cmp "$tar" "bucket/${tar#*/}" || fail "$tar"
    done
}

test_kills_at_any_moment_lose_no_file() {
    program=./deliver
    serve
    make_program
    removes=(--on-shard-remove)
    deliver_through_kills 12 300 "${files[@]}"
    assert_same_rows bucket undisturbed
    diff -r bucket/images undisturbed/images >diff.out || fail "images: $(head diff.out)"
    diff -r bucket/thumbs undisturbed/thumbs >diff.out || fail "thumbs: $(head diff.out)"
    assert_eq "$(find machine* -path '*/images/*' | wc -l)" 0 'files left'
}
