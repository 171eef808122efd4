# --metrics-file, and --log as JSON lines.
# shellcheck shell=bash

figure() { # FILE NAME [LABELS]
    awk -v "name=imgfetch_$2{run=\"${1%.prom}\"${3:-}}" '$1 == name {print $2}' "$1"
}

test_figures_while_it_runs_and_at_its_end() {
    serve
    list_many 60
    echo "$site/missing.jpg" >>urls.txt
    hold 20
    fetch_start --shard-size=20 -c 8 --metrics-file=run.prom urls.txt
    await test -s run.prom # the first version comes at once
    assert_eq "$(figure run.prom running)" 1
    assert_eq "$(figure run.prom rows_total ',code="success"')" 0
    release
    fetch_wait
    assert_rc 1
    assert_eq "$(figure run.prom running)" 0
    assert_eq "$(figure run.prom rows_total ',code="success"')" 60
    assert_eq "$(figure run.prom rows_total ',code="http_error"')" 1
    assert_eq "$(figure run.prom rows_expected)" 61
    assert_eq "$(figure run.prom shards_closed_total)" 4
    assert_eq "$(figure run.prom shards_open)" 0
    assert_eq "$(figure run.prom request_seconds_count)" 61
    assert_eq "$(figure run.prom decode_seconds_count)" 60
    assert_eq "$(figure run.prom 'request_seconds_bucket' ',le="+Inf"')" 61
    assert_between "$(figure run.prom disk_free_bytes | cut -d. -f1 | sed 's/e.*/000000000/')" 1 9000000000000000000 room
    [ ! -e run.prom.tmp ] || fail 'the draft is still there'
    fetch -o out --metrics-file=run.prom --shard-size=20 --retry-failed urls.txt
    assert_eq "$(figure run.prom rows_of_earlier_runs)" 60
}

test_a_metrics_file_that_cannot_be_written() {
    serve
    list_many 20
    fetch --metrics-file=no/folder/run.prom urls.txt
    assert_rc 2
    assert_says '--metrics-file: no/folder/run.prom.tmp: No such file or directory'
    assert_eq "$(stat_of .requests)" 0
    mkdir run.prom
    fetch --metrics-file=run.prom urls.txt
    assert_rc 2
    assert_says '--metrics-file: run.prom: Is a directory'
    hold 10
    fetch_start --metrics-file=run.prom/1.prom urls.txt
    await test -s run.prom/1.prom
    rm -r run.prom
    release
    fetch_wait
    assert_rc 0
    assert_says 'warning: --metrics-file: run.prom/1.prom: No such file or directory; its figures are old'
}

# A link at the draft's name leads nowhere.
test_no_link_is_followed_to_another_file() {
    serve
    list_many 1
    echo mine >other
    ln -s other run.prom.tmp
    fetch --metrics-file=run.prom urls.txt
    assert_rc 2
    assert_eq "$(cat other)" mine
}

test_the_log_as_json_lines() {
    serve
    list_many 10
    echo "$site/missing.jpg" >>urls.txt
    fetch -v --log=log.jsonl urls.txt
    assert_rc 1
    jq -es 'all(has("time") and has("level") and has("message"))' log.jsonl >/dev/null || fail "$(cat log.jsonl)"
    assert_eq "$(jq -r 'select(.level == "error") | .message' log.jsonl | cut -d: -f1-2)" 'line 11: http_error'
    jq -r .message log.jsonl | grep -q '^imgfetch: 10 of 11 rows succeeded' || fail "$(cat log.jsonl)"
}
