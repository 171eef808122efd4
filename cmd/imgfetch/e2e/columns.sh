# Columns of a list that change what is asked for: each row's Referer, and its other URLs.
# shellcheck shell=bash

# Prints the list with Referers in a format; a duplicate has the Referer of its first row, too.
referers_as() { # csv|tsv|jsonl
    {
        echo "$site/-/echo http://page.test/1"
        echo "$site/-/echo http://page.test/2"
        echo "$site/-/echo HTTP://PAGE.test/1#part"
        echo "$site/-/echo?none"
        echo "$site/-/echo?bad page.test"
        echo "$site/a?redirect=$(encode "$site/-/echo?same") http://page.test/3"
        echo "$site/a?redirect=$(encode "http://127.0.0.2:$port/-/echo?other") http://page.test/4"
    } | case $1 in
    csv) echo url,page && awk '{ printf "%s,%s\n", $1, $2 }' ;;
    tsv) printf 'page\turl\n' && awk '{ printf "%s\t%s\n", $2, $1 }' ;;
    jsonl) jq -Rc 'split(" ") | {url: .[0], page: .[1]}' ;;
    esac
}

# The server's echo of a head is no image, but its size tells how long the Referer was.
test_a_referer_of_each_row() {
    local name format
    serve
    for format in csv tsv jsonl; do
        referers_as $format >urls.$format
    done
    for name in $(backends); do
        format=$(shuf -n 1 -e csv tsv jsonl)
        fetch -b "$name" -o "$name" --referer=http://page.test/run --referer-col=page urls.$format
        assert_rc 1
        assert_says 'without a Referer, as the cell is no http or https URL: 2'
        assert_eq "$(rows .duplicate_of "$name" | paste -sd' ')" \
            'null null 000000000 null null null null' "$name"
        echo "$site/-/echo" >bare.txt
        fetch -b "$name" -o "$name.bare" bare.txt
        # A Referer of 18 bytes, with its name and line end; later paths are longer.
        rows .bytes "$name" | awk -v bare="$(rows .bytes "$name.bare")" '{ print $1 - bare }' |
            paste -sd' ' >sizes
        assert_eq "$(cat sizes)" '29 29 29 5 4 34 6' "$name, $format"
    done
}

test_a_referer_is_for_every_request_of_its_row() {
    local again
    serve
    echo url,page >urls.csv
    echo "$site/a?status=503&fail_first=1&redirect=$(encode "$site/-/echo"),http://page.test/1" >>urls.csv
    fetch --referer-col=page urls.csv
    rows '"\(.attempts) \(.bytes)"' >first
    grep -q ^2 first || fail "$(cat first)"
    for again in --retry-failed --refresh; do
        fetch --referer-col=page $again urls.csv
        assert_eq "$(rows '"2 \(.bytes)"')" "$(cat first)" $again
    done
    # Another Referer is another list, once a row has succeeded.
    echo "$site/jpeg_420.jpg,http://page.test/1" >>urls.csv
    fetch --referer-col=page urls.csv
    sed -i s/page.test/else.test/ urls.csv
    fetch --referer-col=page urls.csv
    assert_rc 2
    fetch --referer-col=none -o out2 urls.csv
    assert_rc 2
    assert_says 'no column "none"; the list has: url, page'
    fetch --referer-col=2 -o out2 urls.csv
    assert_rc 2
    fetch --referer-col=page -o out2 --format=txt urls.csv
    assert_rc 2
}

# Prints rows with two other URLs each and a hash; in its cells a path is one of the site, and - is empty.
fallbacks_as() { # csv|tsv|jsonl
    local row png wrong=00000000000000000000000000000000
    png=$(md5sum <"$IMAGES/png_rgb.png" | cut -d' ' -f1)
    while read -r row; do
        row=$(sed -E "s#(^| )/#\1$site/#g" <<<"$row")
        case $1 in
        csv) awk -v OFS=, '{ print $1, $2, $3, $4 }' <<<"$row" | sed -E 's/(^|,)-/\1/g' ;;
        tsv) awk -v OFS='\t' '{ print $3, $4, $1, $2 }' <<<"$row" | sed -E 's/(^|\t)-/\1/g' ;;
        jsonl) jq -Rc 'split(" ") | map(select(. != "-") // null) | {url: (.[0] // ""), b: .[1], c: .[2], sum: .[3]}' <<<"$row" ;;
        esac
    done < <(
        case $1 in
        csv) echo url b c sum ;;
        tsv) echo url b c sum ;;
        esac
        cat <<END
