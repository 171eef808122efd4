# --layout=webdataset: the tars, and programs that read them.
# shellcheck shell=bash

TARS=(--layout=webdataset)

# The samples by the rules of the webdataset library, one per line: KEY EXTENSION,... SHA-256...
samples() { # [DIR]
    "$TOP/testdata/webdataset.py" "${1:-out}"/*.tar
}

# Checks that there are only complete shards, whose samples are the successful rows, in order.
assert_whole_tars() { # [DIR]
    local dir=${1:-out} file shard
    samples "$dir" >samples || fail "the tars cannot be read"
    rows 'select(.error == null) | .key' "$dir" >keys
    cut -d' ' -f1 samples | diff keys - >diff.out || fail "rows (<) and samples (>): $(cat diff.out)"
    for file in "$dir"/*; do
        shard=$(basename "$file" | cut -c1-5)
        case $(basename "$file") in
        "$shard.tar" | "$shard.jsonl" | "${shard}_stats.json") ;;
        *) fail "left behind: $file" ;;
        esac
    done
    assert_eq "$(ls "$dir"/*.tar | wc -l)" "$(ls "$dir"/*_stats.json | wc -l)" 'tars'
}

assert_same_tars() { # DIR DIR
    local tar
    assert_eq "$(cd "$1" && echo *.tar)" "$(cd "$2" && echo *.tar)"
    for tar in "$1"/*.tar; do
        cmp "$tar" "$2/${tar##*/}" || fail "tars differ"
    done
}

test_a_tar_for_each_shard() {
    serve
    list_many 23
    sed -i "3s,.*,$site/missing.jpg," urls.txt
    fetch "${TARS[@]}" --shard-size=10 urls.txt
    assert_rc 1
    assert_whole_tars
    assert_eq "$(cd out && echo *)" "00000.jsonl 00000.tar 00000_stats.json \
00001.jsonl 00001.tar 00001_stats.json 00002.jsonl 00002.tar 00002_stats.json"
    assert_eq "$(rows .key | paste -sd' ')" "$(for ((i = 0; i < 23; i++)); do
        printf '%05d%04d\n' $((i / 10)) $((i % 10))
    done | paste -sd' ')"
    assert_eq "$(cut -d' ' -f2 samples | sort | uniq -c | tr -s ' ')" ' 22 jpg,json'
    assert_says "out/*.jsonl"
}

