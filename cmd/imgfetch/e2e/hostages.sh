# One hostile host holds what it can: the rows of other hosts are done meanwhile.
# shellcheck shell=bash

# 60 good rows, of five hosts.
good_rows() {
    local i
    for ((i = 0; i < 60; i++)); do
        echo "http://127.0.0.$((i % 5 + 11)):$port/png_rgb.png?good=$i"
    done
}

good_rows_are_done() {
    [ "$(manifests | xargs -r cat | grep 'png_rgb' | grep -c '"status":"success"')" = 60 ]
}

# Starts a run, and waits until all good rows are done. The hostile ones hang for 100 s, so that
# the run is still going on.
run_until_good_rows_are_done() { # OPTION...
    local i
    rm -rf out
    fetch_start --timeout=100 --stall-timeout=100 --connect-timeout=100 --retries=0 "$@" urls.txt
    for ((i = 0; i < 400; i++)); do
        good_rows_are_done && break
        sleep 0.1
    done
    good_rows_are_done || fail "the good rows wait: $*"
    kill -0 "$pid" 2>/dev/null || fail "the hostile rows are over: $*"
    kill "$pid"
    sleep 0.3
    kill "$pid" 2>/dev/null || true
    fetch_wait
}

# A list with the good rows and 24 of the hostile host.
hang_at() { # PATH
    local i
    for ((i = 0; i < 24; i++)); do
        echo "http://127.0.0.2:$port$1&n=$i"
    done | cat <(good_rows) - >urls.txt
}

concurrent_backends() {
    backends | grep -vx -e serial -e auto
}

test_large_bodies_that_drip_hold_no_memory() {
    local name
    serve
    hang_at '/a?size=67108864&rate=200'
    for name in $(concurrent_backends); do
        run_until_good_rows_are_done -b "$name" --memory=8M
    done
}

# They hold what they have sent, until others need it.
test_large_bodies_that_stop_halfway_give_their_memory_up() {
    local name
    serve
    hang_at '/a?size=4000000&fault=stall'
    for name in async coro threads; do
        run_until_good_rows_are_done -b "$name" --memory=8M
    done
}

test_a_host_that_hangs_gets_no_more_slots_than_others() {
    local name
    serve
    hang_at '/a?fault=silent'
    for name in $(concurrent_backends); do
        run_until_good_rows_are_done -b "$name" --concurrency=8 --per-host=0
    done
}

# Connections that are accepted, by a server that is stopped.
test_connections_robots_files_and_handshakes_that_hang_stop_no_other_host() {
    local deaf kind name
    serve
    "$BIN/imgserve" --ready-file=deaf "$IMAGES" >imgserve2.log 2>&1 &
    started+=($!)
    await test -s deaf
    kill -STOP $!
    deaf=$(cat deaf)
    for kind in http https; do
        for name in $(concurrent_backends); do
            seq 24 | sed "s|.*|$kind://127.0.0.2:$deaf/a?&|" | cat <(good_rows) - >urls.txt
            run_until_good_rows_are_done -b "$name" --robots-txt
        done
    done
}

test_slow_headers_redirects_and_waits_stop_no_other_host() {
    local what
    serve
    for what in 'fault=drip' 'loop=1&delay=1000' 'status=503&retry_after=90' 'delay=90000'; do
        hang_at "/a?$what"
        run_until_good_rows_are_done --retries=5 --retry-max-wait=100 --max-redirects=1000
    done
}

test_a_host_that_hangs_takes_no_descriptors_of_others() {
    serve
    hang_at '/a?fault=silent'
    (
        ulimit -n 80
        run_until_good_rows_are_done --concurrency=64
    )
}

# Names whose own servers are silent. Good ones are behind them in the list.
test_silent_names_stop_no_other_host() {
    local dns_port i
    "$BIN/imgserve" --ready-file=ports --dns-port=0 "$IMAGES" >imgserve.log 2>&1 &
    started+=($!)
    await eval '[ "$(wc -l <ports)" = 2 ]'
    { read -r port && read -r dns_port; } <ports
    for ((i = 0; i < 1500; i++)); do
        echo "http://n$i.lost.test:$port/a"
    done >urls.txt
    for ((i = 0; i < 60; i++)); do
        echo "http://address.n$i.test:$port/png_rgb.png"
    done >>urls.txt
    run_until_good_rows_are_done --dns-servers="127.0.0.1:$dns_port"
}

# Every image of the host takes a decoder for as long as it may.
test_images_that_take_long_stop_no_other_host() {
    mkdir site
    { cat "$IMAGES/jpeg_420.jpg" && printf 'imgfetch-fault: spin'; } >site/spin.jpg
    cp "$IMAGES/png_rgb.png" site
    serve site
    hang_at '/spin.jpg?'
    run_until_good_rows_are_done --test-faults --workers=2 --thumb=64 --decode-timeout=100
}

test_a_body_too_slow_for_its_time_is_stalled() {
    serve
    list '/a?size=67108864&rate=200' '/photo_640x480.jpg?rate=4000'
    fetch --retries=0 urls.txt
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" 'stalled success'
    assert_eq "$(rows 'select(.error) | .message')" 'too slow to be complete within --timeout'
    assert_eq "$(rows 'select(.error) | .ms.total >= 10000 and .ms.total < 40000')" true
}

# Without end, and at the speed of the machine: chunks with more extension than data, fields of a
# trailer, fields of a header, interim responses.
test_bytes_count_wherever_they_come_from() {
    local ok='HTTP/1.1 200 OK\r\n' x name
    x=$(printf 'x%.0s' {1..2000})
    serve
    list "/a?raw=$(encode "${ok}Transfer-Encoding: chunked\r\n\r\n")&again=$(encode "1;$x\r\nx\r\n")" \
        "/a?raw=$(encode "${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")&again=$(encode "A: $x\r\n")" \
        "/a?raw=$(encode "$ok")&again=$(encode "A: $x\r\n")" \
        "/a?raw=$(encode 'HTTP/1.1 103 Early\r\n\r\n')&again=$(encode 'HTTP/1.1 103 Early\r\n\r\n')"
    for name in $(backends); do
        rm -rf out
        fetch -b "$name" --limit-rate=1M --retries=0 urls.txt
        assert_eq "$(rows '.error' | paste -sd' ')" \
            'protocol_error protocol_error protocol_error protocol_error' "$name"
        assert_eq "$(rows .message | head -n 1)" 'more framing than body came' "$name"
    done
}
