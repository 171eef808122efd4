# One list for many tasks (--split).
# shellcheck shell=bash

split() {
    rc=0
    "$BIN/imgfetch" "$@" >stdout 2>stderr || rc=$?
}

# The rows of all lists, without their headers.
rows_of_lists() { # FORMAT
    local list skip=1
    [[ $1 == csv || $1 == tsv ]] && skip=2
    for list in lists/*.zst; do
        zstd -dcq "$list" | tail -n +$skip
    done
}

# At each host there are never more than --per-host requests, however many tasks there are, and a
# host with most of the rows is asked by several. The first requests wait until all tasks have as
# many as they may.
test_a_fleet_is_as_polite_as_one() {
    local i tasks=()
    serve
    list_many 300
    # Half of all rows are at one host.
    sed -i "1~2s/127.0.0.[0-9]*:/127.0.0.7:/" urls.txt
    split --split=4 --per-host=4 --per-host=127.0.0.10:1 --shard-size=20 --no-thumbs -o lists urls.txt
    assert_rc 0
    assert_says '300 rows of'
    assert_says '127.0.0.7 has'
    assert_eq "$(grep -h first-shard lists/*.conf | sort -u | wc -l)" 4
    assert_eq "$(cat lists/*.conf | grep -c 'per-host=127.0.0.7:')" "$(
        grep -l 'per-host=127.0.0.7:' lists/*.conf | wc -l)"
    hold 0
    for i in 0 1 2 3; do
        "$BIN/imgfetch" "${ALLOW[@]}" -K lists/000$i.conf -c 100 -o out lists/000$i.zst 2>stderr.$i &
        started+=($!)
        tasks[i]=$!
    done
    await at_once 4 127.0.0.7
    release
    for i in 0 1 2 3; do
        wait "${tasks[i]}" || fail "task $i: $(cat stderr.$i)"
    done
    assert_eq "$(stat_of '[.hosts[].max_in_flight] | max')" 4
    assert_eq "$(stat_of '.hosts["127.0.0.10"].max_in_flight')" 1
    assert_eq "$(stat_of .requests)" 300
    assert_eq "$(rows .url | sort)" "$(sort urls.txt)"
    assert_eq "$(rows .key | sort -u | wc -l)" 300
    assert_whole
}

at_once() { # N HOST
    [ "$(stat_of ".hosts[\"$2\"].in_flight")" = "$1" ]
}

# Rows of every format are copied as they stand there, each once.
test_rows_are_copied_byte_by_byte() {
    local format list i
    printf 'id,URL,text\r\n1,http://a.example.com/1,"two\r\nlines, and ""quotes"""\r\n2 , http://b.example.org/ ,\n\n3,no url,x\n4\n' >all.csv
    printf 'URL\tid\nhttp://a.example.com/1\t"1\r\nhttp://b.example.org/\t2\n' >all.tsv
    printf '{"URL": "http://a.example.com/1", "x":1}\r\n{"URL":"http://b.example.org/\\u00fc"}\n[]\n' >all.jsonl
    printf 'http://a.example.com/1\r\n  http://b.example.org/ \nno url\n' >all.txt
    for format in csv tsv jsonl txt; do
        rm -rf lists
        split --split=3 -o lists/ all.$format
        assert_rc 0
        case $format in
        csv) tail -n +2 all.csv | sed '/^$/d' ;;
        tsv) tail -n +2 all.tsv ;;
        *) cat all.$format ;;
        esac | sort >should
        rows_of_lists $format | sort >is
        cmp should is || fail "$format: $(diff should is)"
        assert_eq "$(grep -h '^format' lists/*.conf | sort -u)" format=$format
        for list in lists/*.zst; do # each can be read, with or without rows
            "$BIN/imgfetch" -K "${list%.zst}.conf" --dry-run "$list" >stdout 2>stderr ||
                fail "$list: $(cat stderr)"
        done
    done
    # A quote that is not closed takes no row of another with it.
    for i in {1..40}; do
        echo "$i,http://h$i.example.com/,\"x"
        echo "$i,http://h$i.example.org/,y"
    done | sed '1i id,url,text' >torn.csv
    rm -rf lists
    split --split=3 -o lists torn.csv
    assert_rc 0
    local bad good
    for list in lists/*.zst; do
        fetch -b null -K "${list%.zst}.conf" -o out "$list"
    done
    bad=$(rows 'select(.error == "bad_url")' | wc -l)
    good=$(rows 'select(.error == null) | .url' | sort -u | wc -l)
    fetch -b null -o whole torn.csv
    assert_eq "$good" "$(rows 'select(.error == null) | .url' whole | sort -u | wc -l)"
    assert_eq "$bad" "$(rows 'select(.error == "bad_url")' whole | wc -l)"
}

test_repeats_and_domains_stay_together() {
    local i
    for i in {1..200}; do
        echo "http://img$((i % 3)).site$((i % 50)).co.uk/$((i % 100)).jpg"
        echo "http://cdn.example.com/$((i % 20)).jpg"
    done >urls.txt
    split --split=8 -o lists urls.txt
    assert_rc 0
    for i in lists/*.zst; do
        zstd -dcq "$i" | grep -o '[a-z0-9]*\.co\.uk' | sort -u
    done | sort | uniq -d >twice
    [ ! -s twice ] || fail "in two lists: $(cat twice)"
    for i in lists/*.zst; do
        zstd -dcq "$i" | sort -u
    done | sort | uniq -d >twice
    [ ! -s twice ] || fail "in two lists: $(cat twice)"
    assert_says 'example.com has 200 rows, in 4 lists'
    assert_eq "$(cat lists/*.conf | grep -c '^per-host=\*.example.com:2$')" 4
}

test_a_split_that_is_refused() {
    local port=80
    list_many 5
    mkdir full
    touch full/x
    split --split=2 urls.txt
    assert_rc 2
    assert_says 'name the directory of the lists'
    split --split=2 -o lists - <urls.txt
    assert_rc 2
    assert_says 'standard input cannot be read twice'
    split --split=2 -o lists <urls.txt
    assert_rc 2
    assert_says 'standard input cannot be read twice'
    mkfifo pipe
    split --split=2 -o lists pipe
    assert_rc 2
    assert_says 'it must be a file'
    split --split=2 -o full urls.txt
    assert_rc 2
    assert_says 'it is not empty'
    split --split=2 --shard=0/2 -o lists urls.txt
    assert_rc 2
    split --split=2 --dry-run -o lists urls.txt
    assert_rc 2
    split --split=2 -o lists missing.txt
    assert_rc 2
    printf 'id,url\n1,http://a/\n' >a.csv
    printf 'url,id\nhttp://a/,1\n' >b.csv
    split --split=2 -o lists a.csv b.csv
    assert_rc 2
    assert_says 'different formats or headers'
    : >empty.txt
    split --split=2 -o lists empty.txt
    assert_rc 2
    assert_says 'has no rows'
    [ ! -e lists ] && [ ! -e lists.part ] || fail 'something was written'
    assert_eq "$(echo full/*)" full/x
}

# What a split leaves that is killed while it writes is no list, and the next one removes it.
test_after_an_interrupted_split() {
    local port=80
    openssl rand -hex 2000000 | fold -w 64 | sed 's|^|http://a.example.com/|' >long.txt
    rc=0
    (ulimit -f 64 && exec "$BIN/imgfetch" --split=2 -o lists long.txt) >stdout 2>stderr || rc=$?
    [ $rc != 0 ] || fail 'it was not interrupted'
    [ ! -e lists ] || fail 'there are lists'
    [ -s lists.part/0000.zst ] || [ -s lists.part/0001.zst ] || fail 'nothing was written'
    list_many 20
    split --split=2 --limit=7 --header='X-Key: secret' -o lists urls.txt
    assert_rc 0
    assert_says '--header may be a password'
    assert_eq "$(rows_of_lists txt | sort)" "$(head -n 7 urls.txt | sort)"
    assert_eq "$(cat lists/*.conf | grep -c secret || true)" 0
    [ ! -e lists.part ] || fail 'lists.part is there'
}