# The thumbnails are the same as in the other layout, byte for byte.
test_what_is_in_a_sample() {
    local path
    serve
    list_many 12
    fetch -t 64 urls.txt
    assert_rc 0
    fetch "${TARS[@]}" -o tars -t 64 -t 32 --originals urls.txt
    assert_rc 0
    assert_says 'holds one thumbnail size: making only 64'
    assert_whole_tars tars
    cut -d' ' -f2 samples | sort -u >kinds
    assert_eq "$(cat kinds)" jpg,orig,json
    mkdir unpacked
    tar -xf tars/00000.tar -C unpacked
    for path in out/thumbs/64/00000/*; do
        cmp "$path" "unpacked/${path##*/}" || fail thumbnail
    done
    for path in out/images/00000/*; do
        cmp "$path" "unpacked/$(basename "${path%.*}").orig" || fail original
    done
    jq -cS 'del(.started, .finished, .ms, .attempts, .reused, .ip, .etag, .last_modified, .truncated_transfer,
        .error, .message, .duplicate_of, .width, .height)' tars/00000.jsonl >is
    jq -cS 'del(.width, .height, .original_width, .original_height)' unpacked/*.json |
        diff - is >diff.out || fail "rows: $(head -c 1000 diff.out)"
    jq -c '[.key, .width, .height]' tars/00000.jsonl >is
    jq -c '[.key, .original_width, .original_height]' unpacked/*.json | diff - is >diff.out ||
        fail "sizes: $(head -c 1000 diff.out)"
    assert_eq "$(jq -c '[.width, .height, .original_width, .original_height]' \
        unpacked/000000000.json)" '[64,48,160,120]'
    assert_eq "$(rows '.thumbs | map(.path) | join(" ")' tars | head -n 1)" 00000.tar/000000000.jpg
}

test_originals_under_their_own_extension() {
    serve
    list /jpeg_420.jpg /png_rgb.png /html.jpg /gif_static.gif /webp_lossy.webp
    fetch "${TARS[@]}" --no-thumbs urls.txt
    assert_rc 1
    assert_whole_tars
    assert_eq "$(cut -d' ' -f2 samples | paste -sd' ')" 'jpg,json png,json gif,json webp,json'
    rows 'select(.error == null) | .sha256' >sums
    cut -d' ' -f3 samples | diff sums - >diff.out || fail "bodies: $(cat diff.out)"
}

test_samples_are_called_by_their_key() {
    serve
    list /jpeg_420.jpg
    fetch "${TARS[@]}" --name='{host}-{key}' urls.txt
    assert_rc 2
    assert_says 'cannot be combined: samples are named by their key'
    [ ! -e out ] || fail "made all the same"
}

test_captions() {
    serve
    printf 'url\ttext\n%s\tone, "two"\n%s\t\n%s\tlost\n' "$site/jpeg_420.jpg" \
        "$site/png_rgb.png" "$site/missing.jpg" >list.tsv
    fetch "${TARS[@]}" --caption-col=text list.tsv
    assert_rc 1
    assert_whole_tars
    assert_eq "$(cut -d' ' -f2 samples | sort -u)" jpg,json,txt
    assert_eq "$(tar -xOf out/00000.tar 000000000.txt)" 'one, "two"'
    assert_eq "$(tar -xOf out/00000.tar 000000001.txt)" ''
}

# Sets `kinds`: the fields of KEY.json and their types, by the rules of Hugging Face datasets.
take_kinds() { # [DIR]
    kinds=$("$TOP/testdata/hftypes.py" "${1:-out}"/*.tar 2>&1) || fail "$kinds"
}

# The first five samples have what the later ones lack, and the other way round.
test_every_sample_has_the_same_fields_of_the_same_types() {
    local i
    serve
    {
        for ((i = 0; i < 6; i++)); do
            printf '{"url":"%s/jpeg_420.jpg?%d","text":null,"n":null,"mixed":%d,"list":[1]}\n' "$site" $i $i
        done
        printf '{"url":"%s/jpeg_420.jpg?0","text":"again","n":9007199254740993,"mixed":"x","list":null}\n' "$site"
        printf '{"url":"%s/missing.jpg","text":"lost"}\n' "$site"
        printf '{"url":"%s/html.jpg","text":"lost","n":true}\n' "$site"
        printf '{"url":"%s/png_rgb.png","text":5,"n":1.50,"mixed":{"a":"\\""},"list":"s"}\n' "$site"
    } >list.jsonl
    fetch "${TARS[@]}" --shard-size=4 --exif --phash --caption-col=text --keep-cols=n,mixed,list list.jsonl
    assert_rc 1
    take_kinds
    assert_eq "$kinds" '8 key="string" index="int64" line="int64" url="string" final_url="string" status="string" http_status="int64" content_type="string" format="string" bytes="int64" sha256="string" width="int64" height="int64" original_width="int64" original_height="int64" orientation="int64" truncated="bool" exif="string" phash="string" path="string" thumbs=[{"spec": "string", "path": "string", "width": "int64", "height": "int64", "bytes": "int64", "sha256": "string"}] caption="string" n="string" mixed="string" list="string"'
    cat out/*.tar | tar -xif -
    assert_eq "$(jq -c '[.caption, .n, .mixed, .list]' 000000000.json 000010002.json 000020001.json | paste -sd' ')" \
        '["","","0","[1]"] ["again","9007199254740993","x",""] ["5","1.50","{\"a\":\"\\\"\"}","s"]'
    # jq would round the numbers.
    assert_eq "$(cat out/*.jsonl | grep -o '"caption":.*' | sed -n '1p;7p;10p' | paste -sd' ')" \
        '"caption":null,"n":null,"mixed":0,"list":[1]} "caption":"again","n":9007199254740993,"mixed":"x","list":null} "caption":"5","n":1.50,"mixed":{"a":"\""},"list":"s"}'
    fetch --verify
    assert_rc 0
    # The same of duplicates, of a list whose columns have no types, and of bodies as they came.
    printf 'url\ttext\tn\n' >list.tsv
    for ((i = 0; i < 6; i++)); do
        printf '%s/jpeg_420.jpg?%d\tc\t%d\n' "$site" $((i % 5)) $i
    done >>list.tsv
    fetch "${TARS[@]}" -o tsv --no-thumbs --caption-col=text --keep-cols=n list.tsv
    assert_rc 0
    take_kinds tsv
    assert_eq "${kinds##*path}" '="string" thumbs=["null"] caption="string" n="string"'
    assert_eq "$(tail -n 1 tsv/00000.jsonl | jq -r .duplicate_of)" 000000000
    fetch -o tsv --verify
    assert_rc 0
    # Rows that were not fetched.
    fetch "${TARS[@]}" -o again --no-thumbs --reuse=tsv --caption-col=text --keep-cols=n list.tsv
    assert_rc 0
    take_kinds again
    assert_eq "${kinds#6 }" "$("$TOP/testdata/hftypes.py" tsv/00000.tar | cut -d' ' -f2-)"
}

# What loaders keep beside tars: --verify knows it, and the manual has the line for one.
test_files_that_loaders_lay_beside_tars() {
    local line
    serve
    list_many 23
    sed -i "3s,.*,$site/missing.jpg," urls.txt
    fetch "${TARS[@]}" --shard-size=10 -o set urls.txt
    line=$(man -l -E UTF-8 "$TOP/cmd/imgfetch/imgfetch.1" | grep -A1 '^ *jq -n ' | sed 's/\\$//' | paste -sd' ')
    eval "$line" || fail "$line"
    # As get_dataset_size() of open_clip adds them up.
    assert_eq "$(python3 -c 'import glob, json, os
sizes = json.load(open("set/sizes.json"))
print([int(sizes[os.path.basename(shard)]) for shard in sorted(glob.glob("set/*.tar"))])')" '[9, 10, 3]'
    touch set/00000.idx set/00001.tar.idx
    fetch -o set --verify
    assert_rc 0
    touch set/notes.idx
    fetch -o set --verify
    assert_rc 1
}

# GNU tar reads a plain archive, and so does Python, which checks the fields of each header.
test_a_tar_has_nothing_of_the_machine_in_it() {
    serve
    list_many 6
    fetch "${TARS[@]}" urls.txt
    TZ=UTC tar --numeric-owner -tvf out/00000.tar >listed 2>listed.err || fail "$(cat listed.err)"
    [ ! -s listed.err ] || fail "$(cat listed.err)"
    assert_eq "$(awk '{print $1, $2, $4, $5}' listed | sort -u)" '-r--r--r-- 0/0 1970-01-01 00:00'
    python3 - out/00000.tar >heads <<'END'
import sys, tarfile
with tarfile.open(sys.argv[1]) as t:
    for m in t:
        print(m.type == tarfile.REGTYPE, oct(m.mode), m.uid, m.gid, repr(m.uname), repr(m.gname), m.mtime, m.pax_headers)
END
    assert_eq "$(sort -u heads)" "True 0o444 0 0 '' '' 0 {}"
    assert_eq "$(od -An -c -j257 -N8 out/00000.tar | tr -d ' ')" 'ustar\000' 'the magic and version'
}

test_statistics_are_those_of_img2dataset() {
    serve
    list /jpeg_420.jpg /missing.jpg /html.jpg
    fetch "${TARS[@]}" urls.txt
    assert_rc 1
    assert_eq "$(jq -c '[.count, .successes, .failed_to_download, .failed_to_resize, .status_dict]' \
        out/00000_stats.json)" '[3,1,1,1,{"success":1,"http_error":1,"not_an_image":1}]'
    assert_eq "$(jq '.end_time >= .start_time and
        ((.end_time - .start_time - .duration) | fabs) < 0.01' out/00000_stats.json)" true
    # As its incremental mode does with every *.json in the folder.
    (cd out && python3 -c 'import glob; print([int(n.split("_")[0]) for n in glob.glob("*.json")])') >ids
    assert_eq "$(cat ids)" '[0]'
}

test_the_same_bodies_give_the_same_tars() {
    local i
    serve
    for ((i = 0; i < 120; i++)); do
        echo "http://127.0.0.$((i % 20 + 1)):$port/jpeg_420.jpg?delay=$((RANDOM % 300))&n=$i"
    done >urls.txt
    fetch "${TARS[@]}" --shard-size=50 urls.txt
    assert_rc 0
    assert_whole_tars
    fetch "${TARS[@]}" --shard-size=50 --shuffle=7 -b threads -c 16 -o out2 urls.txt
    assert_rc 0
    assert_whole_tars out2
    assert_same_tars out out2
}

# One slow row: the rows after it are written nevertheless, and reported.
test_a_slow_row_holds_no_other_up() {
    serve
    list_many 40
    sed -i '2s/$/\&delay=600000/' urls.txt
    fetch_start "${TARS[@]}" --json --timeout=600 --stall-timeout=600 urls.txt
    await has_rows 39
    await test "$(wc -l <stdout)" -ge 0
    await eval '[ "$(wc -l <stdout)" = 39 ]'
    test -s out/00000.spool || fail "no spool"
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    reset_stats
    sed -i '2s/delay=600000/delay=1/' urls.txt
    rm -r out
    fetch "${TARS[@]}" urls.txt
    assert_rc 0
    assert_whole_tars
}

test_kills_at_any_moment() {
    local options=("${TARS[@]}" --shard-size=60 -t 32 -c 12) missing i kills=0
    serve
    list_many 300 delay=20
    sed -i '5~17s/$/\&delay=1500/' urls.txt # some are late
    sed -i "11~50s,[^/]*[.][a-z]*?,missing.jpg?," urls.txt
    for ((i = 0; i < 12; i++)); do
        fetch_start "${options[@]}" urls.txt
        sleep "0.$((RANDOM % 8 + 1))"
        kill -KILL "$pid" 2>/dev/null && kills=$((kills + 1))
        fetch_wait
        await nothing_runs
    done
    missing=$((300 - $(rows .key | sort -u | wc -l)))
    reset_stats
    fetch "${options[@]}" urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" "$missing" 'requests of the last run'
    assert_whole_tars
    fetch "${options[@]}" -o undisturbed urls.txt
    assert_same_tars out undisturbed
    assert_same_rows out undisturbed
    assert_same_stats out undisturbed
    assert_between "$kills" 4 12 'kills'
}

test_interrupt_and_go_on() {
    serve
    list_many 100 delay=300
    fetch_start "${TARS[@]}" -c 8 urls.txt
    await has_rows 8
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
    assert_eq "$(count_rows)" "$(stat_of .requests)" 'rows: one for each request'
    [ ! -e out/00000.tar ] || fail "a tar before the shard is whole"
    fetch "${TARS[@]}" urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 100
    assert_whole_tars
}
