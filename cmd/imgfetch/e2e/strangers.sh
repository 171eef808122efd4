# What strangers' servers do: nothing is lost that a browser or curl would get.
# shellcheck shell=bash

test_a_handshake_that_breaks_off_is_tried_again() {
    local name how relay
    serve_tls
    for name in $(backends); do
        for how in close reset; do
            relay=$(free_port)
            python3 "$TOP/cmd/imgfetch/e2e/breakrelay.py" "$relay" "$tls_port" 1 $how >"relay.$name.$how" &
            started+=($!)
            await grep -q ready "relay.$name.$how"
            echo "https://localhost:$relay/jpeg_420.jpg" >urls.txt
            fetch -b "$name" -o "$name.$how" --cacert=ca.pem urls.txt
            assert_rc 0
            assert_eq "$(jq -c '[.error, .attempts]' "$name.$how"/manifest/*.jsonl)" '[null,2]' "$name, $how"
        done
    done
}

test_a_server_in_trouble_is_asked_again() {
    local name relay
    serve_tls
    for name in $(backends); do
        relay=$(free_port)
        python3 "$TOP/cmd/imgfetch/e2e/breakrelay.py" "$relay" "$tls_port" 1 alert >"relay.$name" &
        started+=($!)
        await grep -q ready "relay.$name"
        echo "https://localhost:$relay/jpeg_420.jpg" >urls.txt
        fetch -b "$name" -o "$name" --cacert=ca.pem urls.txt
        assert_rc 0
        assert_eq "$(rows .attempts "$name")" 2 "$name"
    done
}

# TLS 1.3 says so behind the handshake.
test_a_server_that_wants_a_certificate_of_ours() {
    local name port
    serve_tls
    port=$(free_port)
    openssl s_server -accept "$port" -cert ca.pem -key key.pem -Verify 1 \
        -verify_return_error -WWW >s_server.log 2>&1 &
    started+=($!)
    await bash -c ": </dev/tcp/127.0.0.1/$port"
    echo "https://localhost:$port/a.jpg" >urls.txt
    for name in $(backends); do
        fetch -b "$name" -o "$name" --insecure urls.txt
        assert_rc 1
        assert_eq "$(rows '"\(.error) \(.attempts) \(.message)"' "$name")" \
            'tls_failed 1 the server wants a client certificate' "$name"
    done
}

test_a_server_that_is_overloaded_is_asked_for_less() {
    local plain name
    plain=$(free_port)
    cat >nginx.conf <<END
daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events { worker_connections 256; }
http {
    access_log off; limit_req_zone \$server_addr zone=all:64k rate=30r/s;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
    uwsgi_temp_path tmp; scgi_temp_path tmp;
    server { listen 127.0.0.1:$plain; limit_req zone=all burst=5 nodelay; root $IMAGES; }
}
END
    start_nginx || fail "nginx: $(cat nginx.log)"
    printf "http://127.0.0.1:$plain/png_1x1.png?%s\n" $(seq 60) >urls.txt
    for name in async threads; do
        fetch -b $name -o $name --no-thumbs urls.txt
        assert_rc 0
    done
}

test_kept_connections_that_are_closed_cost_no_row() {
    local name how
    serve
    for how in close reset 408; do
        for ((i = 0; i < 20; i++)); do
            echo "$site/png_1x1.png?$how$i&next=$how"
        done
    done >urls.txt
    for name in $(backends); do
        fetch -b "$name" -o "$name" -c 2 --retries=0 --no-thumbs urls.txt
        assert_rc 0
        assert_eq "$(jq -s 'map(.attempts) | max' "$name"/manifest/*.jsonl)" 1 "$name"
    done
}

test_messages_say_what_a_person_can_do() {
    serve
    printf "$site/%s\n" 'x?status=302' 'x?loop=1&header=Set-Cookie:%20a=b' 'x?status=999' \
        >urls.txt
    echo example.com:8080/a.jpg >>urls.txt
    fetch urls.txt
    assert_rc 1
    assert_eq "$(rows .message)" "HTTP 302 without a Location
more than 5 redirects; the site sets a cookie and may want it back (-H)
HTTP 999: the site refuses programs
no scheme: a URL begins with http:// or https://"
    assert_eq "$(rows .attempts | paste -sd' ')" '1 1 1 0'
}

# libcurl before 8.1.1 would crash at a first field that begins with a blank, if the handle had another
# response before.
test_heads_that_no_server_should_send() {
    local name head png
    serve
    png=$(od -An -v -tx1 "$IMAGES/png_1x1.png" | tr -d '\n' | tr ' ' %)
    for ((i = 0; i < 10; i++)); do
        echo "$site/png_1x1.png?$i"
        for head in 'HTTP/1.1 200 OK\r\n a: b\r\n' 'HTTP/1.1 200 OK\r\n\ta:\r\n c\r\n' 'http/1.1 200 ok\r\n' \
            'HTTP/1.1 103 Early Hints\r\n a: b\r\n\r\nHTTP/1.1 200\r\n'; do
            echo "$site/x?$i&raw=$(encode "${head}Content-Length: $(stat -c %s "$IMAGES/png_1x1.png")\r\n\r\n")$png"
        done
    done >urls.txt
    for name in $(backends); do
        fetch -b "$name" -o "$name" -c 2 --retries=0 urls.txt
        assert_rc 0
    done
}
