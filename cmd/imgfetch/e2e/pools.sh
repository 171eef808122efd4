# The pool that decodes and the order of work change no row and no file.
# shellcheck shell=bash

# All images, good and bad, twice, so that rows of the same image are far apart.
list_images() {
    serve
    sed 1d "$IMAGES/expected.tsv" | cut -f1 >names
    for n in 1 2; do
        sed "s|.*|$site/&?n=$n|" names
    done >urls.txt
}

fetch_into() { # DIR OPTION...
    fetch -o "$@" --thumb=64 --thumb=16x12:exact --retries=0 urls.txt
    assert_rc 1
    assert_whole "$1"
    stable_rows "$1" >"$1.rows"
}

assert_same() { # DIR DIR
    diff "$1.rows" "$2.rows" >diff.out || fail "rows of $1 (<) and $2 (>): $(cat diff.out)"
    diff -r "$1/thumbs" "$2/thumbs" >diff.out || fail "thumbnails: $(cat diff.out)"
}

test_every_pool_gives_the_same() {
    list_images
    fetch_into procs --pool=procs
    fetch_into threads --pool=threads --workers=3
    fetch_into inline --pool=inline
    assert_same procs threads
    assert_same procs inline
    assert_between "$(find procs/thumbs -type f | wc -l)" 160 400 thumbnails
}

has_requests() {
    [ "$(stat_of .requests)" -gt 0 ]
}

has_processes() { # N
    [ "$(ours | wc -l)" = "$1" ]
}

test_only_procs_forks() {
    local pool
    serve
    list '/jpeg_420.jpg?delay=6000'
    for pool in procs threads inline; do
        fetch_start -o "$pool" --pool=$pool --workers=3 urls.txt
        await has_requests
        [ $pool != procs ] || await has_processes 5 # decoders start beside the first request
        ours >"$pool.pids"
        fetch_wait
        assert_rc 0
        reset_stats
    done
    assert_between "$(wc -l <procs.pids)" 5 5 'processes: the program, the zygote and its three'
    assert_eq "$(wc -l <threads.pids)" 1 'processes with threads'
    assert_eq "$(wc -l <inline.pids)" 1 'processes with inline'
}

# 18 MB of pixels: more than 16 MiB and less than 32. The image needs all of them.
test_decoders_keep_to_their_memory_in_every_pool() {
    local pool
    mkdir site
    printf 'BM\0\0\0\0\0\0\0\0\66\0\0\0\50\0\0\0\270\13\0\0\320\7\0\0\1\0\30\0' >site/large.bmp
    cp site/large.bmp site/hollow.bmp
    truncate -s $((54 + 3000 * 2000 * 3)) site/large.bmp
    truncate -s 1000 site/hollow.bmp
    serve site
    list /large.bmp /hollow.bmp
    for pool in procs threads inline; do
        fetch -o $pool --pool=$pool --decode-memory=16M urls.txt
        assert_eq "$(rows .error $pool | paste -sd,)" decode_memory,decode_error "$pool with too little"
        fetch -o $pool-more --pool=$pool --decode-memory=32M urls.txt
        assert_eq "$(rows .error $pool-more | paste -sd,)" null,decode_error "$pool with enough"
    done
}

test_a_timeout_is_told_by_threads_too() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    for pool in threads inline; do
        fetch -o $pool --pool=$pool --decode-timeout=0.001 --thumb=2000:exact --upscale urls.txt
        assert_rc 1
        assert_eq "$(rows .error $pool | sort -u)" decode_timeout
        assert_eq "$(rows '.thumbs | length' $pool | sort -u)" 0
        assert_whole $pool
    done
}

test_interrupted_threads() {
    serve
    list_many 3000
    hold 500
    fetch_start --pool=threads --originals urls.txt
    await has_rows 50
    kill -INT "$pid"
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
    release
    assert_rows_true
    fetch --pool=threads --decode-order=largest --shuffle urls.txt
    assert_rc 0
    assert_eq "$(rows .index | sort -n | uniq | wc -l)" 3000
    assert_whole
}

test_largest_first_gives_the_same() {
    list_images
    fetch_into fifo --decode-order=fifo
    fetch_into largest --decode-order=largest --workers=1
    assert_same fifo largest
}

test_shuffled_gives_the_same() {
    list_images
    fetch_into plain
    fetch_into shuffled --shuffle=7
    assert_same plain shuffled
}

# The indexes of the rows, in the order of their requests.
order() { # OPTION...
    rm -rf out
    fetch --json -c 1 --per-host=0 --no-thumbs "$@" urls.txt
    assert_rc 0
    jq -r .index stdout
}

test_a_seed_is_an_order() {
    serve
    list_many 100
    order >plain
    seq 0 99 >in_order
    diff in_order plain >diff.out || fail "without --shuffle: $(cat diff.out)"
    order --shuffle=7 >seven
    order --shuffle=7 >again
    order --shuffle=8 >eight
    order --shuffle >any
    order --shuffle >other
    diff seven again >diff.out || fail "the same seed: $(cat diff.out)"
    ! cmp -s plain seven || fail 'nothing was shuffled'
    ! cmp -s seven eight || fail 'another seed gave the same order'
    ! cmp -s any other || fail 'chance gave the same order twice'
    for shuffled in seven eight any other; do
        sort -n $shuffled | diff in_order - >diff.out || fail "$shuffled: $(cat diff.out)"
    done
}
