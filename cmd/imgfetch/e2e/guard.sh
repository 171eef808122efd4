# The address guard: no spelling, redirect or name leads to what --allow-net has not opened.
# shellcheck shell=bash

# Ways to write this machine's address, with $port. Bytes not allowed in a list or header are left
# out.
spellings() {
    local host
    for host in 127.0.0.1 127.1 127.0.1 0x7f.1 0X7F.0.0.0x1 0177.0.0.1 00000177.1 2130706433 0x7f000001 \
        127.255.255.254 0 0x0 0.0.0.0 127.0.0.1. 0x7f.1. 127.0.0.1%2e %31%32%37.0.0.1 %30x7f.1 \
        '[::1]' '[::]' '[0:0:0:0:0:0:0:1]' '[::ffff:127.0.0.1]' '[::ffff:7f00:1]' '[::127.0.0.1]' \
        '[::ffff:0:127.0.0.1]' '[64:ff9b::127.0.0.1]' '[64:ff9b:1::127.0.0.1]' '[2002:7f00:1::1]' \
        '[2001:0:7f00:1::1]' '[2001:4860::5efe:127.0.0.1]' '[fe80::5efe:127.0.0.1]' '[fe80::1]' \
        '[fd00:ec2::254]' '[ff02::1]' 10.0.0.1 100.100.100.200 169.254.169.254 172.16.0.1 192.0.0.1 \
        192.168.0.1 198.18.0.1 224.0.0.1 255.255.255.255 localhost LOCALHOST localhost. foo.localhost \
        %6cocalhost localhost.localdomain a.localhost. ip6-localhost ip6-loopback; do
        echo "http://$host:$port/png_1x1.png"
    done
}

# Digits, dots and letters that IDNA maps to the usual ones.
foreign_spellings() {
    printf "http://%s:$port/png_1x1.png\n" 127。0。0。1 ①②⑦.0.0.1 ①②⑦.1 １２７．０．０．１ ０ｘ７ｆ.1 ⓛocalhost \
        127.0.0.1。 %E2%91%A0②⑦.0.0.1
}

# Authorities that browsers find where others do not look for one.
hidden_spellings() {
    printf "http:%s127.0.0.1:$port/png_1x1.png\n" '\\\\' '/\' '////' '//@' '//:@'
    printf "http://%s\n" "127.0.0.1:$port\\@a.test/" 0x/
}

# Texts that are not a host, or hide one.
tricks() {
    printf 'http://%s\n' "a.test@127.0.0.1:$port/" "a.test:80@127.0.0.1:$port/" "a.test%2f@127.0.0.1:$port/" \
        "a.test%40127.0.0.1:$port/" "a.test＠127.0.0.1:$port/" "127.0.0.1／.a.test:$port/" \
        "127.0.0.1%00.a.test:$port/" "[::1%25lo]:$port/" "[::1]127.0.0.1:$port/" \
        "127.0.0.1:$port:80/" "127.0.0.1:-1/" "127.0.0.1:65617/" "127.0.0.1:0/" 256.0.0.1/ 1.2.3.4.5/ \
        4294967297/ "a.test℀.b.test:$port/"
}

refused() { # DIR: "N blocked_address,N bad_url"
    jq -r .error "$1"/manifest/*.jsonl | sort -r | uniq -c | sed 's/^ *//' | paste -sd,
}

# The server must have got nothing, not even a connection without a request.
assert_untouched() {
    assert_eq "$(stat_of '"\(.requests) \(.connections)"')" '0 1' 'requests, and connections with this one'
}

test_no_spelling_of_an_address_gets_through() {
    local name good bad
    serve
    ALLOW=()
    { spellings && foreign_spellings && hidden_spellings; } >urls.txt
    printf "http:%s127.0.0.1:$port/png_1x1.png\n" '' / >>urls.txt # a redirect would stay on its host
    printf "http://127.0.0.1%s\n" ":$port#@a.test/" ":$port?@a.test/" ":$port/\\@a.test/" >>urls.txt
    good=$(wc -l <urls.txt)
    tricks >>urls.txt
    bad=$(tricks | wc -l)
    for name in $(backends); do
        reset_stats
        fetch -b "$name" -o "$name" --retries=0 urls.txt
        assert_rc 1
        assert_eq "$(refused "$name")" "$good blocked_address,$bad bad_url" "$name"
        assert_untouched
    done
}

