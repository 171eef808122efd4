# Parquet lists, read by DuckDB in a process of its own. Other programs have written them.
# shellcheck shell=bash

# With what `make duckdb` and `make test` fetch; without it a test is skipped, with the reason.
# Then `files` is parquetfiles.mjs.
needs_duckdb() {
    if ! [ -e "${IMGFETCH_DUCKDB:-}" ] || ! [ -e "$TOP/build/duckdb/node_modules/hyparquet" ]; then
        echo "skipped: $(cat "$TOP/build/duckdb/missing" 2>/dev/null || echo 'testdata/get-duckdb tests was not run')"
        exit 0
    fi
    ln -s "$TOP/build/duckdb/node_modules" node_modules
    cp "$here/parquetfiles.mjs" .
}

files() {
    node parquetfiles.mjs "$@" || fail "parquetfiles.mjs $*"
}

# Two parts of a list like LAION's, 150 rows each.
make_parts() {
    files list part-00000.parquet "$site" 0 150
    files list part-00001.parquet "$site" 150 300
}

# The rows as hyparquet reads them, in our words.
listed() { # JQ FILTER
    local part
    for part in part-*.parquet; do
        files read "$part"
    done | jq -c "$1"
}

LAION=(--url-col=URL --caption-col=TEXT --keep-cols=WIDTH,similarity,hash,NSFW)

test_parts_are_read_in_the_order_of_their_names() {
    needs_duckdb
    serve
    make_parts
    fetch "${LAION[@]}" --no-thumbs --shard-size=70 'part-*.parquet'
    assert_rc 1
    assert_eq "$(rows '.error // "success"' | sort | uniq -c | tr -s ' ' | paste -sd,)" \
        ' 1 bad_url, 7 http_error, 292 success'
    rows '[.url, .caption, .WIDTH, .similarity, .NSFW] | tojson' >is
    listed '[.URL, .TEXT, .WIDTH, .similarity, .NSFW]' >should
    sed -i 272d is should # of the bad one
    diff is should >diff.out || fail "$(head -n 5 diff.out)"
    assert_eq "$(rows 'select(.error == "bad_url").url')" \
        '{"URL":null,"TEXT":"\"quoted\", and a comma 271","WIDTH":542,"similarity":38.714285714285715,"hash":7440186776396179883,"NSFW":true}'
    # All digits of whole numbers, which jq has not.
    grep -oh '"hash":[^,]*' out/manifest/*.jsonl >is
    files read part-00000.parquet >all
    files read part-00001.parquet >>all
    sed -E 's/.*"URL":null.*/"hash":null/; s/.*("hash":[^,]*).*/\1/' all | diff is - >diff.out || fail "$(head -n 5 diff.out)"
    # A folder of parts; and one after the other.
    mkdir parts
    mv part-0000?.parquet parts
    touch parts/_SUCCESS
    fetch "${LAION[@]}" --no-thumbs --shard-size=70 -o folder parts
    fetch "${LAION[@]}" --no-thumbs --shard-size=70 -o named parts/part-00000.parquet parts/part-00001.parquet
    stable_rows out >out.rows
    stable_rows folder | cmp - out.rows
    stable_rows named | cmp - out.rows
}

test_every_type_reaches_the_manifest() {
    needs_duckdb
    serve
    files types types.parquet "$site"
    fetch --no-thumbs --keep-cols="i64,f64,f32,flag,at,json,raw,list,money,inner,it's \"odd\"" types.parquet
    assert_rc 0
    assert_eq "$(grep -oh '"i64":.*' out/manifest/*.jsonl | sed 's/}$//')" \
        '"i64":9007199254740993,"f64":0.1,"f32":0.5,"flag":true,"at":"2023-11-14 22:13:20","json":["a","b"],"raw":"é","list":[1.5,null],"money":1.25,"inner":{"a":1,"b":"x"},"it'"'"'s \"odd\"":""
"i64":-9223372036854775808,"f64":null,"f32":null,"flag":false,"at":"2023-11-14 22:13:20.001","json":{"k":[1,null]},"raw":"\\xFFA","list":[],"money":-100.50,"inner":{"a":null,"b":"y\"z"},"it'"'"'s \"odd\"":"\"\""
"i64":null,"f64":null,"f32":-2.0,"flag":null,"at":null,"json":null,"raw":null,"list":null,"money":null,"inner":null,"it'"'"'s \"odd\"":null'
}

