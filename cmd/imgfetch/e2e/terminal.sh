# The status of a run in a terminal that is looked at (terminal.py).
# shellcheck shell=bash

BAR='^\[=*>? *\]  '

# Runs imgfetch in a terminal: in_terminal 80x24 ACTION... -- ARGUMENT...
# TERM and other variables are those of `environment`.
in_terminal() {
    local actions=() size=$1
    shift
    while [ "$1" != -- ]; do
        actions+=("$1")
        shift
    done
    shift
    rc=0
    RAW=raw env -u NO_COLOR TERM=xterm-256color "${environment[@]}" "$here/terminal.py" "$size" \
        "${actions[@]}" -- "$BIN/imgfetch" "${ALLOW[@]}" -o out "$@" 2>stderr || rc=$?
    [ "$rc" != 99 ] || fail "the terminal"
}

# Every line of a file is narrower than so many columns.
assert_narrow() { # FILE COLUMNS
    awk -v most="$2" 'length > most { print FILENAME ": " $0; bad = 1 } END { exit bad }' "$1" ||
        fail "wider than $2 columns"
}

# How many lines of a file match.
assert_count() { # N REGEX FILE
    assert_eq "$(grep -cE -- "$2" "$3" || true)" "$1" "lines of $3 that match '$2'"
}

# No line of the block is left.
assert_no_block() { # FILE
    assert_count 0 "$BAR|^ok |^in flight|\^C" "$1"
}

# Bodies that take seven seconds, or longer, and a failure at once.
slow_list() { # N [BYTES A SECOND]
    local i
    for ((i = 0; i < $1; i++)); do
        echo "$site/photo_640x480.jpg?rate=${2:-3000}&n=$i"
    done >urls.txt
    echo "$site/missing.jpg" >>urls.txt
}

test_the_block_fits_its_terminal() {
    local columns
    serve
    slow_list 5 600
    for columns in 20 40 80 120; do
        rm -rf out
        in_terminal "${columns}x12" once:'failed 1' once:'16%' 'await:failed 1' await:16% \
            'press:\x03' await:finishing show:screen$columns 'press:\x03' end -- \
            -v --no-thumbs urls.txt
        assert_narrow screen$columns "$columns"
        grep -q '16%' screen$columns || fail "no leading line: $(cat screen$columns)"
    done
    grep -Eq "${BAR}1 of 6  16%  [0-9.]+ rows/s  [0-9.]+ kB/s  finishing 5$" screen80 ||
        fail "$(cat screen80)"
    grep -Eq '^ok 0  failed 1  http_error 1$' screen80 || fail "$(cat screen80)"
    grep -Eq '^in flight 5( of [0-9]+)?  waiting 0  decoding 0  writing 0  memory ' screen80 ||
        fail "$(cat screen80)"
    grep -Eq "${BAR}1(/| of )6  16%  ([0-9.]+/s  )?finishing 5$" screen40 || fail "$(cat screen40)"
    grep -Eq '^1(/| of )6  16%$|^16%  finishing 5$' screen20 || fail "$(cat screen20)"
    grep -q 'connections 1  after [0-9]* s$' screen120 || fail "$(cat screen120)"
}

test_without_a_word_the_block_has_two_lines() {
    serve
    slow_list 3
    in_terminal 80x24 'await:failed 1' show:screen end show:end -- --no-thumbs urls.txt
    assert_rc 1
    assert_eq "$(grep -c . screen)" 2
    assert_no_block end
    grep -q '^imgfetch: 3 of 4 rows succeeded' end || fail "no summary: $(cat end)"
}

test_the_terminal_may_change_its_size() {
    serve
    slow_list 6
    in_terminal 80x24 once:"$BAR" once:'^ok ' 'await:failed 1' size:31x24 \
        'await:^in flight 6  waiting 0$' show:narrow size:110x10 'await:kB/s  .*(left|after)' show:wide \
        size:60x3 'await:^ok ' end show:end -- -v --no-thumbs urls.txt
    assert_rc 1
    assert_eq "$(grep -c . narrow)" 4 "lines at 31 columns" # one of them tells the failure
    assert_no_block end
}

