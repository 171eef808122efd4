# Redirects, hop by hop: where they lead, what is not sent along, and where they end.
# shellcheck shell=bash

# Adds a row: "ERROR HTTP FINAL-URL" is the expected result of a Location
expect() { # EXPECTED LOCATION [STATUS]
    echo "$site/dir/a?status=${3:-302}&raw=$(encode "HTTP/1.1 ${3:-302} Go\r\nContent-Length: 0\r\nLocation: $2\r\n\r\n")&size=0" >>urls.txt
    echo "$1" >>expected
}

assert_expected() { # DIR
    jq -r '"\(.error) \(.http_status) \(.final_url)"' "$1"/manifest/*.jsonl >is
    diff expected is >diff.out || fail "$1: expected (<) and got (>): $(cut -c1-150 diff.out)"
}

test_where_a_location_leads() {
    local name status
    serve
    : >urls.txt
    expect "null 200 $site/png_1x1.png" /png_1x1.png
    expect "null 200 $site/png_1x1.png" ../png_1x1.png
    expect "null 200 $site/png_1x1.png" "//127.0.0.1:$port/png_1x1.png"
    expect "null 200 http://127.0.0.2:$port/png_1x1.png" "HTTP://127.0.0.2:$port/png_1x1.png"
    expect "null 200 $site/png_1x1.png" '/png_1x1.png#fragment'
    expect "null 200 $site/png_1x1.png?%C3%A4" '/png_1x1.png?ä'
    expect "http_error 404 $site/dir/a%20b%C3%A4" 'a bä'
    expect "null 200 $site/png_1x1.png" '/png_1x1.png\r\nLocation: /second'
    for status in 301 303 307 308; do
        expect "null 200 $site/png_1x1.png" /png_1x1.png $status
    done
    for name in $(backends); do
        fetch -b "$name" -o "$name" --retries=0 urls.txt
        assert_expected "$name"
    done
}

test_where_a_location_may_not_lead() {
    local name target n
    serve
    for target in ftp://a.test/x.jpg file:///etc/passwd data:image/png,x javascript:alert gopher://a.test/ \
        "http://user:secret@127.0.0.1:$port/png_1x1.png" "http://user@127.0.0.1:$port/png_1x1.png" \
        http:// 'http://a b/' "http://127.0.0.1:99999/"; do
        expect '' "$target"
    done
    n=$(wc -l <urls.txt)
    for name in $(backends); do
        reset_stats
        fetch -b "$name" -o "$name" --retries=0 urls.txt
        jq -r '"\(.error) \(.http_status)"' "$name"/manifest/*.jsonl | sort | uniq -c | sed 's/^ *//' >codes
        assert_eq "$(cat codes)" "$n bad_url 302" "$name"
        assert_eq "$(stat_of .requests)" "$n" "$name"
    done
}

