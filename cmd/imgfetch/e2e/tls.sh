# HTTPS: nginx with a certificate that only --cacert knows.
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
