# Names: with our own DNS server, without one, and with forbidden addresses.
# shellcheck shell=bash

test_many_hosts() {
    local i
    serve
    serve_dns
    for ((i = 0; i < 300; i++)); do
        echo "http://host$i.test:$port/png_1x1.png"
    done >urls.txt
    fetch --dns-servers="$dns" urls.txt
    assert_rc 0
    assert_eq "$(rows .ip | sort -u)" 127.0.0.1
    assert_eq "$(stat_of '.hosts | length')" 300 'hosts asked'
    assert_eq "$(rows 'select(.ms.dns > 0) | .key' | wc -l)" 300 'rows with the time of a look-up'
    assert_whole
}

test_names_that_do_not_exist() {
    serve
    serve_dns
    echo "http://nowhere.invalid/a.jpg" >urls.txt
    echo "http://a.test:$port/png_1x1.png" >>urls.txt
    echo "http://nowhere.example/a.jpg" >>urls.txt
    echo "http://a.test:$port/png_1x1.png?again" >>urls.txt
    fetch --dns-servers="$dns" -c 1 urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.attempts)"' | paste -sd,)" \
        'dns_not_found 1,null 1,dns_not_found 1,null 1'
    assert_says 'dns: lookups 2, retried 0, not found 1, failed 0; cache hits 3'
}

test_a_refusing_dns_server() {
    echo "http://a.test/png_1x1.png" >urls.txt
    fetch --dns-servers=127.0.0.1:"$(free_port)" --retries=0 --timeout=20 urls.txt
    assert_rc 1
    assert_eq "$(rows .error)" dns_failure
    assert_eq "$(rows .message)" 'no DNS server can be reached'
    assert_says 'dns: lookups 1, retried 1, not found 0, failed 1'
}

test_a_dead_dns_server_is_given_up_in_time() {
    local begun
    serve_dns
    kill -STOP "$dns_pid"
    printf 'http://%s.test/a.jpg\n' a b c >urls.txt
    begun=$SECONDS
    fetch --dns-servers="$dns" --retries=0 --timeout=3 urls.txt
    assert_rc 1
    assert_between $((SECONDS - begun)) 1 20 seconds
    rows .error | sort -u >errors
    assert_eq "$(cat errors)" dns_failure
}

test_one_dead_server_of_two() {
    serve
    serve_dns
    local dead=$dns dead_pid=$dns_pid
    serve_dns
    kill -STOP "$dead_pid"
    printf "http://%s.test:$port/png_1x1.png\n" a b c d e f >urls.txt
    fetch --dns-servers="$dead,$dns" --timeout=20 urls.txt
    assert_rc 0
}

test_resolve() {
    serve
    echo "http://pinned.example:$port/png_1x1.png" >urls.txt
    fetch --resolve=pinned.example:"$port":127.0.0.7 --dns-servers=127.0.0.1:"$(free_port)" urls.txt
    assert_rc 0
    assert_eq "$(rows .ip)" 127.0.0.7
    assert_eq "$(stat_of '.hosts | keys[0]')" pinned.example
}

test_the_other_addresses_are_tried() {
    local backend
    serve_tls # which listens on 127.0.0.1 only
    serve_dns --address=/many.test/127.0.0.5 --address=/many.test/127.0.0.6 --address=/many.test/127.0.0.1
    echo "http://given.test:$plain_port/png_rgb.png" >urls.txt
    echo "http://a.many.test:$plain_port/png_rgb.png" >>urls.txt
    for backend in async coro threads procs; do
        fetch -o "$backend" -b "$backend" --dns-servers="$dns" --retries=0 urls.txt \
            --resolve=given.test:"$plain_port":127.0.0.9,127.0.0.8,127.0.0.1
        assert_rc 0
        assert_eq "$(jq -r .ip "$backend"/manifest/*.jsonl | paste -sd,)" 127.0.0.1,127.0.0.1 "$backend"
    done
}

test_refused_addresses_leave_room_for_a_good_one() {
    local backend
    serve
    ALLOW=(--allow-net=127.0.0.1)
    serve_dns $(printf -- '--address=/many.test/10.0.0.%s ' $(seq 20)) --address=/many.test/127.0.0.1
    echo "http://many.test:$port/png_rgb.png" >urls.txt
    for backend in $(backends); do
        fetch -o "$backend" -b "$backend" --dns-servers="$dns" --retries=0 urls.txt
        assert_rc 0
        assert_eq "$(rows .ip "$backend")" 127.0.0.1 "$backend"
    done
}

test_localhost_needs_no_server() {
    serve
    echo "http://localhost:$port/png_1x1.png" >urls.txt
    fetch --dns-servers=127.0.0.1:"$(free_port)" urls.txt
    assert_rc 0
}

test_names_of_private_addresses_are_blocked() {
    serve
    serve_dns --address=/mixed.test/10.0.0.1
    printf "http://%s:$port/png_1x1.png\n" a.test mixed.test localhost 127.0.0.1 2130706433 '[::1]' \
        '[::ffff:127.0.0.1]' >urls.txt
    ALLOW=()
    fetch --dns-servers="$dns" urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.attempts)"' | sort | uniq -c | tr -s ' ')" ' 7 blocked_address 1'
    assert_eq "$(stat_of .requests)" 0
    # ... nor by a redirect of a public server.
    ALLOW=(--allow-net=127.0.0.1)
    echo "http://127.0.0.1:$port/a?redirect=http%3A%2F%2F127.0.0.2%3A$port%2Fpng_1x1.png" >more.txt
    echo "http://127.0.0.1:$port/a?redirect=http%3A%2F%2Fmixed.test%2Fpng_1x1.png" >>more.txt
    fetch -o out2 --dns-servers="$dns" more.txt
    assert_rc 1
    assert_eq "$(jq -r .error out2/manifest/*.jsonl | sort -u)" blocked_address
    assert_eq "$(stat_of .requests)" 2
}

