# Lists that cannot be read, are empty, or have invalid rows.
# shellcheck shell=bash

test_missing_list() {
    fetch no-such-list.txt
    assert_rc 3
    assert_says 'no-such-list.txt: No such file or directory'
}

test_folder_as_list() {
    mkdir folder
    fetch folder
    assert_rc 2
    assert_says 'folder is a directory: name the lists in it: folder/*; if imgfetch made it: -o folder'
}

test_second_list_missing() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    fetch urls.txt no-such-list.txt
    assert_rc 3
    assert_says 'no-such-list.txt: No such file or directory'
    cp urls.txt no-such-list.txt
    fetch urls.txt no-such-list.txt
    assert_rc 0
    assert_eq "$(count_rows)" 4
    assert_whole
}

test_output_that_is_a_file() {
    serve
    list /jpeg_420.jpg
    echo mine >out
    fetch urls.txt
    assert_rc 3
    assert_says 'out: Not a directory'
    assert_eq "$(cat out)" mine
    fetch -o out/below urls.txt
    assert_rc 3
    fetch -o missing/below urls.txt
    assert_rc 3
    assert_says 'missing/below: No such file or directory'
    assert_eq "$(stat_of .requests)" 0
}

test_empty_list() {
    : >urls.txt
    fetch urls.txt
    assert_rc 0
    assert_says 'the list is empty'
    printf '# only a comment\n\n   \n' >urls.txt
    fetch -o out2 urls.txt
    assert_rc 0
    assert_says 'the list is empty'
    fetch -o out3 - </dev/null
    assert_rc 0
    assert_says 'the list is empty'
}

# Behind a good line, every line is one row, and the run continues to the end.
test_garbage() {
    fetch "$LISTS/garbage.bin"
    assert_rc 2
    assert_says 'garbage.bin is a binary file'
    assert_eq "$(count_rows)" 0
    { echo 'http://' && cat "$LISTS/garbage.bin"; } >garbage.txt
    fetch garbage.txt
    assert_rc 1
    # A last line without a line end counts, too.
    assert_eq "$(count_rows)" "$(($(wc -l <garbage.txt) + 1))"
    assert_eq "$(rows .error | sort -u)" bad_url
    assert_eq "$(rows .line | sort -n | uniq -d)" ''
    assert_whole
}

test_nul_bytes() {
    serve
    list_from nul.txt
    fetch nul.txt
    assert_rc 1
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" 'http_error bad_url success bad_url success'
    assert_eq "$(rows 'select(.line == 1) | .final_url')" "$site/png_1x1.png%00.jpg"
    assert_eq "$(stat_of .requests)" 3
}

test_bad_urls() {
    local bad
    serve
    list_from bad_urls.txt
    bad=$(grep -ac '^[^#]' bad_urls.txt)
    fetch bad_urls.txt
    assert_rc 1
    assert_eq "$(count_rows)" "$bad"
    assert_eq "$(rows '"\(.error) \(.status) \(.attempts) \(.final_url) \(.path)"' | sort -u)" \
        'bad_url failed_to_download 0 null null'
    assert_eq "$(rows '.message | length > 0' | sort -u)" true
    grep -an '^[^#]' bad_urls.txt | cut -d: -f1 >lines
    rows .line | diff lines - >diff.out || fail "line numbers: $(cat diff.out)"
    assert_eq "$(stat_of .requests)" 0
}

# Text of a list must not reach a terminal unescaped.
test_control_characters_are_not_printed() {
    serve
    list_from bad_urls.txt
    fetch -v bad_urls.txt
    assert_shown stderr
    assert_between "$(LC_ALL=C wc -L <stderr)" 20 400 'longest line'
}

# Lines of JSON with texts that a terminal obeys.
evil_list() {
    python3 - "$site" <<'END'
import json
import sys
for text in ('\u202e\u2066evil\u2069', '\u2028\u2029', '\x1b]0;pwn\x07\x1b[2J', '\u009b31m\x7f',
             '\u200e\u200f\u061c', 'one\ntwo\rthree\tfour', 'plain \u00e4\u20ac'):
    for url in (f'{sys.argv[1]}/jpeg_420.jpg?{text}', text, f'http://{text}/'):
        for ascii in (True, False):
            print(json.dumps({'url': url, text: text, 'list': [text, {text: 1}], 'caption': text},
                             ensure_ascii=ascii))
END
}

