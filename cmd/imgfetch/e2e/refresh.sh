# --refresh: an existing directory, and servers whose images have changed or not.
# shellcheck shell=bash

# Its own site, with images 0.jpg to N-1.jpg.
serve_own() { # N
    local i names=(jpeg_420.jpg photo_640x480.jpg jpeg_444.jpg)
    mkdir site
    for ((i = 0; i < $1; i++)); do
        cp "$IMAGES/${names[i % 3]}" site/$i.jpg
    done
    serve site
    for ((i = 0; i < $1; i++)); do
        echo "http://127.0.0.$((i % 5 + 1)):$port/$i.jpg?${2:-}"
    done >urls.txt
}

# The third is another image, in another format; the fourth is gone, the fifth is new.
change_site() {
    cp "$IMAGES/png_rgb.png" site/2.jpg
    mv site/3.jpg gone.jpg
    cp gone.jpg site/4.jpg
}

test_unchanged_images_cost_a_304_each() {
    local backend
    serve_own 6
    for backend in $(backends); do
        fetch -b "$backend" -o "$backend" urls.txt
        assert_rc 0
        assert_eq "$(rows '.etag | type' "$backend" | sort -u)" string
        assert_eq "$(rows '.last_modified | type' "$backend" | sort -u)" string
        (cd "$backend" && find . -type f -name '*.jp*' -printf '%i %P\n' | sort) >before
        cp -r "$backend/manifest" manifest
        reset_stats
        fetch -b "$backend" -o "$backend" --refresh urls.txt
        assert_rc 0
        grep -qx '  unchanged: 6' stderr || fail "it says: $(cat stderr)"
        ! grep 'kept, because' stderr || fail 'none was kept unasked'
        assert_eq "$(stat_of .requests)" 6
        assert_between "$(stat_of .bytes_sent)" 600 4000 'bytes, of six heads'
        (cd "$backend" && find . -type f -name '*.jp*' -printf '%i %P\n' | sort) | diff before - ||
            fail "$backend: files were written"
        diff -r manifest "$backend/manifest" || fail "$backend: rows were written"
        assert_whole "$backend"
        rm -r manifest
    done
}

refresh_what_has_changed() { # OPTION...
    serve_own 12
    rm site/4.jpg
    "$BIN/imgserve" --ready-file=port2 site >imgserve2.log 2>&1 &
    local server=$!
    started+=($server)
    await test -s port2
    sed -i "6s,:$port/,:$(cat port2)/," urls.txt
    fetch --shard-size=5 --retries=0 "$@" urls.txt
    assert_rc 1
    change_site
    kill $server
    reset_stats
    fetch --shard-size=5 --retries=0 --refresh "$@" urls.txt
    assert_rc 1
    assert_eq "$(rows 'select(.error) | "\(.index) \(.error)"')" '3 http_error'
    assert_eq "$(rows 'select(.index == 2) | .format')" png
    assert_says 'unchanged: 8'
    assert_says 'kept, because the server could not be asked: 1'
    assert_eq "$(stat_of .requests)" 11
    fetch --verify
    assert_rc 0
    sed -i "6s,:$(cat port2)/,:$port/," urls.txt # as if it had been asked
    fetch --shard-size=5 --retries=0 "$@" -o undisturbed urls.txt
}

# Rows without the fields that depend on when and where they were fetched.
settled_rows() {
    rows 'del(.url, .final_url, .started, .finished, .ms, .attempts, .ip, .etag, .last_modified) | tojson' "$1"
}

assert_as_undisturbed_rows() {
    settled_rows undisturbed >should
    settled_rows out | diff should - >diff.out || fail "rows: $(head -c 1000 diff.out)"
}

test_what_has_changed_is_replaced() {
    refresh_what_has_changed -t 32
    assert_whole
    assert_as_undisturbed_rows
    diff -r out/images undisturbed/images || fail images
    diff -r out/thumbs undisturbed/thumbs || fail thumbnails
}

test_what_has_changed_is_replaced_in_tars() {
    local tar
    refresh_what_has_changed -t 32 --layout=webdataset --originals
    assert_as_undisturbed_rows
    for tar in 0000{0..2}; do
        "$TOP/testdata/webdataset.py" out/$tar.tar >is
        "$TOP/testdata/webdataset.py" undisturbed/$tar.tar >should
        cut -d' ' -f1-4 should >images # the row differs in the port
        cut -d' ' -f1-4 is | diff images - || fail "samples of $tar"
    done
}

