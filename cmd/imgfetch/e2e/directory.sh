# What is noted in an output directory: its kind, its options, its lists.
# shellcheck shell=bash

assert_unchanged() { # since `cp -a out before`
    diff -r before out >diff.out || fail "changed: $(cat diff.out)"
}

assert_all_there() { # ROWS
    assert_rc 0
    assert_eq "$(rows .error | sort | uniq -c | tr -s ' ')" " $1 null"
    assert_eq "$(rows '.thumbs | length' | sort -u)" 1 'thumbnails'
    assert_whole
}

# ---- null ----

test_what_null_made_is_no_start_for_a_backend_that_fetches() {
    local backend
    serve
    list_many 10
    fetch -b null urls.txt
    assert_rc 0
    cp -a out before
    for backend in $(backends); do
        fetch -b "$backend" urls.txt
        assert_rc 2
        assert_says 'out was made with --backend=null, not a backend that fetches'
        assert_says '--update urls.txt'
        assert_unchanged
    done
    fetch --retry-failed urls.txt
    assert_rc 2
    assert_unchanged
    assert_eq "$(stat_of .requests)" 0
    fetch -b null urls.txt
    assert_rc 0
    fetch --verify
    assert_eq "$(tail -n 1 stdout)" 'out: made with --backend=null: nothing was fetched'
    fetch --fresh urls.txt
    assert_all_there 10
    fetch --verify
    assert_eq "$(wc -l <stdout)" 1
}

test_what_was_fetched_is_not_measured_with_null() {
    serve
    list_many 10
    fetch urls.txt
    assert_rc 0
    cp -a out before
    fetch -b null urls.txt
    assert_rc 2
    assert_says 'out was made with a backend that fetches, not --backend=null'
    assert_unchanged
}

# ---- a mistake in the first command ----

# The corrected command has all rows, and the directory holds nothing else.
assert_mended() { # DROPPED ROWS ARGUMENT...
    local dropped=$1 rows=$2
    shift 2
    fetch "$@"
    if [ "$dropped" = 0 ]; then
        ! grep dropped stderr || fail 'there was nothing'
    else
        assert_says "out: no row had succeeded there, and this run has other options or another list: $dropped failed row"
    fi
    assert_all_there "$rows"
    cp -a out before
    fetch "$@" # and it is no mistake any more
    assert_rc 0
    assert_says 'already done'
    fetch --quality=5 "$@"
    assert_rc 2
    assert_unchanged
    rm -r out before
}

test_after_a_mistake_the_right_command_goes_on() {
    serve
    list_many 4
    (echo Link,url && sed 's/$/,none/' urls.txt) >urls.csv
    sed 's/^/!/' urls.txt >typo.txt
    fetch urls.csv # the wrong column
    assert_rc 1
    assert_mended 4 4 --url-col=Link urls.csv
    fetch --url-col=nothing urls.csv # no such column
    assert_rc 2
    assert_mended 0 4 --url-col=Link urls.csv
    fetch no-such-list.txt
    assert_between $rc 2 3 'exit status'
    assert_mended 0 4 urls.txt
    fetch typo.txt # another list
    assert_rc 1
    assert_mended 4 4 urls.txt
    cp typo.txt list.txt # the same one, corrected
    fetch list.txt
    assert_rc 1
    cp urls.txt list.txt
    assert_mended 4 4 list.txt
    (echo n,Link && sed 's/^/1,/' urls.txt) >data
    fetch data # the wrong format
    assert_rc 1
    assert_mended 5 4 --format=csv --url-col=Link data
    fetch --limit=2 --shard-size=2 typo.txt
    assert_mended 2 1 --limit=1 urls.txt
    fetch --no-thumbs --layout=webdataset typo.txt
    assert_mended 4 4 urls.txt
    fetch --min-side=5000 urls.txt
    assert_mended 4 4 urls.txt
}

test_addresses_that_were_not_allowed() {
    serve
    list_many 4
    rc=0
    "$BIN/imgfetch" -o out urls.txt 2>stderr || rc=$?
    assert_rc 1
    assert_eq "$(rows .error | sort -u)" blocked_address
    "$BIN/imgfetch" -o out urls.txt 2>stderr || true
    assert_says 'all 4 rows are already done: 4 blocked_address'
    assert_mended 4 4 urls.txt
}

# What comes on standard input cannot be told apart.
test_standard_input_that_was_wrong() {
    serve
    list_many 4
    fetch - < <(sed 's/^/!/' urls.txt)
    assert_rc 1
    fetch - <urls.txt
    assert_says '4 failed rows were dropped'
    assert_all_there 4
    fetch - <urls.txt
    assert_rc 0
    assert_says 'all 4 rows are already done: 4 ok'
}

