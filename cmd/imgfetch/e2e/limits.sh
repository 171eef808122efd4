# Limits: of bodies, times, images, and requests in flight.
# shellcheck shell=bash

codes() { # of all rows, in their order
    rows '.error // "success"' | paste -sd' '
}

test_max_size() {
    local bytes
    serve
    bytes=$(stat -c %s "$IMAGES/photo_640x480.jpg")
    list /photo_640x480.jpg '/photo_640x480.jpg?chunked=1' '/photo_640x480.jpg?fault=endless'
    fetch --max-size="$bytes" urls.txt
    assert_eq "$(codes)" 'success success too_large'
    fetch -o out2 --max-size=$((bytes - 1)) urls.txt
    assert_rc 1
    assert_eq "$(jq -r '"\(.error) \(.attempts)"' out2/manifest/*.jsonl | sort -u)" 'too_large 1'
    assert_whole
    assert_whole out2
}

test_timeouts() {
    local begun=$SECONDS
    serve
    list '/jpeg_420.jpg?fault=drip' '/jpeg_420.jpg?fault=silent' '/a?size=100000&rate=1000' \
        '/jpeg_420.jpg?delay=300' '/jpeg_420.jpg?hops=4&delay=700'
    fetch --timeout=2 --retries=0 urls.txt
    assert_rc 1
    assert_eq "$(codes)" 'timeout timeout timeout success timeout'
    assert_between $((SECONDS - begun)) 2 20 seconds
}

test_stall_timeout() {
    local begun=$SECONDS
    serve
    list '/jpeg_420.jpg?fault=drip' '/jpeg_420.jpg?fault=stall' '/a?size=100000&rate=20' \
        '/jpeg_420.jpg?rate=1000'
    fetch --stall-timeout=1 --retries=0 urls.txt
    assert_eq "$(codes)" 'stalled stalled stalled success'
    assert_between $((SECONDS - begun)) 1 12 seconds
}

# The kernel accepts the connection, but nothing answers the TLS handshake.
test_connect_timeout() {
    local begun=$SECONDS
    serve
    kill -STOP "${started[0]}"
    echo "https://127.0.0.1:$port/jpeg_420.jpg" >urls.txt
    fetch --connect-timeout=1 --retries=0 urls.txt
    assert_eq "$(codes)" connect_timeout
    assert_between $((SECONDS - begun)) 1 8 seconds
}

test_formats() {
    serve
    list /jpeg_420.jpg /png_rgb.png /gif_static.gif /webp_lossy.webp /tiff.tiff /html.jpg /garbage.jpg \
        /jpeg_444.jpg
    fetch --layout=webdataset --no-thumbs --formats=jpg,webp urls.txt
    assert_rc 1
    assert_eq "$(codes)" 'success unwanted_format unwanted_format success unwanted_format not_an_image unsupported_format success'
    assert_eq "$(tar tf out/00000.tar | grep -v json | paste -sd' ')" '000000000.jpg 000000003.webp 000000007.jpg'
    assert_eq "$(rows 'select(.error == "unwanted_format") | [.status, .format, .bytes > 0, .path] | tojson' |
        head -n 1)" '["failed_to_resize","png",true,null]'
    assert_says 'unwanted_format    3'
    # With one format the members are the same, as loaders want them.
    fetch --layout=webdataset --no-thumbs --formats=jpg -o jpg urls.txt
    "$TOP/testdata/hftypes.py" jpg/*.tar >kinds 2>&1 || fail "$(cat kinds)"
    ! "$TOP/testdata/hftypes.py" out/*.tar >kinds 2>&1 || fail "two formats are all right"
    # Nothing is decoded, and no body is kept, nor one left where it was kept.
    fetch --formats=webp -t 32 -o files urls.txt
    assert_eq "$(cd files && echo images/*/* thumbs/*/*/*)" 'images/00000/000000003.webp images/00000/000000006.bin thumbs/32/00000/000000003.jpg'
    assert_eq "$(rows 'select(.error == "unwanted_format") | .ms.decode == 0' files | sort -u)" true
    fetch --formats=jpg -t 32 -o files urls.txt
    assert_rc 2
    assert_says 'formats'
    fetch --formats=jpg,tiff -o none urls.txt
    assert_rc 2
    assert_says 'not some of (jpg, png, gif, webp, bmp, ico, cur, avif or jxl)'
}

test_picture_limits() {
    serve
    list /photo_640x480.jpg /jpeg_420.jpg /png_1x1.png /png_tall_1x400.png /png_wide_400x1.png
    fetch --min-side=120 urls.txt
    assert_eq "$(codes)" 'success success image_too_small image_too_small image_too_small'
    fetch -o out2 --min-side=121 urls.txt
    assert_eq "$(jq -r '.error' out2/manifest/*.jsonl | sed -n 2p)" image_too_small
    fetch -o out3 --max-aspect=399 urls.txt
    assert_eq "$(jq -r '.error // "success"' out3/manifest/*.jsonl | paste -sd' ')" \
        'success success success aspect_ratio aspect_ratio'
    fetch -o out4 --max-aspect=400 urls.txt
    assert_rc 0
    fetch -o out5 --max-pixels=19200 urls.txt
    assert_eq "$(jq -r '.error // "success"' out5/manifest/*.jsonl | paste -sd' ')" \
        'image_too_large success success success success'
    fetch -o out6 --max-pixels=307K urls.txt # 1000-based: 640 * 480 is 307200
    assert_rc 1
    # The same without decoding.
    fetch -o out7 --no-thumbs --min-side=120 --max-pixels=307199 urls.txt
    assert_eq "$(jq -r '.error // "success"' out7/manifest/*.jsonl | paste -sd' ')" \
        'image_too_large success image_too_small image_too_small image_too_small'
    assert_whole
    assert_whole out7
}

