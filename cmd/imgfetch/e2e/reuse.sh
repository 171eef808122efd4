# --reuse: what an earlier directory has is not fetched again.
# shellcheck shell=bash

# An earlier directory of N rows, in old; the server is stopped afterwards.
make_old() { # N OPTION...
    local n=$1
    shift
    serve
    list_many "$n"
    fetch -o old "$@" urls.txt
    assert_rc 0
    assert_eq "$(rows .reused old | sort -u)" false
}

assert_sound() { # DIR
    "$BIN/imgfetch" --verify "$1" >verified 2>&1 || fail "$1: $(cat verified)"
}

stop_server() {
    local pid
    for pid in "${started[@]}"; do
        kill "$pid"
        wait "$pid" || true
    done
    started=()
}

# The directory is what a run makes of the same list that fetches everything.
assert_as_if_fetched() { # DIR OPTION...
    local dir=$1
    shift
    fetch -o fetched "$@"
    rows 'del(.started, .finished, .ms, .attempts, .ip, .reused, .etag, .last_modified) | tojson' "$dir" >is
    rows 'del(.started, .finished, .ms, .attempts, .ip, .reused, .etag, .last_modified) | tojson' fetched >should
    diff should is >diff.out || fail "rows: $(head -c 1000 diff.out)"
    assert_same_stats fetched "$dir"
    rm -r fetched
}

test_tars_with_other_sizes_are_made_without_a_server() {
    make_old 40 --originals -t 64
    sort -r urls.txt >other.txt
    stop_server
    fetch -o new --layout=webdataset --originals --shard-size=7 -t 32 --reuse=old other.txt
    assert_rc 0
    assert_says 'reused from earlier directories: 40 ('
    assert_eq "$(rows '"\(.reused) \(.attempts) \(.started) \(.http_status) \(.error)"' new | sort -u)" \
        'true 0 null 200 null'
    assert_sound new
    "$BIN/imgfetch" --report=page.html new 2>stderr
    grep -A1 'Rows reused from earlier directories' page.html | grep -q '>40<' || fail 'the page'
    fetch -o again --shard-size=3 -t 16 -t 24x24:cover --reuse=new urls.txt
    assert_rc 0
    assert_says 'reused from earlier directories: 40 ('
    assert_eq "$(rows '.thumbs | length' again | sort -u)" 2
    assert_sound again
    diff <(rows '"\(.url) \(.sha256) \(.bytes) \(.format) \(.etag)"' old | sort) \
        <(rows '"\(.url) \(.sha256) \(.bytes) \(.format) \(.etag)"' again | sort) || fail 'bodies'
    assert_nothing_runs
}

test_the_flat_layout_is_reused() {
    make_old 20 --layout=flat --originals --no-thumbs
    stop_server
    fetch -o new -t 32 --reuse=old urls.txt
    assert_rc 0
    assert_says 'reused from earlier directories: 20 ('
    assert_sound new
    fetch -o flat --layout=flat --reuse=new --no-thumbs urls.txt
    assert_rc 0
    assert_sound flat
}

test_only_new_rows_are_fetched() {
    make_old 60 --originals
    {
        sed 1,20d urls.txt
        echo "$site/jpeg_444.jpg?new"
        sed 20q urls.txt
        sed 3q urls.txt
    } >other.txt
    reset_stats
    fetch -o new --reuse=old other.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" 1
    assert_says 'reused from earlier directories: 60 ('
    assert_eq "$(rows 'select(.reused == false) | .url' new | head -n 1)" "$site/jpeg_444.jpg?new"
    assert_eq "$(rows 'select(.duplicate_of) | .reused' new | paste -sd' ')" 'false false false'
    assert_sound new
    assert_as_if_fetched new other.txt
}

test_failed_rows_are_fetched() {
    serve
    list /jpeg_420.jpg /missing.jpg /html.jpg
    fetch -o old --retries=0 urls.txt
    assert_rc 1
    reset_stats
    fetch -o new --retries=0 --reuse=old urls.txt
    assert_rc 1
    assert_eq "$(stat_of .requests)" 2
    assert_eq "$(rows '"\(.reused) \(.error)"' new | paste -sd,)" \
        'true null,false http_error,false not_an_image'
    assert_sound new
}

test_two_directories_become_one() {
    serve
    list_many 30
    sed -n 1,20p urls.txt >a.txt
    sed -n 11,30p urls.txt >b.txt
    fetch -o a --originals a.txt
    fetch -o b --layout=webdataset --originals b.txt
    stop_server
    fetch -o new --reuse=a --reuse=b urls.txt
    assert_rc 0
    assert_says 'reused from earlier directories: 30 ('
    assert_sound new
}

test_a_redirect_is_found_by_the_url_of_the_list() {
    serve
    list "/a?redirect=$(encode "$site/jpeg_420.jpg")"
    fetch -o old urls.txt
    assert_rc 0
    stop_server
    fetch -o new --reuse=old urls.txt
    assert_rc 0
    assert_eq "$(rows '"\(.reused) \(.final_url)"' new)" "true $site/jpeg_420.jpg"
    [ "$(rows .url new)" != "$(rows .final_url new)" ] || fail 'there was no redirect'
    assert_sound new
}

