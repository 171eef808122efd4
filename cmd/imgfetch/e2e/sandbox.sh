# The sandboxes of the decoders, the main process and the processes that fetch, and where their
# levels are reported.
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
    if [ "$level" = seccomp ]; then # the main process has a filter where decoders have one
        assert_eq "$(main_level | grep -o seccomp)" seccomp 'level of the main process'
    fi
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
    assert_says "imgfetch: --require-sandbox: the main process reaches only sandbox level 'landlock'"
    [ ! -e out ] || fail 'an output directory was made'
    assert_eq "$(stat_of .requests)" 0 requests
    fetch_without_seccomp --require-sandbox --no-thumbs -b procs urls.txt
    assert_rc 3
    assert_eq "$(stat_of .requests)" 0 requests
}

test_a_sandbox_that_is_there_is_enough() {
    serve
    list /jpeg_420.jpg
    fetch --require-sandbox urls.txt
    if [ "$(best_level) $(main_level)" = 'seccomp landlock+seccomp' ]; then
        assert_rc 0
        assert_whole
        rm -r out
        fetch --require-sandbox -b procs urls.txt
        assert_rc 0
        assert_whole
    else
        assert_rc 3
        assert_says "--require-sandbox: the main process reaches only sandbox level '$(main_level)'"
    fi
}

# Makes a site whose two images ask whoever decodes them to break out (cmd/imgfetch/testfault.c).
serve_escapes() {
    mkdir site
    { cat "$IMAGES/jpeg_420.jpg" && printf 'imgfetch-fault: escape'; } >site/a.jpg
    serve site
    list '/a.jpg?1' '/a.jpg?2'
}

test_the_main_process_cannot_break_out() {
    local backend pool call
    [ "$(main_level)" = landlock+seccomp ] || return 0 # a sanitizer, an old kernel
    serve_escapes
    for backend in $(backends); do
        for pool in inline threads; do
            fetch --test-faults -b "$backend" --pool=$pool urls.txt
            assert_rc 0
            assert_eq "$(rows '"\(.error) \(.message)"' | sort -u)" 'null null' "$backend, $pool"
            for call in execve kill ptrace pidfd_open mount unshare keyctl bpf socket; do
                assert_eq "$(grep -c "refused system call [0-9]* ($call)$" stderr)" 1 "$call"
            done
            assert_whole
            rm -r out
        done
    done
    [ ! -e escaped ] || fail 'a directory outside'
}

test_a_decoder_that_breaks_out_says_by_which_call() {
    [ "$(best_level)" = seccomp ] || return 0
    serve_escapes
    fetch --test-faults urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.message | sub("[0-9]+"; "N"))"' | sort -u)" "decode_crash \
the decoder was killed for a system call that is not on its list: N (openat)"
}

# The shim of the power cuts plays a kernel without Landlock.
test_without_landlock_the_rest_holds() {
    [ "$(main_level)" = landlock+seccomp ] || return 0
    serve_escapes
    export LD_PRELOAD=$BIN/powercut.so
    assert_eq "$(main_level)" seccomp 'level'
    assert_eq "$("$BIN/imgfetch" --version | tail -n 1 | sed 's/.*(//')" 'no landlock)'
    fetch --require-sandbox urls.txt
    assert_rc 3
    assert_says "the main process reaches only sandbox level 'seccomp' here, not 'landlock+seccomp'"
    [ ! -e out ] || fail 'an output directory was made'
    fetch --test-faults --pool=inline urls.txt
    assert_rc 1
    assert_eq "$(rows '.message[:8]' | sort -u)" 'escaped:' # Landlock would have kept it
    rm -r out
    fetch -b procs -q urls.txt
    assert_rc 0
    assert_silent
}

