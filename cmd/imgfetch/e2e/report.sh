# --report of a directory: one page about everything in it.
# shellcheck shell=bash

report() { # ARGUMENT...
    rc=0
    "$BIN/imgfetch" -o out "$@" >stdout 2>stderr || rc=$?
}

# The page is complete, fetches nothing and runs no script.
assert_sound() { # PAGE
    assert_well_formed "$1"
    ! sed 's/"[^"]*"/""/g' "$1" | grep -oE '<[^>]*>' |
        grep -iE "<(script|iframe|object|embed|form|link|base)|[ /\"']on[a-z]+=" ||
        fail 'it can run something'
    ! grep -oE ' src="[^"]{0,30}' "$1" | grep -v '^ src="data:image/\(jpeg\|png\|webp\);base64,' ||
        fail 'it asks for something'
    ! grep -oE ' href="[^"]{0,90}' "$1" |
        grep -vE '^ href="([hH][tT][tT][pP][sS]?://|(\.\./)*([A-Za-z0-9._~%-]+/)*[A-Za-z0-9._~%-]+$)' ||
        fail 'a link to elsewhere'
    ! sed 's/base64,[^"]*//g; s/<style>.*//' "$1" | grep -wE 'nan|-?inf' || fail 'numbers'
    assert_eq "$(grep -c "default-src 'none'" "$1")" 1 'policies'
}

assert_has() { # TEXT
    grep -qF -- "$1" report.html || fail "the page does not have '$1'"
}

pictures() {
    grep -c '<img ' report.html || true
}

make_out() { # OPTION...
    serve
    list_many 25
    sed -i -e '3s/$/status=404/' -e '4s,/[^/]*$,/jpeg_huffman_broken.jpg,' urls.txt
    echo 'ftp://example.com/a.jpg' >>urls.txt
    fetch -q --shard-size=10 "$@" urls.txt
    assert_rc 1
}

test_a_page_of_files() {
    make_out -t 64 -t 32:cover
    find out | sort >before
    report --report
    assert_rc 0
    assert_says 'report.html: 26 rows'
    [ ! -s stdout ] || fail 'standard output'
    find out | sort | diff before - || fail 'it has changed something'
    assert_sound report.html
    assert_has '<h1>imgfetch: out</h1>'
    assert_has '<b>26</b>'
    assert_has $'succeeded, 88.46\u00a0%'
    assert_has '404 (1)'
    assert_has 'href="http://127.0.0.3:'
    assert_has '>decode_error'
    assert_has '>bad_url'
    assert_has 'Rows of URLs without a host: 1'
    ! grep 'class="note"' report.html || fail 'nothing is to be noted'
    # The smallest ones, as they are.
    assert_eq "$(pictures)" 23
    grep -o -m 1 'base64,[^"]*' report.html | cut -d, -f2 | base64 -d >first.jpg
    cmp first.jpg out/thumbs/32-cover/00000/000000000.jpg || fail 'the first picture'
    "$BIN/imgfetch" --verify -o out >/dev/null || fail 'verify'
    # Each links to its file, with the key, the size, and the URL.
    assert_eq "$(grep -c 'class="file"' report.html)" 23
    assert_has '<a class="file" href="out/images/00000/000000000.jpg"><img title="http://127.0.0.1:'
    assert_has '<span>000000000<br/>160×120, '
    assert_eq "$(grep -c '<a class="url" rel="noreferrer' report.html)" 23
    assert_links report.html 23
}

# The files that the pictures of a page link to exist, seen from the page.
assert_links() { # PAGE N
    grep -o 'class="file" href="[^"]*' "$1" | cut -d'"' -f4 >links
    assert_eq "$(wc -l <links)" "$2" links
    python3 -c 'import sys, urllib.parse
for line in open("links"): print(urllib.parse.unquote(line.strip()))' >files
    (cd "$(dirname "$1")" && xargs -d '\n' ls >/dev/null <"$OLDPWD/files") || fail 'a link to nothing'
}