# One success is enough to keep what is there.
test_a_success_keeps_its_directory() {
    serve
    list /jpeg_420.jpg /missing.jpg
    fetch urls.txt
    assert_rc 1
    cp -a out before
    fetch --no-thumbs urls.txt
    assert_rc 2
    assert_says 'out was made with --thumb=256, not --no-thumbs'
    sed 's/$/?x/' urls.txt >other.txt
    fetch other.txt
    assert_rc 2
    assert_says 'other list lines'
    assert_says "out was made from $PWD/urls.txt"
    grep -q '^  to go on with that: imgfetch .* -o out$' stderr || fail 'it does not say how to go on'
    grep -q -- '--output=out-2 --reuse=out other.txt$' stderr || fail 'no other directory'
    grep -q -- '--update other.txt$' stderr || fail 'no --update'
    assert_unchanged
    sed -i 1s/jpeg/png/ urls.txt
    fetch urls.txt
    assert_says "out was made from $PWD/urls.txt, which has changed since"
    ! grep 'to go on' stderr || fail 'it cannot go on'
    fetch other.txt urls.txt
    assert_says "out was made from $PWD/urls.txt, which has changed since"
    assert_unchanged
}

# Rows that failed stay failed if the command is the same.
test_the_same_command_goes_on_after_failures() {
    serve
    list_many 6
    sed -i 's/[?]/-missing?/' urls.txt
    fetch --limit=3 urls.txt
    assert_rc 1
    reset_stats
    fetch --limit=3 -c 2 -q urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" 0
    echo "$site/jpeg_420.jpg" >>urls.txt # it may grow
    fetch --limit=3 urls.txt
    assert_eq "$(stat_of .requests)" 0
}

# What the run before did is old until nothing of it is left.
test_a_kill_while_it_starts_anew() {
    local n=0
    strace -o /dev/null true 2>/dev/null || return 0
    serve
    list_many 4
    for layout in files webdataset; do
        rm -rf out before
        fetch --layout=$layout --shard-size=2 --min-side=5000 urls.txt
        assert_rc 1
        cp -a out before
        for ((n = 1; ; n++)); do
            rm -r out
            cp -a before out
            rc=0
            strace -o trace -e trace=unlinkat,unlink,rename,renameat,renameat2 \
                -e "inject=unlinkat,unlink,rename,renameat,renameat2:signal=KILL:when=$n" \
                "$BIN/imgfetch" "${ALLOW[@]}" -q -o out urls.txt 2>stderr || rc=$?
            [ $rc -ge 128 ] || break
            await nothing_runs
            fetch --layout=$layout --shard-size=2 urls.txt
            assert_all_there_in $layout
        done
        assert_between $n 4 200 'calls that were killed'
    done
}

assert_all_there_in() { # LAYOUT
    assert_rc 0
    assert_eq "$(rows .error | sort | uniq -c | tr -s ' ')" ' 4 null'
    "$BIN/imgfetch" --verify -o out >verified || fail "$(cat verified)"
}

# Two runs that begin at the same time: the second one sees what the first has noted.
test_runs_that_begin_together_are_of_one_kind() {
    serve
    list_many 40 delay=200
    fetch_start -c 1 --shard-size=10 --shard=0/2 --no-thumbs urls.txt
    await test -s out/.imgfetch/options.json
    fetch --shard-size=10 --shard=1/2 urls.txt
    assert_between $rc 2 3 'exit status' # refused: there may be a success or not
    assert_says '--no-thumbs, not --thumb=256'
    fetch -q --shard-size=10 --shard=1/2 --no-thumbs urls.txt
    assert_rc 0
    fetch_wait
    assert_rc 0
    assert_eq "$(count_rows)" 40
    assert_whole
}

# A task whose rows all failed does not lose them to the next one.
test_tasks_keep_the_rows_of_others() {
    serve
    list_many 20
    sed -i '1,10s/[?]/-missing?/' urls.txt
    fetch --shard-size=10 --shard=0/2 - <urls.txt
    assert_rc 1
    fetch --shard-size=10 --shard=1/2 --timeout=50 - <urls.txt
    assert_rc 0
    assert_eq "$(rows .error | sort | uniq -c | tr -s ' ' | paste -sd,)" ' 10 http_error, 10 null'
}

# ---- what is told ----

# The commands that are told work as they are.
test_the_ways_on_are_commands() {
    local way n=0
    serve
    list_many 3
    mkdir 'a b'
    cp urls.txt "a b/it's.txt"
    fetch -t 32 -t 16x16:cover --quality=70 --name='{host}-{index}' "a b/it's.txt"
    assert_rc 0
    fetch -H 'X-Token: secret' --upscale "a b/it's.txt"
    assert_rc 2
    assert_says 'out was made with --thumb=32 --thumb=16x16:cover, not --thumb=256; --quality=70, not 85'
    ! grep secret stderr || fail 'a header is told'
    fetch --upscale --background=black "a b/it's.txt"
    cp stderr told
    cp -a out before
    mkdir bin
    ln -s "$BIN/imgfetch" bin
    while read -r way; do
        [[ $way == *': imgfetch '* ]] || continue
        PATH=$PWD/bin:$PATH bash -c "${way#*: }" 2>stderr || fail "$way"
        n=$((n + 1))
        [ $n != 1 ] || assert_unchanged
    done <told
    assert_eq $n 3 'ways'
    assert_whole out-2
    assert_eq "$(rows '.thumbs[].spec' | sort -u)" 256
    assert_whole
}

