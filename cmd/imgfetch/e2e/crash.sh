# Kills a run at random moments and repeats the command: the result is the same as that of a run
# that was never stopped.
#
# CRASH_SECONDS=S: how long each test kills its run again and again (12); TIME_LIMIT of e2e/run must
# be longer. SEED=N: repeats a run that failed.
# shellcheck shell=bash

# Starts and kills the run again and again, until it completes or the time is over.
kill_often() { # AFTER ARGUMENT...: a command after each kill
    local after=$1 until=$((SECONDS + ${CRASH_SECONDS:-12})) most=500 before=0 now=0 ms
    shift
    RANDOM=${SEED:-$$}
    echo "seed ${SEED:-$$}" # shown if it fails
    kills=0
    while [ $SECONDS -lt $until ] || [ $kills -lt 3 ] || [ "$now" = 0 ]; do
        fetch_start "$@"
        ms=$((RANDOM % most))
        sleep $((ms / 1000)).$(printf %03d $((ms % 1000)))
        kill -KILL "$pid" 2>/dev/null || true
        fetch_wait
        await nothing_runs
        [ $rc = 137 ] || break
        kills=$((kills + 1))
        before=$now
        now=$(count_rows)
        # A busy machine needs longer before a kill can do any harm.
        [ "$now" -gt "$before" ] || [ $most -gt 4000 ] || most=$((most * 2))
        $after
    done
    [ $kills -gt 0 ] || fail 'it was never killed'
}

test_kills_at_moments_of_chance() {
    local options=(-q --shard-size=100 -t 32 -t 16:cover --workers=2)
    serve
    list_many 1000 delay=20
    kill_often true "${options[@]}" -c 4 urls.txt
    fetch "${options[@]}" -c 100 urls.txt
    assert_rc 0
    assert_whole
    # Only rows in flight at a kill are fetched twice.
    assert_between "$(stat_of .requests)" 1000 $((1000 + kills * 40)) requests
    assert_as_if_undisturbed "${options[@]}" -c 100 urls.txt
}