# No Location, an empty one, one longer than a URL may be, and one longer than a header line.
test_a_location_that_is_none() {
    local name times
    serve
    {
        echo "$site/a?status=302"
        echo "$site/a?raw=$(encode 'HTTP/1.1 302 Go\r\nContent-Length: 0\r\nLocation:\r\n\r\n')&size=0"
        for times in 9000 1000000; do
            echo "$site/a?raw=$(encode 'HTTP/1.1 302 Go\r\nContent-Length: 0\r\nLocation: /')&size=0&again=a&times=$times&after=$(encode '\r\n\r\n')"
        done
    } >urls.txt
    for name in $(backends); do
        fetch -b "$name" -o "$name" --retries=0 urls.txt
        jq -r .error "$name"/manifest/*.jsonl | paste -sd' ' >codes
        assert_eq "$(cat codes)" 'http_error http_error bad_url protocol_error' "$name"
    done
}

# Redirects to another host and back again, deeper than is followed; and to itself for ever.
test_redirects_without_end() {
    local name i to=/png_1x1.png
    serve
    for i in 1 2 1 2 1 2; do
        to="http://127.0.0.$i:$port/a?redirect=$(encode "$to")"
    done
    echo "$to" >urls.txt
    echo "$site/jpeg_420.jpg?loop=1" >>urls.txt
    for name in $(backends); do
        reset_stats
        fetch -b "$name" -o "$name" --retries=2 --max-redirects=4 urls.txt
        assert_rc 1
        assert_eq "$(jq -r '"\(.error) \(.http_status) \(.attempts)"' "$name"/manifest/*.jsonl | sort -u)" \
            'redirect_loop 302 1' "$name"
        assert_eq "$(stat_of '"\(.requests) \(.hosts["127.0.0.2"].requests)"')" '10 3' "$name"
        fetch -b "$name" -o "$name.6" --max-redirects=6 --limit=1 urls.txt
        assert_rc 0
    done
}

# Each hop is looked up and checked again, with its own host's limits.
test_each_hop_is_looked_up_and_judged() {
    local name
    serve
    serve_dns --address=/private.test/10.0.0.1
    {
        echo "http://a.test:$port/x?redirect=$(encode "http://b.test:$port/png_1x1.png")"
        echo "http://a.test:$port/x?redirect=$(encode "http://private.test:$port/png_1x1.png")"
        echo "http://a.test:$port/x?redirect=$(encode "http://nowhere.invalid:$port/png_1x1.png")"
        echo "http://a.test:$port/x?redirect=$(encode "http://127.0.0.1:$(free_port)/png_1x1.png")"
    } >urls.txt
    for name in $(backends); do
        fetch -b "$name" -o "$name" --retries=0 --dns-servers="$dns" urls.txt
        jq -r '.error // "ok"' "$name"/manifest/*.jsonl | paste -sd' ' >codes
        assert_eq "$(cat codes)" 'ok blocked_address dns_not_found connect_failed' "$name"
    done
}

test_between_http_and_https() {
    local name
    serve
    serve_tls
    {
        echo "$site/a?redirect=$(encode "https://localhost:$tls_port/png_1x1.png")"
        echo "$site/a?redirect=$(encode "https://127.0.0.1:$tls_port/png_1x1.png")"
        echo "$site/a?redirect=$(encode "http://localhost:$plain_port/png_1x1.png")"
        echo "https://localhost:$tls_port/to_plain"
    } >urls.txt
    sed -i "s|root |location /to_plain { return 302 http://127.0.0.1:$port/png_1x1.png; } root |" nginx.conf
    kill -TERM "${started[-1]}"
    wait "${started[-1]}" || true
    start_nginx || fail "nginx: $(cat nginx.log)"
    for name in $(backends); do
        fetch -b "$name" -o "$name" --retries=0 --cacert=ca.pem urls.txt
        jq -r '"\(.error // "ok") \(.final_url)"' "$name"/manifest/*.jsonl >is
        diff - is >diff.out <<END || fail "$name: $(cat diff.out)"
ok https://localhost:$tls_port/png_1x1.png
tls_failed https://127.0.0.1:$tls_port/png_1x1.png
ok http://localhost:$plain_port/png_1x1.png
ok http://127.0.0.1:$port/png_1x1.png
END
    done
}

# As with curl -L, secrets and Host are only for the site in the list.
test_secrets_are_not_taken_to_another_site() {
    local name
    serve
    {
        echo "$site/a?redirect=$(encode "$site/-/echo")"
        echo "$site/a?redirect=$(encode "http://127.0.0.2:$port/-/echo")"
        echo "$site/a?redirect=$(encode "http://127.0.0.2:$port/b?redirect=$(encode "$site/-/echo?back")")"
        echo "$site/-/echo?direct"
    } >urls.txt
    for name in $(backends); do
        # The size of the echo shows what was sent.
        fetch -b "$name" -o "$name" --retries=0 -c 1 -H 'Authorization: Bearer 0123456789' -H 'cookie: a=b' \
            -H 'X-Plain: yes' --no-thumbs urls.txt
        jq -r '"\(.error) \(.bytes)"' "$name"/manifest/*.jsonl >"$name.is"
        awk '{ print $2 }' "$name.is" | paste -sd' ' >sizes
        read -r same other back direct <sizes
        assert_eq "$((same - other))" "$(printf 'Authorization: Bearer 0123456789\r\ncookie: a=b\r\n' | wc -c)" "$name"
        assert_eq "$((back - same))" 5 "$name: back at the first"
        assert_eq "$((direct - same))" 7 "$name: asked directly"
    done
}