test_no_text_of_a_stranger_controls_the_terminal() {
    local evil=$'\e[2J\302\233\177\342\200\256\342\200\250\233 \n'
    serve
    evil_list >evil.jsonl
    fetch -v --json --caption-col=caption --keep-cols=list,$'\342\200\256\342\201\246evil\342\201\251' evil.jsonl
    assert_eq "$(wc -l <stdout)" 42 'rows'
    grep -q 'u202e' stderr || fail 'a failure is not told'
    assert_shown stdout stderr out/manifest/00000.jsonl
    # The data are the same.
    assert_eq "$(jq -sS 'sort_by(.line)[] | [.url, .caption, .list]' stdout)" \
        "$(jq -sS '.[] | [.url, .caption, .list]' evil.jsonl)" 'data'
    "$BIN/imgfetch" --report -o out 2>stderr
    assert_shown report.html stderr
    cp -r out "$evil"
    echo '{}' >"$evil/images/$evil"
    rc=0
    "$BIN/imgfetch" --verify -o "$evil" >stdout 2>stderr || rc=$?
    assert_rc 1
    grep -q 'u202e' stdout || fail 'the file is not named'
    assert_shown stdout stderr
    for args in "--thumb=$evil" "--$evil" "-o|$evil/a/b|evil.jsonl" "$evil" "http://$evil" "--config=$evil" \
        "--compare=$evil|evil.jsonl" "--report=$evil-/x|-o|out" "--proxy=$evil|evil.jsonl" "--name=$evil|evil.jsonl" \
        "--verify|-o|$evil-" "--shard=$evil|evil.jsonl" "--resolve=$evil|evil.jsonl"; do
        IFS='|' read -r -d '' -a words <<<"$args" || true
        words[-1]=${words[-1]%$'\n'}
        rc=0
        "$BIN/imgfetch" "${words[@]}" >stdout 2>stderr || rc=$?
        [ $rc != 0 ] && [ -s stderr ] || fail "no message: ${words[*]@Q}"
        assert_shown stdout stderr
    done
    printf 'thumb %s\n' "$evil" >conf
    "$BIN/imgfetch" --config=conf evil.jsonl 2>stderr && fail 'no error'
    assert_shown stderr
}

test_crlf_and_byte_order_mark() {
    serve
    list_from crlf_bom.txt
    fetch crlf_bom.txt
    assert_rc 0
    assert_eq "$(rows .line | paste -sd' ')" '1 4 7 9'
    assert_eq "$(rows '.error' | sort -u)" null
    assert_whole
}

test_odd_but_good() {
    serve
    list_from odd_but_good.txt
    list_from odd_but_good.tsv
    fetch --retries=0 --connect-timeout=2 --dns-servers=127.0.0.1:"$(free_port)" odd_but_good.txt
    sed 1d odd_but_good.tsv >expected
    rows '[.line, .final_url] | @tsv' >is
    diff expected is >diff.out || fail "expected (<) and got (>): $(cat diff.out)"
    assert_eq "$(rows 'select(.error == "bad_url") | .line')" ''
    assert_eq "$(rows 'select(.line <= 6 or .line == 17 or .line == 18 or .line == 19) |
        .error // "success"' | sort -u)" success
}

test_url_of_100_kb() {
    serve
    {
        echo "$site/jpeg_420.jpg"
        printf '%s/%0100000d\n' "$site" 7
        printf '%s/jpeg_420.jpg?%08000d\n' "$site" 7
        echo "$site/png_rgb.png"
    } >urls.txt
    fetch urls.txt
    assert_rc 1
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" 'success bad_url success success'
    assert_eq "$(rows .line | paste -sd' ')" '1 2 3 4'
    assert_between "$(rows 'select(.error) | .url | length')" 1 8200 'length of the url kept'
}

