# A disk that fills up.
# shellcheck shell=bash

# Runs a function of this file in its own mount namespace: as root, or as root of a user namespace.
with_mounts() { # FUNCTION ARGUMENT...
    local functions
    functions=$(declare -f)
    own_mounts bash -eEu -o pipefail -c "$functions
        $(declare -p BIN TOP WORK IMAGES LISTS ALLOW port site started)
        trap 'exit 1' TERM
        trap 'umount -l disk 2>/dev/null' EXIT
        trap 'fail \"status \$? of: \$BASH_COMMAND\"' ERR
        $(printf '%q ' "$@")"
}

fill_and_go_on() {
    local kept
    mkdir disk
    mount -t tmpfs -o size=1200k none disk
    fetch -o disk/out -c 4 urls.txt
    assert_rc 3
    assert_says 'No space left on device'
    assert_says 'run the same command again to continue'
    assert_rows_true disk/out
    kept=$(jq -s length disk/out/manifest/*.jsonl)
    assert_between "$kept" 10 199 'rows kept'
    assert_eq "$(jq -r .error disk/out/manifest/*.jsonl | sort -u)" null

    # It is still full.
    fetch -o disk/out -c 4 urls.txt
    assert_rc 3
    assert_rows_true disk/out

    mount -o remount,size=20m none disk
    kept=$(jq -s length disk/out/manifest/*.jsonl)
    reset_stats
    fetch -o disk/out -c 4 urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" $((200 - kept))
    assert_eq "$(jq -s length disk/out/manifest/*.jsonl)" 200
    assert_whole disk/out
}

test_a_full_disk_ends_the_run_and_it_can_go_on() {
    serve
    list_many 200
    with_mounts fill_and_go_on
}

# Small images fill the disk to the last byte, so the rows of the last ones do not fit.
fill_to_the_last_page() {
    local kept
    mkdir disk
    mount -t tmpfs -o size=1m none disk
    fetch -o disk/out -c 100 --no-thumbs urls.txt
    assert_rc 3
    kept=$(wc -l <disk/out/manifest/00000.jsonl)
    assert_between "$kept" 1 399 'rows kept'
    assert_between "$(find disk/out/images -type f | wc -l)" "$kept" $((kept + 1)) 'images'
    mount -o remount,size=20m none disk
    reset_stats
    fetch -o disk/out --no-thumbs urls.txt
    assert_rc 0
    assert_eq "$(stat_of .requests)" $((400 - kept))
    assert_whole disk/out
}

test_on_a_full_disk_every_image_has_its_row() {
    serve
    list_many 400
    with_mounts fill_to_the_last_page
}

read_only() {
    mkdir disk
    mount -t tmpfs -o size=1m none disk
    mount -o remount,ro none disk
    fetch -o disk/out urls.txt
    assert_rc 3
    assert_says 'Read-only file system'
}

test_a_disk_that_cannot_be_written() {
    serve
    list_many 20
    with_mounts read_only
}
