# The summary at the end of a run: its hints fit the failures.
# shellcheck shell=bash

assert_not_says() { # TEXT
    ! grep -qF -- "$1" stderr || fail "standard error says '$1'"
}

test_addresses_that_are_not_public() {
    printf 'http://192.168.1.%d/a.jpg\n' 1 2 3 >urls.txt
    fetch urls.txt
    assert_rc 1
    assert_says 'these addresses are not public; to permit them'
    assert_says '--retry-failed and --allow-net=CIDR'
    assert_not_says 'retry them'
    assert_not_says 'may pass'
    assert_not_says latency # there was no connection
    echo 'no URL' >>urls.txt
    fetch -o most urls.txt
    assert_says 'these addresses are not public; to permit them'
    serve
    list /missing.jpg
    sed -n 1p urls.txt >some.txt
    echo http://192.168.1.1/a.jpg >>some.txt
    fetch -o some some.txt
    assert_not_says 'not public; to permit'
}

test_only_what_may_pass_is_to_be_retried() {
    local nobody
    serve
    nobody=$(free_port)
    list /missing.jpg /html.jpg
    fetch -o never urls.txt
    assert_rc 1
    assert_not_says --retry-failed
    echo "http://127.0.0.1:$nobody/a.jpg" >>urls.txt
    fetch -o some --retries=0 urls.txt
    assert_says '  1 may pass: run the same command with --retry-failed=connect_failed'
    fetch -o some --retries=0 urls.txt # as of an earlier run
    assert_says '  1 may pass: run the same command with --retry-failed=connect_failed'
    fetch -o some --retries=0 --retry-failed=connect_failed urls.txt
    assert_says '0 of 1 rows succeeded'
    echo "http://127.0.0.1:$nobody/a.jpg" >urls.txt
    list '/jpeg_420.jpg?status=503'
    fetch -o all --retries=0 urls.txt
    assert_says '  retry them: run the same command with --retry-failed'
}

test_the_command_that_lists_failed_rows_can_be_pasted() {
    local dir
    serve
    list /jpeg_420.jpg /missing.jpg
    for dir in out "it's a \$dir" '-o' $'two\nlines'; do
        mkdir -p run
        (
            cd run
            rc=0
            "$BIN/imgfetch" "${ALLOW[@]}" "--output=$dir" ../urls.txt 2>../stderr || rc=$?
            [ "$rc" = 1 ]
            grep '^    jq ' ../stderr >../command
            bash ../command >../listed
        )
        assert_eq "$(jq -r .error listed)" http_error "$dir"
    done
    fetch -o tar --layout=webdataset urls.txt
    grep '^    jq ' stderr >command
    assert_eq "$(bash command | jq -r .error)" http_error
}

test_hosts_are_named_if_they_have_several() {
    local i
    serve
    for ((i = 1; i < 9; i++)); do
        echo "http://127.0.0.$i:$port/missing.jpg"
    done >urls.txt
    fetch -o one urls.txt
    assert_not_says 'hosts with most failures'
    echo "http://127.0.0.3:$port/missing2.jpg" >>urls.txt
    fetch -o two urls.txt
    assert_says '  hosts with most failures: 127.0.0.3 (2)'
    assert_not_says '(1)'
}

# But for lines that are to be pasted.
test_it_fits_eighty_columns() {
    local i
    serve
    serve_dns
    for ((i = 0; i < 12; i++)); do
        printf 'http://%s%d.test:%s/missing%d.jpg\n' "$(printf 'x%.0s' {1..50})" $((i % 4)) "$port" $i
    done >urls.txt
    fetch -v --dns-servers="$dns" urls.txt
    assert_rc 1
    assert_says '(3)'
    grep -v '^line ' stderr >summary
    ! grep -E '.{80}' summary || fail 'a line is wider'
    grep -A 4 'hosts with most failures:' summary | grep -q '^    x' || fail "not wrapped: $(cat summary)"
}
