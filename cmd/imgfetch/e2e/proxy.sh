# Proxies: tinyproxy (http) and microsocks (SOCKS5), in front of imgserve.
# shellcheck shell=bash

# $http and $socks are their addresses.
serve_proxies() {
    local http_port socks_port
    http_port=$(free_port)
    printf '%s\n' "Port $http_port" 'Listen 127.0.0.1' 'Timeout 10' 'MaxClients 50' \
        "BasicAuth me secret" >tinyproxy.conf
    tinyproxy -d -c tinyproxy.conf >tinyproxy.log 2>&1 &
    started+=($!)
    socks_port=$(free_port)
    microsocks -i 127.0.0.1 -p "$socks_port" -u me -P secret >microsocks.log 2>&1 &
    started+=($!)
    http=127.0.0.1:$http_port
    socks=127.0.0.1:$socks_port
    await bash -c ": >/dev/tcp/127.0.0.1/$http_port"
    await bash -c ": >/dev/tcp/127.0.0.1/$socks_port"
}

test_all_go_through_it() {
    local name proxy
    serve
    serve_proxies
    {
        echo "http://localhost:$port/jpeg_420.jpg"
        echo "$site/png_rgb.png"
        echo "$site/missing.jpg"
        echo "http://10.0.0.1/a.jpg"
    } >urls.txt
    for name in $("$BIN/imgfetch" --list-backends | sed 's/ .*//' | grep -vx null); do
        for proxy in me:secret@$http socks5://me:secret@$socks socks5h://me:secret@$socks; do
            rm -rf out
            fetch -b "$name" --proxy="$proxy" urls.txt
            assert_rc 1
            assert_eq "$(rows '.error // "success"' | paste -sd' ')" \
                'success success http_error blocked_address' "$name $proxy"
            ! grep -rq secret out stderr || fail "the password is told: $(grep -r secret out stderr)"
            assert_whole
        done
    done
    assert_eq "$(grep -c 'Request (file descriptor' tinyproxy.log)" $((3 * 6)) 'requests it saw'
}

test_who_looks_names_up() {
    serve
    serve_proxies
    echo "http://only-here.test:$port/jpeg_420.jpg" >urls.txt
    fetch --retries=0 --resolve="only-here.test:$port:127.0.0.1" -x "socks5://me:secret@$socks" -o local urls.txt
    assert_rc 0
    # The proxy cannot resolve the name; that we can does not matter.
    fetch --retries=0 --resolve="only-here.test:$port:127.0.0.1" -x "socks5h://me:secret@$socks" urls.txt
    assert_eq "$(rows .error)" connect_failed
    fetch --retries=0 --resolve="only-here.test:$port:127.0.0.1" -x "socks4://$socks" -o socks4 urls.txt
    assert_eq "$(rows .error socks4)" connect_failed 'not a SOCKS4 proxy'
}

test_a_proxy_that_does_not_want_us() {
    serve
    serve_proxies
    list /jpeg_420.jpg
    fetch --retries=0 -x "socks5://me:wrong@$socks" -o socks urls.txt
    assert_eq "$(rows .error socks)" connect_failed
    fetch --retries=0 -x "$http" -o http urls.txt
    assert_eq "$(rows '"\(.error) \(.http_status)"' http)" 'http_error 407'
    fetch --retries=0 -x "127.0.0.1:$(free_port)" -o closed urls.txt
    assert_eq "$(rows .error closed)" connect_failed
    assert_eq "$(stat_of .requests)" 0
}

test_the_environment_names_none_unless_it_is_asked() {
    serve
    list /jpeg_420.jpg
    export http_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1
    fetch urls.txt
    assert_rc 0
    assert_says 'imgfetch: http_proxy is set, but not used: --proxy=env uses it'
    fetch -q -o quiet urls.txt
    [ ! -s stderr ] || fail "$(<stderr)"
    unset http_proxy
    fetch -o all urls.txt
    assert_says 'imgfetch: ALL_PROXY is set, but not used'
    unset ALL_PROXY
    serve_proxies
    rm -rf out
    export no_proxy='*' NO_PROXY='*'
    fetch -x "$http" --retries=0 urls.txt
    assert_eq "$(rows .http_status)" 407
    ! grep 'is set' stderr || fail 'it is obeyed'
}

# As curl does: by scheme, and not for the hosts of no_proxy, which are looked up here.
test_proxies_of_the_environment() {
    local name n=0
    serve_tls
    serve
    serve_proxies
    {
        echo "http://localhost:$port/jpeg_420.jpg"
        echo "$site/png_rgb.png"
        echo "https://localhost:$tls_port/jpeg_420.jpg"
        echo "http://direct.test:$port/jpeg_420.jpg"
    } >urls.txt
    export http_proxy=me:secret@$http HTTPS_PROXY=socks5h://me:secret@$socks no_proxy=direct.test,127.0.0.0/8
    for name in $("$BIN/imgfetch" --list-backends | sed 's/ .*//' | grep -vx null); do
        fetch -b "$name" -o "$name" --proxy=env --cacert=ca.pem --resolve="direct.test:$port:127.0.0.1" urls.txt
        assert_rc 0
        ! grep -rq secret "$name" stderr || fail "the password is told"
        ! grep -q 'is set' stderr || fail 'it is obeyed'
        n=$((n + 1))
        assert_eq "$(grep 'Request (file descriptor' tinyproxy.log | grep -oE '(localhost|127.0.0.1|direct.test):[0-9]*' | uniq -c | xargs)" \
            "$n localhost:$port" "what the proxy saw, $name"
        assert_eq "$(grep -c 'connected to localhost' microsocks.log)" $n "what the SOCKS proxy saw, $name"
    done
    export http_proxy=gopher://a
    fetch -o wrong --proxy=env urls.txt
    assert_rc 2
    assert_says 'imgfetch: --proxy=env: http_proxy: unknown scheme'
}

test_https_is_tunnelled() {
    serve_tls
    serve_proxies
    echo "https://localhost:$tls_port/jpeg_420.jpg" >urls.txt
    fetch --cacert=ca.pem -x "me:secret@$http" urls.txt
    assert_rc 0
    fetch --cacert=ca.pem -x "me:wrong@$http" --retries=0 -o refused urls.txt
    assert_eq "$(rows .error refused)" connect_failed
    assert_whole
}