test_a_dumb_terminal_gets_plain_lines() {
    serve
    list '/jpeg_420.jpg?delay=13000' /missing.jpg
    environment=(TERM=dumb)
    in_terminal 80x24 end -- urls.txt
    environment=()
    assert_rc 1
    grep -Eq '^imgfetch: 1 of 2  50%  0 rows/s  .*  ok 0  failed 1  http_error 1' raw ||
        fail "no line after 10 s: $(cat raw)"
    if grep -q $'\033' raw; then
        fail "escape sequences"
    fi
}

test_colours() {
    serve
    slow_list 3 600
    in_terminal 80x24 'await:http_error 1' colours:auto 'press:\x03\x03' end -- --no-thumbs urls.txt
    assert_eq "$(paste -sd, auto)" 'green ok 0,red failed 1,red http_error 1'
    environment=(NO_COLOR=1)
    in_terminal 80x24 'await:http_error 1' colours:none 'press:\x03\x03' end -- --fresh --no-thumbs \
        urls.txt
    assert_eq "$(cat none)" ''
    in_terminal 80x24 'await:http_error 1' colours:always 'press:\x03\x03' end -- --fresh --no-thumbs \
        --color=always urls.txt
    environment=()
    assert_eq "$(paste -sd, always)" "$(paste -sd, auto)"
    list /missing.jpg
    fetch -o out2 -v --color=always urls.txt
    grep -q $'^\033\[31mline 1: http_error\033\[m: HTTP 404' stderr || fail "no colour on a pipe: $(cat -v stderr)"
    fetch -o out3 -v urls.txt
    ! grep -q $'\033' stderr || fail "a colour on a pipe"
    fetch --color=red urls.txt
    assert_rc 2
}

test_hundreds_of_failures_pass_above_the_block() {
    local i
    serve
    for ((i = 1; i <= 400; i++)); do
        echo "http://127.0.0.$((i % 20 + 1)):$port/missing$i.jpg?delay=$((i * 5))"
    done >urls.txt
    in_terminal 80x24 once:"$BAR" once:'^ok ' 'await:failed [1-9]' show:screen end show:end -- \
        -v --no-thumbs -c 400 urls.txt
    assert_rc 1
    grep -oE 'missing[0-9]+\.jpg' end | sort | uniq -c | awk '$1 != 1' >often
    [ ! -s often ] || fail "not once: $(head -n 3 often)"
    assert_count 400 '^line [0-9]+: http_error: HTTP 404' end
}

test_interrupted_once_and_twice() {
    serve
    slow_list 6 2000
    tac urls.txt >slow.txt
    in_terminal 80x24 'await:failed 1' 'press:\x03' 'await:finishing the 3 rows' show:screen end \
        show:end -- --no-thumbs -c 3 slow.txt
    assert_rc 130
    grep -q "^imgfetch: finishing the 3 rows in progress; interrupt again to stop at once$" screen ||
        fail "$(cat screen)"
    assert_no_block end
    slow_list 4 600
    in_terminal 80x24 'await:failed 1' 'press:\x03' 'await:finishing the' 'press:\x03' end show:end \
        -- --no-thumbs --fresh urls.txt
    assert_rc 130
    grep -q '^imgfetch: interrupted; run the same command again to continue$' end || fail "$(cat end)"
    assert_no_block end
}

test_bytes_count_as_they_arrive() {
    local name i
    serve
    for ((i = 0; i < 20; i++)); do
        echo "$site/a?size=600000&rate=20000&n=$i"
    done >urls.txt
    for name in $(backends); do
        in_terminal 80x24 "await:^\[> .*0 of 20  0%  0 rows/s  [1-9][0-9.]* kB/s  after " \
            'press:\x03' 'await:finishing' 'press:\x03' end -- -b "$name" -o "$name" urls.txt
        assert_rc 130
    done
}