test_gzip() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    gzip -k urls.txt
    fetch urls.txt.gz
    assert_rc 0
    assert_eq "$(count_rows)" 2
    # Two members, as `cat a.gz b.gz` makes them.
    cat urls.txt.gz urls.txt.gz >both.txt.gz
    fetch -o out2 both.txt.gz
    assert_rc 0
    assert_eq "$(jq -s length out2/manifest/*.jsonl)" 4
}

test_broken_gzip() {
    serve
    list_many 2000
    gzip -c urls.txt | head -c 3000 >cut.txt.gz
    fetch --no-thumbs cut.txt.gz
    assert_rc 3
    assert_says cut.txt.gz
    assert_whole
}

test_two_lists_and_standard_input() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    echo "$site/gif_static.gif" >more.txt
    fetch more.txt - more.txt <urls.txt
    assert_rc 0
    assert_eq "$(rows '"\(.index) \(.line) \(.url | sub(".*/"; ""))"' | paste -sd,)" \
        '0 1 gif_static.gif,1 1 jpeg_420.jpg,2 2 png_rgb.png,3 1 gif_static.gif'
    assert_whole
}

# Rows are fetched while the list is still being written.
test_a_slow_list_is_fetched_as_it_comes() {
    serve
    mkfifo pipe
    fetch_start pipe
    exec {fd}>pipe
    echo "$site/jpeg_420.jpg" >&"$fd"
    await has_rows 1
    echo "$site/png_rgb.png" >&"$fd"
    await has_rows 2
    exec {fd}>&-
    fetch_wait
    assert_rc 0
}

test_limit() {
    serve
    list_many 50
    fetch --limit=7 urls.txt
    assert_rc 0
    assert_eq "$(count_rows)" 7
    assert_eq "$(stat_of .requests)" 7
}

# ---- lists with columns ----

test_csv() {
    serve
    {
        printf 'id,"url",caption\r\n'
        printf '1,%s/jpeg_420.jpg,"a ""b"", c\r\nd 🎉"\r\n' "$site"
        printf '\r\n'
        printf '2,%s/png_rgb.png,plain\r\n' "$site"
        printf '3,%s/gif_static.gif\r\n' "$site"
        printf '4,%s/gif_static.gif,one,more\r\n' "$site"
        printf '5,%s/gif_static.gif,' "$site"
    } >urls.csv
    fetch --caption-col=caption --keep-cols=id urls.csv
    assert_rc 1
    rows '[.line, .error, .caption, .id] | tojson' >is
    cat >should <<'END'
[2,null,"a \"b\", c\r\nd 🎉","1"]
[5,null,"plain","2"]
[6,"bad_url",null,null]
[7,"bad_url",null,null]
[8,null,"","5"]
END
    diff should is >diff.out || fail "rows: $(cat diff.out)"
    assert_eq "$(rows 'select(.line == 7) | .message')" '4 fields where the header has 3'
    assert_eq "$(stat_of .requests)" 3
    assert_whole
}

# As a spreadsheet program saves it.
test_csv_with_byte_order_mark_and_latin_1() {
    serve
    printf '\xef\xbb\xbfurl;"text"\r\n' >semicolons.csv
    printf '\xef\xbb\xbf"url",text\r\n%s/jpeg_420.jpg?\xe9,caf\xe9\r\n' "$site" >urls.csv
    fetch --caption-col=text urls.csv
    assert_rc 0
    assert_eq "$(rows '[.line, .caption, (.final_url | sub(".*/"; ""))] | tojson')" \
        '[2,"caf�","jpeg_420.jpg?%E9"]'
    assert_says 'with bytes that are not UTF-8, replaced in the manifest: 1 '
    sed -i '1s/^\xef\xbb\xbf//' urls.csv # the mark would decide
    fetch -o out3 --encoding=windows-1252 --caption-col=text urls.csv
    assert_rc 0
    assert_eq "$(rows .caption out3)" 'café'
    grep -q 'not UTF-8' stderr && fail 'malformed rows'
    echo "$site/jpeg_420.jpg?1;\"a; b\"" >>semicolons.csv
    fetch -o out2 --caption-col=text semicolons.csv
    assert_rc 0
    assert_eq "$(rows '[.line, .caption] | tojson' out2)" '[2,"a; b"]'
    fetch -o out4 --caption-col=tex semicolons.csv
    assert_rc 2
    assert_says 'no column "tex"; the list has: url, text; did you mean "text"?'
}

