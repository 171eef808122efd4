# --update: a directory is brought in line with a list that has changed.
# shellcheck shell=bash

# A directory of N rows, in out, and a list of it that has changed, in other.txt: a line is added on
# top, one removed, the rest in another order.
make_changed() { # N OPTION...
    local n=$1
    shift
    serve
    list_many "$n"
    fetch "$@" urls.txt
    assert_rc 0
    {
        echo "$site/jpeg_444.jpg?new"
        sed 3d urls.txt | sort -r
    } >other.txt
    reset_stats
}

assert_sound() { # [DIR]
    "$BIN/imgfetch" --verify "${1:-out}" >verified 2>&1 || fail "${1:-out}: $(cat verified)"
}

# The directory has the rows of the list, and nothing is beside it.
assert_in_line() { # LIST [DIR]
    local dir=${2:-out}
    rows .url "$dir" | diff "$1" - >diff.out || fail "rows: $(head -n 5 diff.out)"
    assert_eq "$(rows .error "$dir" | sort -u)" null
    [ ! -e "$dir.update" ] || fail "$dir.update is there"
    [ ! -e "$dir/.imgfetch/update" ] || fail 'the mark is there'
    assert_sound "$dir"
    assert_nothing_runs
}

# Prints the command of a message, without "imgfetch".
command_to() { # WHAT
    sed -n "s/^  $1: imgfetch //p" stderr
}

run_command() { # COMMAND
    rc=0
    eval "\"$BIN/imgfetch\" $1" >stdout 2>stderr || rc=$?
}

test_one_line_more_is_one_request() {
    local layout
    for layout in files flat webdataset; do
        rm -rf out port
        make_changed 60 --layout=$layout --originals --shard-size=20 -t 32
        fetch --update other.txt
        assert_rc 0
        assert_says 'reused from earlier directories: 59 ('
        assert_eq "$(stat_of .requests)" 1
        assert_in_line other.txt
        fetch --layout=$layout --originals --shard-size=20 -t 32 other.txt
        assert_rc 0
        assert_says 'all 60 rows are already done'
    done
}

test_what_is_in_line_already_is_not_replaced() {
    local before
    make_changed 30 --shard-size=8
    before=$(stat -c %i out)
    fetch --update urls.txt
    assert_rc 0
    assert_says 'all 30 rows are already done'
    sed -n 4p urls.txt | sed 's/$/more/' >>urls.txt
    fetch --update
    assert_rc 0
    assert_eq "$(stat -c %i out)" "$before"
    assert_eq "$(stat_of .requests)" 1
    assert_in_line urls.txt
    sed -n 1,20p urls.txt >short.txt
    fetch --update short.txt
    assert_rc 0
    assert_in_line short.txt
    sed -n 1,16p urls.txt >shorter.txt
    fetch --update shorter.txt
    assert_rc 0
    assert_in_line shorter.txt
    assert_eq "$(stat_of .requests)" 1
}

test_there_need_be_nothing_to_update() {
    serve
    list_many 5
    fetch --update urls.txt
    assert_rc 0
    assert_in_line urls.txt
    mkdir mine
    echo mine >mine/note
    fetch -o mine --layout=flat --update urls.txt
    assert_rc 0
    assert_eq "$(cat mine/note)" mine
}

test_originals_are_not_lost_by_another_layout() {
    make_changed 5
    fetch --update --layout=webdataset
    assert_rc 0
    assert_eq "$(rows 'select(.path) | .key' | wc -l)" 5
    fetch --update --layout=flat other.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 1
    assert_in_line other.txt
    fetch --update --layout=webdataset --no-originals
    assert_rc 0
    assert_eq "$(tar tf out/00000.tar | wc -l)" 10
}

test_options_change_at_the_same_time() {
    make_changed 20 --layout=flat --shard-size=6 --quality=70
    fetch --update -t 16 -t 24 other.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 1
    assert_in_line other.txt
    assert_eq "$(rows '.thumbs | length' | sort -u)" 2
    jq -e '.layout == "flat" and .quality == "70" and ."shard-size" == "6" and .thumb == "16,24"' \
        out/.imgfetch/options.json >/dev/null || fail 'options'
    fetch --update --layout=files
    assert_rc 0
    [ -d out/images/00003 ] || fail 'the layout'
    assert_eq "$(stat_of .requests)" 1
    assert_in_line other.txt
}