/jpeg_420.jpg /b?0 /c?0 -
/missing?1 /jpeg_420.jpg?1 /c?1 -
/missing?2 - /jpeg_420.jpg?2 -
/a?3&status=503 /b?3&fault=close /jpeg_420.jpg?3 -
/html.jpg?4 /garbage.jpg?4 /jpeg_420.jpg?4 -
/jpeg_420.jpg?5 /png_rgb.png?5 - $png
/png_1x1.png?6 /png_1x1.png?7 /png_rgb.png?6 -
- nonsense /jpeg_420.jpg?7 -
/missing?8 /missing?9 - -
/missing?10 nonsense - -
/jpeg_420.jpg?11 /jpeg_420.jpg?12 - $wrong
/jpeg_420.jpg?13&status=503&fail_first=1 /b?13 - -
/a?14&redirect=/missing /a?14&redirect=/png_rgb.png - -
/jpeg_420.jpg /jpeg_420.jpg?15 - -
END
    )
}

FALLBACKS=(--fallback-cols=b,c --hash-col=sum --reject=reject.txt -t 64 --retries=1 --retry-max-wait=0.1)

# The rows without what differs from one format of the list to another.
fallback_rows() { # DIR
    stable_rows "$1" | jq -c 'del(.line, .message)'
}

test_other_urls_of_a_row() {
    local name format
    serve
    echo '*/png_1x1.png*' >reject.txt
    for format in csv tsv jsonl; do
        fallbacks_as $format >urls.$format
    done
    for name in $(backends); do
        for format in csv tsv jsonl; do
            [ "$name" = async ] || [ $format = csv ] || continue
            reset_stats
            fetch -b "$name" -o "$name.$format" "${FALLBACKS[@]}" urls.$format
            assert_rc 1
            assert_whole "$name.$format"
            rows '"\(.error) \(.url_index) \(.attempts)"' "$name.$format" >is
            diff - is >diff.out <<END || fail "$name, $format: $(cat diff.out)"
null 0 1
null 1 2
null 2 2
null 2 5
null 2 3
null 1 2
null 2 3
null 2 1
http_error 1 2
bad_url 1 1
hash_mismatch 1 2
null 0 2
null 1 2
null 0 1
END
            assert_eq "$(rows 'select(.index == 4 or .index == 13) | "\(.final_url) \(.duplicate_of)"' \
                "$name.$format" | paste -sd,)" \
                "$site/jpeg_420.jpg?4 null,$site/jpeg_420.jpg 000000000"
            fallback_rows async.csv >is
            fallback_rows "$name.$format" | diff is - >diff.out || fail "$name, $format: $(head -c 1000 diff.out)"
        done
    done
}

test_other_urls_when_rows_are_done_again() {
    serve
    echo '*/png_1x1.png*' >reject.txt
    fallbacks_as csv >urls.csv
    fetch "${FALLBACKS[@]}" urls.csv
    rows '"\(.index) \(.error) \(.url_index) \(.attempts)"' >first
    # Failed rows begin at their first URL.
    fetch "${FALLBACKS[@]}" --retry-failed urls.csv
    rows '"\(.index) \(.error) \(.url_index) \(.attempts)"' | diff first - || fail 'retry-failed'
    fetch "${FALLBACKS[@]}" --refresh urls.csv
    assert_whole
    rows '"\(.index) \(.error) \(.url_index)"' | diff <(cut -d' ' -f1-3 first) - || fail refresh
    reset_stats
    fetch "${FALLBACKS[@]}" urls.csv
    assert_eq "$(stat_of .requests)" 0
    # Without these columns, or with others, it is another list.
    fetch "${FALLBACKS[@]}" --fallback-cols=c,b urls.csv
    assert_rc 2
    assert_says 'fallback-cols'
    fetch -o out2 --fallback-cols=b,none urls.csv
    assert_rc 2
    assert_says 'no column "none"; the list has: url, b, c, sum'
    fetch -o out2 --fallback-cols=2 urls.csv
    assert_rc 2
}

