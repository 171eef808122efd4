# Servers that misbehave: each fault has its code, and is retried if that may help.
# shellcheck shell=bash

# Writes URLS (paths of the site) and their expected results: "ERROR HTTP ATTEMPTS PATH..."
expect_table() {
    : >expected
    : >urls.txt
    local error status attempts path
    while read -r error status attempts path; do
        echo "$error $status $attempts" >>expected
        case $path in
        /*) echo "$site$path" ;;
        *) echo "$path" ;;
        esac >>urls.txt
    done
}

assert_table() {
    rows '"\(.error) \(.http_status) \(.attempts)"' >is
    paste -d' ' is urls.txt >is_named
    paste -d' ' expected urls.txt | diff - is_named >diff.out ||
        fail "expected (<) and got (>): $(cat diff.out)"
}

test_each_fault_has_its_code() {
    serve
    expect_table <<END
protocol_error null 2 /jpeg_420.jpg?fault=close
protocol_error null 2 /jpeg_420.jpg?fault=reset
protocol_error null 2 /jpeg_420.jpg?fault=garbage
truncated_body 200 2 /jpeg_420.jpg?fault=half
null 200 2 /jpeg_420.jpg?fault=lie_long
truncated_body 200 2 /jpeg_420.jpg?fault=bad_chunk
truncated_body 200 2 /jpeg_420.jpg?fault=empty
stalled null 2 /jpeg_420.jpg?fault=silent
stalled 200 2 /jpeg_420.jpg?fault=stall
too_large 200 1 /jpeg_420.jpg?fault=endless
null 200 1 /jpeg_420.jpg?fault=lie_short
null 200 1 /jpeg_420.jpg
http_error 404 1 /missing.jpg
http_error 404 1 /missing.jpg?fault=endless
http_error 404 1 /jpeg_420.jpg?status=404&fault=half
http_error 403 1 /jpeg_420.jpg?status=403
http_error 304 1 /jpeg_420.jpg?status=304
http_error 408 2 /jpeg_420.jpg?status=408
http_error 425 2 /jpeg_420.jpg?status=425
http_error 429 2 /jpeg_420.jpg?status=429
http_error 500 2 /jpeg_420.jpg?status=500
http_error 503 2 /jpeg_420.jpg?status=503
not_an_image 200 1 /jpeg_420.jpg?html=1
robots_tag 200 1 /jpeg_420.jpg?header=X-Robots-Tag:noimageai
connect_failed null 2 http://127.0.0.1:$(free_port)/a.jpg
blocked_address null 1 http://10.0.0.1/a.jpg
blocked_address null 1 http://169.254.169.254/latest/meta-data/
blocked_address null 1 http://[::ffff:10.0.0.1]/a.jpg
END
    fetch --retries=1 --stall-timeout=1 --max-size=200K urls.txt
    assert_rc 1
    assert_table
    assert_eq "$(rows 'select(.url | endswith("lie_short")) | .truncated')" true
    assert_eq "$(rows 'select(.error) | .message | length > 0' | sort -u)" true
    assert_eq "$(rows 'select(.error and .http_status == 404) | .ip' | sort -u)" 127.0.0.1
    assert_whole
}

# The bytes of a body determine its type; the framing determines its length.
test_bodies_that_are_not_what_they_say() {
    local name half
    mkdir site
    cp "$IMAGES"/{jpeg_420.jpg,png_rgb.png} site
    half=$(($(stat -c %s site/jpeg_420.jpg) / 2))
    head -c $half site/jpeg_420.jpg >site/cut.jpg
    head -c 60 site/png_rgb.png >site/cut.png
    { cat site/jpeg_420.jpg && head -c 5000 /dev/zero; } >site/longer.jpg
    { cat site/png_rgb.png && echo '<script>'; } >site/longer.png
    : >site/empty.jpg
    serve site
    expect_table <<END
null 200 1 /cut.jpg
null 200 1 /longer.jpg
null 200 1 /longer.png
truncated_body 200 1 /empty.jpg
truncated_body 200 1 /empty.jpg?chunked=1
truncated_body 204 1 /jpeg_420.jpg?status=204
null 206 1 /jpeg_420.jpg?raw=$(encode 'HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-9/10\r\n\r\n')&close=1
http_error 304 1 /jpeg_420.jpg?status=304
null 200 1 /jpeg_420.jpg?type=text/html
null 200 1 /png_rgb.png?type=image/jpeg
null 200 1 /png_rgb.png?type=none
not_an_image 200 1 /x.jpg?html=1&type=image/jpeg
null 200 1 /jpeg_420.jpg?fault=lie_long
truncated_body 200 1 /jpeg_420.jpg?fault=half&chunked=1
truncated_body 200 1 /cut.jpg?raw=$(encode 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n')&close=1
null 200 1 /jpeg_420.jpg?fault=lie_short
null 200 1 /jpeg_420.jpg?raw=$(encode 'HTTP/1.0 200 OK\r\n\r\n')&close=1
END
    for name in $(backends); do
        rm -rf out
        fetch -b "$name" --retries=0 urls.txt
        assert_rc 1
        assert_table
        assert_eq "$(rows 'select(.truncated) | .url' | sed 's|.*/||' | paste -sd' ')" \
            'cut.jpg jpeg_420.jpg?fault=lie_short' "$name"
        cmp out/images/00000/000000001.jpg site/longer.jpg || fail "$name: not the bytes that came"
        assert_whole
    done
}