test_rows_that_are_gone_can_stay() {
    serve
    {
        echo url,TEXT,n
        list_many 12
        awk '{ print $0 ",\"text " NR "\"," NR }' urls.txt
    } >list.csv
    fetch --caption-col=TEXT --keep-cols=n --shard-size=5 list.csv
    assert_rc 0
    (head -n 1 list.csv && sed 1,4d list.csv) >short.csv
    reset_stats
    fetch --update --keep-removed short.csv
    assert_rc 0
    assert_eq "$(stat_of .requests)" 0
    assert_eq "$(rows '"\(.caption) \(.n)"' | tail -n 4 | paste -sd,)" 'text 12 12,text 1 1,text 2 2,text 3 3'
    assert_sound
    fetch
    assert_rc 0
    assert_says 'all 12 rows are already done'
    fetch --update --keep-removed short.csv
    assert_rc 0
    assert_says 'all 12 rows are already done'
    fetch --update --keep-removed list.csv
    assert_rc 0
    assert_eq "$(rows .n | paste -sd' ')" '1 2 3 4 5 6 7 8 9 10 11 12'
    [ ! -e out/.imgfetch/removed.jsonl ] || fail 'a list of none'
    fetch --update --keep-removed short.csv
    fetch --update
    assert_rc 0
    assert_eq "$(rows .n | paste -sd' ')" '4 5 6 7 8 9 10 11 12'
    assert_eq "$(stat_of .requests)" 0
    assert_sound
}

test_the_current_folder_can_be_updated() {
    make_changed 10
    cd out
    rc=0
    "$BIN/imgfetch" "${ALLOW[@]}" -o . --update ../other.txt >../stdout 2>../stderr || rc=$?
    cd "$OLDPWD"
    assert_rc 0
    assert_says "the current folder was replaced: cd $PWD/out"
    assert_in_line other.txt
}

# Whatever is killed, out has all rows of one of the lists.
test_kills_change_nothing() {
    local i
    make_changed 400 --no-thumbs --shard-size=50
    for ((i = 0; i < 40; i++)); do
        fetch_start -q --update other.txt
        sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
        kill -KILL "$pid" 2>/dev/null || true
        fetch_wait
        await nothing_runs
        assert_sound
        rows .url >is
        cmp -s is urls.txt || cmp -s is other.txt || fail "after kill $i: $(diff is other.txt | head -n 5)"
    done
    fetch --update other.txt
    assert_rc 0
    assert_in_line other.txt
    assert_between "$(stat_of .requests)" 1 41
}

test_an_interrupted_one_goes_on() {
    make_changed 30 --shard-size=8
    sed "1s/$/\&delay=600000/" other.txt >slow.txt
    fetch_start --timeout=1000 --stall-timeout=1000 --update slow.txt
    await eval "[ \"\$(rows .key out.update | wc -l)\" -ge 29 ]"
    fetch other.txt
    assert_rc 3
    assert_says 'another imgfetch is replacing the directory (--update)'
    fetch --update other.txt
    assert_rc 3
    assert_says 'another imgfetch is at work there'
    "$BIN/imgfetch" --verify out >verified 2>&1 && fail 'it is not locked'
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    assert_sound
    tac other.txt >third.txt
    fetch --update third.txt
    assert_rc 2
    assert_says 'an --update with another list was interrupted'
    eval "$(sed -n 's/^  to begin anew, with what it has: \(mv .*\) && imgfetch .*/\1/p' stderr)"
    run_command "$(sed -n 's/^  to begin anew, with what it has: mv .* && imgfetch //p' stderr)"
    assert_rc 0
    assert_says 'reused from earlier directories: 29 ('
    assert_in_line third.txt
    rm -r out.update-2
}

test_a_refused_run_says_how_to_update() {
    make_changed 10 --progressive -t 32
    fetch --progressive -t 32 other.txt
    assert_rc 2
    run_command "$(command_to 'to change what is there')"
    assert_rc 0
    assert_in_line other.txt
    fetch --progressive other.txt
    assert_rc 2
    assert_says 'was made with --thumb=32, not 256'
    run_command "$(command_to 'to change what is there')"
    assert_rc 0
    assert_eq "$(rows '.thumbs[].spec' | sort -u)" 256
    fetch other.txt
    assert_rc 2
    assert_eq "$(command_to 'to change what is there')" ''
    fetch --progressive --shard=0/2 urls.txt
    assert_rc 2
    assert_eq "$(command_to 'to change what is there')" ''
    run_command "$(command_to 'to use another directory, and what this one has')"
    assert_rc 0
    assert_eq "$(stat_of .requests)" 2
}

