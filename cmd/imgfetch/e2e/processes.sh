# Few processes and threads (ulimit -u): a message and status 3, or a whole run.
# shellcheck shell=bash

# The limit does nothing to root, and counts all that a user has: so each test runs as a user of
# its own, in a folder that this user can read.
become_another() {
    if [ "$(id -u)" != 0 ]; then
        echo 'skipped: needs root, to become another user'
        return 1
    fi
    user=$((100000 + RANDOM * 32 + $$ % 32))
    home=$(mktemp -d /tmp/imgfetch-processes.XXXXXX)
    trap 'rm -rf "$home"; cleanup' EXIT
    cp "$BIN/imgfetch" urls.txt "$home"
    chown -R "$user" "$home"
}

# The program must say why it stops, or do everything; and do so in time.
fetch_with() { # N OPTION...
    local n=$1
    shift
    rc=0
    (cd "$home" && rm -rf out &&
        exec timeout -s KILL 30 setpriv --reuid="$user" --clear-groups prlimit --nproc="$n" \
            ./imgfetch "${ALLOW[@]}" -o out --workers=2 -c 4 "$@") >stdout 2>stderr || rc=$?
    case $rc in
    0) assert_whole "$home/out" && assert_eq "$(rows .status "$home/out" | sort | uniq -c | xargs)" '6 success' "$* with $n" ;;
    3) grep -v "decoders' sandbox" stderr | grep -q '^imgfetch: ..*' || fail "$* with $n: status 3 without a word" ;;
    *) fail "$* with $n: status $rc" ;;
    esac
    echo "$rc" >>codes
}

# With 1 there is no thread beside the first; with 12 nothing is missing.
with_few() { # OPTION...
    local n
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
        fetch_with $n "$@" urls.txt
    done
    assert_eq "$(sed -n '1p;$p' codes | xargs)" '3 0' "status of the first and the last: $*"
    rm codes
}

# A test for each, since a machine with other work to do needs its time for twelve runs.
few_processes_with() { # OPTION...
    serve
    list_many 6
    become_another || return 0
    with_few "$@"
}

test_async_with_few_processes() {
    few_processes_with --backend=async --pool=inline
}

test_loops_with_few_processes() {
    few_processes_with --backend=async --loops=2 --pool=inline
}

test_coro_with_few_processes() {
    few_processes_with --backend=coro --pool=inline
}

test_threads_with_few_processes() {
    few_processes_with --backend=threads --pool=inline
}

test_procs_with_few_processes() {
    few_processes_with --backend=procs --pool=inline
}

test_serial_with_few_processes() {
    few_processes_with --backend=serial --pool=inline
}

test_auto_with_few_processes() {
    few_processes_with --backend=auto --pool=inline
}

test_null_with_few_processes() {
    few_processes_with --backend=null --pool=inline
}

test_decoding_processes_are_few() {
    few_processes_with --pool=procs
}

test_decoding_threads_are_few() {
    few_processes_with --pool=threads
}

test_processes_fetch_and_decode_but_are_few() {
    few_processes_with --backend=procs --pool=procs
}

# The workers of the pool come too late for the last process.
test_threads_fetch_before_processes_decode() {
    few_processes_with --backend=threads --pool=procs
}

test_every_backend_has_such_a_test() {
    for name in $("$BIN/imgfetch" --list-backends | sed 's/ .*//'); do
        grep -q "^test_${name}_with_few_processes()" "$here/processes.sh" || fail "$name has none"
    done
}

test_verify_needs_no_second_thread() {
    serve
    list_many 6
    become_another || return 0
    fetch_with 12 --shard-size=2 urls.txt
    assert_rc 0
    (cd "$home" && exec timeout -s KILL 30 setpriv --reuid="$user" --clear-groups prlimit --nproc=1 \
        ./imgfetch --verify -o out) >stdout 2>stderr || fail "$(cat stdout stderr)"
    grep -q '^out: 3 shards, 6 rows, .*: no differences$' stdout || fail "it says: $(cat stdout)"
}