test_links_lead_to_the_files() {
    serve
    { echo url,text; printf '%s/png_rgb.png,"A <b>cat</b> & ""more"""\n' "$site"
      printf '%s/jpeg_420.jpg,\n' "$site"; } >urls.csv
    fetch -q --caption-col=text -t 64 urls.csv
    mkdir -p 'pages/a b:c'
    mv out 'pages/a b:c/o #1?.%41'
    report -o 'pages/a b:c/o #1?.%41' --report=pages/report.html
    assert_sound pages/report.html
    assert_links pages/report.html 2
    report -o 'pages/a b:c/o #1?.%41' --report='pages/a b:c/o #1?.%41/report.html'
    assert_links 'pages/a b:c/o #1?.%41/report.html' 2
    mv 'pages/a b:c/o #1?.%41/report.html' report.html
    assert_has 'href="images/00000/000000000.png"><img title="A &lt;b&gt;cat&lt;/b&gt; &amp; &quot;more&quot;" alt="A &lt;b&gt;'
    # Without originals they are the thumbnails.
    fetch -o thin -q --no-originals -t 64 urls.csv
    report -o thin --report
    assert_links report.html 2
    assert_has 'href="thin/thumbs/64/00000/000000000.jpg"'
}

test_a_page_of_tars() {
    make_out --layout=webdataset
    report --report=report.html -q
    assert_rc 0
    assert_silent
    assert_sound report.html
    assert_eq "$(pictures)" 23
    tar -xOf out/00001.tar 000010000.jpg >member.jpg
    grep -qF "base64,$(base64 -w 0 member.jpg)\"" report.html || fail 'a picture of the second tar'
    ! grep -q 'class="file"' report.html || fail 'a link into a tar'
}

# From the first start to the end of the last attempt or shard, as it stands on disk. One row waits
# for its second attempt.
test_the_time_is_that_of_the_rows_and_the_stats() {
    serve
    list_many 12
    sed -i '5s/$/fail_first=1/; 8s/$/delay=800/' urls.txt # a curve needs some time
    fetch -q --shard-size=5 -t 64 urls.txt
    assert_rc 0
    assert_eq "$(rows 'select(.attempts == 2) | .index')" 4
    report --report
    assert_rc 0
    python3 - out >time <<'END'
import datetime, glob, json, sys
times = []
for name in glob.glob(sys.argv[1] + '/*_stats.json'):
    stats = json.load(open(name))
    times += [int(stats['start_time'] * 1000), int(stats['end_time'] * 1000)]
rows = [json.loads(line) for name in glob.glob(sys.argv[1] + '/manifest/*.jsonl') for line in open(name)]
for row in rows:
    for when in row['started'], row['finished']:
        moment = datetime.datetime.fromisoformat(when.replace('Z', '+00:00'))
        times.append(round(moment.timestamp() * 1000))
seconds = (max(times) - min(times)) / 1000
print(f'<b>{seconds:.1f} s</b>', f'<b>{len(rows) / seconds:.1f}</b>', sep='\n')
END
    assert_has "$(head -n 1 time)"
    assert_has "$(tail -n 1 time)"
    assert_has 'B/s</text>'
    assert_has '/s</text>'
    assert_has 'class="l8"'
    assert_has '<div class="good"><b>12</b>'
}

# The page names what the last run was told; passwords are not noted.
test_the_command_and_the_machine() {
    serve
    list_many 3
    fetch -q -t 64 urls.txt
    assert_rc 0
    fetch -q -t 64 --refresh -H 'Authorization: secret' --quality=85 'urls.txt'
    assert_rc 0
    ! grep -rq secret out/.imgfetch || fail 'a password is noted'
    report --report
    assert_has '<bdi>imgfetch --allow-net=127.0.0.0/8 --allow-net=::1 --output=out --quiet --thumb=64 --refresh --header=&#39;Authorization: ...&#39; --quality=85 urls.txt</bdi>'
    assert_has 'quality=85'
    assert_has "<bdi>$("$BIN/imgfetch" --version | head -n 1), libcurl/"
    assert_has "<bdi>$(getconf _NPROCESSORS_ONLN) cores, "
    assert_sound report.html
    "$BIN/imgfetch" --verify -o out >/dev/null || fail verify
    # A run that is refused, or has nothing to do, is not the last one.
    cp out/.imgfetch/run.json noted
    fetch -q -t 32 urls.txt
    assert_rc 2
    fetch -q -t 64 urls.txt
    assert_rc 0
    cmp noted out/.imgfetch/run.json || fail 'a run that did nothing is noted'
    rm out/.imgfetch/run.json
    report --report
    assert_rc 0
    ! grep -q 'imgfetch --allow-net' report.html || fail 'an old command'
}