test_a_retry_recovers() {
    serve
    expect_table <<END
null 200 2 /jpeg_420.jpg?fail_first=1&status=503
null 200 2 /png_rgb.png?fail_first=1&fault=reset
null 200 2 /gif_static.gif?fail_first=1&fault=half
null 200 2 /bmp_24bit.bmp?fail_first=1&fault=close
null 200 2 /jpeg_444.jpg?fail_first=1&fault=garbage
http_error 503 2 /png_grey.png?fail_first=2&status=503
END
    fetch --retries=1 urls.txt
    assert_rc 1
    assert_table
    assert_whole
    cmp -s out/images/00000/000000002.gif "$IMAGES/gif_static.gif" || fail "not the second answer"
}

test_no_retries() {
    serve
    list '/jpeg_420.jpg?status=503' '/png_rgb.png?fault=reset'
    fetch --retries=0 urls.txt
    assert_rc 1
    assert_eq "$(rows .attempts | paste -sd' ')" '1 1'
    assert_eq "$(stat_of .requests)" 2
}

test_robots_tag() {
    serve
    list '/jpeg_420.jpg?header=X-Robots-Tag:noindex' '/jpeg_420.jpg?header=X-Robots-Tag:nofollow'
    fetch -o usual urls.txt
    fetch --robots-tag=off -o off urls.txt
    fetch --robots-tag=nofollow -o other urls.txt
    assert_eq "$(rows .error usual | paste -sd' ')" 'robots_tag null'
    assert_eq "$(rows .error off | paste -sd' ')" 'null null'
    assert_eq "$(rows .error other | paste -sd' ')" 'null robots_tag'
    fetch --robots-tag=no,,ai urls.txt
    assert_rc 2
}

test_redirects() {
    serve
    local far=http://127.0.0.9:$port/png_rgb.png
    expect_table <<END
null 200 1 /a?redirect=$(encode "$far")
null 200 1 /jpeg_420.jpg?hops=5
redirect_loop 302 1 /jpeg_420.jpg?hops=6
redirect_loop 302 1 /jpeg_420.jpg?loop=1
blocked_address null 1 /a?redirect=$(encode http://10.0.0.1/)
bad_url 302 1 /a?redirect=$(encode ftp://example.com/a.jpg)
bad_url 302 1 /a?redirect=$(encode file:///etc/passwd)
bad_url 302 1 /a?redirect=$(encode http://user:secret@127.0.0.1/)
bad_url 302 1 /a?redirect=$(encode 'http://[::1%251]/')
http_error 404 1 /a?redirect=$(encode /missing.jpg)
http_error 302 1 /a?status=302
null 200 2 /a?redirect=$(encode "/jpeg_420.jpg?fail_first=1&status=503")
END
    fetch --retries=1 urls.txt
    assert_rc 1
    assert_table
    assert_eq "$(rows '.final_url' | head -n 1)" "$far"
    assert_eq "$(rows '.url' | head -n 1)" "$(head -n 1 urls.txt)"
    assert_eq "$(rows '.ip' | head -n 1)" 127.0.0.9
    assert_whole
}

# A zone means an interface of one machine, and WHATWG refuses it.
test_addresses_with_a_zone() {
    printf '%s\n' 'http://[fe80::1%25eth0]/' 'http://[fe80::1%eth0]:80/a.jpg' 'http://[::1%25]/' >urls.txt
    fetch urls.txt
    assert_rc 1
    assert_eq "$(rows '.error + ": " + .message' | sort -u)" \
        'bad_url: no URL may have an address with a zone (after %); use another address of the host'
}

test_no_redirects() {
    serve
    list '/jpeg_420.jpg?hops=1' /jpeg_420.jpg
    fetch --max-redirects=0 urls.txt
    assert_rc 1
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" 'redirect_loop success'
    assert_eq "$(stat_of .requests)" 2
}

test_fail_under() {
    serve
    list /jpeg_420.jpg /missing.jpg /png_rgb.png /gif_static.gif
    fetch urls.txt
    assert_rc 1
    fetch --fail-under=75 urls.txt
    assert_rc 0
    fetch --fail-under=75.1 urls.txt
    assert_rc 1
    fetch --fail-under=0 urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 4 'requests: the runs that go on need none'
}

# A host that never finishes its responses must not delay the others.
test_a_bad_host_does_not_hold_the_others() {
    local i
    serve
    for ((i = 0; i < 40; i++)); do
        echo "$site/jpeg_420.jpg?fault=silent&n=$i"
    done >urls.txt
    for ((i = 0; i < 40; i++)); do
        echo "http://127.0.0.2:$port/jpeg_420.jpg?n=$i"
    done >>urls.txt
    fetch_start -c 20 --retries=0 --timeout=30 urls.txt
    await has_rows 40
    assert_eq "$(jq -r '.error' out/manifest/*.jsonl | sort -u)" null
    kill -INT "$pid"
    await grep -q finishing stderr
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
}

# Empty deflate blocks: they inflate to nothing, however many there are.
test_a_hollow_body_is_cut_off_at_once() {
    serve
    echo "$site/png_rgb.png?fault=hollow" >urls.txt
    fetch --max-size=1M urls.txt
    assert_eq "$(rows .error)" too_large
    [ "$(stat_of .bytes_sent)" -lt 30000000 ] || fail "$(stat_of .bytes_sent) bytes"
}