test_every_codec_is_read() {
    local codec
    needs_duckdb
    serve
    files list part.parquet "$site" 0 60
    fetch "${LAION[@]}" --no-thumbs -o out part.parquet
    assert_rc 0
    stable_rows out >should
    for codec in UNCOMPRESSED SNAPPY GZIP BROTLI ZSTD LZ4_RAW; do
        files codec "$codec.parquet" part.parquet $codec
        fetch "${LAION[@]}" --no-thumbs -o "$codec" "$codec.parquet"
        assert_rc 0
        stable_rows "$codec" | cmp - should || fail "$codec"
    done
}

# Whatever its name is, and from standard input if that is a file.
test_parquet_is_known_by_its_bytes() {
    needs_duckdb
    serve
    files list list.bin "$site" 0 4
    fetch --url-col=URL --no-thumbs list.bin
    assert_rc 0
    assert_eq "$(count_rows)" 4
    fetch --url-col=URL --no-thumbs --format=parquet -o stdin - <list.bin
    assert_rc 0
    assert_eq "$(rows .url stdin)" "$(rows .url out)"
    fetch --url-col=3 --dry-run -o numbers list.bin
    assert_rc 2
    assert_says 'its type is INTEGER'
    fetch --url-col=1 --caption-col=4 --no-thumbs -o numbers list.bin
    assert_eq "$(rows '.url, .caption' numbers | head -n 4)" "$site/jpeg_420.jpg?n=0
null
$site/jpeg_420.jpg?n=1
0.14285714285714285"
    fetch -o pipe - < <(cat list.bin)
    assert_rc 2
    assert_says 'name it as a file, not through a pipe'
    fetch --format=parquet -o pipe - < <(cat list.bin)
    assert_rc 2
    assert_says 'Parquet is read from files only'
    [ -z "$(manifests pipe)" ] || fail 'rows were made of a pipe'
}

test_runs_go_on_where_they_were() {
    local n
    needs_duckdb
    serve
    make_parts
    fetch "${LAION[@]}" --no-thumbs --shard-size=20 -o whole 'part-*.parquet'
    for n in 30 170 1000; do
        fetch "${LAION[@]}" --no-thumbs --shard-size=20 --limit=$n 'part-*.parquet'
    done
    assert_rc 1
    stable_rows whole >should
    stable_rows out | cmp - should
    for n in 0 1 2; do
        fetch "${LAION[@]}" --no-thumbs --shard-size=20 --shard=$n/3 -o shards 'part-*.parquet'
    done
    stable_rows shards | cmp - should
    fetch "${LAION[@]}" --dry-run --shard-size=20 'part-*.parquet'
    grep -F '300 rows of 1 host' stdout && grep -F 'to be fetched: 0' stdout
    # Another list is noticed.
    files list part-00001.parquet "$site" 151 300
    fetch "${LAION[@]}" --no-thumbs --shard-size=20 'part-*.parquet'
    assert_rc 2
    assert_says 'was made from other list lines'
}

# Without a row, and before anything is asked for.
test_what_is_no_list_is_told() {
    local file status text
    needs_duckdb
    serve
    files odd "$site"
    while IFS='|' read -r file status text; do
        : >imgserve.log
        timeout 60 "$BIN/imgfetch" "${ALLOW[@]}" -o "out.$file" --no-thumbs good.parquet "$file.parquet" >stdout 2>stderr && rc=0 || rc=$?
        assert_rc "$status"
        assert_says "$file.parquet: $text"
        [ -z "$(rows . "out.$file")" ] || fail "$file: rows"
    done <<'END'
empty|3|cannot be read as Parquet: File too small
short|3|cannot be read as Parquet: File too small
cut|3|cannot be read as Parquet: No magic bytes found at end of file
magic|3|cannot be read as Parquet: No magic bytes found at end of file
text|3|cannot be read as Parquet: No magic bytes found at end of file
footer|3|cannot be read as Parquet: 
number|2|the column "url" has no texts that could be URLs: its type is BIGINT
nested|2|the column "url" has no texts that could be URLs: its type is VARCHAR[]
other|2|no column "url"; the list has: link
wide|2|more than 1024 columns
END
    fetch --no-thumbs -o norows norows.parquet
    assert_rc 0
    for file in bomb huge; do
        fetch --no-thumbs -o $file $file.parquet
        assert_rc 3
        assert_says "$file.parquet: cannot be read as Parquet: "
    done
}

# The processes that run queries, not the one that forks them.
queries() {
    local pid parent
    for pid in $(ours imgfetch-duckdb); do
        parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null || true)
        [ "$(cat "/proc/${parent:-none}/comm" 2>/dev/null)" != imgfetch-duckdb ] || echo "$pid"
    done
}