test_no_thumbnails_and_no_failures() {
    serve
    list_many 5
    fetch -q --no-thumbs urls.txt
    report --report
    assert_rc 0
    assert_sound report.html
    assert_eq "$(pictures)" 0
    ! grep -qE 'Contact sheet|Failures' report.html || fail 'a part without content'
}

test_formats_that_are_not_supported_are_named() {
    serve
    list /svg.svg /tiff.tiff /svg.svg?2 /zip.jpg
    fetch -q urls.txt
    report --report
    assert_rc 0
    assert_sound report.html
    grep -qF 'svg (2), tiff (1), unknown (1)' report.html || fail 'no names of formats'
}

test_no_rows() {
    : >urls.txt
    fetch -q urls.txt
    report --report
    assert_rc 0
    assert_says '0 rows'
    assert_sound report.html
    assert_has '<b>0</b>'
}

test_while_a_run_is_writing_and_after_it_was_killed() {
    serve
    list_many 40
    sed -i '20,$s/$/fault=silent/' urls.txt
    fetch_start urls.txt
    await sh -c '[ "$(cat out/manifest/00000.jsonl | wc -l)" -ge 19 ]'
    report --report
    assert_rc 0
    assert_has 'A run is writing to this directory'
    assert_has 'Shards that are not complete: 1 of 1'
    kill -KILL -- "-$pid"
    await nothing_runs
    printf '{"key":"000000030","url":' >>out/manifest/00000.jsonl
    report --report
    assert_rc 0
    assert_says '19 rows'
    assert_sound report.html
    assert_has "Lines that are incomplete or not rows (not counted): 1"
    ! grep -q 'A run is writing' report.html || fail 'nobody writes'
}

# Untrusted text stays text, wherever it is.
test_hostile_values() {
    local evil='\u003cscript\u003ealert(1)\u003c/script\u003e\"'"' onerror='x' \\u0000\\u0007\\u202e"
    make_out
    touch foreign
    {
        jq -nc --argjson e "\"$evil\"" '{key: "000020006", url: "javascript:alert(1)", status: "x",
            error: "timeout", message: $e, format: $e, thumbs: []}'
        jq -nc --argjson e "\"$evil\"" '{key: "000020007", url: ("http://a/\">" + $e), status: $e,
            error: "http_error", message: $e, http_status: 7, thumbs: [{path: $e, bytes: 1}]}'
        jq -nc --argjson e "\"$evil\"" '{key: "000020008", url: "http://b/", error: null,
            message: null, format: $e[:8], thumbs: [{path: "thumbs/256/evil.jpg", bytes: 1}]}'
        jq -nc --argjson e "\"$evil\"" '{key: "000020009", url: "data:text/html,x", error: null,
            thumbs: [{path: "thumbs/256/../../../secret.jpg", bytes: 1}]}'
        jq -nc '{key: "000020010", url: "vbscript:x", error: null, message: null,
            thumbs: [{path: "thumbs/256/link.jpg", bytes: 1}]}'
        printf '%s\n' '{"key":"000020011","url":"' '[[[[[[' '{"key":"000020012"}' $'\xff\xfe'
    } >>out/manifest/00002.jsonl
    cp "$IMAGES/jpeg_420.jpg" secret.jpg
    ln -s ../../../secret.jpg out/thumbs/256/link.jpg
    printf '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' >out/thumbs/256/evil.jpg
    mv out $'o<b>&"\'\xff'
    rc=0
    "$BIN/imgfetch" --report -o $'o<b>&"\'\xff' 2>stderr || rc=$?
    assert_rc 0
    assert_says '31 rows'
    assert_sound report.html
    assert_has 'imgfetch: o&lt;b&gt;&amp;&quot;&#39;'
    assert_has '&lt;script&gt;alert(1)'
    assert_has "Lines that are incomplete or not rows (not counted): 4"
    assert_eq "$(pictures)" 23
    iconv -f utf-8 -t utf-8 report.html >/dev/null || fail 'not UTF-8'
}