# Killed between one URL and the next, again and again.
test_other_urls_after_a_kill() {
    local i
    serve
    echo url,b >urls.csv
    for i in $(seq 300); do echo "$site/missing?$i,$site/jpeg_420.jpg?$i&delay=50"; done >>urls.csv
    for i in 40 100 160; do
        fetch_start -c 4 --no-thumbs --fallback-cols=b urls.csv
        await has_rows $i
        kill -KILL "$pid"
        fetch_wait
    done
    fetch -c 8 --no-thumbs --fallback-cols=b urls.csv
    assert_rc 0
    assert_eq "$(rows '"\(.url_index) \(.attempts)"' | sort -u)" '1 2'
    assert_whole
}

# Every option that names columns; "" takes the URL.
COLUMN_OPTIONS=(--url-col= --caption-col= --hash-col= --referer-col= --fallback-cols= --keep-cols= --blur-col=)

test_columns_are_found_in_any_case() {
    local format
    serve
    for format in csv tsv jsonl; do
        cat <<END | case $format in
URL Text Sum Page B Height
$site/missing?1 one - http://page.test/1 $site/jpeg_420.jpg?1 7
$site/png_rgb.png?2 two - - - 8
END
        csv) tr ' ' , ;;
        tsv) tr ' ' '\t' ;;
        jsonl) jq -Rcn '[inputs / " "] | .[0] as $names | .[1:][] | [$names, .] | transpose | map({(.[0]): .[1]}) | add' ;;
        esac | sed 's/"-"/null/g; s/\t-/\t/g; s/,-/,/g' >urls.$format
        fetch -o $format --caption-col=TEXT --hash-col=sum --referer-col=page --fallback-cols=b --keep-cols=hEIGHT urls.$format
        assert_rc 0
        assert_eq "$(rows '"\(.caption) \(.url_index) \(.hEIGHT)"' $format | paste -sd,)" 'one 1 7,two 0 8' $format
    done
    # An exact name comes first, and two that differ in case are none.
    echo 'URL,url,Text,TEXT' >urls.csv
    echo "nonsense,$site/jpeg_420.jpg,a,b" >>urls.csv
    fetch --caption-col=TEXT urls.csv
    assert_rc 0
    assert_eq "$(rows .caption)" b
    fetch -o out2 --caption-col=text urls.csv
    assert_rc 2
    assert_says 'no column "text", but Text and TEXT'
    jq -Rc '{URL: ., Url: .}' <<<"$site/jpeg_420.jpg" >urls.jsonl
    fetch -o out3 urls.jsonl
    assert_rc 2
    assert_says 'no column "url", but URL and Url'
}

