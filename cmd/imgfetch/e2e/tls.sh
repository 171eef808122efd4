# HTTPS: nginx with valid and invalid certificates of a CA given by --cacert.
# shellcheck shell=bash

test_unknown_certificate() {
    serve_tls
    echo "https://localhost:$tls_port/jpeg_420.jpg" >urls.txt
    fetch urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.http_status) \(.attempts)"')" 'tls_failed null 1'
}

test_own_certificate() {
    serve_tls
    printf "https://localhost:$tls_port/%s\n" jpeg_420.jpg png_rgb.png missing.jpg >urls.txt
    fetch --cacert=ca.pem urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.http_status)"' | paste -sd,)" 'null 200,null 200,http_error 404'
    assert_eq "$(rows '.ms.tls > 0' | head -n 1)" true
    assert_whole
}

test_wrong_name() {
    serve_tls
    echo "https://127.0.0.1:$tls_port/jpeg_420.jpg" >urls.txt
    fetch --cacert=ca.pem urls.txt
    assert_rc 1
    assert_eq "$(rows .error)" tls_failed
}

test_insecure() {
    serve_tls
    echo "https://127.0.0.1:$tls_port/jpeg_420.jpg" >urls.txt
    fetch --insecure urls.txt
    assert_rc 0
    assert_whole
}

test_a_missing_bundle() {
    serve_tls
    echo "https://localhost:$tls_port/jpeg_420.jpg" >urls.txt
    fetch --cacert=no-such-file.pem urls.txt
    [ "$rc" != 0 ] || fail "fetched without a bundle"
}

test_http_where_https_is_spoken_and_the_other_way_round() {
    serve_tls
    echo "https://127.0.0.1:$plain_port/jpeg_420.jpg" >urls.txt
    echo "http://127.0.0.1:$tls_port/jpeg_420.jpg" >>urls.txt
    fetch --retries=0 urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.http_status)"' | paste -sd,)" 'tls_failed null,http_error 400'
}

# A CA (ca.pem), and its certificates: good.test, wrong.test (issued for other.test) and
# expired.test; and the self-signed one of self.test. All at $tls_port, chosen by SNI.
make_certificates() {
    local name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
        -days 2 -subj "/CN=a CA"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.test.key \
        -out self.test.pem -days 2 -subj /CN=self.test -addext subjectAltName=DNS:self.test
    mkdir issued && touch index.txt && echo 01 >ca.number
    printf '%s\n' '[ca]' default_ca=x '[x]' database=index.txt serial=ca.number new_certs_dir=issued \
        certificate=ca.pem private_key=ca.key default_md=sha256 policy=any copy_extensions=copy \
        unique_subject=no '[any]' commonName=supplied >ca.conf
    for name in good other expired; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.test.key \
            -out $name.csr -subj /CN=$name.test -addext subjectAltName=DNS:$name.test
    done
    openssl ca -config ca.conf -batch -notext -days 2 -in good.csr -out good.test.pem
    openssl ca -config ca.conf -batch -notext -days 2 -in other.csr -out wrong.test.pem
    openssl ca -config ca.conf -batch -notext -startdate 20200101000000Z -enddate 20200201000000Z \
        -in expired.csr -out expired.test.pem
    cp other.test.key wrong.test.key
}

serve_sites() { # [DIRECTIVE...]: for nginx, in each server
    local try name
    make_certificates >openssl.log 2>&1 || fail "$(cat openssl.log)"
    for try in 1 2 3 4 5; do
        tls_port=$(free_port)
        {
            echo 'daemon off; master_process off; pid nginx.pid; error_log nginx.log;'
            echo 'events { worker_connections 64; }'
            echo 'http { log_format tls "$host $ssl_session_reused $connection $server_protocol";'
            echo 'access_log access.log tls; ssl_session_cache builtin:100;'
            echo 'client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;'
            echo 'uwsgi_temp_path tmp; scgi_temp_path tmp; types { image/jpeg jpg; image/png png; }'
            for name in good wrong expired self; do
                echo "server { listen 127.0.0.1:$tls_port ssl http2; server_name $name.test; root $IMAGES;"
                echo "ssl_certificate $name.test.pem; ssl_certificate_key $name.test.key; $* }"
            done
            echo '}'
        } >nginx.conf
        start_nginx && break
        [ "$try" != 5 ] || fail "nginx: $(cat nginx.log)"
    done
    site=https://good.test:$tls_port
    for name in good wrong expired self; do
        echo "https://$name.test:$tls_port/jpeg_420.jpg"
    done >urls.txt
    here=(--resolve="*:$tls_port:127.0.0.1")
}

fetchers() {
    "$BIN/imgfetch" --list-backends | sed 's/ .*//' | grep -vx null
}

test_bad_certificates_are_told_apart() {
    local name
    serve_sites
    for name in $(fetchers); do
        fetch -b "$name" "${here[@]}" --cacert=ca.pem -o "$name" urls.txt
        assert_rc 1
        assert_eq "$(rows .error "$name" | paste -sd' ')" 'null tls_failed tls_failed tls_failed' "$name"
        rows '.message // ""' "$name" >messages
        sed -n 2p messages | grep -q 'for other.test, not for wrong.test' || fail "$name, another name: $(cat messages)"
        sed -n 3p messages | grep -q 'of expired.test expired on 20' || fail "$name, expired: $(cat messages)"
        sed -n 4p messages | grep -q 'of self.test is self-signed' || fail "$name, self-signed: $(cat messages)"
        fetch -b "$name" "${here[@]}" -o "$name-unknown" urls.txt
        assert_eq "$(rows .error "$name-unknown" | sort -u)" tls_failed "$name"
        rows .message "$name-unknown" | head -n 1 | grep -q 'issuer is not known: a CA' ||
            fail "$name, unknown CA: $(rows .message "$name-unknown")"
        fetch -b "$name" "${here[@]}" --insecure -o "$name-insecure" urls.txt
        assert_rc 0
    done
}