# As Excel saves "Unicode text", and PowerShell whatever is redirected.
test_utf_16() {
    local encoding
    serve
    { echo url,caption && echo "$site/jpeg_420.jpg,é 🎉" && echo "$site/png_rgb.png,"; } >urls.csv
    for encoding in utf-16le utf-16be utf-32le utf-32be; do
        { printf '\xef\xbb\xbf' && cat urls.csv; } | iconv -f utf-8 -t $encoding >$encoding.csv
        fetch -o $encoding --caption-col=caption $encoding.csv
        assert_rc 0
        assert_eq "$(rows '[.line, .caption] | tojson' $encoding | paste -sd' ')" '[2,"é 🎉"] [3,""]'
        gzip -c $encoding.csv | fetch -o $encoding.pipe --format=csv --caption-col=caption
        assert_eq "$(rows .caption $encoding.pipe | paste -sd' ')" 'é 🎉 '
    done
    iconv -f utf-8 -t utf-16le urls.csv >no-mark.csv
    fetch -o out2 no-mark.csv
    assert_rc 2
    assert_says 'no-mark.csv is UTF-16 without a byte order mark: --encoding=utf-16le reads it'
    fetch --caption-col=caption --encoding=utf-16le no-mark.csv
    assert_rc 0
    assert_eq "$(rows .caption | paste -sd' ')" 'é 🎉 '
    # What was made of one encoding is not gone on with in another.
    fetch --caption-col=caption --encoding=latin1 no-mark.csv
    assert_rc 2
    assert_says encoding
}

test_other_encodings() {
    serve
    printf 'caption\turl\n\x83\x65\x83\x58\x83\x67\t%s/jpeg_420.jpg\nbad \x83\t%s/png_rgb.png\n' \
        "$site" "$site" >urls.tsv
    fetch --caption-col=caption --encoding=Shift_JIS urls.tsv
    assert_rc 0
    assert_eq "$(rows .caption | paste -sd' ')" 'テスト bad �'
    assert_says 'with bytes that are not Shift_JIS, replaced in the manifest: 1 '
    printf '{"URL":"%s/jpeg_420.jpg","text":"caf\xe9"}\n' "$site" >urls.jsonl
    fetch -o out2 --caption-col=text --encoding=latin1 - --format=jsonl <urls.jsonl
    assert_rc 0
    assert_eq "$(rows .caption out2)" 'café'
    fetch -o out3 --encoding=no-such urls.jsonl
    assert_rc 2
    assert_says '--encoding=no-such: unknown encoding'
}