# What has no effect is neither noted nor refused.
test_options_without_effect_do_not_count() {
    serve
    list_many 3
    fetch --no-thumbs --quality=70 --background=black urls.txt
    assert_rc 0
    fetch --no-thumbs --quality=60 --filter=area --upscale urls.txt
    assert_rc 0
    ! grep -E 'quality|background' out/.imgfetch/options.json || fail 'noted'
    rm -r out
    fetch --thumb-format=png --quality=70 urls.txt
    assert_rc 0
    fetch --thumb-format=png --quality=60 --progressive urls.txt
    assert_rc 0
}

# ---- going on without a list ----

test_lists_are_noted() {
    serve
    list_many 6
    mkdir sub
    head -n 3 urls.txt >sub/one
    (echo link && tail -n 3 urls.txt) >two.csv
    (cd sub && "$BIN/imgfetch" -q "${ALLOW[@]}" -o ../out --no-thumbs --shard-size=4 one) 2>stderr
    fetch --no-thumbs --shard-size=4 # elsewhere, and with all that shaped it
    assert_rc 0
    assert_says "going on with $PWD/sub/one"
    assert_says 'all 3 rows are already done: 3 ok'
    cd sub
    rc=0
    "$BIN/imgfetch" "${ALLOW[@]}" -o ../out 2>stderr || rc=$?
    assert_rc 0
    assert_says 'all 3 rows are already done: 3 ok'
    "$BIN/imgfetch" "${ALLOW[@]}" -o ../out --refresh 2>stderr || rc=$?
    assert_rc 0
    assert_says '3 of 3 rows succeeded'
    cd ..
    rm -r out
    fetch --url-col=link -t 16 -t 8x8:cover --format=csv --limit=2 two.csv
    assert_rc 0
    rm out/images/00000/000000000.*
    rm out/00000_stats.json
    fetch
    assert_rc 0
    assert_says '1 of 1 rows succeeded'
    assert_eq "$(rows '.thumbs | length' | paste -sd,)" 2,2
    assert_whole
    fetch --limit=3 two.csv --url-col=link -t 16 -t 8x8:cover --format=csv
    assert_rc 0
    fetch # with the new limit
    assert_rc 0
    assert_says 'all 3 rows are already done: 3 ok'
}

test_retry_failed_needs_no_list() {
    serve
    list_many 3
    echo "$site/jpeg_420.jpg?fail_first=1" >>urls.txt
    fetch --retries=0 urls.txt
    assert_rc 1
    fetch --retry-failed
    assert_all_there 4
}

test_a_list_that_is_gone_or_has_changed() {
    serve
    list_many 3
    fetch urls.txt
    cp -a out before
    mv urls.txt moved.txt
    fetch
    assert_rc 2
    assert_says "$PWD/urls.txt: the list that out was made from is gone"
    assert_unchanged
    sed 's/n=/m=/' moved.txt >urls.txt
    fetch
    assert_rc 2
    assert_says "$PWD/urls.txt has changed since out was made from it"
    assert_says 'other list lines'
    fetch no-such-list
    assert_unchanged # what is noted is that of the rows
    fetch moved.txt # from now on it is this one
    assert_rc 0
    fetch
    assert_rc 0
    assert_says "going on with $PWD/moved.txt"
}

test_standard_input_cannot_be_noted() {
    serve
    list_many 3
    fetch - <urls.txt
    assert_rc 0
    fetch </dev/null
    assert_rc 2
    assert_says 'out was made from standard input, which cannot be read again'
    fetch <(cat urls.txt)
    assert_rc 0
}

# A file on standard input may be options, and then the list is the noted one.
test_options_on_standard_input() {
    serve
    list_many 3
    echo no-thumbs >options
    fetch --config=- urls.txt <options
    assert_rc 0
    fetch --config=- <options
    assert_rc 0
    assert_says 'all 3 rows are already done: 3 ok'
}

test_without_a_note_a_list_is_missing() {
    fetch
    assert_rc 2
    assert_says 'no list of URLs'
    mkdir -p out/.imgfetch
    echo '{"quality":"85"}' >out/.imgfetch/options.json
    fetch
    assert_rc 2
    assert_says 'the version that made it noted no lists'
    echo '{"quality":"900","lists":[{"path":"/dev/null"}]}' >out/.imgfetch/options.json
    fetch
    assert_rc 2
    : >urls.txt
    echo "{\"quality\":\"900\",\"lists\":[{\"path\":\"$PWD/urls.txt\",\"size\":0,\"sha256_of_first_64k\":\"x\"}]}" \
        >out/.imgfetch/options.json
    fetch
    assert_rc 2
    assert_says 'as noted there: --quality=900'
}

# Its list could be a private file, whose lines would be rows that others can read.
test_what_another_user_noted_is_not_trusted() {
    [ "$(id -u)" = 0 ] || return 0
    serve
    list_many 3
    fetch urls.txt
    chown 65534 out/.imgfetch/options.json
    cp -a out before
    fetch
    assert_rc 2
    assert_says 'out: another user noted its lists: give them'
    assert_unchanged
    fetch urls.txt
    assert_rc 0
}