# Every process that reads a stranger's bytes is confined before, and only then makes a thread.
test_processes_that_fetch_are_confined() {
    local file
    [ "$(main_level)" = landlock+seccomp ] || return 0
    serve
    list /jpeg_420.jpg /png_rgb.png /gif_static.gif
    rc=0
    strace -ff -qq -o trace "$BIN/imgfetch" "${ALLOW[@]}" -o out --no-thumbs -b procs \
        --concurrency=2 urls.txt >stdout 2>stderr || rc=$?
    assert_rc 0
    mapfile -t workers < <(grep -l '^connect(' $(grep -l '"imgfetch-worker"' trace.*))
    assert_between ${#workers[@]} 1 2 'processes that fetched'
    for file in "${workers[@]}"; do
        sed '/^seccomp(SECCOMP_SET_MODE_FILTER, .* = 0$/q' "$file" >before
        grep -q '^landlock_restrict_self(.* = 0$' before || fail "$file: no Landlock"
        ! grep '^connect(' before || fail "$file: it fetched before it had its filter"
        ! sed '1,/^seccomp(/d' "$file" | grep -E '^(open|openat)\(.*(O_WRONLY|O_RDWR|O_CREAT)' ||
            fail "$file opens for writing"
    done
    file=$(grep -l '^execve(' trace.*)
    tac "$file" >backwards
    sed '/^seccomp(SECCOMP_SET_MODE_FILTER, .* = 0$/q' backwards | tac >confined
    grep -q '^clone.*CLONE_THREAD' confined || fail 'no thread after the confinement'
    ! head -n -"$(wc -l <confined)" "$file" | grep '^clone.*CLONE_THREAD' || fail 'a thread before it'
    ! grep -E '= -1 E(PERM|ACCES)|^--- SIGSYS' confined || fail 'something was refused'
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
    for format in $("$BIN/imgfetch" --help=thumbnails | sed -n 's/.*--thumb-format=\([a-z|]*\).*/\1/p' |
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

# Which TEXT is in what process PID shows, or in its memory, of which only the pages in use are read.
secrets_in() { # PID TEXT...
    python3 - "$@" <<'END'
import array, sys
pid, texts, PAGE, PRESENT = sys.argv[1], [t.encode() for t in sys.argv[2:]], 4096, 3 << 62
found = set()
memory, pages = (open(f'/proc/{pid}/{name}', 'rb', 0) for name in ('mem', 'pagemap'))
for line in open(f'/proc/{pid}/maps'):
    ends, rights = line.split()[:2]
    if rights[0] != 'r' or '[v' in line:  # vvar, vsyscall
        continue
    start, end = (int(x, 16) // PAGE for x in ends.split('-'))
    pages.seek(start * 8)
    used, data = array.array('Q', pages.read((end - start) * 8)), b''
    for i, bits in enumerate(used):
        if bits & PRESENT:
            memory.seek((start + i) * PAGE)
            data += memory.read(PAGE)
    found |= {f'{t.decode()} at {line.split()[-1]}' for t in texts if t in data}
for name in 'environ', 'cmdline':
    data = open(f'/proc/{pid}/{name}', 'rb').read()
    found |= {f'{t.decode()} in {name}' for t in texts if t in data}
print('\n'.join(sorted(found)))
END
}

test_decoders_know_no_passwords() {
    local pid name
    if [ "$(id -u)" != 0 ] || [ "$(best_level)" != seccomp ]; then
        return # only root may look, and a sanitizer's library has copies
    fi
    serve
    list '/jpeg_420.jpg?1' '/jpeg_420.jpg?delay=20000'
    printf 'header = "X-Key: zq-in-a-file"\nuser-agent = zq-in-a-file\n' >conf
    AWS_SECRET_ACCESS_KEY=zq-in-environment "$BIN/imgfetch" "${ALLOW[@]}" --config=conf -o out \
        -H 'Authorization: Bearer zq-on-the-line' --workers=2 urls.txt >stdout 2>stderr &
    started+=($!)
    await grep -q jpeg_420 out/manifest/00000.jsonl
    # It is looked for where it must be found, too.
    secrets_in $! zq-in-environment zq-on-the-line zq-in-a-file >found
    for name in zq-in-environment zq-on-the-line zq-in-a-file; do
        grep -q "$name" found || fail "the program itself does not have $name"
    done
    for pid in $(pgrep -P $! imgfetch-zygote) \
        $(pgrep -P "$(pgrep -P $! imgfetch-zygote)" imgfetch-worker); do
        name=$(cat "/proc/$pid/comm")
        assert_eq "$(secrets_in "$pid" zq-in-environment zq-on-the-line zq-in-a-file)" '' "$name"
        echo "$name" >>looked
    done
    assert_eq "$(sort looked | uniq -c | tr -s ' ' | paste -sd,)" \
        ' 2 imgfetch-worker, 1 imgfetch-zygote' 'processes looked into'
    kill -KILL $!
    await nothing_runs
}

# A fetch process needs the headers that it sends, and nothing of the environment.
test_fetch_processes_do_not_know_the_environment() {
    local pid
    [ "$(id -u)" = 0 ] || return 0
    serve
    list '/jpeg_420.jpg?1' '/jpeg_420.jpg?delay=20000'
    AWS_SECRET_ACCESS_KEY=zq-in-environment "$BIN/imgfetch" "${ALLOW[@]}" -o out --no-thumbs \
        -b procs -c 2 urls.txt >stdout 2>stderr &
    started+=($!)
    await grep -q jpeg_420 out/manifest/00000.jsonl
    for pid in $(pgrep -P "$(pgrep -P $! imgfetch-zygote)" imgfetch-worker); do
        if [ "$(best_level)" = seccomp ]; then
            assert_eq "$(secrets_in "$pid" zq-in-environment)" '' "worker $pid"
        fi
        assert_eq "$(tr -d '\0' <"/proc/$pid/environ")" '' "environment of $pid"
        echo "$pid" >>looked
    done
    assert_eq "$(wc -l <looked)" 2 'processes looked into'
    kill -KILL $!
    await nothing_runs
}