# Makes files that are no lists. Prints each with a part of its message.
no_lists() {
    python3 - <<'END'
import bz2, gzip, io, lzma, sqlite3, tarfile, zipfile
rows = b'url,text\nhttp://127.0.0.1/,a\n'
def put(name, data, message):
    with open(name, 'wb') as f:
        f.write(data)
    print(f'{name}|{message}')
put('a.csv.bz2', bz2.compress(rows), 'is compressed with bzip2: bzip2 -dc a.csv.bz2 | imgfetch --format=csv -')
put('a.csv.xz', lzma.compress(rows), 'is compressed with xz: xz -dc a.csv.xz | imgfetch --format=csv -')
put('a.lzma', lzma.compress(rows, format=lzma.FORMAT_ALONE), 'is compressed with lzma: xz -dc a.lzma')
put('a.csv.gz', gzip.compress(gzip.compress(rows)), 'is compressed with gzip: gzip -dc a.csv.gz | gzip -dc |')
put('bz2.gz', gzip.compress(bz2.compress(rows)), 'is compressed with bzip2: gzip -dc bz2.gz | bzip2 -dc |')
for name, member, message in (('a.csv.zip', 'a.csv', 'is a zip archive: unzip -p a.csv.zip | imgfetch --format=csv -'),
                              ('a.xlsx', '[Content_Types].xml', 'is a spreadsheet or document: save it as CSV')):
    with zipfile.ZipFile(name, 'w') as z:
        z.writestr(member, rows)
    print(f'{name}|{message}')
for name, mode in (('a.tar', 'w'), ('a.tar.gz', 'w:gz')):
    with tarfile.open(name, mode) as t:
        info = tarfile.TarInfo('a.csv')
        info.size = len(rows)
        t.addfile(info, io.BytesIO(rows))
    print(f'{name}|is a tar archive: tar -xOf {name} | imgfetch')
db = sqlite3.connect('a.db')
db.execute('CREATE TABLE a (url)')
db.commit()
db.close()
print('a.db|is an SQLite database: sqlite3 -csv -header a.db')
put('a.pdf', b'%PDF-1.7\n', 'is a PDF document')
put('a.txt', b'<!DOCTYPE html>\n<a href="http://127.0.0.1/">', "is HTML: grep -oE 'https?://[^\"<> ]+' a.txt | imgfetch")
put('sitemap.xml', b'<?xml version="1.0"?>\n<urlset>', 'is XML: grep -oE')
put('a.svg', b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'is an SVG image')
put('a.json', b'[\n {"url": "http://127.0.0.1/"}\n]\n', "jq -c '.[]' a.json | imgfetch --format=jsonl -")
put('line.jsonl', b'[{"url": "http://127.0.0.1/"}]', "jq -c '.[]' line.jsonl | imgfetch --format=jsonl -")
put('utf16.json', '\ufeff[{"url": 1}]'.encode('utf-16le'), 'is a JSON array')
put('pretty.json', b'{\n "url": "http://127.0.0.1/"\n}\n', 'jq -c . pretty.json | imgfetch --format=jsonl -')
put('lines.json', b'{"url": "http://127.0.0.1/"}\n', 'has JSON objects: --format=jsonl reads them')
put('mac.csv', rows.replace(b'\n', b'\r'), "sed 's/\\r/\\n/g' mac.csv | imgfetch --format=csv -")
put('pickle', b'\x80\x04\x95\0', 'is a Python pickle')
put('data', b'abc\1\2\3', 'is a binary file')
put('list', rows, 'begins with the header of a table: --format=csv reads it')
END
    for name in jpeg_420.jpg png_rgb.png gif_static.gif bmp_24bit.bmp; do
        cp "$IMAGES/$name" . && echo "$name|image: a LIST has the URLs of images, one a line"
    done
}

test_files_that_are_no_lists() {
    local name message
    serve
    list /jpeg_420.jpg
    no_lists >kinds
    assert_between "$(wc -l <kinds)" 25 50 kinds
    while IFS='|' read -r name message; do
        fetch urls.txt "$name"
        assert_rc 2
        assert_says "imgfetch: $name"
        assert_says "$message"
        # Obeying that a txt has no columns would not help.
        fetch -o out.text --caption-col=text "$name"
        assert_rc 2
        [ "$name" = list ] || assert_says "$message"
        fetch - <"$name"
        assert_rc 2
        assert_says 'standard input'
        fetch <"$name"
        assert_rc 2
        # A pipe is looked at when its turn comes.
        fetch <(cat "$name")
        assert_rc 2
    done <kinds
    assert_eq "$(count_rows)$(stat_of .requests)" 00 'rows and requests'
    fetch urls.txt
    assert_rc 0
}

