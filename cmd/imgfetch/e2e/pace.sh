# How soon a host gets the next request: limits of the user, and Retry-After of the host.
# shellcheck shell=bash

# nginx at $limited: this many requests per second, and 429 with Retry-After: 1 for all others.
serve_limited() { # RATE
    local try p
    for try in 1 2 3 4 5; do
        p=$(free_port)
        cat >nginx.conf <<END
daemon off; master_process off; pid nginx.pid; error_log nginx.log crit;
events { worker_connections 64; }
http {
    log_format status '\$status';
    access_log access.log status;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
    uwsgi_temp_path tmp; scgi_temp_path tmp;
    limit_req_zone \$host zone=all:1m rate=$1r/s;
    limit_req_status 429;
    server {
        listen 127.0.0.1:$p;
        add_header Retry-After 1 always;
        location / { limit_req zone=all burst=5 nodelay; root $IMAGES; }
    }
}
END
        start_nginx && limited=http://127.0.0.1:$p && return
    done
    fail "nginx: $(cat nginx.log)"
}

test_a_server_that_counts_requests_gets_its_time() {
    serve_limited 20
    seq 60 | sed "s|.*|$limited/png_rgb.png?&|" >urls.txt
    fetch urls.txt
    assert_rc 0
    assert_whole
    # Some rows needed two requests, very few three, and none many more.
    local refused
    refused=$(grep -c 429 access.log)
    [ "$refused" -ge 1 ] || fail 'the server had nothing to complain of'
    [ "$refused" -le 60 ] || fail "$refused requests too many"
    assert_eq "$(wc -l <access.log)" $((60 + refused)) requests
}

test_the_host_that_said_wait_is_the_only_one_that_waits() {
    serve
    {
        echo "http://127.0.0.2:$port/a.jpg?fail_first=1&status=503&retry_after=2"
        seq 20 | sed "s|.*|http://127.0.0.2:$port/png_rgb.png?&|"
        seq 20 | sed "s|.*|http://127.0.0.3:$port/png_rgb.png?&|"
    } >urls.txt
    fetch --per-host=1 urls.txt
    # a.jpg does not exist: the test checks only whether and when it was requested again.
    assert_eq "$(rows 'select(.index == 0) | "\(.http_status) \(.attempts)"')" '404 2'
    assert_eq "$(rows 'select(.error == null) | .index' | wc -l)" 40
    # In ms: all of 127.0.0.3 began before anything else of 127.0.0.2 did.
    rows '[(.url | test("127.0.0.3")), (.index == 0),
        (.started | sub("\\.(?<ms>[0-9]+)Z"; "Z") | fromdate) * 1000 + (.started[20:23] | tonumber)] | @tsv' >times
    local other later
    other=$(awk '$1 == "true" && $3 > most {most = $3} END {print most}' times)
    later=$(awk '$1 == "false" && $2 == "false" && (!least || $3 < least) {least = $3} END {print least}' times)
    [ "$other" -lt "$later" ] || fail "127.0.0.3 until $other, 127.0.0.2 from $later"
}

test_no_wait_is_longer_than_allowed() {
    serve
    echo "$site/png_rgb.png?fail_first=2&status=429&retry_after=86400" >urls.txt
    fetch --retry-max-wait=0.1 urls.txt
    assert_rc 0
    assert_eq "$(rows .attempts)" 3
}

test_a_rate_for_each_host() {
    serve
    {
        seq 8 | sed "s|.*|http://127.0.0.2:$port/png_rgb.png?&|"
        seq 8 | sed "s|.*|http://127.0.0.3:$port/png_rgb.png?&|"
    } >urls.txt
    fetch --host-rate=10 urls.txt
    assert_rc 0
    local host
    for host in 127.0.0.2 127.0.0.3; do
        rows "select(.url | test(\"$host\")) | (.started | sub(\"\\\\.[0-9]+Z\"; \"Z\") | fromdate) * 1000 + (.started[20:23] | tonumber)" |
            sort -n >times
        # 7 intervals of 100 ms; after a late timer an interval may be 20 ms shorter.
        awk 'NR == 1 {first = $1} END {exit $1 - first < 650}' times || fail "$host: $(cat times)"
    done
}

# With every backend, the bytes that a run receives per second are limited: for many small bodies
# by when requests begin, for few large ones by how fast they are received.
test_a_rate_for_the_whole_run() {
    local name list
    serve
    seq 40 | sed "s|.*|$site/zeros?size=50000\&n=&|" >small.txt
    seq 2 | sed "s|.*|$site/zeros?size=1000000\&n=&|" >large.txt
    for name in async coro threads procs serial; do
        for list in small large; do
            fetch -b "$name" --limit-rate=1M --no-thumbs -o "$list-$name" "$list.txt"
            assert_eq "$(rows .error "$list-$name" | sort -u)" not_an_image
            assert_eq "$(rows .bytes "$list-$name" | awk '{n += $1} END {print n}')" 2000000
            jq -e '.duration > 1.3' "$list-$name/00000_stats.json" >/dev/null ||
                fail "$name, $list: $(jq .duration "$list-$name/00000_stats.json") s"
        done
    done
}

test_a_rate_too_low_is_refused() {
    echo 'http://127.0.0.1:9/a.jpg' >urls.txt
    fetch --limit-rate=1000 urls.txt
    assert_rc 2
    assert_says '--limit-rate=1000: out of range'
}

test_a_dead_host_costs_little() {
    serve
    dead=http://127.0.0.9:$(free_port)
    {
        seq 300 | sed "s|.*|$dead/&.jpg|"
        seq 100 | sed "s|.*|$site/png_rgb.png?&|"
    } >urls.txt
    fetch urls.txt
    assert_rc 1
    assert_eq "$(rows 'select(.error == null) | .index' | wc -l)" 100
    assert_eq "$(rows 'select(.error) | .error' | sort -u)" host_down
    assert_eq "$(rows 'select(.attempts > 0 and .error) | .index' | wc -l)" 9 # --per-host, and the probe
    assert_eq "$(rows 'select(.error == "host_down") | .message | length > 0' | sort -u)" true
}

test_a_host_that_comes_back_loses_nothing() {
    local back
    back=$(free_port)
    seq 50 | sed "s|.*|http://127.0.0.1:$back/png_rgb.png?&|" >urls.txt
    fetch_start urls.txt
    sleep 1
    "$BIN/imgserve" --port="$back" "$IMAGES" >imgserve2.log 2>&1 &
    started+=($!)
    fetch_wait
    assert_rc 0
    assert_whole
}

test_a_list_sorted_by_host_keeps_all_hosts_busy() {
    serve
    for host in {10..25}; do
        seq 25 | sed "s|.*|http://127.0.0.$host:$port/png_1x1.png?delay=20\&&|"
    done >urls.txt
    fetch --per-host=4 -c 64 --no-thumbs urls.txt
    assert_rc 0
    assert_eq "$(stat_of '.hosts | map(.max_in_flight) | unique | tostring')" '[4]' 'at once for a host'
    assert_eq "$(stat_of .max_in_flight)" 64
    # Fair: when the first host is done, no other is far behind.
    rows '"\(.started) \(.url)"'  | sort | sed -n '1,300p' | cut -d/ -f3 | sort | uniq -c | awk '$1 < 12' >behind
    [ ! -s behind ] || fail "of the first 300 requests: $(cat behind)"
}
