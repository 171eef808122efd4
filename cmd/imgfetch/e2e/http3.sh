# --http3: nginx over QUIC on loopback, and what stands in the way of it. A libcurl without HTTP/3
# (Debian 12) says so; there only HTTP/2 is tried, on a long line.
# shellcheck shell=bash

has_http3() {
    ! grep -q '^libcurl 7\.' <<<"$("$BIN/imgfetch" --version)"
}

# nginx.conf and a certificate: HTTP/3 at a port of UDP, if there is any, and what is older at one of
# TCP. Below /x/ is imgserve.
configure_http3() { # ADDRESS TCP-PORT UDP-PORT [DIRECTIVE...]
    local address=$1 tcp=$2 quic=
    ! has_http3 || quic="listen $address:$3 quic;"
    shift 3
    [ -e ca.pem ] ||
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
            -out ca.pem -days 2 -subj /CN=good.test -addext subjectAltName=DNS:good.test 2>openssl.log
    cat >nginx.conf <<END
daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events { worker_connections 256; }
http {
    log_format protocol "\$server_protocol \$remote_port \$uri"; access_log access.log protocol;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
    uwsgi_temp_path tmp; scgi_temp_path tmp; types { image/jpeg jpg; image/png png; }
    server {
        listen $address:$tcp ssl http2; $quic
        server_name good.test; ssl_certificate ca.pem; ssl_certificate_key key.pem; root $IMAGES;
        location /x/ { proxy_pass http://127.0.0.1:${port:-1}/; proxy_buffering off; }
        $*
    }
}
END
}

# At $tls_port of UDP and of TCP, unless $quic_port or $tcp_port is set. Where both are there, it is
# a race, and a busy machine may take TCP.
serve_http3() { # [DIRECTIVE...]: for nginx
    local try
    serve
    for try in 1 2 3 4 5; do
        tls_port=$(free_port)
        configure_http3 127.0.0.1 "${tcp_port:-$tls_port}" "${quic_port:-$tls_port}" "$@"
        start_nginx && break
        [ "$try" != 5 ] || fail "nginx: $(cat nginx.log)"
    done
    site=https://good.test:$tls_port
    here=(--resolve="*:$tls_port:127.0.0.1" --cacert=ca.pem --http3 --stall-timeout=3)
}

serve_only_http3() {
    tcp_port=$(free_port)
    serve_http3
}

# UDP at $tls_port goes through udprelay.py to nginx, which listens elsewhere.
serve_behind_relay() { # serve_http3|serve_only_http3 [MODE]
    quic_port=$(free_port)
    $1
    shift
    python3 "$TOP/cmd/imgfetch/e2e/udprelay.py" "$tls_port" "$quic_port" "$@" >relay.log 2>relay.err &
    started+=($!)
    await grep -q ready relay.log
}

# "-" is a request of which not enough came: see transfer.c.
protocols() { # of what was served: "20 HTTP/3.0"
    grep -v ^- access.log | cut -d' ' -f1 | sort | uniq -c | xargs
}

outcomes() { # [DIR]: "1 http_error 20 success"
    rows '.error // "success"' "${1:-out}" | sort | uniq -c | xargs
}

test_a_libcurl_without_http3_is_told() {
    ! has_http3 || return 0
    echo http://127.0.0.1/ >urls.txt
    fetch --http3 urls.txt
    assert_rc 2
    assert_says "--http3: needs a libcurl with HTTP/3"
    assert_says "this is $("$BIN/imgfetch" --version | sed -n 's/^libcurl \([^,]*\),.*/\1/p')"
    [ ! -e out ] || fail "there is an output directory"
    fetch --http3 --http1.1 --retries=0 urls.txt
    assert_rc 1
}

test_images_come_by_http3() {
    local name
    has_http3 || return 0
    serve_only_http3
    list $(printf '/jpeg_420.jpg?%s ' $(seq 20)) /missing.jpg
    for name in $(backends); do
        : >access.log
        fetch -b "$name" "${here[@]}" -o "$name" urls.txt
        assert_rc 1
        assert_eq "$(protocols)" '21 HTTP/3.0' "$name"
        assert_eq "$(outcomes "$name")" '1 http_error 20 success' "$name"
        assert_eq "$(rows .ip "$name" | sort -u)" 127.0.0.1 "$name"
        assert_whole "$name"
    done
}

test_a_host_has_its_limit_of_requests() {
    local name
    has_http3 || return 0
    serve_only_http3
    list $(printf '/x/jpeg_420.jpg?delay=20&n=%s ' $(seq 40))
    for name in $(backends); do
        reset_stats
        fetch -b "$name" "${here[@]}" --per-host=3 -c 20 -o "$name" urls.txt
        assert_rc 0
        assert_between "$(stat_of '.hosts["127.0.0.1"].max_in_flight')" 1 3 "$name: in flight"
        assert_eq "$(stat_of .requests)" 40 "$name"
    done
}

test_http_has_no_http3() {
    local name
    has_http3 || return 0
    serve
    list /jpeg_420.jpg /png_rgb.png
    for name in $(backends); do
        fetch -b "$name" --http3 -o "$name" urls.txt
        assert_rc 0
        assert_whole "$name"
    done
}

# Nobody listens at the UDP port, or nobody answers: TCP has the image soon.
test_without_an_answer_by_quic_tcp_is_used() {
    local name way
    has_http3 || return 0
    touch muted
    serve_behind_relay serve_http3 mute=muted
    for way in silent closed; do
        [ $way = silent ] || { kill "${started[-1]}" && wait "${started[-1]}" || true; }
        list $(printf "/jpeg_420.jpg?$way%s " $(seq 8))
        for name in $(backends); do
            : >access.log
            fetch -b "$name" "${here[@]}" --retries=0 --timeout=5 -o "$name-$way" urls.txt
            assert_rc 0
            assert_eq "$(protocols)" '8 HTTP/2.0' "$name, $way"
            assert_whole "$name-$way"
        done
    done
}

test_a_bad_certificate_is_one_by_quic_too() {
    local name
    has_http3 || return 0
    serve_only_http3
    list /jpeg_420.jpg
    echo "https://bad.test:$tls_port/jpeg_420.jpg" >>urls.txt
    for name in $(backends); do
        : >access.log
        fetch -b "$name" "${here[@]}" --cacert=/dev/null -o "$name-unknown" urls.txt
        assert_eq "$(outcomes "$name-unknown")" '2 tls_failed' "$name"
        fetch -b "$name" "${here[@]}" -o "$name" urls.txt
        assert_eq "$(rows .error "$name" | xargs)" 'null tls_failed' "$name"
        fetch -b "$name" "${here[@]}" --insecure -o "$name-insecure" urls.txt
        assert_rc 0
        assert_eq "$(protocols)" '3 HTTP/3.0' "$name"
    done
}

# Not a datagram leaves for an address that the guard refuses.
test_the_guard_stands_before_quic() {
    local name
    has_http3 || return 0
    serve_behind_relay serve_http3
    list /jpeg_420.jpg
    echo "https://127.0.0.1:$tls_port/jpeg_420.jpg" >>urls.txt
    ALLOW=()
    for name in $(backends); do
        fetch -b "$name" "${here[@]}" --insecure -o "$name" urls.txt
        assert_rc 1
        assert_eq "$(outcomes "$name")" '2 blocked_address' "$name"
    done
    assert_eq "$(cat relay.log)" ready relay
    assert_eq "$(cat access.log)" '' nginx
    fetch "${here[@]}" --allow-net=127.0.0.1 -o allowed urls.txt
    grep -q client relay.log || fail "the relay sees nothing at all"
}

test_limits_hold_for_http3() {
    local name begun
    has_http3 || return 0
    serve_only_http3
    list $(printf '/x/jpeg_420.jpg?fault=%s ' endless stall silent) /jpeg_420.jpg
    for name in $(backends); do
        begun=$SECONDS
        fetch -b "$name" "${here[@]}" --retries=1 --max-size=2M --stall-timeout=1 -o "$name" urls.txt
        assert_eq "$(rows .error "$name" | xargs)" 'too_large stalled stalled null' "$name"
        fetch -b "$name" "${here[@]}" --retries=1 --max-size=1000 --timeout=2 -o "$name-2" urls.txt
        assert_eq "$(rows .error "$name-2" | xargs)" 'too_large too_large timeout too_large' "$name"
        assert_between $((SECONDS - begun)) 0 40 "$name: seconds"
    done
}

test_a_server_that_falls_silent_is_left() {
    local name
    has_http3 || return 0
    serve_behind_relay serve_only_http3 mute=muted
    list '/x/jpeg_420.jpg?rate=500'
    for name in $(backends); do
        rm -f muted
        reset_stats
        fetch_start -b "$name" "${here[@]}" --retries=0 --stall-timeout=1 -o "$name" urls.txt
        await eval '[ "$(stat_of .requests)" = 1 ]'
        touch muted
        fetch_wait
        assert_eq "$(outcomes "$name")" '1 stalled' "$name"
    done
}

test_datagrams_that_are_lost_cost_time_only() {
    local name
    has_http3 || return 0
    serve_behind_relay serve_only_http3 lose=7
    list $(printf '/jpeg_420.jpg?%s ' $(seq 20)) $(printf '/png_rgb.png?%s ' $(seq 20))
    for name in $(backends); do
        fetch -b "$name" "${here[@]}" -o "$name" urls.txt
        assert_rc 0
        assert_whole "$name"
    done
}

test_a_flood_of_datagrams_is_none_of_the_image() {
    local name begun
    has_http3 || return 0
    serve_behind_relay serve_only_http3 flood=20
    list $(printf '/jpeg_420.jpg?%s ' $(seq 5))
    for name in $(backends); do
        begun=$SECONDS
        fetch -b "$name" "${here[@]}" -o "$name" urls.txt
        assert_rc 0
        assert_whole "$name"
        assert_between $((SECONDS - begun)) 0 30 "$name: seconds"
    done
}

# A server that moves without a word is none that QUIC knows. And nginx follows no client that
# moves, if that has given it no spare connection id, and OpenSSL's gives none. Either way the
# request stalls, and another connection has the image.
test_after_a_move_another_connection_is_made() {
    local name who
    has_http3 || return 0
    for who in client server; do
        serve_behind_relay serve_only_http3 "$who-moves=move"
        list $(printf '/x/photo_1200x900.jpg?rate=100000&n=%s ' $(seq 4)) $(printf '/png_rgb.png?%s ' $(seq 8))
        for name in async procs; do
            reset_stats
            fetch_start -b "$name" "${here[@]}" --stall-timeout=1 -c 4 -o "$name-$who" urls.txt
            await eval '[ "$(stat_of .requests)" -ge 1 ]'
            touch move
            fetch_wait
            assert_rc 0
            assert_whole "$name-$who"
            assert_between "$(rows .attempts "$name-$who" | sort -n | tail -n 1)" 1 2 "$name, $who: attempts"
            [ ! -e move ] || fail "$name: the $who has not moved"
        done
    done
}

# ---- on a long line: lossylink.py ----

has_lines() {
    [ "$(id -u)" = 0 ] && [ -w /dev/net/tun ] && unshare -n true 2>/dev/null
}

# Runs a shell command where nginx is a tenth of a second away, at https://good.test/.
on_a_line() { # LOSS COMMAND
    site=https://good.test
    configure_http3 10.77.0.2 443 443
    here=(--allow-net=10.77.0.0/24 --resolve="*:443:10.77.0.2" --cacert=ca.pem)
    rc=0
    python3 "$TOP/cmd/imgfetch/e2e/lossylink.py" 100 "$1" 1 \
        "exec nginx -p '$PWD' -c nginx.conf -e nginx.log" \
        "$(declare -p here BIN) name=${name:-}; $2" >stdout 2>stderr || rc=$?
}

test_versions_of_http_are_compared_on_a_line_with_losses() {
    local version contenders='["http1.1",20],["http2",20]'
    has_lines || return 0
    site=https://good.test
    list $(printf '/jpeg_420.jpg?%s ' $(seq 20))
    on_a_line 0.03 '"$BIN/imgfetch" "${here[@]}" --compare=http --repeat=1 --no-thumbs --json urls.txt'
    assert_rc 0
    ! has_http3 || contenders+=',["http3",20]'
    assert_eq "$(jq -c '[.contenders[] | [.name, .ok.median + 0]]' stdout)" "[$contenders]"
    assert_eq "$(jq '[.contenders[].wall_s.min > 0.2] | all' stdout)" true "the line is felt"
    for version in 1.1 2.0 3.0; do # a part of those for HTTP/3 may come by HTTP/2
        [ $version != 3.0 ] || has_http3 || continue
        protocols | grep -qE "[1-9][0-9]* HTTP/$version" || fail "$(protocols)"
    done
}

# Requests for many rows at once, so that those that come later must not use the dead connection.
test_our_own_address_changes() {
    local name version versions=(2)
    has_lines || return 0
    ! has_http3 || versions+=(3)
    site=https://good.test
    list $(printf '/photo_1200x900.jpg?%s ' $(seq 40))
    for version in "${versions[@]}"; do
        for name in async procs; do
            on_a_line 0 '"$BIN/imgfetch" "${here[@]}" -b $name -o $name-'"$version --http$version"' \
                --stall-timeout=2 --host-rate=20 --connect-timeout=5 urls.txt & pid=$!
                sleep 1
                ip addr del 10.77.0.1/24 dev line
                ip addr add 10.77.0.3/24 dev line
                wait $pid'
            assert_rc 0
            assert_whole "$name-$version"
            assert_between "$(rows .attempts "$name-$version" | sort -n | tail -n 1)" 2 3 "$name: attempts"
            assert_between "$(rows 'select(.attempts > 1).key' "$name-$version" | wc -l)" 1 32 "$name: retried"
        done
    done
}