# Rows of one list are not fetched before all others have been found good.
test_all_lists_are_looked_at_before_the_first_request() {
    local bad
    serve
    echo "url,text" >good.csv
    echo "$site/jpeg_420.jpg,a" >>good.csv
    echo 'u,text' >columns.csv
    echo '{"uri":"http://a/","text":1}' >fields.jsonl
    echo 'BZh91AY&SY' >bzip2.csv
    for bad in columns.csv fields.jsonl bzip2.csv; do
        fetch --caption-col=text good.csv $bad
        assert_rc 2
        assert_says $bad
        fetch --caption-col=text --format=csv good.csv - <$bad
        assert_rc 2
    done
    gzip -c good.csv | head -c 20 >cut.csv.gz
    fetch --caption-col=text good.csv cut.csv.gz
    assert_rc 3
    assert_eq "$(stat_of .requests)" 0
    # A pipe can be read only once: what comes before it is fetched.
    fetch --format=csv --caption-col=text good.csv <(cat columns.csv)
    assert_rc 2
    fetch --caption-col=text --format=csv good.csv - < <(cat good.csv)
    assert_rc 0
    assert_eq "$(rows .line | paste -sd' ')" '2 2'
}

test_urls_as_lists() {
    local name
    serve
    echo "$site/gif_static.gif" >more.txt
    for name in $(backends); do
        fetch -b "$name" -o "$name" "$site/jpeg_420.jpg" more.txt "HTTP://127.0.0.1:$port/missing"
        assert_rc 1
        assert_eq "$(rows '"\(.line) \(.error)"' "$name" | paste -sd' ')" '1 null 1 null 3 http_error'
        assert_whole "$name"
    done
    fetch -v "$site/jpeg_420.jpg" "$site/missing" not-a-file
    assert_rc 3
    fetch -v "$site/jpeg_420.jpg" "$site/missing"
    assert_rc 1
    assert_says 'argument 2: http_error'
    # Run again, it goes on, also with more of them.
    reset_stats
    fetch "$site/jpeg_420.jpg" "$site/missing"
    assert_eq "$(stat_of .requests)" 0
    fetch "$site/jpeg_420.jpg" "$site/missing" "$site/png_rgb.png"
    assert_rc 1
    assert_eq "$(stat_of .requests)" 1
    fetch --retry-failed "$site/jpeg_420.jpg" "$site/missing" "$site/png_rgb.png"
    assert_eq "$(stat_of .requests)" 2
    fetch "$site/png_rgb.png"
    assert_rc 2
    assert_says 'made from other list lines'
    fetch -o out2 ftp://127.0.0.1/a.jpg
    assert_rc 3
    assert_says 'ftp://127.0.0.1/a.jpg: only http and https URLs can be fetched'
    fetch -o out3 "$site/$(printf '%09000d' 7)" 'http://'
    assert_rc 1
    assert_eq "$(rows .error out3 | sort -u)" bad_url
    fetch --compare=async,serial --repeat=1 "$site/jpeg_420.jpg"
    assert_rc 0
}

test_standard_input_without_a_list() {
    serve
    list /jpeg_420.jpg /png_rgb.png
    fetch <urls.txt
    assert_rc 0
    cat urls.txt | fetch -o out2
    assert_eq "$(rows .line | paste -sd' ') $(rows .line out2 | paste -sd' ')" '1 2 1 2'
    fetch -o out3 </dev/null
    assert_rc 2
    assert_says 'usage: imgfetch'
    script -qec "$BIN/imgfetch -o out3 2>stderr" /dev/null >/dev/null && fail 'a terminal was read'
    assert_says 'usage: imgfetch'
    echo quiet | fetch -o out3 --config=-
    [ ! -e out3 ] || fail 'options were read as a list'
}

# A quote that is not closed must not swallow the rows after it.
test_csv_with_an_open_quote() {
    local i
    serve
    {
        echo url,caption
        echo "$site/jpeg_420.jpg,\"open"
        for ((i = 0; i < 30; i++)); do
            echo "$site/png_rgb.png?$i,$i"
        done
    } >urls.csv
    fetch --no-thumbs --caption-col=caption urls.csv
    assert_rc 1
    assert_eq "$(rows 'select(.error) | "\(.line) \(.error) \(.message)"')" \
        '2 bad_url a quoted field does not end'
    assert_eq "$(rows 'select(.error == null) | .caption' | paste -sd' ')" "$(seq -s' ' 0 29)"
    assert_whole
}