# Rows that nobody takes: the query waits, and so does the run.
start_slow_list() {
    files list list.parquet "$site" 300 60000 '&delay=200'
    fetch_start --no-thumbs --url-col=URL --concurrency=1 --retries=0 --caption-col=TEXT \
        --keep-cols=hash "$@" list.parquet
    await has_rows 1
}

test_a_query_is_locked_in() {
    local query
    needs_duckdb
    serve
    start_slow_list
    query=$(queries | head -n 1)
    await grep -q '^Seccomp:[[:space:]]*2$' "/proc/$query/status"
    assert_eq "$(ls "/proc/$query/task" | wc -l)" 1 'threads'
    kill -INT "$pid"
    wait "$pid" || true
    await nothing_runs
}

# Rows that nobody reads stop the run before the list has ended.
test_a_query_that_dies_ends_the_list() {
    needs_duckdb
    files list list.parquet http://127.0.0.1 300 60000
    mkfifo rows
    exec 7<>rows
    "$BIN/imgfetch" "${ALLOW[@]}" --backend=null --json --no-thumbs --url-col=URL -o out list.parquet \
        >rows 2>stderr 7>&- &
    pid=$!
    started+=($pid)
    await test -s out/manifest/00000.jsonl # which the first query, for the columns, has no rows for
    kill -KILL $(queries)
    cat <&7 >/dev/null &
    started+=($!)
    rc=0
    wait "$pid" || rc=$?
    assert_rc 3
    assert_says 'list.parquet: cannot be read as Parquet: the process (DuckDB) died'
    await nothing_runs
}

test_without_the_library_it_is_told_how_to_get_it() {
    serve
    printf 'PAR1' >list.parquet
    IMGFETCH_DUCKDB=$PWD/none.so fetch list.parquet
    assert_rc 3
    assert_says "IMGFETCH_DUCKDB, for Parquet: $PWD/none.so"
    [ ! -e out ] || fail 'a directory was made'
    if ! ldconfig -p | grep -q libduckdb; then
        IMGFETCH_DUCKDB='' fetch list.parquet
        assert_rc 3
        assert_says "'make duckdb' gets it"
    fi
    echo "$site/jpeg_420.jpg" >urls.txt
    IMGFETCH_DUCKDB=$PWD/none.so fetch --no-thumbs urls.txt # which needs it not
    assert_rc 0
}

# Beside the program that is installed, or built.
test_an_installed_program_finds_its_library() {
    needs_duckdb
    serve
    files list list.parquet "$site" 0 3
    mkdir -p usr/bin usr/lib/imgfetch
    cp "$BIN/imgfetch" usr/bin
    cp -l "$IMGFETCH_DUCKDB" usr/lib/imgfetch/libduckdb.so 2>/dev/null ||
        cp "$IMGFETCH_DUCKDB" usr/lib/imgfetch/libduckdb.so
    env -u IMGFETCH_DUCKDB usr/bin/imgfetch "${ALLOW[@]}" --url-col=URL --no-thumbs -o out list.parquet >stdout 2>stderr ||
        fail "exit status $?"
    assert_eq "$(count_rows)" 3
}

# Held to the manifests: every field of every row, by another reader.
assert_same_rows() { # DIR
    local manifest
    for manifest in $(manifests "$1"); do
        files read "${manifest%.jsonl}.parquet" >is
        jq -cS . is >is.sorted
        # DuckDB takes WIDTH for another "width".
        jq -cS 'with_entries(if .key == "WIDTH" then .key = "WIDTH_1" else . end)' "$manifest" | diff - is.sorted >diff.out || fail "$manifest: $(head -n 4 diff.out)"
    done
}

test_rows_are_written_as_parquet() {
    local layout
    needs_duckdb
    serve
    make_parts
    for layout in files flat webdataset; do
        fetch "${LAION[@]}" --layout=$layout --manifest=parquet --exif --phash -t 32 --shard-size=70 -o $layout 'part-*.parquet'
        assert_rc 1
        assert_eq "$(find $layout -name '*.parquet' | wc -l)" 5 'Parquet files'
        assert_same_rows $layout
        fetch -o $layout --verify
        assert_rc 0
        assert_eq "$(files schema "$(find $layout -name 00001.parquet)" | grep -E '^(hash|NSFW|similarity|caption|truncated|message|started|url_index) ')" \
            'message UTF8
truncated BOOLEAN
started TIMESTAMP
caption UTF8
similarity DOUBLE
hash INT_64
NSFW BOOLEAN' 'types'
    done
    # Without a row that has one.
    files read files/manifest/00000.parquet | jq -e 'select(.message)' && fail 'a message'
    rm files/manifest/00001.parquet
    printf 'PAR1 and so on' >files/manifest/00002.parquet
    fetch -o files --verify
    assert_rc 1
    grep -F 'manifest/00001.parquet: missing' stdout
    grep -F 'manifest/00002.parquet: is not a whole Parquet file' stdout
    fetch "${LAION[@]}" -t 32 --exif --phash --shard-size=70 -o files 'part-*.parquet'
    assert_rc 2
    assert_says '--manifest'
}

