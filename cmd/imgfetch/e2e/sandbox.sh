# The sandbox of the decoders, and where its level is reported.
# shellcheck shell=bash

# fetch() on a kernel without seccomp.
fetch_without_seccomp() {
    rc=0
    "$BIN/without_seccomp" "$BIN/imgfetch" "${ALLOW[@]}" -o out "$@" >stdout 2>stderr || rc=$?
}

assert_level_in_stats() { # LEVEL
    assert_eq "$(jq -r .sandbox out/00000_stats.json)" "$1" 'level in the stats file'
}

test_the_level_is_told() {
    local level
    level=$(best_level)
    serve
    list /jpeg_420.jpg /png_rgb.png
    fetch -v urls.txt
    assert_rc 0
    assert_says "decoders: sandbox $level;"
    assert_level_in_stats "$level"
    rm -r out
    fetch --pool=threads urls.txt
    assert_level_in_stats none
    rm -r out
    fetch --no-thumbs urls.txt
    assert_level_in_stats null
}

test_a_weaker_sandbox_is_a_warning() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    fetch_without_seccomp -q --workers=3 urls.txt
    assert_rc 0
    assert_eq "$(cat stderr)" \
        "imgfetch: warning: decoders run with a weaker sandbox: level 'limits', not 'seccomp'"
    assert_eq "$(rows '.thumbs | length' | paste -sd' ')" '1 1'
    assert_level_in_stats limits
    assert_whole
}

test_a_weaker_sandbox_is_an_error_where_it_is_required() {
    serve
    list /jpeg_420.jpg
    fetch_without_seccomp --require-sandbox urls.txt
    assert_rc 3
    assert_eq "$(cat stderr)" "imgfetch: --require-sandbox: \
decoders reach only sandbox level 'limits' here, not 'seccomp'"
    [ ! -e out ] || fail 'an output directory was made'
    assert_eq "$(stat_of .requests)" 0 requests
    fetch_without_seccomp --require-sandbox --no-thumbs urls.txt
    assert_rc 0
}

test_a_sandbox_that_is_there_is_enough() {
    serve
    list /jpeg_420.jpg
    fetch --require-sandbox urls.txt
    if [ "$(best_level)" = seccomp ]; then
        assert_rc 0
        assert_whole
    else
        assert_rc 3
        assert_says "'limits'"
    fi
}

test_only_processes_have_a_sandbox() {
    local pool
    serve
    list /jpeg_420.jpg
    for pool in threads inline; do
        fetch --require-sandbox --pool=$pool urls.txt
        assert_rc 2
        assert_says 'only --pool=procs has a sandbox'
    done
}

# The lines of a worker's trace, after the filter is installed, with a system call that is neither
# a read or write of the one socket, nor exit, nor a refused allocation.
breaches() { # TRACE...
    local file
    for file in "$@"; do
        sed '1,/^prctl(PR_SET_SECCOMP/d' "$file" | grep -vE \
            -e '^(read|write)\(3, .*\) += (1|0)$' \
            -e '^(mmap|mremap|munmap|madvise)\(.* = -1 ENOMEM ' \
            -e '^brk\(.* = 0$' \
            -e '^exit_group\(0\) += \?$' \
            -e '^\+\+\+ (exited with 0|killed by SIGKILL) \+\+\+$' \
            -e '^(read|write)\(3, .*<unfinished \.\.\.>' || true
    done
}

test_decoders_make_no_system_call_but_those_on_the_list() {
    local format workers
    if [ "$(best_level)" != seccomp ]; then
        return # a sanitizer
    fi
    serve
    find "$IMAGES" -type f -printf "$site/%f\n" | sort >urls.txt
    for format in $("$BIN/imgfetch" --help | sed -n 's/.*--thumb-format=\([a-z|]*\).*/\1/p' |
        tr '|' ' '); do
        mkdir "$format"
        rc=0
        strace -ff -qq -o "$format/trace" "$BIN/imgfetch" "${ALLOW[@]}" -o "$format/out" \
            --workers=2 --thumb=64 --thumb=200x100:pad --thumb-format="$format" --upscale \
            urls.txt >stdout 2>stderr || rc=$?
        assert_rc 1 # some of the images are broken
        mapfile -t workers < <(grep -l '^prctl(PR_SET_NAME, "imgfetch-worker"' "$format"/trace.*)
        assert_between ${#workers[@]} 2 2 'processes that decoded: none had to be replaced'
        grep -c '^prctl(PR_SET_SECCOMP, .* = 0$' "${workers[@]}" >filters
        ! grep -v ':1$' filters || fail 'a worker without a filter'
        breaches "${workers[@]}" >breaches
        [ ! -s breaches ] || fail "not on the list ($format): $(head -n 5 breaches)"
    done
    [ -s filters ] || fail 'no format of thumbnails was tried'
}

# 16x16 and grey, of 12 bits: dav1d 1.5 (Debian 13) makes a system call at its first one.
test_avif_of_12_bits_is_decoded_in_the_sandbox() {
    mkdir site
    base64 -d >site/a.avif <<END
AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAOttZXRhAAAAAAAAACFoZGxyAAAAAAAAAABw
aWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAABAAAAHmlsb2MAAAAARAAAAQABAAAAAQAAAQ8A
AAAYAAAAKGlpbmYAAAAAAAEAAAAaaW5mZQIAAAAAAQAAYXYwMUNvbG9yAAAAAGppcHJwAAAAS2lw
Y28AAAAUaXNwZQAAAAAAAAAQAAAAEAAAABBwaXhpAAAAAAMMDAwAAAAMYXYxQ4FAYAAAAAATY29s
cm5jbHgAAQANAAaAAAAAF2lwbWEAAAAAAAAAAQABBAECgwQAAAAgbWRhdBIACglYDP/Y0BDQaIAy
CRgADjjjhAAGzA==
END
    serve site
    list '/a.avif?1' '/a.avif?2'
    fetch urls.txt
    assert_rc 0
    assert_eq "$(rows '"\(.format) \(.width) \(.thumbs | length)"' | sort -u)" 'avif 16 1'
}