# A list may have columns that are named like fields of a row.
test_kept_columns_are_renamed() {
    local kept=--keep-cols=uid,original_width=list_width,sha256=list_sha256,a=b=c
    serve
    {
        echo 'uid,url,text,original_width,sha256,a=b'
        echo "7f,$site/jpeg_420.jpg,A cat,640,00ff,x"
    } >urls.csv
    fetch --keep-cols=uid,original_width urls.csv
    assert_rc 2
    assert_says 'a field original_width: another name may follow, original_width=list_original_width'
    fetch "$kept" --caption-col=text --layout=webdataset -t 32 urls.csv
    assert_rc 0
    assert_eq "$(jq -r '[.uid, .list_width, .list_sha256, .c, (.sha256 | length)] | join(" ")' out/00000.jsonl)" '7f 640 00ff x 64'
    tar xOf out/00000.tar 000000000.json >sample.json
    assert_eq "$(jq -r '"\(.list_width) \(.original_width)"' sample.json)" "640 $(jq .width out/00000.jsonl)"
    # The directory knows the names, and a name of a file can have them.
    fetch
    assert_rc 0
    assert_says 'already done: 1 ok'
    fetch --keep-cols=uid,original_width=other,sha256=list_sha256,a=b=c urls.csv
    assert_rc 2
    assert_says 'original_width=list_width'
    fetch -o named "$kept" --layout=flat --name='{list_width}' urls.csv
    assert_rc 0
    [ -f named/640.jpg ] || fail 'no 640.jpg'
    fetch -o numbered --format=csv --url-col=2 --keep-cols=1=uid,4=list_width <<<"7f,$site/jpeg_420.jpg,A cat,640"
    assert_rc 0
    assert_eq "$(rows '"\(.uid) \(.list_width)"' numbered)" '7f 640'
}

test_a_missing_field_is_told_like_a_missing_column() {
    local option name
    serve
    jq -Rcn '{url: inputs, titel: "a"}' <<<"$site/jpeg_420.jpg" >urls.jsonl
    for option in "${COLUMN_OPTIONS[@]}"; do
        for name in urls.jsonl /dev/stdin; do
            rm -rf out
            fetch --format=jsonl ${option}title $name <urls.jsonl
            assert_rc 2
            assert_says 'no column "title"; the list has: url, titel; did you mean "titel"?'
        done
        rm -rf out
        fetch --format=jsonl ${option}title < <(cat urls.jsonl)
        assert_rc 2
        assert_says 'standard input: no column "title"'
    done
    [ ! -e out/manifest/00000.jsonl ] || fail 'rows were made'
    rm -rf out
    # One of the first objects is enough.
    jq -Rcn '{url: inputs}, {url: "http://", CAPTION: null}' <<<"$site/jpeg_420.jpg" >urls.jsonl
    fetch --caption-col=caption urls.jsonl
    assert_rc 1
    assert_eq "$(rows '"\(.caption) \(.error)"' | paste -sd,)" 'null null,null bad_url'
    echo url >urls.jsonl
    fetch -o out2 urls.jsonl
    assert_rc 2
    assert_says 'urls.jsonl: no line is a JSON object; line 1: '
}

# Whoever writes into a pipe is not waited for: captions may be rare.
test_a_slow_jsonl_is_fetched_as_it_comes() {
    serve
    mkfifo pipe.jsonl
    fetch_start --caption-col=caption pipe.jsonl
    exec {fd}>pipe.jsonl
    echo "{\"URL\":\"$site/jpeg_420.jpg\"}" >&"$fd"
    await has_rows 1
    echo "{\"url\":\"$site/png_rgb.png\",\"caption\":\"a\"}" >&"$fd"
    exec {fd}>&-
    fetch_wait
    assert_rc 0
    assert_eq "$(rows '.caption | tojson' | paste -sd' ')" 'null "a"'
}

test_columns_need_a_list_that_has_them() {
    local option
    serve
    list /jpeg_420.jpg
    for option in "${COLUMN_OPTIONS[@]}"; do
        fetch ${option}text urls.txt "$site/png_rgb.png"
        assert_rc 2
        assert_says "${option}text: no LIST has columns: --format=csv, tsv or jsonl says that one has"
        [ ! -e out ] || fail 'an output directory was made'
    done
    # Beside a list with columns, others have null there.
    printf 'url,text,page,sum,b,n\n%s/gif_static.gif,a,,,,7\n' "$site" >urls.csv
    fetch --caption-col=text --referer-col=page --hash-col=sum --fallback-cols=b --keep-cols=n \
        urls.txt "$site/png_rgb.png" urls.csv
    assert_rc 0
    assert_eq "$(rows '[.caption, .n] | tojson' | paste -sd' ')" '[null,null] [null,null] ["a","7"]'
    assert_whole
}