test_kept_columns_have_the_types_of_their_lists() {
    needs_duckdb
    serve
    printf 'url,n\n%s/jpeg_420.jpg,007\n' "$site" >list.csv
    printf '{"url":"%s/jpeg_420.jpg","n":7}\n{"url":"%s/png_rgb.png","n":"x"}\n' "$site" "$site" >list.jsonl
    files list part.parquet "$site" 0 2
    fetch --manifest=parquet --no-thumbs --keep-cols=n -o csv list.csv
    assert_rc 0
    assert_eq "$(files schema csv/manifest/00000.parquet | tail -n 1) $(files read csv/manifest/00000.parquet | jq -c .n)" 'n UTF8 "007"'
    fetch --manifest=parquet --no-thumbs --keep-cols=n -o jsonl list.jsonl
    assert_eq "$(files schema jsonl/manifest/00000.parquet | tail -n 1) $(files read jsonl/manifest/00000.parquet | jq -c .n | paste -sd,)" \
        'n JSON 7,"x"'
    files types types.parquet "$site"
    fetch --manifest=parquet --no-thumbs --keep-cols=i64,f32,at,json,raw,list,money,inner -o types types.parquet
    assert_rc 0
    assert_eq "$(files schema types/manifest/00000.parquet | tail -n 8 | paste -sd,)" \
        'i64 INT_64,f32 FLOAT,at TIMESTAMP,json JSON,raw UTF8,list LIST,money DECIMAL,inner undefined'
    grep -o '"i64".*' <(files read types/manifest/00000.parquet | head -n 1) >is
    assert_eq "$(cat is)" '"i64":9007199254740993,"f32":0.5,"at":"2023-11-14T22:13:20.000Z","json":["a","b"],"raw":"é","list":[1.5,null],"money":1.25,"inner":{"a":1,"b":"x"}}'
}

# Whatever ends a run, the next one leaves the file of the rows that are there.
test_parquet_follows_its_rows() {
    needs_duckdb
    serve
    list_many 60
    echo "$site/missing.jpg" >>urls.txt
    fetch --manifest=parquet --no-thumbs --shard-size=20 --limit=30 urls.txt
    assert_rc 0
    assert_same_rows out
    fetch --manifest=parquet --no-thumbs --shard-size=20 urls.txt
    assert_rc 1
    assert_same_rows out
    fetch --manifest=parquet --no-thumbs --shard-size=20 --retry-failed urls.txt
    assert_rc 1
    assert_same_rows out
    fetch --manifest=parquet --no-thumbs --shard-size=20 --refresh urls.txt
    assert_same_rows out
    fetch --manifest=parquet --no-thumbs --shard-size=30 --fresh urls.txt
    assert_eq "$(find out -name '*.parquet' | wc -l)" 3
    assert_same_rows out
    fetch --no-thumbs --shard-size=30 --fresh urls.txt
    assert_eq "$(find out -name '*.parquet' | wc -l)" 0
    # Without the rows that make it whole there is none.
    IMGFETCH_DUCKDB=$PWD/none.so fetch --manifest=parquet --no-thumbs -o none urls.txt
    assert_rc 3
    [ ! -e none ] || fail 'a directory was made'
    # Somebody's own file is not replaced.
    mkdir own
    echo mine >own/00000.parquet
    fetch --manifest=parquet --layout=webdataset --no-thumbs -o own urls.txt
    assert_rc 3
    assert_says 'File exists'
    assert_eq "$(cat own/00000.parquet)" mine
}

test_a_parquet_list_can_be_updated() {
    needs_duckdb
    serve
    files list list.parquet "$site" 0 40
    fetch "${LAION[@]}" --no-thumbs --manifest=parquet --update list.parquet
    assert_rc 0
    fetch "${LAION[@]}" --no-thumbs --manifest=parquet --update list.parquet
    assert_rc 0
    [ ! -e out.update ] || fail 'the directory has all rows, and is made anew'
    files list list.parquet "$site" 10 60
    fetch "${LAION[@]}" --no-thumbs --manifest=parquet --update --keep-removed list.parquet
    assert_rc 0
    assert_eq "$(count_rows)" 60
    assert_same_rows out
    fetch -o out --verify
    assert_rc 0
}
