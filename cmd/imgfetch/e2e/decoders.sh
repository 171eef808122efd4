# Decoders that misbehave (cmd/imgfetch/testfault.h): each costs only its current image.
# shellcheck shell=bash

# Makes site/NAME.jpg: a valid image that asks for a fault of its decoder.
make_faulty() { # NAME...
    local name
    mkdir -p site
    for name in "$@"; do
        { cat "$IMAGES/jpeg_420.jpg" && printf 'imgfetch-fault: %s' "$name"; } >"site/$name.jpg"
    done
    cp "$IMAGES"/{jpeg_420.jpg,png_rgb.png,gif_static.gif} site
}

# Writes `expected` from the "ERROR NAME" lines of standard input, and urls.txt: each fault is
# between good images.
list_faults() {
    local error name
    : >expected
    : >urls.txt
    while read -r error name; do
        echo "null jpeg_420
$error $name
null png_rgb
null gif_static" >>expected
        echo "$site/jpeg_420.jpg?n=$name
$site/$name.jpg
$site/png_rgb.png?n=$name
$site/gif_static.gif?n=$name" >>urls.txt
    done
}

assert_as_expected() {
    rows '"\(.error) \(.url | sub(".*/"; "") | sub("[.].*"; ""))"' >is
    diff expected is >diff.out || fail "expected (<) and got (>): $(cat diff.out)"
    assert_eq "$(rows 'select(.error == null) | .thumbs | length' | sort -u)" 1
    assert_whole
}

# Faults that every pool detects, because it checks the reply.
RUBBISH='decode_crash cut-reply
decode_crash cut-files
decode_crash noise
decode_crash code
decode_crash foreign-code
decode_error message
decode_crash many
decode_crash none
decode_crash offset
decode_crash size
decode_crash empty
decode_crash body
decode_crash width
decode_crash height'

test_a_process_that_misbehaves_costs_one_image() {
    local open=decode_crash memory=decode_memory
    if [ "$(best_level)" != seccomp ]; then # opening fails, but does not kill; memory has no end
        open=null
        memory=decode_timeout
    fi
    make_faulty crash abort exit spin open memory leak twice hang-up die-after length \
        $(sed 's/.* //' <<<"$RUBBISH")
    serve site
    list_faults <<END
decode_crash crash
decode_crash abort
decode_crash exit
decode_timeout spin
$open open
$memory memory
null leak
decode_crash twice
decode_crash hang-up
null die-after
decode_crash length
$RUBBISH
END
    fetch --test-faults --workers=2 --thumb=64 --decode-timeout=6 --decode-memory=32M urls.txt
    assert_rc 1
    assert_as_expected
    assert_eq "$(rows 'select(.error == "decode_error") | .message | test("^x+$")')" true
    if [ $open = decode_crash ]; then
        assert_eq "$(rows 'select(.url | endswith("/open.jpg")) | .message | sub("[0-9]+"; "N")')" \
            'the decoder was killed for a system call that is not on its list: N (openat)'
    fi
    assert_nothing_runs
}

# The names of the images whose thumbnails in out are not those in clean.
forged() {
    local file
    for file in $(cd clean/thumbs && find . -name '*.jpg'); do
        cmp -s "clean/thumbs/$file" "out/thumbs/$file" ||
            rows "select(.key == \"$(basename "$file" .jpg)\") | .url | sub(\".*/\"; \"\")"
    done
}

# Fetches the image NAME, whose decoder is taken over and gives its thumbnails to all that come
# after it, and 60 good ones around it; first with decoders that cannot be taken over.
fetch_around() { # NAME OPTION...
    local i name=$1
    shift
    make_faulty "$name"
    rm -rf out clean
    for ((i = 0; i < 60; i++)); do
        [ $i -ne 10 ] || echo "$site/$name.jpg"
        echo "$site/png_rgb.png?n=$i"
    done >urls.txt
    fetch --thumb=64 --workers=1 -c 1 urls.txt
    mv out clean
    fetch --test-faults --thumb=64 --workers=1 -c 1 "$@" urls.txt
}

test_a_decoder_that_is_taken_over_forges_the_images_after_its_own() {
    make_faulty
    serve site
    fetch_around stay
    assert_rc 0
    assert_eq "$(forged | wc -l)" 50 'forged thumbnails'
}

test_a_decoder_of_one_image_cannot_forge_another() {
    make_faulty
    serve site
    fetch_around stay --isolate=image -v
    assert_rc 0
    assert_eq "$(forged)" '' 'forged thumbnails'
    assert_whole
    assert_between "$(sed -n 's/.*processes started \([0-9]*\), crashed 0,.*/\1/p' stderr)" 61 63
    assert_nothing_runs
}

test_a_decoder_whose_reply_is_not_sound_decodes_no_other_image() {
    make_faulty
    serve site
    fetch_around stay-and-lie
    assert_rc 1
    assert_eq "$(rows 'select(.error) | "\(.error) \(.url | sub(".*/"; ""))"')" \
        'decode_crash stay-and-lie.jpg'
    assert_eq "$(forged)" 'stay-and-lie.jpg' 'forged thumbnails'
}

test_only_processes_can_be_isolated() {
    local pool
    serve
    list /jpeg_420.jpg
    for pool in threads inline; do
        fetch --isolate=image --pool=$pool urls.txt
        assert_rc 2
        assert_says '--isolate=image: only --pool=procs has processes'
        fetch --isolate=off --pool=$pool --no-thumbs urls.txt
        [ "$rc" != 2 ] || fail "--isolate=off with --pool=$pool"
    done
    fetch --isolate=image --compare=pools urls.txt
    assert_rc 2
    assert_says 'only procs has processes'
}

test_a_thread_that_misbehaves_costs_one_image() {
    local pool
    make_faulty slow $(sed 's/.* //' <<<"$RUBBISH")
    serve site
    for pool in threads inline; do
        list_faults <<<"$RUBBISH"
        fetch --test-faults --pool=$pool --workers=2 --thumb=64 urls.txt
        assert_rc 1
        assert_as_expected
        rm -r out
        list_faults <<<'decode_timeout slow'
        fetch --test-faults --pool=$pool --workers=2 --thumb=64 --decode-timeout=0.1 urls.txt
        assert_rc 1
        assert_eq "$(rows 'select(.url | contains("slow.jpg")) | .error')" decode_timeout
        assert_whole
        rm -r out
    done
}

# Each seat's first worker, three at once after it, then 5, 10, 20, 40 and 80 ms apart (see
# exec/procpool_seat.c): that is the most, however slow the machine is.
test_images_that_all_crash_are_no_fork_storm() {
    local i begun took forked
    make_faulty exit
    serve site
    for ((i = 0; i < 100; i++)); do
        echo "$site/exit.jpg?n=$i"
    done >urls.txt
    for ((i = 0; i < 50; i++)); do
        echo "$site/png_rgb.png?n=$i"
    done >>urls.txt
    begun=$(date +%s%3N)
    fetch --test-faults --workers=4 urls.txt
    took=$(($(date +%s%3N) - begun))
    assert_rc 1
    assert_eq "$(rows .error | sort | uniq -c | tr -s ' ' | paste -sd,)" ' 100 decode_crash, 50 null'
    forked=$(sed -n 's/.*processes started \([0-9]*\), crashed 100,.*/\1/p' stderr)
    assert_between "$forked" 100 $((4 * (8 + took / 80))) "processes in $took ms"
    assert_whole
}

test_without_the_option_a_marked_image_is_an_image() {
    make_faulty crash
    serve site
    list /crash.jpg
    fetch urls.txt
    assert_rc 0
    assert_whole
}
