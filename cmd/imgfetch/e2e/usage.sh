# Invalid command lines, and options that only print to standard output.
# shellcheck shell=bash

usage_error() { # TEXT ARGUMENT...
    local text=$1
    shift
    fetch "$@"
    assert_rc 2
    assert_says "$text"
    [ ! -e out ] || fail "an output directory was made"
    [ ! -s stdout ] || fail "standard output: $(cat stdout)"
}

test_unknown_option() {
    usage_error '--no-such-option: unknown option' --no-such-option urls.txt
    usage_error '-Z: unknown option' -Z urls.txt
    usage_error "Try 'imgfetch --help'." --no-such-option urls.txt
}

test_the_option_that_is_wrong_is_told_with_what_is_wrong() {
    usage_error 'imgfetch: -j: unknown option' -o zz9 -j4 urls.txt
    usage_error 'imgfetch: -Z: unknown option' -qZq urls.txt
    usage_error 'imgfetch: -T: unknown option; did you mean -t?' -T 64 urls.txt
    usage_error 'imgfetch: --quiet=5: takes no value' --quiet=5 urls.txt
    usage_error "Try 'imgfetch --help=printing'." --quiet=5 urls.txt
    usage_error 'imgfetch: --http: ambiguous: --http1.1, --http2, --http3' --http urls.txt
    usage_error 'imgfetch: -o: needs a value: -o DIR' urls.txt -o
    usage_error 'imgfetch: --outp: needs a value: --output=DIR' urls.txt --outp
    usage_error 'imgfetch: -timeout: a long option begins with two dashes: --timeout' -timeout 5 urls.txt
}

test_near_misses_are_suggested() {
    echo http://a.test/ >urls.txt
    usage_error 'imgfetch: --refrsh: unknown option; did you mean --refresh?' --refrsh urls.txt
    usage_error '--url_col=a: unknown option; did you mean --url-col?' --url_col=a urls.txt
    usage_error '; did you mean async?' -b asnc urls.txt
    usage_error '; did you mean async?' --compare=asnc urls.txt
    usage_error 'timout is no error code; did you mean timeout?' --retry-failed=stalled,timout urls.txt
    usage_error '; did you mean cover?' -t 64:covr urls.txt
    usage_error '; did you mean lanczos3?' --filter=lanczos urls.txt
    usage_error '{bsename}: did you mean {basename}?' --name='{bsename}' urls.txt
}

test_values_are_read_as_people_write_them() {
    local value
    serve
    list /jpeg_420.jpg
    for value in --max-size=10MB --max-size=10mib --timeout=1m30s --timeout=5000ms \
        --limit-rate=10M/s --max-pixels=100MP --host-rate=600/m --fail-under=50%; do
        fetch -q "$value" urls.txt
        assert_rc 0
    done
    rm -r out
    usage_error '--timeout=5x: not a time (like 90, 1.5s, 500ms, 5m or 1h30m)' --timeout=5x urls.txt
    usage_error '--timeout=0: out of range (1ms to 1000000s)' --timeout=0 urls.txt
    usage_error '--max-size=3G: out of range (1 to 2G)' --max-size=3G urls.txt
    usage_error '--concurrency=0: out of range (1 to 65536)' -c 0 urls.txt
    printf 'quiet\nmemory = 5\n' >config
    usage_error 'config:2: --memory=5: out of range (1M to 1T)' -K config urls.txt
    printf '\nname = "{bsename}"\n' >config
    usage_error 'config:2: --name={bsename}: ' -K config urls.txt
}

test_unknown_backend() {
    usage_error 'no-such-backend: unknown backend (async, threads, ' -b no-such-backend urls.txt
}

test_only_event_loops_adapt_their_concurrency() {
    local name
    echo >urls.txt
    for name in threads procs serial null auto; do
        usage_error '--concurrency=auto: only the backends async and coro adapt' -b $name -c auto urls.txt
    done
    usage_error '--concurrency=auto: only the backends async and coro adapt, not threads' \
        --compare=async,threads -c auto urls.txt
}

test_versions_of_http_are_compared_with_a_backend_that_fetches() {
    echo >urls.txt
    usage_error '--compare=http: needs a --backend that fetches' --compare=http -b null urls.txt
}