# The proxy would look the names up, and answer.
test_no_spelling_of_an_address_gets_through_a_proxy() {
    local name scheme good
    serve
    { spellings && foreign_spellings; } >targets
    good=$(wc -l <targets)
    while IFS= read -r target; do
        echo "$target"
        echo "http://public.test/a?redirect=$(jq -rn --arg t "$target" '$t | @uri')"
    done <targets >urls.txt
    ALLOW=()
    for name in $(backends); do
        reset_stats
        fetch -b "$name" -o "$name" --retries=0 -x "http://127.0.0.1:$port" urls.txt
        assert_rc 1
        assert_eq "$(refused "$name")" "$((2 * good)) blocked_address" "$name"
        assert_eq "$(stat_of '.requests, (.hosts | keys[])' | paste -sd' ')" "$good public.test" "$name"
        # No proxy listens there.
        fetch -b "$name" -o "$name.socks" --retries=0 -x "socks5h://127.0.0.1:1" targets
        assert_eq "$(refused "$name.socks")" "$good blocked_address" "$name socks5h"
    done
}

# Location fields may have bytes that a list cannot have.
test_no_redirect_leads_to_a_closed_network() {
    local name n target
    serve
    ALLOW=(--allow-net=127.0.0.9)
    { spellings && foreign_spellings && hidden_spellings; } >targets
    printf '%s\n' "//127.0.0.1:$port/" "//localhost:$port/x" '///127.0.0.1/' >>targets
    tricks >>targets
    while IFS= read -r target; do
        echo "http://127.0.0.9:$port/a?redirect=$(jq -rn --arg t "$target" '$t | @uri')"
    done <targets >urls.txt
    n=$(wc -l <urls.txt)
    for name in $(backends); do
        reset_stats
        fetch -b "$name" -o "$name" --retries=0 urls.txt
        assert_rc 1
        jq -r .error "$name"/manifest/*.jsonl | paste - targets >codes
        ! grep -vE '^(blocked_address|bad_url)' codes || fail "$name"
        assert_eq "$(grep -c ^bad_url codes)" "$(tricks | wc -l)" "$name"
        assert_eq "$(stat_of '.requests, (.hosts | keys[])' | paste -sd' ')" "$n 127.0.0.9" "$name"
    done
}

test_no_answer_of_a_name_server_leads_to_a_closed_network() {
    local name family n=0 address to=()
    serve
    for address in 10.0.0.1 127.0.0.1 169.254.169.254 0.0.0.0 255.255.255.255 ::1 ::ffff:127.0.0.1 \
        fd00::1 64:ff9b::7f00:1 2002:7f00:1:: ::ffff:0:7f00:1; do
        to+=("--address=/h$((++n)).example/$address")
        # This server answers NXDOMAIN for the other address family.
        echo "http://h$n.example:$port/png_1x1.png" >>"urls$([[ $address == *:* ]] && echo 6 || echo 4).txt"
    done
    echo "http://a.test.:$port/png_1x1.png" >>urls4.txt
    serve_dns "${to[@]}"
    ALLOW=()
    for name in $(backends); do
        reset_stats
        for family in 4 6; do
            fetch -b "$name" -o "$name$family" --retries=0 -$family --dns-servers="$dns" urls$family.txt
            assert_rc 1
            assert_eq "$(refused "$name$family")" '6 blocked_address' "$name -$family"
        done
        assert_untouched
    done
    # ... nor does an address given by the user.
    reset_stats
    fetch -o pinned --resolve="x.example:$port:127.0.0.1" - <<<"http://x.example:$port/png_1x1.png"
    assert_eq "$(refused pinned)" '1 blocked_address'
    assert_untouched
}

test_allow_net_opens_what_it_says_and_no_more() {
    local name
    serve
    serve_dns
    printf "http://%s:$port/png_1x1.png\n" 127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 0x7f.2 '[::1]' \
        '[::ffff:127.0.0.2]' a.test localhost >urls.txt
    ALLOW=(--allow-net=127.0.0.2/31)
    for name in $(backends); do
        reset_stats
        fetch -b "$name" -o "$name" --retries=0 --dns-servers="$dns" urls.txt
        assert_rc 1
        jq -r '.error // "ok"' "$name"/manifest/*.jsonl | paste -sd' ' >codes
        assert_eq "$(sed 's/blocked_address/no/g' codes)" 'no ok ok no ok no ok no no' "$name"
        # 127.0.0.2 as itself and as an IPv4-mapped address; the same file is fetched twice.
        assert_eq "$(stat_of '.hosts | keys_unsorted | length')" 3 "$name: hosts"
    done
    ALLOW=(--allow-net=::1 --allow-net=127.0.0.1)
    fetch -o both --dns-servers="$dns" urls.txt
    assert_eq "$(jq -r '.error // "ok"' both/manifest/*.jsonl | sed 's/blocked_address/no/' | paste -sd' ')" \
        'ok no no no no ok no ok ok'
}

# imgserve on $port with a DNS server at $dns that answers for a moment only; "a.rebind.test" is an
# open address and a closed one by turns.
serve_rebinding() {
    "$BIN/imgserve" --ready-file=ports --dns-port=0 --dns-ttl=0 "$IMAGES" >imgserve.log 2>&1 &
    started+=($!)
    await test -s ports
    { read -r port && read -r dns; } <ports
    dns=127.0.0.1:$dns
}

# Where sockets were connected to: "127.0.0.1 53", each once.
connected() { # TRACE...
    sed -nE 's/.*connect\([0-9]+, \{.*htons\(([0-9]+)\).*"([^"]+)".*/\2 \1/p' "$@" | sort -u
}