test_a_forgotten_allow_net_removes_nothing() {
    serve_own 6
    fetch -t 32 urls.txt
    cp -a out before
    "$BIN/imgfetch" --refresh -t 32 -o out urls.txt 2>stderr || fail 'a row failed'
    assert_says 'kept, because the server could not be asked: 6'
    diff -r before/images out/images && diff -r before/thumbs out/thumbs || fail pictures
    diff -r before/manifest out/manifest || fail rows
}

test_a_run_after_it_asks_nothing() {
    serve_own 6
    fetch urls.txt
    fetch --refresh urls.txt
    reset_stats
    fetch urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 0
    assert_says 'imgfetch: all 6 rows are already done: 6 ok'
}

# However far it came, the same command does the rest.
kill_and_refresh_again() { # OPTION...
    local at i
    serve_own 60 delay=40
    rm site/4.jpg
    fetch --shard-size=20 --retries=0 -c 60 "$@" urls.txt
    change_site
    for ((i = 20; i < 60; i += 3)); do
        cp "$IMAGES/png_rgb.png" site/$i.jpg
    done
    for at in 1 2 3 4 5 6; do
        fetch_start --shard-size=20 --retries=0 -c 4 --refresh "$@" urls.txt
        sleep 0.$((RANDOM % 9 + 1))
        kill -KILL "$pid" 2>/dev/null || true
        fetch_wait
        await nothing_runs
    done
    fetch --shard-size=20 --retries=0 -c 60 --refresh "$@" urls.txt
    assert_rc 1
    fetch --verify
    assert_rc 0
    fetch --shard-size=20 --retries=0 -c 60 -o undisturbed "$@" urls.txt
    assert_as_undisturbed_rows
}

test_killed_and_once_more() {
    kill_and_refresh_again -t 32
    assert_whole
    diff -r out/images undisturbed/images || fail images
    diff -r out/thumbs undisturbed/thumbs || fail thumbnails
}

test_killed_and_once_more_in_tars() {
    local tar
    kill_and_refresh_again -t 32 --layout=webdataset
    for tar in out/*.tar; do
        cmp "$tar" "undisturbed/${tar#out/}" || fail 'tars differ'
    done
}

# Only the first row of a URL is requested; its duplicates get the same result.
test_duplicates_are_refreshed_with_their_first() {
    local layout
    serve_own 4
    cat urls.txt urls.txt >two.txt
    for layout in files webdataset; do
        cp "$IMAGES/jpeg_420.jpg" site/0.jpg
        cp "$IMAGES/jpeg_420.jpg" site/3.jpg
        fetch --layout=$layout -o $layout two.txt
        assert_rc 0
        change_site
        reset_stats
        fetch --layout=$layout -o $layout --refresh two.txt
        assert_rc 1
        assert_eq "$(stat_of .requests)" 4
        assert_eq "$(rows '"\(.duplicate_of) \(.format)"' $layout | paste -sd,)" 'null jpeg,null jpeg,null png,null null,'\
'000000000 jpeg,000000001 jpeg,000000002 png,000000003 null'
        fetch --verify -o $layout
        assert_rc 0
        rm site/2.jpg site/4.jpg
        cp "$IMAGES/photo_640x480.jpg" site/2.jpg
    done
}

# A manifest is not trusted: its text cannot add a header line.
test_validators_from_a_strangers_manifest() {
    serve_own 3
    fetch urls.txt
    sed -i -e '1s/"etag":"[^,]*"/"etag":"x\\r\\nX-Evil: 1"/' -e '2s/"etag":"[^,]*"/"etag":7/' \
        -e "3s/\"etag\":\"[^,]*\"/\"etag\":\"$(printf 'x%.0s' {1..5000})\"/" out/manifest/00000.jsonl
    sed -i 's/"last_modified":"[^"]*"/"last_modified":"\\n"/' out/manifest/00000.jsonl
    reset_stats
    fetch --refresh urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 3
    ! grep -q unchanged stderr || fail 'one was asked with'
    assert_whole
}

test_refresh_and_fresh_exclude_each_other() {
    serve_own 1
    fetch --refresh --fresh urls.txt
    assert_rc 2
    assert_says '--fresh'
}

# A 304 counts, too.
test_what_robots_may_no_longer_have_is_removed() {
    serve_own 3 header=X-Robots-Tag:noai
    fetch --robots-tag=off urls.txt
    assert_rc 0
    reset_stats
    fetch --refresh urls.txt
    assert_rc 1
    assert_eq "$(rows .error | sort -u)" robots_tag
    assert_eq "$(find out/images out/thumbs -type f)" ''
    assert_between "$(stat_of .bytes_sent)" 100 2000 'bytes, of three heads'
    assert_whole
}