test_tsv() {
    serve
    printf 'caption\turl\n"a\t%s/jpeg_420.jpg\nb, "c"\t%s/png_rgb.png\r\nno tab\n' \
        "$site" "$site" >urls.tsv
    fetch --caption-col=caption urls.tsv
    assert_rc 1
    assert_eq "$(rows '"\(.line) \(.error) \(.caption)"' | paste -sd';')" \
        '2 null "a;3 null b, "c";4 bad_url null'
    assert_whole
}

# The format of Conceptual Captions: a caption, a tab, a URL, and no header.
test_tsv_without_a_header() {
    serve
    printf 'a very typical bus station\t%s/jpeg_420.jpg\nsierra looked stunning\t%s/png_rgb.png\n' \
        "$site" "$site" >train.tsv
    fetch --url-col=2 --caption-col=1 train.tsv
    assert_rc 0
    assert_eq "$(rows '"\(.line) \(.caption)"' | paste -sd';')" \
        '1 a very typical bus station;2 sierra looked stunning'
    fetch -o out2 --url-col=2 --caption-col=text train.tsv
    assert_rc 2
    assert_says 'give all columns by name, or all by number'
    [ ! -e out2 ] || fail 'an output directory was made'
}

test_jsonl() {
    serve
    {
        echo '{"id": 12345678901234567890, "url": "'"$site"'/jpeg_420.jpg", "s": {"a": [1.50, null]}}'
        echo
        echo '{"url": "'"$site"'/png_rgb.png", "id": "x", "s": true, "text": "\u00e9 \ud83c\udf89"}'
        echo '["'"$site"'/png_rgb.png"]'
        echo '{"url": 5}'
        echo '{"url": "'"$site"'/png_rgb.png"'
        printf '{"url": "%s/gif_static.gif", "text": "\377"}' "$site"
    } >urls.ndjson
    fetch --caption-col=text --keep-cols=id,s urls.ndjson
    assert_rc 1
    assert_eq "$(rows '"\(.line) \(.error)"' | paste -sd';')" \
        '1 null;3 null;4 bad_url;5 bad_url;6 bad_url;7 null'
    head -n 1 out/manifest/00000.jsonl >first
    grep -qF '"caption":null,"id":12345678901234567890,"s":{"a":[1.50,null]}}' first ||
        fail "row: $(cat first)"
    assert_eq "$(rows 'select(.line == 3) | [.caption, .id, .s] | tojson')" '["é 🎉","x",true]'
    assert_eq "$(rows 'select(.line == 7) | .caption')" '�'
    assert_whole
}

test_compressed_lists_with_columns() {
    serve
    printf 'n,url\n1,%s/jpeg_420.jpg\n' "$site" >a.csv
    printf '{"n":2,"url":"%s/png_rgb.png"}\n' "$site" >b.jsonl
    printf 'url\tn\n%s/gif_static.gif\t3\n' "$site" >c.tsv
    gzip a.csv
    zstd -q --rm b.jsonl c.tsv
    fetch --keep-cols=n a.csv.gz - <a.csv.gz
    assert_rc 2 # what comes from standard input is taken as txt
    assert_says 'standard input: begins with the header of a table: --format=csv reads it'
    fetch --keep-cols=n a.csv.gz b.jsonl.zst c.tsv.zst
    assert_rc 0
    assert_eq "$(rows '.n | tojson' | paste -sd' ')" '"1" 2 "3"'
    fetch -o out2 --format=csv --keep-cols=n - <a.csv.gz
    assert_rc 0
    head -c 20 c.tsv.zst >cut.zst
    fetch -o out3 --format=tsv cut.zst
    assert_rc 3
    assert_says 'cut.zst: the compressed data ends early'
}

