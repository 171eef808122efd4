# Names: a DNS server of our own, none at all, and what may not be reached.
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
    fetch --dns-servers="$dns" urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.attempts)"' | paste -sd,)" 'dns_not_found 1,null 1'
}

test_a_refusing_dns_server() {
    echo "http://a.test/png_1x1.png" >urls.txt
    fetch --dns-servers=127.0.0.1:"$(free_port)" --retries=0 --timeout=8 urls.txt
    assert_rc 1
    assert_eq "$(rows .error)" dns_failure
}

test_a_dead_dns_server_is_given_up_in_time() {
    local begun
    serve_dns
    kill -STOP "$dns_pid"
    printf 'http://%s.test/a.jpg\n' a b c >urls.txt
    begun=$SECONDS
    fetch --dns-servers="$dns" --retries=0 --timeout=3 urls.txt
    assert_rc 1
    assert_between $((SECONDS - begun)) 1 6 seconds
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
    # ... also when the answer of a public server leads there.
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