list_rebinding() {
    local i to
    ALLOW=(--allow-net=127.1.0.0/16)
    for ((i = 0; i < 4; i++)); do
        echo "http://a.rebind.test:$port/png_1x1.png?$i"
        echo "http://b.test:$port/png_1x1.png?$i"
        echo "http://pinned.test:$port/png_1x1.png?$i"
        for to in "http://c.rebind.test:$port/png_1x1.png?$i" "http://pinned.test:$port/x?$i" "http://127.0.0.1:$port/"; do
            echo "http://b.test:$port/x?$i&redirect=$(encode "$to")"
        done
    done
}

# Names whose address changes, or is pinned, and redirects among them: every backend connects to open
# addresses only, or to the proxy only, which looks names up itself.
test_no_connection_goes_where_a_name_was_rebound_to() {
    local name proxy
    strace -o /dev/null true 2>/dev/null || return 0
    serve_rebinding
    list_rebinding >urls.txt
    for name in $(backends); do
        for proxy in '' "--proxy=http://127.0.0.1:$port"; do
            rm -f trace*
            rc=0
            ASAN_OPTIONS=detect_leaks=0 strace -ff -qq -o trace -e trace=connect "$BIN/imgfetch" \
                "${ALLOW[@]}" -b "$name" --retries=1 --dns-servers="$dns" --resolve="pinned.test:$port:127.0.0.1" \
                ${proxy:+"$proxy"} --no-thumbs -o "$name${proxy:+-proxy}" urls.txt >stdout 2>stderr || rc=$?
            assert_rc 1
            connected trace.* | grep " $port$" | grep -v '^127\.1\.' >closed || true
            assert_eq "$(cat closed)" "${proxy:+127.0.0.1 $port}" "$name $proxy: connected to"
            [ -n "$proxy" ] || assert_eq "$(rows 'select(.url | contains("//pinned")) | .error' "$name" | sort -u)" \
                blocked_address "$name: pinned"
            rows .error "$name${proxy:+-proxy}" | grep -qx null || fail "$name $proxy: nothing was fetched at all"
        done
    done
}

# The same with a SOCKS proxy that gets addresses and not names: where it connects to.
test_no_proxy_is_sent_where_a_name_was_rebound_to() {
    local name socks
    strace -o /dev/null true 2>/dev/null || return 0
    serve_rebinding
    list_rebinding >urls.txt
    socks=$(free_port)
    strace -D -f -qq -o microsocks.trace -e trace=connect microsocks -i 127.0.0.1 -p "$socks" >microsocks.log 2>&1 &
    started+=($!)
    await bash -c ": >/dev/tcp/127.0.0.1/$socks"
    for name in $(backends); do
        fetch -b "$name" --retries=1 --dns-servers="$dns" --resolve="pinned.test:$port:127.0.0.1" \
            -x "socks5://127.0.0.1:$socks" -o "$name" urls.txt
        assert_rc 1
        assert_eq "$(rows 'select(.url | contains("//pinned")) | .error' "$name" | sort -u)" blocked_address "$name"
        rows .error "$name" | grep -qx null || fail "$name: nothing was fetched at all"
    done
    assert_eq "$(connected microsocks.trace | sed 's/[.][0-9]*[.][0-9]* / /' | sort -u)" "127.1 $port" 'the proxy connected to'
}
