# --compare: rounds as child processes, the table, JSON, the page; nothing is left behind.
# shellcheck shell=bash

# The output directory of the present round of the comparison with process id $pid.
round_output() {
    tr '\0' '\n' <"/proc/$(pgrep -P "$pid")/cmdline" | grep imgfetch-compare
}

# compare [OPTION]...: over loopback, with urls.txt unless another list is given.
compare() {
    rc=0
    mkdir -p tmp
    TMPDIR=$PWD/tmp "$BIN/imgfetch" "${ALLOW[@]}" "$@" >stdout 2>stderr || rc=$?
    assert_nothing_runs
    [ ! -e images ] || fail 'a round wrote into ./images'
    assert_eq "$(ls tmp)" '' 'left in TMPDIR'
}

test_the_table() {
    serve
    list_many 30
    reset_stats
    compare --compare=async,coro --repeat=2 urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 270 'requests: 30 rows, 2 backends, 2 rounds, 2 ways, a warm-up'
    assert_eq "$(grep -c '^async ' stdout)" 2 'rows of async'
    assert_eq "$(grep -c '^coro ' stdout)" 2 'rows of coro'
    grep -q '^Without thumbnails: 30 rows' stdout || fail 'no caption'
    grep -q 'The decision guide says:' stdout || fail 'no advice'
    [ "$(wc -L <stdout)" -le 80 ] || fail "a line of $(wc -L <stdout) characters"
    grep -qxE 'backend +wall s +images/s +CPU s +peak MB' stdout || fail 'columns'
    grep -qE '^async +[0-9.]+ ± [0-9.]+ +[0-9,]+ +[0-9.]+ ± [0-9.]+ +[0-9.]+$' stdout || fail 'figures'
    grep -qE 'suits this list best \((least wall|within 10 %)' stdout || fail 'no reason'
    tr '\n' ' ' <stdout | grep -q 'Warning: 2 rounds are too few' || fail 'no warning'
    assert_says 'run 1 of 9: warm-up, not counted, async, with thumbnails: '
    assert_says 'run 2 of 9: round 1 of 2, async, without thumbnails: '
    assert_eq "$(grep -c ' left$' stderr)" 8
    grep -qE 'run 9 of 9: round 2 of 2, coro, with thumbnails: [0-9.]+ s$' stderr || fail 'the last run'
    compare -q --compare=null,async --repeat=1 --no-thumbs urls.txt
    assert_rc 0
    ! grep -q Warning stdout || fail 'null is no contender'
    [ ! -s stderr ] || fail 'not quiet'
    assert_eq "$(grep -c '^null ' stdout)" 1 'null, once'
}

# Runs a command on a terminal of COLUMNS characters.
on_terminal() { # COLUMNS COMMAND...
    python3 - "$@" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, int(sys.argv[1]), 0, 0))
    os.environ['TERM'] = 'xterm'
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    try:
        text = os.read(terminal, 65536)
    except OSError:
        break
    sys.stdout.buffer.write(text.replace(b'\r\n', b'\n'))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}

test_the_table_has_the_width_of_the_terminal() {
    local width
    serve
    list_many 10
    for width in 60 80 119 120 200; do
        on_terminal $width "$BIN/imgfetch" "${ALLOW[@]}" --compare=async,coro --repeat=1 --no-thumbs \
            urls.txt >screen || fail "$(cat screen)"
        sed 's/.*\r\x1b\[K//' screen | grep -v '^imgfetch: run' >table
        [ "$(wc -L <table)" -le $width ] || fail "$width: $(cat table)"
        if ((width < 120)); then
            ! grep -q 'p99' table || fail "$width: $(cat table)"
        else
            grep -qE '^backend .* p99 failed$' table || fail "$width: $(cat table)"
        fi
        # A run that goes on is shown, and erased, where it fits into a line.
        assert_eq "$(grep -c $'coro, without thumbnails\r\x1b\\[K' screen || true)" $((width >= 80))
    done
}