test_missing_column() {
    echo 'uri,text' >urls.csv
    fetch urls.csv
    assert_rc 2
    assert_says 'urls.csv: no column "url"; the list has: uri, text; did you mean "uri"?'
    fetch -o out2 --url-col=uri --hash-col=md5 urls.csv
    assert_rc 2
    assert_says 'no column "md5"'
    fetch -o out3 --keep-cols=text,status --url-col=uri urls.csv
    assert_rc 2
    assert_says 'the manifest already has a field status'
    fetch -o out4 --keep-cols=text,text --url-col=uri urls.csv
    assert_rc 2
    assert_says 'column text is given twice'
    echo 'url,text,text' >urls.csv
    fetch -o out6 --caption-col=text urls.csv
    assert_rc 2
    assert_says 'urls.csv: two columns are named "text"'
    fetch -o out5 --caption-col=text urls.txt
    assert_rc 2
    assert_says '--caption-col=text: no LIST has columns: --format=csv, tsv or jsonl'
}

test_hashes() {
    local sum name=jpeg_420.jpg
    serve
    {
        echo url,sum
        for sum in md5sum sha1sum sha256sum sha512sum; do
            echo "$site/$name?$sum,$($sum <"$IMAGES/$name" | cut -d' ' -f1 | tr a-f A-F)"
            echo "$site/$name?not-$sum,$($sum <"$IMAGES/png_rgb.png" | cut -d' ' -f1)"
        done
        echo "$site/$name?none,"
        echo "$site/html.jpg,$(md5sum <"$IMAGES/$name" | cut -d' ' -f1)"
        echo "$site/$name?bad,0123"
    } >urls.csv
    fetch --hash-col=sum urls.csv
    assert_rc 1
    assert_eq "$(rows '.error // "success"' | paste -sd' ')" "$(
        for sum in md5 sha1 sha256 sha512; do
            echo success hash_mismatch
        done | paste -sd' ') success hash_mismatch hash_mismatch"
    assert_eq "$(rows 'select(.error) | [.status, .bytes, .sha256, .width, .path, .thumbs] | tojson' |
        sort -u)" '["failed_to_download",null,null,null,null,[]]'
    assert_eq "$(rows 'select(.error) | .attempts' | paste -sd' ')" '1 1 1 1 1 0'
    assert_whole
}

# The same rows as csv and as txt: the same results.
test_csv_is_like_txt() {
    serve
    list_many 1000
    { echo 'n,url,text'; awk '{printf "%d,%s,\"text, %d\"\n", NR, $0, NR}' urls.txt; } >urls.csv
    fetch --no-thumbs --shard-size=300 urls.txt
    assert_rc 0
    fetch --no-thumbs --shard-size=300 -o out2 urls.csv
    assert_rc 0
    stable_rows out | jq -c 'del(.line)' >rows1
    stable_rows out2 | jq -c 'del(.line)' >rows2
    assert_eq "$(wc -l <rows2)" 1000
    diff rows1 rows2 >diff.out || fail "txt (<) and csv (>): $(head diff.out)"
    assert_eq "$(jq -r .list_sha256 out/*_stats.json)" "$(jq -r .list_sha256 out2/*_stats.json)"
}

test_going_on_with_a_csv() {
    serve
    list_many 300 delay=20
    { echo 'url,text,n'; awk '{printf "%s,\"text,\n%d\",%d\n", $0, NR, NR}' urls.txt; } >urls.csv
    local options=(--no-thumbs --shard-size=100 -c 8 --caption-col=text --keep-cols=n urls.csv)
    hold 200
    fetch_start "${options[@]}"
    await has_rows 120
    kill -KILL "$pid"
    fetch_wait
    release
    jq -r .started out/manifest/00000.jsonl | sort >before
    fetch "${options[@]}"
    assert_rc 0
    rows '"\(.line) \(.n) \(.caption | tojson)"' >is
    awk 'BEGIN {for (i = 1; i <= 300; i++) printf "%d %d \"text,\\n%d\"\n", 2 * i, i, i}' >should
    diff should is >diff.out || fail "rows: $(head diff.out)"
    assert_whole
    jq -r .started out/manifest/00000.jsonl | sort >after
    assert_eq "$(comm -23 before after)" '' 'rows that were done again'
    # Another caption is another list.
    sed -i 's/^7"/8"/' urls.csv
    fetch "${options[@]}"
    assert_rc 2
    assert_says 'made from other list lines'
}