# What exists now stays on disk, even if the next run is killed at once.
all_is_synced() {
    local part
    rm -rf out.synced
    mkdir out.synced
    for part in out/* out/.imgfetch; do
        [ -e "$part" ] || continue # it was killed before it made anything
        case $part in
        out/images | out/thumbs) cp -al "$part" out.synced ;; # as powercut_shim.c does
        *) cp -a "$part" out.synced ;;
        esac
    done
}

cut_power() {
    [ -d out ] || return 0
    "$BIN/powercut" out $RANDOM >>cuts
    all_is_synced
}

files_changed() {
    awk '{n += $1} END {print n + 0}' cuts
}

test_power_cuts_at_moments_of_chance() {
    local options=(-q --shard-size=100 -t 32 -t 16:cover --workers=2 --checkpoint=0.1) i
    can_preload || return 0
    serve
    list_many 1000 delay=20
    : >cuts
    # Sometimes, above all on a busy machine, nothing is there that a power cut can damage.
    for ((i = 0; i < 5 && $(files_changed) == 0; i++)); do
        rm -rf out out.synced out.fsynced
        environment=(POWERCUT_DIR="$PWD/out" LD_PRELOAD="$BIN/powercut.so")
        kill_often cut_power "${options[@]}" -c 12 urls.txt
        environment=()
    done
    assert_between "$(files_changed)" 1 100000000 'files that were changed'
    fetch "${options[@]}" -c 100 urls.txt
    assert_rc 0
    assert_whole
    assert_as_if_undisturbed "${options[@]}" -c 100 urls.txt
}

test_power_cuts_while_tars_are_written() {
    local options=(-q --layout=webdataset --shard-size=100 -t 32 --originals --workers=2)
    local shard
    can_preload || return 0
    serve
    list_many 1000 delay=20
    sed -i '5~17s/$/\&delay=300/' urls.txt # some are late
    environment=(POWERCUT_DIR="$PWD/out" LD_PRELOAD="$BIN/powercut.so")
    kill_often cut_power "${options[@]}" --checkpoint=0.1 -c 12 urls.txt
    environment=()
    fetch "${options[@]}" -c 100 urls.txt
    assert_rc 0
    fetch "${options[@]}" -c 100 -o undisturbed urls.txt
    for shard in 0000{0..9}; do
        cmp out/$shard.tar undisturbed/$shard.tar || fail "tars differ"
    done
    assert_same_rows out undisturbed
    assert_eq "$(cd out && find . -type f | sort)" "$(cd undisturbed && find . -type f | sort)"
}

# Files of all shards are in one folder, and a file without a row is known by its note only.
test_power_cuts_with_names_from_the_list() {
    local options=(-q --layout=flat --shard-size=100 -t 32 --workers=2 --checkpoint=0.1)
    can_preload || return 0
    serve
    list_many 1000 delay=20
    mkdir out
    echo mine >out/jpeg_420.png # and somebody else's is known by having none
    echo mine >out/jpeg_420-7.jpg
    environment=(POWERCUT_DIR="$PWD/out" LD_PRELOAD="$BIN/powercut.so")
    kill_often cut_power "${options[@]}" -c 12 urls.txt
    environment=()
    fetch "${options[@]}" -c 100 urls.txt
    assert_rc 1
    assert_eq "$(cat out/jpeg_420.png out/jpeg_420-7.jpg | paste -sd' ')" 'mine mine'
    assert_eq "$(rows 'select(.error) | [.index, .error] | tojson')" '[30,"name_taken"]'
    fetch "${options[@]}" -c 100 -o undisturbed urls.txt
    rm out/jpeg_420.png out/jpeg_420-7.jpg
    fetch "${options[@]}" --retry-failed urls.txt
    assert_rc 0
    assert_whole
    assert_same_rows out undisturbed
    diff -r -x '*_stats.json' -x manifest -x .imgfetch out undisturbed >diff.out ||
        fail "files: $(cat diff.out)"
}

# Replacing rows is the hard case: old and new files have the same names.
test_power_cuts_while_failed_rows_are_fetched_again() {
    local options=(-q --shard-size=20 -t 32 --workers=2 --checkpoint=0.1 --retries=0) i
    can_preload || return 0
    mkdir site
    serve site
    # Replaces the files by broken ones of the same length and of another format.
    head -c "$(stat -c %s "$IMAGES/png_rgb.png")" /dev/zero >zeros
    echo 'GIF89a, or not' >gif
    for ((i = 0; i < 90; i++)); do
        ln "$([ $((i % 3)) = 0 ] && echo gif || echo zeros)" site/$i.png
        echo "$site/$i.png?delay=20"
    done >urls.txt
    fetch "${options[@]}" -c 100 urls.txt
    assert_rc 1
    rm site/*
    cp "$IMAGES/png_rgb.png" site/0.png
    for ((i = 1; i < 90; i++)); do
        ln site/0.png site/$i.png
    done
    all_is_synced
    environment=(POWERCUT_DIR="$PWD/out" LD_PRELOAD="$BIN/powercut.so")
    kill_often cut_power "${options[@]}" --retry-failed -c 4 urls.txt
    environment=()
    fetch "${options[@]}" --retry-failed -c 100 urls.txt
    assert_rc 0
    assert_whole
    assert_as_if_undisturbed "${options[@]}" -c 100 urls.txt
}

# Most shards are being closed when the power goes: their rows share files, and files are removed.
test_power_cuts_while_rows_share_files() {
    local options=(-q --dedupe=content --shard-size=20 -t 32 --workers=2 --checkpoint=0.1)
    can_preload || return 0
    serve
    list_many 1000 delay=20
    environment=(POWERCUT_DIR="$PWD/out" LD_PRELOAD="$BIN/powercut.so")
    kill_often cut_power "${options[@]}" -c 12 urls.txt
    environment=()
    fetch "${options[@]}" -c 100 urls.txt
    assert_rc 0
    assert_whole
    assert_eq "$(rows .duplicate_of | grep -c null)" 250
    assert_as_if_undisturbed "${options[@]}" -c 100 urls.txt
}

test_power_cuts_while_rows_share_samples() {
    local options=(-q --dedupe=content --layout=webdataset --shard-size=20 -t 32 --workers=2)
    can_preload || return 0
    serve
    list_many 1000 delay=20
    environment=(POWERCUT_DIR="$PWD/out" LD_PRELOAD="$BIN/powercut.so")
    kill_often cut_power "${options[@]}" --checkpoint=0.1 -c 12 urls.txt
    environment=()
    fetch "${options[@]}" -c 100 urls.txt
    assert_rc 0
    fetch "${options[@]}" -c 100 -o undisturbed urls.txt
    (cd undisturbed && sha256sum -- *.tar) >should
    (cd out && sha256sum -- *.tar) | diff - should >diff.out || fail "tars: $(cat diff.out)"
    assert_same_rows out undisturbed
    assert_eq "$(cd out && find . -type f | sort)" "$(cd undisturbed && find . -type f | sort)"
}

test_two_at_once_make_one_whole_result() {
    local first
    serve
    list_many 60 delay=100
    hold 8
    fetch_start --shard-size=30 -c 4 urls.txt
    await has_rows 2
    kill -STOP "$pid"
    fetch_second --shard-size=30 urls.txt
    release
    kill -CONT "$first"
    fetch_wait
    assert_rc 0
    assert_eq "$(grep -c 'waiting for shard 00000: another imgfetch is writing it' stderr2)" 1
    pid=$first
    fetch_wait
    assert_rc 0
    assert_eq "$(stat_of .requests)" 60
    assert_eq "$(count_rows)" 60
    assert_whole
}

test_the_second_goes_on_when_the_first_dies() {
    local first
    serve
    list_many 60 delay=100
    fetch_start -c 4 urls.txt
    await has_rows 8
    kill -STOP "$pid"
    fetch_second urls.txt
    kill -KILL "$first"
    fetch_wait
    assert_rc 0
    assert_eq "$(count_rows)" 60
    assert_between "$(stat_of .requests)" 60 100 requests
    assert_whole
}

test_who_waits_for_another_can_be_interrupted() {
    local first
    serve
    list_many 60 delay=100
    fetch_start -c 2 urls.txt
    await has_rows 2
    kill -STOP "$pid"
    fetch_second urls.txt
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
    kill -CONT "$first"
    pid=$first
    fetch_wait
    assert_rc 0
    assert_whole
}
