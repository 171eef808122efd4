# Shared by the tests: servers, imgfetch itself, and assertions.
# Everything happens in the test's folder, which is the current one.
# shellcheck shell=bash

IMAGES=$TOP/testdata/images
LISTS=$TOP/testdata/lists
PATH=$PATH:/usr/sbin
export XDG_CONFIG_HOME=/dev/null # no options of whoever runs the tests, and no place to write to

# ---- assertions ----

fail() {
    local i
    {
        echo "FAILED: $*"
        for ((i = 1; i < ${#FUNCNAME[@]} - 1; i++)); do
            echo "  in ${FUNCNAME[i]}, line ${BASH_LINENO[i - 1]}"
        done
        if [ -s stderr ]; then
            echo "standard error of the last imgfetch:"
            tail -n 12 stderr
        fi
    } >&2
    kill -TERM $$ # the test itself, should this be a $(subshell) of it
    exit 1
}
trap 'exit 1' TERM

assert_eq() { # IS SHOULD [WHAT]
    [ "$1" = "$2" ] || fail "${3:-value}: '$1', not '$2'"
}

assert_rc() { # SHOULD
    [ "$rc" = "$1" ] || fail "exit status $rc, not $1"
}

assert_says() { # TEXT: on standard error, perhaps wrapped
    sed -z 's/\n  *\([^ ]\)/ \1/g' stderr | cat - stderr | grep -F -- "$1" >/dev/null || fail "standard error does not say '$1'"
}

assert_silent() { # but for a machine or build without a sandbox, which is always told
    [ ! -s stdout ] || fail "standard output: $(head -n 5 stdout)"
    ! grep -v "decoders run with a weaker sandbox" stderr || fail "standard error"
}

assert_between() { # IS LOW HIGH [WHAT]
    ((${1:-0} >= $2 && ${1:-0} <= $3)) || fail "${4:-value}: '$1', not from $2 to $3"
}

# Every element that is opened is closed, in the right order.
assert_well_formed() { # PAGE
    grep -v '^<!DOCTYPE' "$1" | grep -oE '<[^>]*>' | awk '
        /\/>$/ { next }
        /^<\// { sub(/^<\//, ""); sub(/>$/, ""); if (open[n--] != $0) { print "unexpected </" $0; exit 1 } next }
        { sub(/^</, ""); sub(/[ >].*/, ""); open[++n] = $0 }
        END { if (n) { print "open: " open[n]; exit 1 } }' >page.err ||
        fail "$1: $(cat page.err)"
}

# No character that a terminal obeys (base/utf8.h), no malformed byte, and nothing but line feeds
# below U+0020.
assert_shown() { # FILE...
    python3 - "$@" <<'END' || fail 'a terminal would obey what was written'
import re
import sys
obeyed = re.compile('[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')
for name in sys.argv[1:]:
    with open(name, encoding='utf-8', newline='') as f:
        for line in f:
            assert not obeyed.search(line[:-1]), (name, line)
END
}

# Waits up to 10 s for a command to succeed, and then AWAIT_LAG seconds more (run).
await() {
    local i
    for ((i = 0; i < 500; i++)); do
        if "$@" >/dev/null 2>&1; then
            [ -z "${AWAIT_LAG:-}" ] || sleep "$AWAIT_LAG"
            return
        fi
        sleep 0.02
    done
    fail "waited in vain for: $*"
}

# ---- processes ----

started=()

cleanup() {
    local pid
    for pid in "${started[@]}"; do
        kill -CONT "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
}

# The pids of imgfetch's processes started in this folder, or only of those with that name.
ours() { # [NAME]
    local pid
    for pid in $(pgrep "^${1:-imgfetch}" || true); do
        if [ "$(readlink "/proc/$pid/cwd")" = "$PWD" ]; then
            echo "$pid"
        fi
    done
}

nothing_runs() {
    [ -z "$(ours)" ]
}

assert_nothing_runs() {
    nothing_runs || fail "still there: $(ps -o pid,ppid,stat,comm $(ours))"
}

# ---- servers ----

# imgserve on $port; $site is its URL.
serve() {
    rm -f port
    "$BIN/imgserve" --ready-file=port "${1:-$IMAGES}" >imgserve.log 2>&1 &
    started+=($!)
    await test -s port
    port=$(cat port)
    site=http://127.0.0.1:$port
}

# A port on which nothing listens, below those the kernel gives to clients.
free_port() {
    local p
    while p=$((RANDOM % 20000 + 10000)); do
        if ! grep -qi ":$(printf %04x "$p") " /proc/net/tcp /proc/net/tcp6 /proc/net/udp; then
            echo "$p"
            return
        fi
    done
}

# nginx with nginx.conf, run by COMMAND if there is one. True once it listens; false if it ended,
# since another program has the port.
start_nginx() { # [COMMAND...]
    rm -f nginx.pid # made when it listens
    "$@" nginx -p "$PWD" -c nginx.conf -e nginx.log >>nginx.log 2>&1 &
    started+=($!)
    until [ -s nginx.pid ]; do
        kill -0 "${started[-1]}" 2>/dev/null || return 1
        sleep 0.02
    done
}

# A DNS server at $dns: every name below .test is this machine, no other name exists.
serve_dns() {
    local try p
    for try in 1 2 3 4 5; do
        p=$(free_port)
        dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --port="$p" --user=root \
            --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts \
            --local=/#/ --address=/test/127.0.0.1 "$@" >>dnsmasq.log 2>&1 &
        dns_pid=$!
        started+=($dns_pid)
        while kill -0 $dns_pid 2>/dev/null; do
            if grep -q ": 0100007F:$(printf %04X "$p") " /proc/net/udp; then
                dns=127.0.0.1:$p
                return
            fi
            sleep 0.02
        done
    done
    fail "dnsmasq: $(cat dnsmasq.log)"
}

# HTTPS at $tls_port, with a certificate for localhost signed by ca.pem; HTTP at $plain_port.
serve_tls() {
    local try
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
        -out ca.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>openssl.log
    for try in 1 2 3 4 5; do
        tls_port=$(free_port)
        plain_port=$(free_port)
        cat >nginx.conf <<END
daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
    uwsgi_temp_path tmp; scgi_temp_path tmp;
    server {
        listen 127.0.0.1:$tls_port ssl;
        listen 127.0.0.1:$plain_port;
        ssl_certificate ca.pem; ssl_certificate_key key.pem;
        types { image/jpeg jpg; image/png png; }
        root $IMAGES;
    }
}
END
        start_nginx && return
    done
    fail "nginx: $(cat nginx.log)"
}

site_get() { # PATH
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$1" >&"$fd"
    sed '1,/^\r$/d' <&"$fd"
    exec {fd}>&-
}

# A number of imgserve's statistics: stat_of .requests
stat_of() { # JQ FILTER
    site_get /-/stats | jq -r "$1"
}

reset_stats() {
    site_get /-/reset >/dev/null
}

# The site begins N more responses; all further ones wait until release. So a run cannot end before
# a test has seen what it waits for, however quick the machine.
hold() { # N
    site_get "/-/hold?times=$1" >/dev/null
}

release() {
    site_get /-/release >/dev/null
}

# ---- imgfetch ----

ALLOW=(--allow-net=127.0.0.0/8 --allow-net=::1)

# Runs imgfetch over loopback, into out unless -o is given; the exit status is in $rc.
fetch() {
    rc=0
    "$BIN/imgfetch" "${ALLOW[@]}" -o out "$@" >stdout 2>stderr || rc=$?
}

environment=() # NAME=VALUE: for fetch_start, until it is emptied

# The same in the background: $pid is its process id, and the process group of its workers.
fetch_start() {
    setsid env --default-signal "${environment[@]}" "$BIN/imgfetch" "${ALLOW[@]}" -o out "$@" \
        >stdout 2>stderr &
    pid=$!
    started+=($pid)
}

# Starts a second run into the same directory, and returns when it waits for a shard of the first.
# $pid: the second; $first: the first.
fetch_second() {
    first=$pid
    setsid env --default-signal "$BIN/imgfetch" "${ALLOW[@]}" -o out "$@" >stdout2 2>stderr2 &
    pid=$!
    started+=($pid)
    await grep -q waiting stderr2
}

fetch_wait() {
    local other others=()
    rc=0
    wait "$pid" || rc=$?
    # From now on another process may get this pid.
    for other in "${started[@]}"; do
        [ "$other" = "$pid" ] || others+=("$other")
    done
    started=("${others[@]}")
}

# A list of URLs of the site: list /a.jpg /b.jpg
list() {
    local path
    for path in "$@"; do
        echo "$site$path"
    done >urls.txt
}

# A file of testdata/lists for this site's port.
list_from() {
    sed "s/PORT/$port/g" "$LISTS/$1" >"$1"
}

# Prints N URLs of images; EXTRA is added to each query.
list_many() { # N EXTRA
    local i names=(jpeg_420.jpg png_rgb.png gif_static.gif bmp_24bit.bmp orientation_6.jpg)
    for ((i = 0; i < $1; i++)); do
        echo "http://127.0.0.$((i % 20 + 1)):$port/${names[i % 5]}?n=$i&${2:-}"
    done >urls.txt
}

# The names of the backends that fetch.
backends() {
    "$BIN/imgfetch" --list-backends | sed 's/ .*//' | grep -vx null
}

# Percent-encodes text for a query; \r, \n and \t are as in printf(1).
encode() { # TEXT
    jq -rn --arg text "$(printf '%b.' "$1")" '$text[:-1] | @uri'
}

# The sandbox level of the decoders in this build: a sanitizer needs system calls.
best_level() {
    "$BIN/imgfetch" --version | sed -n 's/^decoder sandbox on this machine: //p'
}

# The same of the main process.
main_level() {
    "$BIN/imgfetch" --version | sed -n 's/^sandbox of the main process on this machine: \([^ ]*\).*/\1/p'
}

# ---- the output ----

# The files with the rows, of either layout.
manifests() { # [DIR]
    local file
    for file in "${1:-out}"/manifest/*.jsonl "${1:-out}"/[0-9]*.jsonl; do
        [ ! -e "$file" ] || echo "$file"
    done
}

rows() { # JQ FILTER [DIR]: of every row, in their order
    manifests "${2:-out}" | xargs -r jq -r "$1"
}

count_rows() {
    manifests | xargs -r cat | wc -l
}

has_rows() { # at least N
    [ "$(count_rows)" -ge "$1" ]
}

# Rows without the fields that differ from run to run.
stable_rows() { # DIR
    rows 'del(.started, .finished, .ms, .attempts, .ip, .truncated_transfer, .reused) | tojson' "$1"
}

# Checks that every row is complete, and that the files it names exist with the right bytes.
assert_rows_true() { # [DIR]
    local dir=${1:-out}
    jq -es 'all(has("key"))' "$dir"/manifest/*.jsonl >jq.out 2>&1 || fail "rows: $(cat jq.out)"
    jq -r 'select(.path) | .sha256 + "  " + .path' "$dir"/manifest/*.jsonl >sums
    jq -r '(.sidecars // [])[] | .sha256 + "  " + .path' "$dir"/manifest/*.jsonl >>sums
    (cd "$dir" && sha256sum --quiet -c "$OLDPWD/sums") >diff.out 2>&1 || [ ! -s sums ] ||
        fail "sha256: $(cat diff.out)"
    jq -r '.thumbs[] | "\(.bytes) \(.path)"' "$dir"/manifest/*.jsonl | sort -u >sizes
    (cd "$dir" && cut -d' ' -f2 "$OLDPWD/sizes" | xargs -r stat -c '%s %n' | sort) >present
    diff sizes present >diff.out || fail "sizes of thumbnails: $(cat diff.out)"
}

# ... and there are no other files.
assert_whole() { # [DIR]
    local dir=${1:-out} open stats
    assert_rows_true "$dir"
    jq -r '(.path, .thumbs[].path, (.sidecars // [])[].path) // empty' "$dir"/manifest/*.jsonl | sort -u >named
    (cd "$dir" && find . -type f ! -path './manifest/*.jsonl' ! -name '[0-9]*_stats.json' \
        ! -path './.imgfetch/lock' ! -path './.imgfetch/options.json' \
        ! -path './.imgfetch/run.json' ! -name metadata.jsonl \
        ! -path './.imgfetch/*.open' | cut -c3- | sort) >present
    diff named present >diff.out || fail "rows (<) and files (>): $(cat diff.out)"
    for open in "$dir"/.imgfetch/*.open; do
        stats=$dir/$(basename "$open" .open)_stats.json
        [ ! -e "$stats" ] || fail "$open is left behind"
    done
}

assert_same_rows() { # DIR OTHER
    stable_rows "$1" >is
    stable_rows "$2" | diff - is >diff.out || fail "rows: $(head -c 1000 diff.out)"
}

# A shard that closes before the first decoder is ready has no sandbox level.
assert_same_stats() { # DIR OTHER [FIELD THAT MAY DIFFER]...
    local which field
    which='del(.duration, .start_time, .end_time, .sandbox)'
    for field in "${@:3}"; do
        which+=" | del(.$field)"
    done
    jq -S "$which" "$1"/*_stats.json >is
    jq -S "$which" "$2"/*_stats.json | diff - is >diff.out ||
        fail "statistics: $(head -n 20 diff.out)"
}

# Checks that out is the same as the result of a run that was never stopped.
assert_as_if_undisturbed() { # ARGUMENT...
    fetch -o undisturbed "$@"
    assert_same_rows out undisturbed
    diff -r out/images undisturbed/images >diff.out || fail "images: $(cat diff.out)"
    diff -r out/thumbs undisturbed/thumbs >diff.out || fail "thumbnails: $(cat diff.out)"
    assert_same_stats out undisturbed
}

# ASan must be the first library loaded.
can_preload() {
    ! ldd "$BIN/imgfetch" | grep -q asan
}

# Runs a command in its own mount namespace: as root, or as root of a user namespace.
own_mounts() { # COMMAND ARGUMENT...
    local options=(-rm)
    [ "$(id -u)" = 0 ] && options=(-m)
    # In a chroot / is no mount, so its propagation cannot be changed.
    unshare "${options[@]}" true 2>/dev/null || options+=(--propagation unchanged)
    unshare "${options[@]}" "$@"
}