test_json_and_the_users_own_options() {
    serve
    list_many 20
    printf '%s/missing.jpg\n' "$site" >>urls.txt
    compare --json --compare=async,coro --repeat=3 -c 4 -t 64 -t 32 -o elsewhere -qH 'X-A: 1' urls.txt
    assert_rc 0
    [ ! -e elsewhere ] || fail 'a round wrote into -o'
    jq -e '.repeat == 3 and .concurrency == 4 and (.contenders | length) == 4 and
        all(.contenders[]; (.rounds | length) == 3 and .rows.median == 21 and
            .failed.median == 1 and .wall_s.min > 0 and .memory_pss_bytes.min > 1e6 and
            .in_flight.max <= 4 and .connections.min >= 1 and .trouble == null and
            .rounds[0].failed_by_code.http_error == 1)' stdout >jq.out 2>&1 || fail "$(cat stdout)"
    # The decoders' time counts, although they are grandchildren.
    jq -e '[.contenders[] | select(.name == "async") | .cpu_s.median] | .[1] > .[0]' stdout \
        >jq.out || fail "$(jq -c '[.contenders[] | [.name, .cpu_s]]' stdout)"
}

test_it_shows_what_the_concurrency_settled_on() {
    serve
    list_many 3000 delay=20
    compare --compare=async,threads --repeat=1 --no-thumbs --per-host=0 urls.txt
    assert_rc 0
    grep -qE '^concurrency of async: auto settled on [0-9,]+ \([0-9,]+-[0-9,]+\)$' stdout || fail "$(cat stdout)"
    ! grep -q 'of threads' stdout || fail "$(cat stdout)"
    compare --json --compare=async --repeat=1 --no-thumbs --per-host=0 -c auto urls.txt
    assert_rc 0
    jq -e '.concurrency == "auto" and .contenders[0].settled_in_flight.median >= 64 and
        .contenders[0].in_flight.median > 64' stdout >jq.out || fail "$(cat stdout)"
}

test_pools() {
    serve
    list_many 20
    compare --json --compare=pools --repeat=1 urls.txt
    assert_rc 0
    assert_eq "$(jq -c '[.contenders[] | [.backend, .pool, .ok.median + 0]]' stdout)" \
        '[["async","procs",20],["async","threads",20],["async","inline",20]]'
    reset_stats
    compare --compare=pools --no-thumbs urls.txt
    assert_rc 2
    compare --compare=pools --require-sandbox urls.txt
    assert_rc 2
    assert_says 'only procs has a sandbox'
    assert_eq "$(stat_of .requests)" 0 requests
}

test_versions_of_http() {
    local names='["http1.1","http2","http3"]'
    serve
    list_many 10
    compare --json --compare=http --backend=coro --repeat=2 --no-thumbs urls.txt
    assert_rc 0
    ! "$BIN/imgfetch" --version | grep -q '^libcurl 7\.' || names='["http1.1","http2"]'
    assert_eq "$(jq -c '[.contenders[].name]' stdout)" "$names"
    jq -e 'all(.contenders[]; .backend == "coro" and .ok.min == 10 and .trouble == null)' stdout \
        >jq.out || fail "$(cat stdout)"
    compare --compare=http --repeat=1 --no-thumbs --report=page.html urls.txt
    assert_rc 0
    grep -q '^HTTP  *wall s' stdout || fail 'no head'
    grep -q '<title>imgfetch: versions of HTTP compared' page.html || fail 'no title'
    assert_well_formed page.html
}

test_a_list_that_can_be_read_once() {
    serve
    list_many 10
    compare --json --compare=async --repeat=2 - <urls.txt
    assert_rc 0
    assert_eq "$(jq -c '[.contenders[].rows.min + 0]' stdout)" '[10,10]'
    compare --json --compare=async --repeat=2 --no-thumbs <(cat urls.txt) urls.txt
    assert_rc 0
    assert_eq "$(jq -c '[.contenders[].rows.min + 0]' stdout)" '[20]'
}

test_what_cannot_be_compared() {
    serve
    : >empty
    list_many 2
    compare --compare=async,nobody urls.txt
    assert_rc 2
    assert_says "unknown backend 'nobody' (async"
    compare --compare=async empty
    assert_rc 2
    assert_says 'the list is empty'
    compare --compare=async --report=page.html absent.txt
    assert_rc 3
    assert_says 'absent.txt: No such file'
    [ ! -e page.html ] || fail 'a page of nothing'
    compare --compare=async --report=nowhere/page.html urls.txt
    assert_rc 3
    compare --report=page.html urls.txt
    assert_rc 3
    assert_says 'urls.txt: Not a directory'
    assert_eq "$(stat_of .requests)" 0 requests
}

