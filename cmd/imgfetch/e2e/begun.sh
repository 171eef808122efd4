# Output directories of older programs, kept in testdata/begun: killed in their second shard.
# shellcheck shell=bash

# The site, and the options, of testdata/begun/make.
serve_begun() { # LAYOUT
    cp -r "$IMAGES" site
    touch -d '2026-01-01 UTC' site/*
    serve site
    options=(--proxy="$site" --layout="$1" --shard-size=6 -t 32 "$TOP/testdata/begun/urls.txt")
}

assert_right() {
    "$BIN/imgfetch" --verify -o "$1" >stdout 2>stderr || fail "faults: $(cat stdout)"
    grep -q 'no differences$' stdout || fail "it says: $(cat stdout)"
}

# out has the rows and files of a run of today. A shard that an older program has completed lacks
# some statistics.
assert_as_fresh() {
    local -r newer=(class_dict duplicates formats body_bytes shorter_side aspect_ratio host_suffixes other_host_suffixes)
    local fresh=fresh$((++n_fresh)) file
    fetch -o "$fresh" "${options[@]}"
    assert_same_rows out "$fresh"
    assert_same_stats out "$fresh" "${newer[@]}"
    (cd "$fresh" && find . -type f | sort) >files
    (cd out && find . -type f | sort) | diff files - >diff.out || fail "files: $(cat diff.out)"
    for file in $(grep -v '[.]json\|[.]tar$' files); do
        cmp "out/$file" "$fresh/$file" || fail "$file differs"
    done
    for file in $(grep '[.]tar$' files || true); do # samples that an older program has written have more fields
        tar -tf "out/$file" | grep -v '[.]json$' >members
        cmp <(tar -xOf "out/$file" -T members) <(tar -xOf "$fresh/$file" -T members) ||
            fail "$file differs"
        diff <(tar -tf "out/$file") <(tar -tf "$fresh/$file") || fail "members of $file"
    done
}

# OPEN: rows that the killed run had not written.
go_on_from() { # DIRECTORY LAYOUT OPEN
    n_fresh=0
    serve_begun "$2"
    cp -r "$1" out
    fetch "${options[@]}"
    assert_rc 1
    assert_says "from earlier runs: $((12 - $3)) rows"
    assert_eq "$(stat_of .requests)" "$3" 'requests for the open rows'
    assert_right out
    assert_as_fresh

    cp "$IMAGES/png_grey16.png" site/late.png
    reset_stats
    fetch --retry-failed "${options[@]}"
    assert_rc 1
    assert_eq "$(rows 'select(.error) | .index' | paste -sd' ')" '5 7'
    assert_eq "$(stat_of .requests)" 3 'requests for the failed rows'
    assert_right out
    assert_as_fresh

    cp "$IMAGES/png_rgb16.png" site/png_rgba.png
    fetch --refresh "${options[@]}"
    assert_rc 1
    assert_says 'unchanged: 8'
    assert_right out
    assert_as_fresh
}

each_goes_on_from() { # LAYOUT FOLDER OPEN
    local begun name
    touch foreign # older rows have fewer fields
    for begun in "$TOP"/testdata/begun/debian*/"$2"; do
        name=$(basename "$(dirname "$begun")")
        mkdir "$name"
        cd "$name"
        go_on_from "$begun" "$1" "$3"
        cd ..
    done
}

test_files_of_an_older_program_go_on() {
    each_goes_on_from files files 3
}

test_tars_of_an_older_program_go_on() {
    each_goes_on_from webdataset tars 4
}