test_pictures_that_are_missing_or_damaged() {
    make_out
    rm out/thumbs/256/00000/000000000.jpg
    : >out/thumbs/256/00000/000000001.jpg
    report --report
    assert_rc 0
    assert_eq "$(pictures)" 21
    assert_has '2 more are missing'
}

test_where_the_page_goes() {
    make_out
    report --report=-
    assert_rc 0
    assert_sound stdout
    # In the directory itself it is not a foreign file, and --fresh keeps it.
    report --report=out/report.html
    assert_rc 0
    "$BIN/imgfetch" --verify -o out >/dev/null || fail 'verify'
    fetch -q --fresh urls.txt
    [ -s out/report.html ] || fail 'it is gone'
    # A link stays a link.
    echo old >page.html
    ln -s page.html link.html
    report --report=link.html
    assert_rc 0
    [ -L link.html ] || fail 'the link is gone'
    assert_sound page.html
    # A pipe is written to.
    mkfifo pipe
    cat pipe >piped.html &
    report --report=pipe
    assert_rc 0
    wait $!
    assert_sound piped.html
}

test_a_page_that_cannot_be_written() {
    make_out
    report --report=nowhere/report.html
    assert_rc 3
    assert_says 'nowhere/report.html: No such file'
    report --report=out
    assert_rc 3
    assert_says 'out: Is a directory'
    report --report=/dev/full
    assert_rc 3
    assert_says '/dev/full: No space left'
    rc=0
    "$BIN/imgfetch" -o out --report=- >/dev/full 2>stderr || rc=$?
    assert_rc 3
    assert_says 'standard output: No space left'
}

# The old page stays if there is no room for a new one.
test_a_full_disk() {
    make_out
    rc=0
    own_mounts bash -c 'mkdir small && mount -t tmpfs -o size=64k tmpfs small &&
        echo old >small/report.html || exit 99
        "$@"; rc=$?
        cat small/report.html; ls -A small
        exit $rc' - "$BIN/imgfetch" -o out --report=small/report.html >stdout 2>stderr || rc=$?
    assert_rc 3
    assert_says 'small/report.html: No space left'
    assert_eq "$(cat stdout)" $'old\nreport.html'
}

test_the_directory_may_stand_by_itself() {
    serve
    list /jpeg_420.jpg
    fetch -q urls.txt
    "$BIN/imgfetch" --report out 2>stderr || fail 'no page'
    assert_says 'report.html: 1 row'
    "$BIN/imgfetch" --report=other.html out 2>stderr || fail 'no page'
    assert_says 'other.html: 1 row'
}

# The same figures stand in the stats files, on the page and in the data card.
test_statistics_that_people_publish() {
    local list=(/photo_640x480.jpg /photo_640x480.jpg /png_rgb.png /missing.jpg /html.jpg)
    serve
    list "${list[@]}"
    echo 'ftp://example.com/a.jpg' >>urls.txt
    fetch -q --retries=0 -t 32 urls.txt
    assert_rc 1
    assert_eq "$(jq -c .class_dict out/00000_stats.json)" '{"success":3,"list":1,"response":1,"image":1}'
    assert_eq "$(jq -c .formats out/00000_stats.json)" '{"jpeg":2,"png":1}'
    assert_eq "$(jq .duplicates out/00000_stats.json)" 1
    assert_eq "$(jq -c '.host_suffixes["127.0.0.1"]' out/00000_stats.json)" '{"count":5,"successes":3}'
    assert_eq "$(jq -c '[.shorter_side["256"], .aspect_ratio["1.25"]]' out/00000_stats.json)" '[2,3]'
    assert_eq "$(jq '[.body_bytes[]] | add' out/00000_stats.json)" 3
    report --report
    assert_sound report.html
    assert_has '<h2>Success by class of error</h2>'
    assert_has '<th scope="row">response</th>'
    assert_has '<bdi>127.0.0.1</bdi></th>'
    assert_has 'Aspect ratios: width by height'
    assert_has '1.25 to 1.5'
    report --report=card.md
    assert_rc 0
    assert_says 'card.md: 6 rows'
    diff - card.md <<END || fail 'the card is another'
---
pretty_name: "out"
size_categories:
- n<1K
tags:
- image
- imgfetch
# To be added by you: license, language, task_categories.
---

# out

$(sed -n 's/^3 of 6 URLs gave an image (50 %), .* in all, without duplicates. 1 rows are duplicates of others. They.*/&/p' card.md)

## How it was made

    $(jq -r .command out/.imgfetch/run.json)

- Program: $(jq -r .program out/.imgfetch/run.json | sed 's/[()~]/\\&/g')
$(grep '^- Options of the directory: ' card.md)
- Started: $(jq -r .started out/.imgfetch/run.json)
- Card: $("$BIN/imgfetch" --version | head -1)

## What came of the URLs

| Class, error | Rows | Share |
|---|---:|---:|
| success | 3 | 50 % |
| list | 1 | 16.67 % |
| list, bad\_url | 1 | 16.67 % |
| response | 1 | 16.67 % |
| response, http\_error | 1 | 16.67 % |
| image | 1 | 16.67 % |
| image, not\_an\_image | 1 | 16.67 % |

## Hosts

| Suffix of the host | Rows | Succeeded |
|---|---:|---:|
| 127.0.0.1 | 5 | 60 % |

## Formats

| Format | Rows | Share |
|---|---:|---:|
| jpeg | 2 | 66.67 % |
| png | 1 | 33.33 % |

$(sed -n '/^## Bytes/,$p' card.md)
END
}

