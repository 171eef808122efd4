# Servers that never finish, and responses that are not HTTP: with every backend, each row ends
# within its limit, with its code, and with little memory.
# shellcheck shell=bash

HEAD='HTTP/1.1 200 OK\r\n'
CHUNKED="${HEAD}Transfer-Encoding: chunked\r\n\r\n"

# Adds a row with its own host, and the expected result.
expect() { # "ERROR HTTP" PATH
    echo "$1 $2" >>expected
    echo "http://127.0.0.$(wc -l <expected):$port/$2" >>urls.txt
}

# A response of these bytes, then of others for ever; or followed by an image.
bytes() { # BYTES [AGAIN]
    echo "jpeg_420.jpg?close=1&raw=$(encode "$1")${2:+&again=$(encode "$2")}"
}

most_memory() { # KB that any of our processes has ever had
    local p
    for p in $(ours); do
        sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$p/status" 2>/dev/null || true
    done | sort -n | tail -n 1
}

# Fetches urls.txt with each backend; SECONDS at most, and 100 MB in any process.
assert_ends() { # SECONDS OPTION...
    local name begun limit=$1
    shift
    for name in $(backends); do
        begun=$SECONDS
        fetch_start -b "$name" -o "$name" --retries=0 -c 64 "$@" urls.txt
        : >peaks
        while kill -0 "$pid" 2>/dev/null; do
            most_memory >>peaks # now and then: what fills the memory takes its time
            sleep 0.02
        done
        fetch_wait
        assert_rc 1
        jq -r '"\(.error) \(.http_status)"' "$name"/manifest/*.jsonl | paste -d' ' - <(cut -d' ' -f3- expected) >is
        diff expected is >diff.out || fail "$name: expected (<) and got (>): $(cut -c1-150 diff.out)"
        assert_between $((SECONDS - begun)) 0 "$limit" "$name: seconds"
        assert_between "$(sort -n peaks | tail -n 1)" 0 100000 "$name: KB of memory"
    done
}

test_answers_without_end() {
    serve
    expect 'protocol_error 200' "$(bytes "$HEAD" 'X-More: and more\r\n')"
    expect 'protocol_error 200' "$(bytes "${HEAD}X-Long: " aaaaaaaa)"
    expect 'protocol_error 404' "$(bytes 'HTTP/1.1 404 No\r\nX-Long: ' aaaaaaaa)"
    expect 'protocol_error 100' "$(bytes '' 'HTTP/1.1 100 Continue\r\n\r\n')"
    expect 'protocol_error 103' "$(bytes '' 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')"
    expect 'too_large 200' "$(bytes "$CHUNKED" '1\r\nx\r\n')"
    expect 'protocol_error 200' "$(bytes "$CHUNKED" '1;name=value\r\nx\r\n')"
    expect 'too_large 200' "$(bytes "${CHUNKED}7FFFFFFFFFFFFFFF\r\n" x)"
    expect 'protocol_error 200' "$(bytes "${CHUNKED}1\r\nx\r\n0\r\n" 'X-More: a\r\n')"
    expect 'truncated_body 200' "$(bytes "${CHUNKED}1\r\nx\r\n0\r\nX-Long: " aaaaaaaa)"
    expect 'too_large 200' "$(bytes "${HEAD}\r\n" x)"
    expect 'too_large 200' "$(bytes "${HEAD}Content-Length: 9223372036854775807\r\n\r\n" x)"
    expect 'http_error 404' "$(bytes 'HTTP/1.1 404 No\r\n\r\n' x)"
    expect 'http_error 101' "$(bytes 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n' x)"
    assert_ends 15 --timeout=5 --stall-timeout=5 --max-size=1M
}

# They send useless bytes as fast as they can; other hosts must not wait for them.
test_framing_without_a_body_is_cut_off() {
    local name
    serve
    expect 'protocol_error 200' "$(bytes "${CHUNKED}1;" 'name=value;')"
    expect 'null 200' 'jpeg_420.jpg?delay=100'
    expect 'protocol_error 200' "$(bytes "${CHUNKED}1;" a)"
    expect 'null 200' 'png_rgb.png?delay=100'
    assert_ends 50 --timeout=60 --stall-timeout=1
    for name in $(backends); do
        [ "$name" = serial ] ||
            assert_eq "$(jq '.error == null and .ms.total > 1500' "$name"/manifest/*.jsonl | sort -u)" false "$name"
    done
}

test_answers_that_drip() {
    serve
    expect 'timeout null' 'a?fault=silent'
    expect 'timeout null' 'a?fault=drip'
    expect 'timeout 200' "$(bytes "$HEAD" 'X-More: and more\r\n')&rate=20"
    expect 'timeout 100' "$(bytes 'HTTP/1.1 100 Continue\r\n\r\n' 'HTTP/1.1 100 Continue\r\n\r\n')&rate=50"
    expect 'timeout 200' "$(bytes "$CHUNKED" '1\r\nx\r\n')&rate=50"
    expect 'timeout 200' 'a?size=1000000&rate=50'
    expect 'timeout null' 'a?loop=1&delay=300'
    assert_ends 40 --timeout=2 --max-redirects=1000
}

# A byte counts wherever it comes: 100 a second are no stall.
test_answers_that_trickle_are_stalls_or_take_too_long() {
    serve
    expect 'stalled null' 'a?fault=silent'
    expect 'stalled null' 'a?fault=drip'
    expect 'timeout 200' "$(bytes "$HEAD" 'X-More: and more\r\n')&rate=500"
    expect 'timeout 100' "$(bytes 'HTTP/1.1 100 Continue\r\n\r\n' 'HTTP/1.1 100 Continue\r\n\r\n')&rate=500"
    expect 'timeout 200' "$(bytes "$CHUNKED" '1\r\nx\r\n')&rate=300"
    expect 'stalled 200' 'a?size=1000000&rate=50'
    assert_ends 60 --stall-timeout=2 --timeout=8
}

# An image after this many header fields.
fields() {
    echo "jpeg_420.jpg?close=1&raw=$(encode "$HEAD")&again=$(encode 'X-More: more\r\n')&times=$1&after=$(encode '\r\n')"
}

test_answers_that_are_no_http() {
    serve
    expect 'protocol_error null' "$(bytes 'HTTP/1.1 abc Rubbish\r\n\r\n')"
    expect 'protocol_error null' "$(bytes 'HTTP/1.1 99999 X\r\n\r\n')"
    expect 'protocol_error null' "$(bytes 'HTTP/1.1 2000 X\r\n\r\n')"
    expect 'protocol_error null' "$(bytes 'HTTP/1.1 000 X\r\n\r\n')"
    expect 'protocol_error null' "$(bytes 'HTTP/1.1 -200 X\r\n\r\n')"
    expect 'protocol_error null' "$(bytes 'HTTP/1.1 20\r\n\r\n')"
    expect 'protocol_error null' "$(bytes 'HTTP/9.9 200 X\r\n\r\n')"
    expect 'protocol_error null' "$(bytes 'ICY 200 OK\r\n\r\n')"
    expect 'protocol_error null' "$(bytes '')" # HTTP/0.9: the picture alone
    expect 'protocol_error 200' "$(bytes "$HEAD")X:%20a%00b%0d%0a%0d%0a"
    expect 'protocol_error 200' "$(bytes "${HEAD}no colon here\r\n\r\n")"
    expect 'protocol_error 200' "$(bytes "${HEAD} folded first\r\n\r\n")"
    expect 'protocol_error 200' "$(bytes "${HEAD}Content-Length: -1\r\n\r\n")"
    expect 'protocol_error 200' "$(bytes "${HEAD}Content-Length: abc\r\n\r\n")"
    expect 'truncated_body 200' "$(bytes "${CHUNKED}-1\r\n")"
    expect 'truncated_body 200' "$(bytes "${CHUNKED}FFFFFFFFFFFFFFFFF\r\n")"
    expect 'truncated_body 200' "$(bytes "${CHUNKED}" 0)"
    # Errors that browsers and curl accept.
    expect 'null 200' "$(bytes "${HEAD}Content-Length: 99999999999999999999999\r\n\r\n")"
    expect 'null 200' "$(bytes 'HTTP/1.1 200\r\n\r\n')"
    expect 'null 200' "$(fields 3900)"
    expect 'protocol_error 200' "$(fields 4000)"
    # With chunked, the length is ignored (RFC 9112, section 6.3); several lengths are an error.
    expect 'not_an_image 200' "$(bytes "${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")"
    expect 'decode_error 200' "$(bytes "${HEAD}Content-Length: 10\r\nContent-Length: 20\r\n\r\n")"
    assert_ends 10
}

# A machine whose queue of connections is full does not answer a SYN.
test_a_server_that_accepts_nothing() {
    local name begun p
    p=$(free_port)
    # nginx, stopped, with a backlog of one: the kernel accepts what fits, then nothing more.
    cat >full.conf <<END
daemon off; master_process off; pid full.pid; error_log full.log;
events { worker_connections 8; }
http { access_log off; server { listen 127.0.0.1:$p backlog=1; } }
END
    nginx -p "$PWD" -c full.conf -e full.log >>full.log 2>&1 &
    started+=($!)
    await grep -q ":$(printf %04X "$p") .* 0A " /proc/net/tcp
    kill -STOP "${started[-1]}"
    for _ in 1 2 3 4; do
        timeout 30 bash -c "exec 3<>/dev/tcp/127.0.0.1/$p; sleep 30" 2>/dev/null &
        started+=($!)
    done
    sleep 0.3
    echo "http://127.0.0.1:$p/a.jpg" >urls.txt
    for name in $(backends); do
        begun=$SECONDS
        fetch -b "$name" -o "$name" --retries=0 --connect-timeout=1 --timeout=10 urls.txt
        assert_eq "$(jq -r .error "$name"/manifest/*.jsonl)" connect_timeout "$name"
        fetch -b "$name" -o "$name.2" --retries=0 --connect-timeout=5 --timeout=1 urls.txt
        assert_eq "$(jq -r .error "$name.2"/manifest/*.jsonl)" timeout "$name"
        assert_between $((SECONDS - begun)) 1 10 "$name: seconds"
    done
}
