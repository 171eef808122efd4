# Links in an output directory that another user has prepared: nothing is written, read or removed
# through one, and the run says which it is.
# shellcheck shell=bash

# Outside of the directory: a folder and a file that must stay as they are.
make_victims() {
    rm -rf out away away.txt
    mkdir -p away out
    echo keep | tee away/keep.txt >away.txt
}

assert_victims() {
    assert_eq "$(cd away && find . | sort | tr '\n' ' ')" '. ./keep.txt ' "outside, $1"
    assert_eq "$(cat away/keep.txt away.txt | tr '\n' ' ')" 'keep keep ' "outside, $1"
}

# Runs with a link at that place, to a folder or to a file outside; a slash at the end of PLACE says
# which.
run_with_link() { # PLACE OPTION...
    local place=${1%/} to=$PWD/away.txt
    [ "$place" = "$1" ] || to=$PWD/away
    shift
    make_victims
    mkdir -p "$(dirname "out/$place")"
    ln -s "$to" "out/$place"
    fetch -t 32 "$@" urls.txt
    assert_rc 3
    assert_says "$place"
    assert_says 'is a symbolic link'
    assert_victims "$place"
    [ -L "out/$place" ] || fail "$place is no link any more"
}

test_links_are_not_followed_for_writing() {
    local place
    serve
    list_many 3
    for place in images/ images/00000/ images/00000/127.0.0.1/ thumbs/ thumbs/32/ \
        thumbs/32/00000/ thumbs/32/00000/127.0.0.1/ manifest/ manifest/00000.jsonl .imgfetch/ \
        .imgfetch/lock .imgfetch/00000.open .imgfetch/options.json 00000_stats.json \
        images/00000/127.0.0.1/000000000.png; do
        run_with_link "$place" --name='{host}/{key}'
    done
}

test_links_are_not_followed_for_writing_tars() {
    local place
    serve
    list_many 3
    for place in 00000.tar 00000.tar.part 00000.spool 00000.jsonl 00000_stats.json .imgfetch/ \
        .imgfetch/00000.open; do
        run_with_link "$place" --layout=webdataset
    done
}

test_a_link_that_is_made_during_the_run_ends_it() {
    serve
    list_many 40 delay=100
    make_victims
    fetch_start -c 2 --name='{key}/{key}' --no-thumbs urls.txt
    await has_rows 2
    ln -s "$PWD/away" out/images/00000/000000030
    fetch_wait
    assert_rc 3
    assert_says 'images/00000/000000030 is a symbolic link'
    assert_victims 'during the run'
    rm out/images/00000/000000030
    fetch --name='{key}/{key}' --no-thumbs urls.txt
    assert_rc 0
    assert_whole
}

# A forged manifest names files behind links.
test_fresh_removes_nothing_through_links() {
    touch foreign # it writes rows of its own
    local place
    serve
    list_many 3
    for place in images images/00000 images/00000/a thumbs thumbs/32 thumbs/32/00000 manifest \
        .imgfetch; do
        make_victims
        mkdir -p out/manifest out/.imgfetch
        jq -cn '{key: "000000000", path: "images/00000/a/keep.txt", thumbs: [
            {path: "thumbs/32/00000/keep.txt"}, {path: "images/keep.txt"},
            {path: "images/00000/keep.txt"}]}' | tee out/manifest/00000.jsonl >away/00000.jsonl
        touch away/000000000.jpg
        [ "$place" != manifest ] && [ "$place" != .imgfetch ] || rm -r "out/$place"
        mkdir -p "$(dirname "out/$place")"
        ln -s "$PWD/away" "out/$place"
        fetch -t 32 --fresh urls.txt
        assert_rc 3
        assert_says "$place is a symbolic link"
        assert_eq "$(cd away && find . -type f | sort | tr '\n' ' ')" \
            './00000.jsonl ./000000000.jpg ./keep.txt ' "outside, $place"
    done
}

test_verify_and_report_read_nothing_through_links() {
    serve
    list_many 3
    fetch -t 32 urls.txt
    assert_rc 0
    mv out/images away
    ln -s "$PWD/away" out/images
    fetch --verify
    assert_rc 1
    grep -q '^images/00000/.*: cannot be read: images is a symbolic link' stdout ||
        fail "$(cat stdout)"
    mv out/manifest there
    ln -s "$PWD/there" out/manifest
    fetch --verify
    assert_rc 3
    assert_says 'out/manifest: manifest is a symbolic link'
    fetch --report=-
    assert_rc 3
    assert_says 'out/manifest: manifest is a symbolic link'
}

test_the_directory_itself_may_be_a_link() {
    serve
    list_many 3
    mkdir elsewhere
    ln -s elsewhere out
    fetch -t 32 urls.txt
    assert_rc 0
    fetch --fresh -t 32 urls.txt
    assert_rc 0
    assert_whole
    assert_eq "$(find elsewhere/images -type f | wc -l)" 3
}

# Of a manifest that cannot be read nobody knows which files it names.
test_fresh_removes_nothing_if_a_manifest_cannot_be_read() {
    local before user=()
    serve
    list_many 12
    fetch --shard-size=5 -t 32 urls.txt
    assert_rc 0
    before=$(cd out && find . -type f | sort)
    mv out/manifest/00001.jsonl there
    mkfifo out/manifest/00001.jsonl
    fetch --fresh --shard-size=5 -t 32 urls.txt
    assert_rc 3
    assert_says 'out/manifest/00001.jsonl: cannot start over: not a regular file'
    mv there out/manifest/00001.jsonl
    assert_eq "$(cd out && find . -type f | sort)" "$before"
    if [ "$(id -u)" = 0 ]; then
        chmod 600 out/manifest/00001.jsonl
        chown -R nobody .
        chown root out/manifest/00001.jsonl
        user=(setpriv --reuid=65534 --clear-groups)
    else
        chmod 0 out/manifest/00001.jsonl
    fi
    rc=0
    cp "$BIN/imgfetch" . # the folders above may be closed to that user
    "${user[@]}" ./imgfetch "${ALLOW[@]}" -o out --fresh --shard-size=5 -t 32 urls.txt \
        >stdout 2>stderr || rc=$?
    assert_rc 3
    assert_says 'out/manifest/00001.jsonl: cannot start over: Permission denied'
    assert_eq "$(cd out && find . -type f | sort)" "$before"
    chmod 644 out/manifest/00001.jsonl
    fetch --verify
    assert_rc 0
}

# A kill may come at any time.
test_no_probe_is_left_among_the_images() {
    serve
    list_many 2
    mkdir -p out/.imgfetch
    touch out/.imgfetch/probe out/.imgfetch/probe.part # left by a killed run
    fetch urls.txt
    assert_rc 0
    assert_eq "$(LC_ALL=C ls -A out | tr '\n' ' ')" '.imgfetch 00000_stats.json images manifest thumbs '
    assert_eq "$(ls -A out/.imgfetch | tr '\n' ' ')" 'lock options.json run.json '
}
