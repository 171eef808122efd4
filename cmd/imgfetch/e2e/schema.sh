# The JSON Schema of a row, which the run of the tests holds every manifest to (schema.py).
# shellcheck shell=bash

SCHEMA=$TOP/cmd/imgfetch/manifest.schema.json

follows() { # FILE...
    python3 "$TOP/cmd/imgfetch/e2e/schema.py" "$SCHEMA" "$@" >schema.out 2>&1
}

make_rows() { # OPTION...
    serve
    {
        echo url,text,other,error,more
        echo "$site/jpeg_420.jpg,words,http://127.0.0.1:1/,7,8"
        echo "$site/jpeg_420.jpg,,,,"
        echo "$site/missing.jpg,,,,"
        echo "$site/jpeg_huffman_broken.jpg,,,,"
        echo "$site/html.jpg,,,,"
        echo 'ftp://a/,,,,'
    } >urls.csv
    fetch -q --retries=0 --caption-col=text --fallback-cols=other --keep-cols=more -t 32 -t 64:cover --phash --hash=md5 "$@" urls.csv
    assert_rc 1
}

test_rows_of_all_kinds_follow_it() {
    make_rows
    follows out/manifest/00000.jsonl || fail "$(cat schema.out)"
    grep -q '^6 rows of 1 ' schema.out || fail "$(cat schema.out)"
    fetch -q -o tars --layout=webdataset --retries=0 urls.csv
    fetch -q -o plain --no-thumbs --retries=0 urls.csv
    follows tars/00000.jsonl plain/manifest/00000.jsonl || fail "$(cat schema.out)"
}

refused() { # WHAT JQ FILTER
    jq -c "$2" out/manifest/00000.jsonl >"changed/$1" || fail "$1"
    ! cmp -s "changed/$1" out/manifest/00000.jsonl || fail "$1: nothing was changed"
}

# Each field, whether it is missing or has another type, in any of the rows.
test_what_has_changed_is_refused() {
    local field file
    make_rows
    mkdir changed
    for field in $(jq -r '.required[]' "$SCHEMA"); do
        refused "a row without $field" "del(.$field)"
        refused "$field as a list" ".$field = [[]]"
        refused "$field as a number with a fraction" ".$field = -1.5"
    done
    for field in url_index md5 phash caption; do
        refused "$field as a list" ".$field = []"
    done
    for field in dns connect tls first_byte total decode; do
        refused "ms without $field" "del(.ms.$field)"
        refused "ms.$field as text" ".ms.$field = \"1\""
    done
    for field in spec path width height bytes sha256; do
        refused "a thumbnail without $field" "if .thumbs[0] then del(.thumbs[0].$field) else . end"
        refused "null as $field of a thumbnail" "if .thumbs[0] then .thumbs[0].$field = null else . end"
    done
    refused 'an unknown code' 'if .error then .error = "http_errors" else . end'
    refused 'a code of another status' 'if .error == "http_error" then .error = "decode_error" else . end'
    refused 'cancelled' 'if .error then .error = "cancelled" else . end'
    refused 'an unknown status' '.status = "ok"'
    refused 'an error of a success' 'if .error then . else .error = "timeout" end'
    refused 'a failure without a message' '.message = null'
    refused 'an unknown format' 'if .format then .format = "jpg" else . end'
    refused 'a hash in capitals' 'if .sha256 then .sha256 |= ascii_upcase else . end'
    refused 'an MD5 of 31 digits' 'if .md5 then .md5 |= .[1:] else . end'
    refused 'a perceptual hash of 15 digits' 'if .phash then .phash |= .[1:] else . end'
    refused 'a time without milliseconds' 'if .started then .started |= sub("[.][0-9]*Z"; "Z") else . end'
    refused 'another field' '{key, extra: 1} + .'
    refused 'a field of a thumbnail' 'if .thumbs[0] then .thumbs[0].x = 1 else . end'
    refused 'another order' '{index} + .'
    ! follows changed/* || fail 'all follow it'
    for file in changed/*; do
        grep -qF "$file: " schema.out || fail "not refused: $file"
    done
}