test_a_server_that_is_down() {
    port=$(free_port)
    list_many 5
    compare --compare=async,coro --repeat=1 --retries=0 --no-thumbs urls.txt
    assert_rc 0
    grep -q 'failed rows of async, coro, in all rounds: connect_failed 5' stdout || fail 'failures'
    tr '\n' ' ' <stdout | grep -q 'no row succeeded, so there is nothing to tell' || fail 'no sentence'
    ! grep -q 'suits this list best' stdout || fail 'a verdict'
}

# A round with an exit status that a list cannot cause is reported, and the others continue.
test_a_round_that_dies() {
    serve
    list_many 5 fault=silent
    mkdir tmp
    TMPDIR=$PWD/tmp "$BIN/imgfetch" "${ALLOW[@]}" --compare=async,null --repeat=1 --no-thumbs \
        urls.txt >stdout 2>stderr &
    pid=$!
    started+=($pid)
    await eval '[ "$(stat_of .in_flight)" -ge 1 ]'
    kill -KILL "$(pgrep -P "$pid")"
    fetch_wait
    assert_rc 1
    assert_says 'async, without thumbnails, was dropped after 0 rounds: crashed (Killed)'
    grep -q '^null ' stdout || fail 'null did not run'
    assert_nothing_runs
}

test_interrupts_leave_nothing() {
    local signal output
    serve
    list_many 40 fault=silent
    for signal in INT TERM; do
        fetch_start --compare=async --repeat=1 urls.txt
        await eval '[ "$(stat_of .in_flight)" -ge 1 ]'
        output=$(round_output)
        [ -d "$output" ] || fail "no directory: $output"
        kill "-$signal" -- -"$pid"
        fetch_wait
        assert_rc $((128 + $(kill -l $signal)))
        assert_says interrupted
        assert_nothing_runs
        [ ! -e "${output%/*}" ] || fail "left: ${output%/*}"
        await eval '[ "$(stat_of .in_flight)" = 0 ]'
    done
}

test_the_page() {
    serve
    list_many 30
    printf '%s/missing.jpg\n' "$site" >>urls.txt
    mv urls.txt '<b>&"list".txt'
    compare --compare=async,coro --repeat=2 --report=page.html '<b>&"list".txt'
    assert_rc 0
    assert_well_formed page.html
    assert_eq "$(grep -c '<svg viewBox="0 0 400' page.html)" 12 charts
    grep -qF '&lt;b&gt;&amp;&quot;list&quot;.txt' page.html || fail 'the name of the list'
    grep -qF -- '--compare=async,coro --repeat=2 --report=page.html &#39;&lt;b&gt;' page.html || fail 'the command'
    grep -q 'prefers-color-scheme' page.html || fail 'no dark colours'
    ! grep -iE '(src|href)=|url\(' page.html || fail 'needs something from elsewhere'
    ! grep -wiE 'nan|inf' page.html || fail 'numbers'
    compare --compare=null --repeat=1 --no-thumbs --report=page.html '<b>&"list".txt'
    assert_rc 0
    assert_well_formed page.html
    ! grep -wiE 'nan|inf' page.html || fail 'numbers'
}

# If one round nearly fills /dev/shm, the comparison begins again on disk.
test_rounds_too_large_for_memory() {
    serve
    list_many 2500
    mkdir tmp
    rc=0
    TMPDIR=$PWD/tmp own_mounts bash -c '
        mount -t tmpfs -o size=40m tmpfs /dev/shm && "$@" && ls -A /dev/shm >left' - \
        "$BIN/imgfetch" "${ALLOW[@]}" --json --compare=async --repeat=2 --no-thumbs urls.txt \
        >stdout 2>stderr || rc=$?
    assert_rc 0
    assert_says 'the rounds do not fit into /dev/shm'
    assert_eq "$(jq -c '[.contenders[] | .rows.min + 0, (.rounds | length)]' stdout)" '[2500,2]'
    assert_eq "$(cat left)$(ls tmp)" '' left
}