test_a_manifest_that_lies_gives_nothing() {
    make_old 12
    echo secret >secret
    cp secret old/secret
    rm old/images/00000/000000003.*
    python3 - <<'END'
import hashlib, json
secret = open("secret", "rb").read()
name = "old/manifest/00000.jsonl"
rows = [json.loads(line) for line in open(name)]
wrong = dict(bytes=len(secret), sha256=hashlib.sha256(secret).hexdigest())
rows[0].update(wrong, path="images/../../secret")
rows[1].update(wrong, path="/" + "etc/hostname")
rows[2].update(wrong, path="images/00000/link.jpg")
rows[4]["bytes"] += 1
rows[5]["sha256"] = "0" * 64
rows[8].update(wrong, path="secret")
with open(name, "w") as f:
    for row in rows:
        f.write(json.dumps(row, separators=(",", ":")) + "\n")
    f.write('{"key":"torn')
END
    ln -s ../../../secret old/images/00000/link.jpg
    reset_stats
    fetch -o new --reuse=old urls.txt
    assert_rc 0
    assert_says 'old: lines of its manifests that are no rows: 1; shards that cannot be read: 0'
    assert_says 'is a symbolic link'
    assert_says "has another size than its row says"
    assert_says '(others are only counted)'
    assert_says 'fetched, because what --reuse has of them is not to be trusted: 7'
    assert_eq "$(stat_of .requests)" 7
    assert_eq "$(rows 'select(.reused) | .index' new | paste -sd' ')" '6 7 9 10 11'
    ! grep -r secret new || fail 'it was read'
    assert_sound new
    assert_as_if_fetched new urls.txt
}

test_an_expected_hash_still_holds() {
    make_old 2 --originals
    {
        echo url,sha256
        echo "$(sed -n 1p urls.txt),$(rows 'select(.index == 0) | .sha256' old)"
        echo "$(sed -n 2p urls.txt),$(rows 'select(.index == 0) | .sha256' old)"
    } >list.csv
    reset_stats
    fetch -o new --reuse=old --hash-col=sha256 list.csv
    assert_rc 1
    assert_eq "$(stat_of .requests)" 1
    assert_eq "$(rows '"\(.reused) \(.error)"' new | paste -sd,)" 'true null,false hash_mismatch'
}

test_a_run_that_was_killed_goes_on() {
    local n
    make_old 600 --originals --no-thumbs
    stop_server
    serve
    hold 0
    echo "$site/jpeg_420.jpg" >>urls.txt # waits until release, so that no run ends before
    for n in 1 100 300; do
        fetch_start -o new -q --shard-size=50 -t 64 --reuse=old urls.txt
        await eval "[ \"\$(cat new/manifest/*.jsonl | wc -l)\" -ge $n ]"
        kill -KILL "$pid"
        fetch_wait
        await nothing_runs
    done
    release
    fetch -o new --shard-size=50 -t 64 --reuse=old urls.txt
    assert_rc 0
    assert_eq "$(rows 'select(.reused) | .error' new | sort | uniq -c | tr -s ' ')" ' 600 null'
    assert_sound new
}

# Half of its rows are there, and a run still waits for the others.
test_an_unfinished_directory_is_reused() {
    local layout
    serve
    list_many 40
    sed '21,$s/$/\&delay=600000/' urls.txt >slow.txt
    for layout in files webdataset flat; do
        fetch_start -o "$layout" --layout=$layout --originals --timeout=1000 --stall-timeout=1000 slow.txt
        await eval "[ \"\$(rows .key $layout | wc -l)\" -ge 20 ]"
        fetch -o "new-$layout" --reuse="$layout" urls.txt
        assert_rc 0
        assert_says "--reuse: $layout: another imgfetch is writing there"
        assert_says 'reused from earlier directories: 20 ('
        assert_sound "new-$layout"
        kill -KILL "$pid"
        fetch_wait
        await nothing_runs
        fetch -o "after-$layout" --reuse="$layout" urls.txt
        assert_rc 0
        assert_says 'reused from earlier directories: 20 ('
    done
}

test_the_earlier_directory_is_not_changed() {
    make_old 10
    chmod -R a-w old
    (cd old && find . -printf '%P %T@ %i %n %s\n' | sort) >before
    stop_server
    fetch -o new --reuse=old/ urls.txt
    assert_rc 0
    (cd old && find . -printf '%P %T@ %i %n %s\n' | sort) | diff before - || fail 'it has changed'
    chmod -R u+w old
    echo x >>"$(find new/images -type f | head -n 1)"
    assert_sound old
}

test_a_directory_that_cannot_be_reused_is_named_first() {
    serve
    list /jpeg_420.jpg
    fetch -o new --reuse=/nonexistent urls.txt
    assert_rc 2
    assert_says '--reuse: /nonexistent: No such file or directory'
    mkdir empty
    fetch -o new --reuse=empty urls.txt
    assert_rc 2
    assert_says '--reuse: empty: not an output directory of imgfetch'
    [ ! -e new ] || fail 'a directory was made'
    fetch urls.txt
    fetch --reuse=out urls.txt
    assert_rc 2
    assert_says 'that is --output'
    fetch -o new --reuse=out --refresh urls.txt
    assert_rc 2
    assert_says 'cannot be combined'
    assert_eq "$(stat_of .requests)" 1
}

test_a_directory_without_bodies_is_told() {
    make_old 3 --no-originals
    fetch -o new --reuse=old urls.txt
    assert_rc 0
    assert_says 'old: no row of it has a body that was kept (--originals); all are fetched'
    assert_eq "$(rows .reused new | sort -u)" false
}

# The command of the message, as it is.
test_a_refusal_says_how_to_reuse() {
    local command
    make_old 8 --originals
    fetch -o old -t 32 urls.txt
    assert_rc 2
    command=$(sed -n 's/^  to use another directory, and what this one has: imgfetch //p' stderr)
    stop_server
    rc=0
    eval "\"$BIN/imgfetch\" $command" >stdout 2>stderr || rc=$?
    assert_rc 0
    assert_says 'reused from earlier directories: 8 ('
    assert_sound old-2
}