# What a header of YAML says, as a parser of it reads it; nothing in it is markup, or another line.
test_a_card_of_tars_and_of_odd_texts() {
    local dir='a "b" <i>\c: #|' note
    serve
    list /jpeg_420.jpg
    fetch -q -o "$dir" --layout=webdataset -t 32 urls.txt
    assert_rc 0
    note=$(jq -c '.command = "x\n\u0060\u0060\u0060\n# <b>\u001b[31m" | .program = "**p**\n\n# q|"' "$dir/.imgfetch/run.json")
    echo "$note" >"$dir/.imgfetch/run.json"
    "$BIN/imgfetch" --report=- "$dir" >page.html 2>stderr || fail "$(cat stderr)"
    "$BIN/imgfetch" --report=card.MD "$dir" 2>stderr || fail "$(cat stderr)"
    python3 - "$dir" <<'END' || fail "$(cat card.MD)"
import json, sys
text = open("card.MD", encoding="utf-8").read()
_, header, body = text.split("---\n", 2)
lines = header.splitlines()
assert json.loads(lines[0].split(": ", 1)[1]) == sys.argv[1], lines[0]
assert '    path: "*.tar"' in lines and "- webdataset" in lines, lines
assert "\x1b" not in text and "<i>" not in body, text
assert "    x\\u000a```\\u000a# <b>\\u001b[31m\n" in body, body
assert "- Program: \\*\\*p\\*\\*" in body and "\n# q" not in body, body
END
    # Before the first shard is complete, it says so.
    fetch -q -o part --layout=webdataset -t 32 --shard-size=1 --limit=1 urls.txt
    rm part/00000_stats.json
    "$BIN/imgfetch" -q --report=part.md part || fail 'an unfinished directory'
    grep -q '1 of 1 shards are not complete' part.md || fail "$(cat part.md)"
    echo 'http://127.0.0.1:9/a.jpg' >urls.txt
    fetch --compare=async --report=x.md urls.txt
    assert_rc 2
    assert_says 'a data card is about a directory, not about --compare'
    fetch --report card.md
    assert_rc 2
    assert_says 'to name the page, use --report=card.md'
}

test_usage() {
    echo 'http://127.0.0.1:9/a.jpg' >urls.txt
    report --report page.html
    assert_rc 2
    assert_says 'to name the page, use --report=page.html'
    report --report other
    assert_rc 2
    assert_says 'other: give the directory once'
    report --report=
    assert_rc 2
    report --report --fresh
    assert_rc 2
    report --report --refresh
    assert_rc 2
    report --report --verify
    assert_rc 2
    report --report --compare urls.txt
    assert_rc 2
    assert_says 'name the page: --report=FILE'
    report --report
    assert_rc 3
    assert_says 'out: No such file or directory'
    mkdir out
    report --report
    assert_rc 3
    assert_says 'not an imgfetch output directory'
    [ ! -e report.html ] || fail 'a page of nothing'
}