# All transfers share one store, and use none of curl's own. A wrong CA must fail, even after
# another connection has succeeded.
test_a_wrong_ca() {
    local name
    serve_sites
    for name in $(fetchers); do
        fetch -b "$name" "${here[@]}" --cacert=self.test.pem -o "$name" urls.txt
        assert_eq "$(rows .error "$name" | paste -sd' ')" 'tls_failed tls_failed tls_failed null' "$name"
    done
}

test_sessions_are_resumed() {
    local name
    serve_sites 'keepalive_timeout 0;'
    list $(printf '/jpeg_420.jpg?%s ' $(seq 20))
    for name in $(fetchers); do
        : >access.log
        fetch -b "$name" -c 2 "${here[@]}" --cacert=ca.pem -o "$name" urls.txt
        assert_rc 0
        assert_eq "$(wc -l <access.log)" 20 "$name"
        assert_between "$(grep -c '^good.test r' access.log)" 14 19 "$name: resumed"
    done
}

# ... also by other transfers than the first one. nginx gives two tickets for each connection, and
# each is for one use (RFC 8446, C.4): curl 8.14 obeys that, 7.88 does not.
test_a_loop_shares_its_sessions() {
    local name
    serve_sites 'keepalive_timeout 0;'
    for name in async coro; do
        : >access.log
        mkfifo "$name.fifo"
        fetch_start -b "$name" -c 8 "${here[@]}" --cacert=ca.pem -o "$name" "$name.fifo"
        exec {fd}>"$name.fifo"
        echo "$site/jpeg_420.jpg" >&"$fd"
        await test -s access.log
        printf "$site/jpeg_420.jpg?%s\n" 1 2 3 4 5 6 7 >&"$fd"
        exec {fd}>&-
        fetch_wait
        assert_rc 0
        assert_between "$(grep -c '^good.test r' access.log)" 2 7 "$name: resumed"
    done
}

# Each row has a connection of its own, and offers the session of the one before.
test_a_session_that_a_server_chokes_on_costs_no_attempt() {
    local name how relay
    serve_sites 'keepalive_timeout 0; ssl_protocols TLSv1.3;'
    for name in $(backends); do
        for how in close reset alert; do
            relay=$(free_port)
            python3 "$TOP/cmd/imgfetch/e2e/breakrelay.py" "$relay" "$tls_port" resumed $how >"relay.$name.$how" &
            started+=($!)
            await grep -q ready "relay.$name.$how"
            printf "https://good.test:$relay/jpeg_420.jpg?%s\n" 1 2 3 4 5 6 >urls.txt
            fetch -b "$name" -c 1 -o "$name.$how" --cacert=ca.pem --retries=0 \
                --resolve="good.test:$relay:127.0.0.1" urls.txt
            assert_rc 0
            assert_eq "$(rows .attempts "$name.$how" | sort -u)" 1 "$name, $how"
            grep -q broken "relay.$name.$how" || fail "$name, $how: no session was offered"
        done
    done
}

test_http2_is_for_those_who_ask() {
    local name
    serve_sites
    list $(printf '/jpeg_420.jpg?%s ' $(seq 20)) /missing.jpg
    for name in $(fetchers); do
        : >access.log
        fetch -b "$name" "${here[@]}" --cacert=ca.pem -o "$name-1" urls.txt
        assert_eq "$(cut -d' ' -f4 access.log | sort -u)" HTTP/1.1 "$name"
        : >access.log
        fetch -b "$name" "${here[@]}" --cacert=ca.pem --http2 -o "$name-2" urls.txt
        assert_rc 1
        assert_eq "$(cut -d' ' -f4 access.log | sort -u)" HTTP/2.0 "$name"
        assert_eq "$(rows '.error // "success"' "$name-2" | sort | uniq -c | xargs)" \
            '1 http_error 20 success' "$name"
        assert_whole "$name-2"
    done
}

# Giving up one response does not end the others on its connection.
test_http2_is_cut_off_where_it_is_refused() {
    serve_sites 'location /gif_static.gif { add_header X-Robots-Tag noai; }'
    list /jpeg_420.jpg /gif_static.gif /png_rgb.png /gif_static.gif?2 /jpeg_420.jpg?2 /png_rgb.png?2
    fetch "${here[@]}" --cacert=ca.pem --http2 --per-host=3 urls.txt
    assert_eq "$(rows '.error' | paste -sd' ')" 'null robots_tag null robots_tag null null'
    assert_whole
}

# How often the bundle is opened, when every request has a connection of its own.
test_the_bundle_is_read_once_for_each_process() {
    local args n
    command -v strace >/dev/null || return 0
    strace -o /dev/null true 2>/dev/null || return 0
    serve_sites 'keepalive_timeout 0;'
    list $(printf '/jpeg_420.jpg?%s ' $(seq 20))
    for args in '-b threads -c 8' '-b async --loops=3' '-b coro'; do
        rc=0
        ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat -o trace "$BIN/imgfetch" "${ALLOW[@]}" "${here[@]}" --no-thumbs \
            --cacert=ca.pem -o "out$args" $args urls.txt >stdout 2>stderr || rc=$?
        assert_rc 0
        n=$(grep "\"ca.pem\"" trace | grep -vc O_PATH || true) # O_PATH: it is only named (exec/confine.h)
        assert_eq "$n" 1 "$args: ca.pem opened"
        ! grep "/etc/ssl/certs" trace || fail "$args: the bundle of the system"
    done
}