test_bad_values() {
    echo >urls.txt
    usage_error '--layout=tar: unknown (files, flat or webdataset)' --layout=tar urls.txt
    usage_error '--originals=yes: takes no value' --originals=yes urls.txt
    usage_error '--concurrency' -c 0 urls.txt
    usage_error '--concurrency' -c many urls.txt
    usage_error '--concurrency' -c 65537 urls.txt
    usage_error '--max-size' --max-size=12Q urls.txt
    usage_error '--max-size' --max-size=-1 urls.txt
    usage_error '--timeout' --timeout=0 urls.txt
    usage_error '--timeout' --timeout=nan urls.txt
    usage_error '--thumb' --thumb=0 urls.txt
    usage_error '--thumb' --thumb=64:blurred urls.txt
    usage_error 'this size is given twice' --thumb=64 --thumb=64 urls.txt
    usage_error '--allow-net' --allow-net=10.0.0.0/33 urls.txt
    usage_error '--header' -H 'no colon' urls.txt
    usage_error '--header' -H $'A: b\r\nC: d' urls.txt
    usage_error '--shard-size' --shard-size=0 urls.txt
    usage_error '--shard=2/2: there is no task 2 of 2' --shard=2/2 urls.txt
    usage_error '--shard=3: must be I/N' --shard=3 urls.txt
    usage_error '--background' --background=nocolour urls.txt
    usage_error 'needs a value' urls.txt --output
    usage_error 'give only one of them' --thumb=64 --no-thumbs urls.txt
    usage_error 'give only one of them' -4 -6 urls.txt
    usage_error 'give only one of them' -H 'referer: http://a.test/' --format=csv --referer-col=page urls.txt
}

test_no_list() {
    usage_error 'usage: imgfetch'
}

test_help_version_backends() {
    local option
    for option in --help --version --list-backends; do
        fetch "$option"
        assert_rc 0
        [ -s stdout ] || fail "$option says nothing"
        [ ! -s stderr ] || fail "$option: $(cat stderr)"
    done
    grep -q '^async ' stdout || fail "no async in the list: $(cat stdout)"
    grep -q '^null ' stdout || fail "no null in the list: $(cat stdout)"
}

test_help_fits_on_a_screen_and_is_by_topic() {
    local topic topics option
    "$BIN/imgfetch" -h >overview
    assert_between "$(wc -l <overview)" 10 20 'lines of -h'
    "$BIN/imgfetch" --help | diff overview - || fail '--help is another text'
    "$BIN/imgfetch" --help=all >all
    assert_between "$(cat overview all | wc -L)" 40 80 'widest line of the help'
    topics=$(sed -n '/^More/,$ s/^  \([a-z]*\) .*/\1/p' overview)
    assert_between "$(wc -w <<<"$topics")" 5 15 topics
    for topic in $topics; do
        "$BIN/imgfetch" --help="$topic" >stdout
        "$BIN/imgfetch" --help "$topic" | diff stdout - || fail "--help $topic"
        sed 1d stdout
    done | grep -oE -- '^ .*--[a-z0-9.-]+' | sort >told
    grep -oE -- '^ .*--[a-z0-9.-]+' all | sort | diff told - || fail 'topics and --help=all differ'
    for option in --max-size --retry-failed --allow-net --thumb --compare --help; do
        grep -q -- " $option" told || fail "no topic has $option"
    done
    usage_error 'unknown (list, fetching' --help=netwrok
    usage_error '; did you mean network?' --help=netwrok
}

test_bad_servers_and_pins_are_told_before_anything_starts() {
    echo http://a.test/ >urls.txt
    usage_error '--dns-servers=nonsense: not ADDRESS' --dns-servers=nonsense urls.txt
    usage_error '--resolve: not HOST:PORT:ADDRESS' --resolve=nonsense urls.txt
}

test_version_ends_where_no_decoder_starts() {
    strace -o /dev/null true 2>/dev/null || return 0
    # The zygote first calls close_range(), and is stopped there.
    timeout 60 strace -f -o trace -e trace=close_range -e inject=close_range:signal=STOP \
        "$BIN/imgfetch" --version >stdout || fail "status $?"
    grep -q 'stopped by SIGSTOP' trace || fail 'nothing was stopped'
    grep -q ': none: no decoder starts$' stdout || fail "$(cat stdout)"
}