# Prints a list of five rows with one URL: two boxes alike, none, another one, and none again.
faces_as() { # csv|jsonl
    local boxes
    for boxes in '[[0.2,0.2,0.6,0.7]]' '[]' '[[0.2,0.2,0.6,0.7]]' '[[0.3,0.2,0.6,0.7]]' '[]'; do
        jq -nc --arg url "$site/jpeg_420.jpg" --argjson boxes "$boxes" '{$url, faces: $boxes}'
    done | case $1 in
    csv) echo url,faces && jq -r '[.url, (.faces | tojson)] | @csv' ;;
    jsonl) cat ;;
    esac
}

test_faces_are_blurred() {
    local format pool first
    serve
    for format in csv jsonl; do
        faces_as $format >urls.$format
        for pool in procs threads inline; do
            fetch -o "$format.$pool" --pool=$pool --blur-col=faces -t 64 -t 32:cover urls.$format
            assert_rc 0
            assert_whole "$format.$pool"
            assert_eq "$(rows '"\(.duplicate_of) \(.path)"' "$format.$pool" | paste -sd,)" \
                'null null,null null,000000000 null,null null,000000001 null' "$format, $pool"
            rows '.thumbs[].sha256' "$format.$pool" >"sums.$format.$pool"
            cmp "sums.$format.$pool" sums.csv.procs || fail "$format, $pool: other thumbnails"
        done
    done
    # Boxes of one URL give three pictures in two sizes.
    assert_eq "$(sort -u sums.csv.procs | wc -l)" 6
    # Without boxes it is the thumbnail of a run that does not blur.
    fetch -o plain -t 64 -t 32:cover --url-col=url urls.csv
    first=$(rows '.thumbs[].sha256' plain | head -n 2)
    assert_eq "$(sed -n 3,4p sums.csv.procs)" "$first"
    # The same run goes on, and others may not.
    fetch -o csv.procs --blur-col=faces -t 64 -t 32:cover urls.csv
    assert_rc 0
    fetch -o csv.procs -t 64 -t 32:cover --url-col=url --no-originals urls.csv
    assert_rc 2
    assert_says 'blur-col'
}

test_faces_in_a_tar() {
    serve
    faces_as jsonl >urls.jsonl
    fetch --layout=webdataset --blur-col=faces -t 64 urls.jsonl
    assert_rc 0
    tar xf out/00000.tar
    assert_eq "$(sha256sum ./0*.jpg | cut -d' ' -f1 | sort -u | wc -l)" 3
    assert_eq "$(find . -name '0*.orig' | wc -l)" 0
}

test_a_row_without_valid_boxes_is_not_fetched() {
    local boxes
    serve
    echo url,b,faces >urls.csv
    for boxes in '' null 0 '{}' '[0,0,1,1]' '[[0,0,1,1.1]]' '[[0,0,1]]' '[[]]'; do
        jq -nr --arg url "$site/jpeg_420.jpg?n=${#boxes}" --arg b "$site/jpeg_420.jpg" \
            --arg boxes "$boxes" '[$url, $b, $boxes] | @csv' >>urls.csv
    done
    fetch --blur-col=faces --fallback-cols=b --originals --retries=5 -t 64 urls.csv
    assert_rc 1
    assert_eq "$(rows '"\(.status) \(.error) \(.attempts) \(.path) \(.thumbs)"' | sort -u)" \
        'failed_to_download bad_boxes 0 null []'
    assert_eq "$(rows .key | wc -l)" 8
    assert_eq "$(stat_of .requests)" 0
    fetch --blur-col=faces --no-thumbs -o out2 urls.csv
    assert_rc 2
    assert_says '--blur-col=faces: cannot be combined with --no-thumbs'
}

test_originals_beside_blurred_thumbnails_must_be_asked_for() {
    serve
    faces_as csv >urls.csv
    fetch --blur-col=faces --originals -t 64 urls.csv
    assert_rc 0
    cmp out/"$(rows .path | head -n 1)" "$IMAGES/jpeg_420.jpg" || fail 'another original'
}
