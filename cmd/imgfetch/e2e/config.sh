# Options from files: the user's own, and --config.
# shellcheck shell=bash

# own LINE...: the user's own file
own() {
    export XDG_CONFIG_HOME=$PWD/home
    mkdir -p home/imgfetch
    printf '%s\n' "$@" >home/imgfetch/config
}

config_error() { # TEXT ARGUMENT...
    local text=$1
    shift
    fetch "$@"
    assert_rc 2
    assert_says "$text"
    [ ! -e out ] || fail 'an output directory was made'
}

test_the_users_own_file_is_as_if_it_were_typed() {
    serve
    list /-/echo
    own '# mine' 'header = "X-One: 1"' 'user-agent tester/1' '--referer: http://example.com/'
    fetch -H 'X-Two: 2' urls.txt
    assert_rc 1
    printf '%s\r\n' 'GET /-/echo HTTP/1.1' "Host: 127.0.0.1:$port" 'User-Agent: tester/1' \
        'Accept: */*' 'Referer: http://example.com/' 'X-One: 1' 'X-Two: 2' '' >expected
    assert_eq "$(rows .sha256)" "$(sha256sum <expected | cut -d' ' -f1)"
}

test_the_command_line_has_the_last_word() {
    serve
    list_many 6
    own 'limit = 2' 'thumb = 32' 'thumb = 64' 'no-originals' "output = $PWD/elsewhere"
    fetch -t 48 --originals urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 2
    assert_eq "$(ls out/thumbs)" 48
    [ -e out/images ] || fail 'no originals'
    [ ! -e elsewhere ] || fail 'the directory of the file was taken'
    fetch -o none --no-thumbs --limit=3 --originals urls.txt
    assert_rc 0
    [ ! -e none/thumbs ] || fail 'thumbnails'
}

# A directory does not record where an option came from.
test_a_run_goes_on_whether_its_options_are_typed_or_not() {
    serve
    list_many 6
    own 'thumb = 32' 'quality = 70' 'shard-size = 3'
    fetch --limit=2 urls.txt
    assert_rc 0
    fetch --config= -t 32 --quality=70 --shard-size=3 urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 6
    fetch --config= urls.txt
    assert_rc 2
    fetch urls.txt
    assert_rc 0
    reset_stats
    fetch --verify
    assert_rc 0
    assert_eq "$(stat_of .requests)" 0
}

test_files_that_are_named_are_read_in_place_of_the_users_own() {
    serve
    list_many 6
    own nonsense
    printf 'limit = 2\r\n' >two
    echo 'no-thumbs' >three
    fetch -K two --config=three urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 2
    [ ! -e out/thumbs ] || fail 'thumbnails'
    fetch -o piped --config=- urls.txt <two
    assert_rc 0
    assert_eq "$(rows .key piped | wc -l)" 2
    fetch -o substituted -K <(echo limit=3) urls.txt
    assert_rc 0
    assert_eq "$(rows .key substituted | wc -l)" 3
    fetch -o none --config= --limit=1 urls.txt
    assert_rc 0
}

test_below_home_without_xdg() {
    serve
    list_many 3
    mkdir -p .config/imgfetch
    echo 'limit = 1' >.config/imgfetch/config
    unset XDG_CONFIG_HOME
    HOME=$PWD fetch urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 1
}

test_errors_name_file_and_line() {
    echo http://127.0.0.1/a.jpg >urls.txt
    own quiet '' 'no-such-option = 1'
    config_error "$PWD/home/imgfetch/config:3: --no-such-option=1: unknown option" urls.txt
    echo 'max-size = 12Q' >bad
    config_error 'bad:1: --max-size=12Q: not a size' -K bad urls.txt
    config_error 'standard input:1: --max-size=12Q: not a size' -K - urls.txt <bad
    echo 'user-agent = a b' >bad
    config_error 'bad:1: a value with white space needs double quotes' -K bad urls.txt
    echo 'compare' >bad
    config_error 'bad:1: --compare: allowed only on the command line' -K bad urls.txt
    config_error 'absent: No such file or directory' -K absent urls.txt
    config_error 'home: Is a directory' -K home urls.txt
    config_error '--config=-: standard input can be read only once' -K - - <urls.txt
    config_error 'needs a value' urls.txt --config
    config_error 'Is a directory' --config=/ --limit=1 urls.txt
    fetch --version
    assert_rc 0
}

# A round gets the options of the files once, and reads no files itself.
test_rounds_of_a_comparison_have_the_same_options() {
    serve
    list_many 40 fault=silent
    own 'header = "X-A: b c"' 'thumb = 32' 'concurrency = 5' 'json'
    fetch_start --compare=async --repeat=1 --concurrency=4 -t 64 urls.txt
    await eval '[ "$(stat_of .in_flight)" -ge 1 ]'
    tr '\0' '\n' <"/proc/$(pgrep -P "$pid")/cmdline" >words
    printf '%s\n' imgfetch --config= '--header=X-A: b c' --concurrency=5 "${ALLOW[@]}" \
        --concurrency=4 >expected
    head -n "$(wc -l <expected)" words | diff expected - >diff.out || fail "$(cat diff.out)"
    assert_eq "$(grep -c -e --config -e --header words)" 2
    kill -INT -- -"$pid"
    fetch_wait
    assert_rc 130
}