test_ipv6() {
    serve
    printf "http://%s:$port/png_1x1.png\n" '[::1]' '[0:0::1]' localhost >urls.txt
    fetch -6 urls.txt
    assert_rc 0
    assert_eq "$(rows .ip | sort -u)" ::1
    fetch -o out2 -4 urls.txt
    assert_eq "$(jq -r .ip out2/manifest/*.jsonl | sed -n 3p)" 127.0.0.1
}

# ---- names that fail: imgserve's DNS server, where a label chooses the fate of a name ----

# imgserve on $port with its DNS server at $dns.
serve_names() { # --dns-OPTION...
    "$BIN/imgserve" --ready-file=ports --dns-port=0 "$@" "$IMAGES" >imgserve.log 2>&1 &
    started+=($!)
    await test -s ports
    { read -r port && read -r dns; } <ports
    dns=127.0.0.1:$dns
}

# Prints N URLs, each with another name: names 100 x.nx
names() { # N DOMAIN
    local i
    for ((i = 0; i < $1; i++)); do
        echo "http://host$i.$2:$port/png_1x1.png"
    done
}

questions() { # FATE...: how many of them
    local fate sum=0
    for fate in "$@"; do
        sum=$((sum + $(stat_of ".dns.questions.$fate")))
    done
    echo $sum
}

test_names_that_come_late_and_with_aliases() {
    serve_names --dns-delay=20 --dns-cname=30
    names 1500 test >urls.txt
    fetch --dns-servers="$dns" urls.txt
    assert_rc 0
    assert_eq "$(stat_of '.hosts | length')" 1500 'hosts asked'
    assert_eq "$(rows .ip | grep -c '^127\.1\.')" 1500 'addresses of 127.1.0.0/16'
    assert_between "$(questions cname)" 700 1100 'questions for aliases'
    assert_between "$(stat_of .dns.max_open)" 50 2000 'questions at once'
    assert_whole
}

test_names_that_fail_at_first() {
    serve_names --dns-servfail=30 --dns-lost=3
    names 200 test >urls.txt
    fetch --dns-servers="$dns" urls.txt
    assert_rc 0
    assert_between "$(questions servfail)" 60 180 'questions that failed'
    assert_between "$(questions lost)" 2 40 'questions lost'
}

test_names_in_trouble_for_good() {
    serve_names
    names 3 nx.test >urls.txt
    names 3 servfail.test >>urls.txt
    names 3 test >>urls.txt
    fetch --dns-servers="$dns" --retries=1 urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.attempts)"' | sort | uniq -c | tr -s ' ' | paste -sd,)" \
        ' 3 dns_failure 2, 3 dns_not_found 1, 3 null 1'
}

test_answers_that_lead_inside() {
    serve_names
    names 40 private.test >urls.txt
    fetch --dns-servers="$dns" urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.attempts) \(.ip)"' | sort | uniq -c | tr -s ' ')" ' 40 blocked_address 1 null'
    assert_eq "$(stat_of .requests)" 0
}

# DNS rebinding: the address checked is public, the one used later is not. imgfetch connects to
# the address it has checked, through all redirects, even with a TTL of 0.
test_names_that_change_their_address() {
    local i
    serve_names --dns-ttl=0
    for ((i = 0; i < 20; i++)); do
        echo "http://a.rebind.test:$port/png_1x1.png?hops=3&n=$i"
    done >urls.txt
    fetch --dns-servers="$dns" urls.txt
    assert_rc 0
    assert_eq "$(rows .ip | sort -u | grep -c '^127\.1\.')" 1 'addresses'
    assert_eq "$(questions rebind)" 0 'private answers'
    assert_eq "$(stat_of .requests)" 80
    # Now it is the private address's turn.
    fetch -o out2 --dns-servers="$dns" urls.txt
    assert_rc 1
    assert_eq "$(jq -r '"\(.error) \(.ip)"' out2/manifest/*.jsonl | sort -u)" 'blocked_address null'
    assert_between "$(questions rebind)" 1 2 'private answers, and none to AAAA'
    assert_eq "$(stat_of .requests)" 80
}

test_names_of_mapped_addresses() {
    [ -e /proc/net/if_inet6 ] || { echo 'skipped: no IPv6 here'; return; }
    serve_names
    names 3 mapped.test >urls.txt
    fetch --dns-servers="$dns" urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 3
    ALLOW=(--allow-net=::1)
    reset_stats
    fetch -o out2 --dns-servers="$dns" urls.txt
    assert_rc 1
    assert_eq "$(jq -r .error out2/manifest/*.jsonl | sort -u)" blocked_address
    assert_eq "$(stat_of .requests)" 0
}

test_names_of_ipv6_alone() {
    grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null || { echo 'skipped: no ::1 here'; return; }
    serve_names
    names 3 v6only.test >urls.txt
    fetch --dns-servers="$dns" urls.txt
    assert_rc 0
    assert_eq "$(rows .ip | sort -u)" ::1
}