# More rows than the feeder is ahead.
test_the_total_is_estimated_before_the_list_has_been_read() {
    local i name # what is in progress at the interrupt ends by itself, soon
    serve
    for ((i = 100000; i < 160000; i++)); do
        echo "http://127.0.0.$((i % 20 + 1)):$port/jpeg_420.jpg?delay=100&n=$i"
    done >urls.txt
    gzip -k urls.txt
    zstd -q urls.txt
    for name in urls.txt urls.txt.gz urls.txt.zst; do
        in_terminal 80x24 "await: of about (59|60|61),[0-9]00  " 'press:\x03' end -- \
            -o "$name.out" --no-thumbs "$name"
    done
    in_terminal 80x24 "await: of about 1[12]0,000  " 'press:\x03' end -- \
        -o both --no-thumbs urls.txt urls.txt
    in_terminal 80x24 "await: of about 1[12]0,[0-9]00  " 'press:\x03' end -- \
        -o task --shard=0/2 --shard-size=1000 --no-thumbs urls.txt{,,,}
    in_terminal 80x24 "await:^[0-9,]+ done  " 'press:\x03' end -- \
        -o pipe --no-thumbs <(cat urls.txt || true)
    in_terminal 80x24 "await: of 5,000  " 'press:\x03' end -- \
        -o some --limit=5000 --no-thumbs -c 8 urls.txt
}

test_done_rows_count() {
    serve
    slow_list 3
    fetch --no-thumbs --limit=2 --shard-size=2 urls.txt
    assert_rc 0
    in_terminal 80x24 'await:3 of 4  75%' show:screen end -- --no-thumbs --shard-size=2 urls.txt
    grep -q '^ok 2  failed 1  http_error 1$' screen || fail "$(cat screen)"
}

test_wide_characters_take_two_columns() {
    local i
    serve
    slow_list 3
    for ((i = 0; i < 40; i++)); do
        printf 'http://%s %s/\n' "$(printf '猫%.0s' $(seq 1 $((i % 9 + 1))))" 😀
    done >>urls.txt
    in_terminal 40x50 once:"$BAR" once:'^ok ' 'await:failed 41' show:screen end show:end -- \
        -v --no-thumbs urls.txt
    assert_count 40 '^line .*: bad_url' end
    assert_no_block end
}

test_attempts() {
    serve
    list '/jpeg_420.jpg?fail_first=1' '/a?redirect=/png_rgb.png' /missing.jpg
    fetch -vv --no-thumbs urls.txt
    assert_rc 1
    grep -Eq '^line 1: attempt 1: http_error: 127.0.0.1: HTTP 503; again in [0-9.]+ m?s: http' stderr ||
        fail "no retry: $(cat stderr)"
    grep -Eq '^line 1: attempt 2: 127.0.0.1: HTTP 200, 2.3 kB in [0-9.]+ ms: http' stderr ||
        fail "no success: $(cat stderr)"
    grep -Eq '^line 2: attempt 1: 127.0.0.1: HTTP 302 to http://127.0.0.1:[0-9]+/png_rgb.png: http' stderr ||
        fail "no redirect: $(cat stderr)"
    assert_says 'line 3: attempt 1: http_error: 127.0.0.1: HTTP 404'
    assert_says 'line 3: http_error: HTTP 404'
    fetch -v --fresh --no-thumbs urls.txt
    ! grep -q attempt stderr || fail "attempts with -v"
}

test_log() {
    local time='^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z '
    serve
    list /jpeg_420.jpg /missing.jpg
    echo before >log
    fetch -v --log=log urls.txt
    assert_rc 1
    assert_eq "$(head -n 1 log)" before
    tail -n +2 log >new
    ! grep -vE "$time" new || fail "a line without its time"
    sed -E "s/$time//" new >said
    diff stderr said || fail "the log does not have the lines of standard error"
    fetch -q --log=log2 --fresh urls.txt
    assert_silent
    grep -q 'imgfetch: 1 of 2 rows succeeded' log2 || fail "--quiet reaches the log: $(cat log2)"
}

test_a_log_that_cannot_be_written() {
    serve
    list /jpeg_420.jpg /missing.jpg /missing2.jpg
    fetch --log=no/such/folder urls.txt
    assert_rc 2
    assert_says 'imgfetch: --log: no/such/folder: No such file or directory'
    [ ! -e out ] || fail "an output directory was made"
    fetch -v --log=/dev/full urls.txt
    assert_rc 1
    assert_count 1 'warning: --log: /dev/full: No space left on device' stderr
}