test_files_of_others_are_named_first() {
    make_changed 10 --layout=flat
    echo mine >out/mine.txt
    mkdir -p out/empty out/more/deep
    echo mine >out/more/deep/mine
    ln -s /etc out/link
    fetch --update other.txt
    assert_rc 2
    assert_says 'files there that no row names: 4: '
    assert_says 'more/deep/mine'
    assert_eq "$(stat_of .requests)" 0
    [ ! -e out.update ] || fail 'it was begun'
    assert_eq "$(rows .url | wc -l) $(cat out/mine.txt)" '10 mine'
    run_command "$(command_to 'to use another directory, and what this one has')"
    assert_rc 0
    rm -r out/mine.txt out/empty out/more out/link
    fetch --update other.txt
    assert_rc 0
    assert_in_line other.txt
}

test_files_that_come_meanwhile_stay() {
    make_changed 10
    hold 0
    fetch_start --update other.txt
    await eval "[ \"\$(rows .key out.update | wc -l)\" -ge 9 ]"
    echo mine >out/mine.txt
    release
    fetch_wait
    assert_rc 3
    assert_says 'out is up to date; files that no row names have stayed in out.update: mine.txt'
    assert_eq "$(cat out.update/mine.txt)" mine
    assert_eq "$(find out.update | wc -l)" 2
    fetch --update urls.txt
    assert_rc 2
    assert_says 'out.update: it is there, and no --update has made it'
    rm -r out.update
    assert_in_line other.txt
}

test_a_picture_is_not_lost_because_its_server_is_down() {
    make_changed 10 --no-originals
    fetch --update --retries=0 -t 32 urls.txt
    assert_rc 0
    assert_in_line urls.txt
    kill "${started[0]}"
    wait "${started[0]}" || true
    started=()
    fetch --update --retries=0 -t 64
    assert_rc 1
    assert_says 'out stays as it is: servers of 10 rows that it has failed now'
    assert_eq "$(rows .thumbs[].spec | sort -u)" 32
    assert_sound
    rm port
    "$BIN/imgserve" --ready-file=port --port="$port" "$IMAGES" >imgserve.log 2>&1 &
    started+=($!)
    await test -s port
    run_command "$(command_to 'to ask them again')"
    assert_rc 0
    assert_eq "$(rows .thumbs[].spec | sort -u)" 64
    assert_in_line urls.txt
}

assert_impossible() { # DIR TEXT
    fetch -o "$1" --update other.txt
    assert_rc 2
    assert_says "$2"
    assert_eq "$(stat_of .requests)" 0
    [ ! -e "$1.update" ] || fail 'it was begun'
    [ -n "$(command_to 'to use another directory, and what this one has')" ] || fail 'it does not say how'
}

test_what_cannot_be_exchanged_is_told_first() {
    make_changed 10
    ln -s out link
    assert_impossible link 'link cannot be replaced: it is a symbolic link'
    fetch -o link --update urls.txt
    assert_rc 0
    mkdir out.update
    echo mine >out.update/mine
    fetch --update other.txt
    assert_rc 2
    assert_says 'out.update: it is there, and no --update has made it'
    assert_eq "$(cat out.update/mine)" mine
    rm -r out.update
    [ "$(id -u)" = 0 ] || return 0
    mount --bind out out 2>/dev/null || return 0
    trap 'umount -l out; cleanup' EXIT
    assert_impossible out 'out cannot be replaced: it is a mount point'
}

test_a_parent_that_cannot_be_written_is_told_first() {
    [ "$(id -u)" = 0 ] || { echo 'skipped: needs root'; return; }
    make_changed 10 -o out
    mkdir -m 755 above
    mv out above/out
    chown -R 65534:65534 above/out
    chmod -R a+rX .
    rc=0
    setpriv --reuid=65534 --regid=65534 --clear-groups "$BIN/imgfetch" "${ALLOW[@]}" -o above/out \
        --update other.txt >stdout 2>stderr || rc=$?
    assert_rc 2
    assert_says 'above/out cannot be replaced: above/out.update: Permission denied'
    assert_eq "$(stat_of .requests)" 0
}

test_it_is_no_task_and_keeps_what_is_there() {
    local option
    make_changed 3
    for option in --shard=0/2 --fresh --refresh --dry-run --compare; do
        fetch --update "$option" other.txt
        assert_rc 2
        assert_says '--update'
    done
    fetch --keep-removed urls.txt
    assert_rc 2
    assert_says '--keep-removed: works with --update only'
    assert_eq "$(stat_of .requests)" 0
}
