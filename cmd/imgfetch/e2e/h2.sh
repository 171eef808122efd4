# --http2 with servers that break its rules: h2server.py, whose names say how. Every row gets its
# code in time, rows of other hosts are all right, and nothing is lost that was not processed.
# shellcheck shell=bash

serve_h2() {
    h2_port=$(free_port)
    : >h2.log
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out ca.pem \
        -days 2 -subj /CN=h2.test -addext 'subjectAltName=DNS:*.h2.test' 2>openssl.log
    python3 "$TOP/cmd/imgfetch/e2e/h2server.py" "$h2_port" ca.pem key.pem "$IMAGES/orientation_6.jpg" \
        >>h2.log 2>h2.err &
    started+=($!)
    await grep -q ready h2.log
    here=(--http2 --cacert=ca.pem --resolve="*:$h2_port:127.0.0.1" --no-thumbs --stall-timeout=4)
}

# A row of each name, and one of a good host behind each.
ask() { # NAME...
    local name
    for name in "$@"; do
        printf "https://%s.h2.test:$h2_port/%s\n" "$name" "$name" good "$name"
    done >urls.txt
}

# "refused protocol_error", for each row that is not of a good host
codes() { # DIR
    rows 'select(.url | contains("//good.") | not) |
        (.url | sub(".*/"; "")) + " " + (.error // "success")' "$1"
}

assert_good_hosts() { # DIR
    assert_eq "$(rows 'select(.url | contains("//good.")) | .error' "$1" | sort | uniq -c | xargs)" \
        "$(grep -c //good. urls.txt) null" "$1: good hosts"
}

names_of() { # SCRIPTS|FLOODS: of h2server.py
    sed -n "/^$1 = {/,/^}/s/^    \"\([a-z0-9]*\)\": lambda.*/\1/p" "$TOP/cmd/imgfetch/e2e/h2server.py"
}

# With no attempt more than the first.
test_what_http2_has_not_processed_is_asked_for_again() {
    local name mode
    serve_h2
    for name in $(backends); do
        # The server counts the streams of a name.
        ask {refused,goaway,goawayopen,goawayerror}-{3,4,5}
        sed -i "s/h2.test/$name.h2.test/" urls.txt
        fetch -b "$name" "${here[@]}" --insecure --retries=0 -o "$name" urls.txt
        assert_rc 0
        # These close a kept connection, or refuse there.
        for mode in close goaway refused; do
            for ((i = 0; i < 12; i++)); do
                echo "https://$mode-later.h2.test:$h2_port/$name$i"
            done
        done >urls.txt
        fetch -b "$name" "${here[@]}" -c 2 --per-host=1 --retries=0 -o "$name-later" urls.txt
        assert_rc 0
        assert_eq "$(rows .attempts "$name-later" | sort -u)" 1 "$name"
    done
}

test_a_server_that_refuses_everything_is_given_up() {
    local name
    serve_h2
    ask refused goaway
    for name in $(backends); do
        : >h2.log
        fetch -b "$name" "${here[@]}" --retries=1 -o "$name" urls.txt
        assert_eq "$(codes "$name" | xargs)" 'refused protocol_error goaway protocol_error' "$name"
        assert_eq "$(rows 'select(.error) | [.attempts, .message] | @tsv' "$name" | sort -u)" \
            "2	the server refuses the request, and says that it has not processed it" "$name"
        assert_between "$(grep -c 'stream [rg][eo][fa]' h2.log)" 12 24 "$name: streams"
        assert_good_hosts "$name"
    done
}

# libcurl 7.88 reads on as long as frames come. No other row may wait for that, nor does it take a
# time limit to end it.
test_a_flood_of_frames_ends_soon() {
    local name floods
    serve_h2
    for name in $(backends); do
        floods=(pings updates goaways emptydata emptydata8)
        [[ $name != async && $name != threads ]] || mapfile -t floods < <(names_of FLOODS)
        ask "${floods[@]}"
        rc=0
        (
            ulimit -v 3000000
            "$BIN/imgfetch" "${ALLOW[@]}" -b "$name" "${here[@]}" --retries=0 --timeout=100 --stall-timeout=100 \
                --max-size=2M -o "$name" urls.txt >stdout 2>stderr
        ) || rc=$?
        assert_rc 1
        assert_good_hosts "$name"
        codes "$name" >codes
        assert_eq "$(grep -c . codes)" ${#floods[@]} "$name: rows"
        ! grep -vE ' (protocol_error|truncated_body)$' codes |
            grep -vxE 'trailers success|endless too_large|emptydata8 success' || fail "$name"
        rows 'select(.message) | .message' "$name" | grep -q 'nothing but frames' || fail "$name: messages"
    done
}

# What curl gets from each; the others break the rules so that nobody gets an image.
test_each_broken_rule_costs_one_row() {
    local name mode good=(wants11 resetend goawaytwice goawayafter window0 windowmax streams0 streams1
        table headmax0 nolength noend emptyend padded headafter dataafter continued unknown altsvc
        spaces manyfields bigfield indexed trailer trailerlength traileropen trailerpseudo info
        relocated gzip noendunknown)
    serve_h2
    # shellcheck disable=SC2046
    ask $(names_of SCRIPTS)
    for name in async threads; do
        fetch -b "$name" "${here[@]}" --retries=0 -o "$name" urls.txt
        assert_rc 1
        assert_good_hosts "$name"
        codes "$name" >codes
        assert_eq "$(grep -c . codes)" "$(names_of SCRIPTS | grep -c .)" "$name: rows"
        for mode in "${good[@]}"; do
            grep -qx "$mode success" codes || fail "$name: $(grep "^$mode " codes)"
        done
        # libcurl 8.14 gives the whole image of "short", where 7.88 has a broken rule.
        grep -vE "^($(IFS='|' && echo "${good[*]}")) " codes |
            grep -vE ' (protocol_error|truncated_body)$|^short success$|^status(101|600|421|425|503) http_error$|^silent(half)? stalled$' >others ||
            true
        assert_eq "$(cat others)" '' "$name"
    done
}

# A connection serves the name it was made for, though its certificate has others, too: a browser
# would send their requests on it. Of two addresses of the server only one is allowed.
test_no_name_uses_the_connection_of_another() {
    local name i
    serve_h2
    ALLOW=(--allow-net=127.0.0.1)
    for ((i = 0; i < 10; i++)); do
        echo "https://good.h2.test:$h2_port/$i"
        echo "https://closed.h2.test:$h2_port/$i"
    done >urls.txt
    for name in $(backends); do
        fetch -b "$name" "${here[@]}" -c 4 --resolve="closed.h2.test:$h2_port:127.0.0.2" \
            --retries=0 -o "$name" urls.txt
        assert_rc 1
        assert_eq "$(rows '"\(.url | contains("closed")) \(.error)"' "$name" | sort | uniq -c | xargs)" \
            '10 false null 10 true blocked_address' "$name"
    done
    ! grep closed h2.log || fail 'the server was asked for closed.h2.test'
}