test_strict() {
    serve
    list /truncated.jpg '/jpeg_420.jpg?fault=lie_short' /jpeg_420.jpg
    fetch urls.txt
    assert_rc 0
    assert_eq "$(rows .truncated | paste -sd' ')" 'true true false'
    fetch -o out2 --strict urls.txt
    assert_rc 1
    assert_eq "$(jq -r '"\(.error) \(.thumbs | length)"' out2/manifest/*.jsonl | paste -sd,)" \
        'decode_error 0,decode_error 0,null 1'
    assert_whole out2
}

test_per_host() {
    serve
    list_many 200 delay=20
    sed -i 's/127.0.0.[0-9]*:/127.0.0.1:/' urls.txt
    fetch --per-host=3 -c 50 urls.txt
    assert_rc 0
    assert_eq "$(stat_of '.hosts["127.0.0.1"].max_in_flight')" 3
}

test_per_host_of_many() {
    serve
    list_many 300 delay=20 # to 20 hosts
    fetch --per-host=2 -c 100 urls.txt
    assert_rc 0
    assert_eq "$(stat_of '[.hosts[].max_in_flight] | max')" 2
    assert_between "$(stat_of .max_in_flight)" 30 40 'in flight at most'
}

test_a_host_may_have_a_limit_of_its_own() {
    serve
    list_many 300 delay=20 # to 20 hosts
    printf 'per-host = 127.0.0.3:1\nper-host = 2\n' >config
    fetch --config=config --per-host=127.0.0.4:4 --per-host=3 -c 100 urls.txt
    assert_rc 0
    assert_eq "$(stat_of '.hosts | [.["127.0.0.3"], .["127.0.0.4"],
        (del(.["127.0.0.3", "127.0.0.4"]) | [.[]] | max_by(.max_in_flight))] |
        map(.max_in_flight) | @csv')" 1,4,3
    fetch --per-host=no_host:x urls.txt
    assert_rc 2
    assert_says '--per-host=no_host:x: '
}

test_concurrency() {
    serve
    list_many 200 delay=20
    fetch -c 5 urls.txt
    assert_rc 0
    assert_eq "$(stat_of .max_in_flight)" 5
}

# 4,000 requests at 64 at once would take 6 s.
test_concurrency_adapts() {
    local name
    serve
    list_many 4000 delay=100
    for name in async coro; do
        reset_stats
        fetch -b $name -v --per-host=0 --no-thumbs -o $name urls.txt
        assert_rc 0
        assert_between "$(stat_of .max_in_flight)" 128 4096 "$name: in flight at most"
        assert_says 'concurrency: auto settled on'
    done
    list_many 50 delay=20
    reset_stats
    fetch -c 5 -v --no-thumbs urls.txt # a fixed number stays
    assert_rc 0
    assert_eq "$(stat_of .max_in_flight)" 5
    ! grep -q 'auto settled on' stderr || fail "$(cat stderr)"
}

test_one_slow_host_first_in_the_list() {
    local i
    serve
    {
        for ((i = 0; i < 60; i++)); do
            echo "$site/png_1x1.png?delay=400&n=$i"
        done
        for ((i = 0; i < 500; i++)); do
            echo "http://127.0.1.$((i % 50 + 1)):$port/png_1x1.png?n=$i"
        done
    } >urls.txt
    fetch_start --no-thumbs --per-host=2 urls.txt
    await eval '[ "$(grep -vc delay= out/manifest/00000.jsonl)" -ge 500 ]'
    assert_between "$(grep -c delay= out/manifest/00000.jsonl || true)" 0 59 'rows of the slow host' # 12 s of work
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
}

test_connections_are_used_again() {
    serve
    list_many 200 delay=5
    fetch --per-host=2 -c 40 urls.txt
    assert_rc 0
    assert_between "$(stat_of '[.hosts[].connections] | add')" 20 60 connections
}

# Bodies larger than the budget are still fetched, one after the other.
test_small_memory() {
    serve
    local i
    for ((i = 0; i < 12; i++)); do
        echo "http://127.0.0.$((i + 1)):$port/a?size=3000000&n=$i"
    done >urls.txt
    fetch --memory=2M --retries=0 urls.txt
    assert_rc 1
    assert_eq "$(rows '"\(.error) \(.attempts) \(.bytes)"' | sort -u)" 'not_an_image 1 3000000'
}

test_few_descriptors() {
    serve
    list_many 200 delay=20
    ulimit -n 200
    fetch --per-host=0 -c 1000 urls.txt
    assert_rc 0
    assert_says 'the limit of open files is'
    assert_eq "$(count_rows)" 200
}

test_decode_timeout_and_memory() {
    serve
    list /photo_1200x900.jpg /png_1x1.png
    fetch --decode-memory=16M urls.txt
    assert_between "$rc" 0 1 'exit status'
    assert_eq "$(rows 'select(.error and .error != "decode_memory") | .error')" ''
    assert_whole
}
