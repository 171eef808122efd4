# File systems that fail, or have less than others: faultfs.c.
# shellcheck shell=bash

# A file system at mnt that shows store, and fails as ./script says.
mount_faultfs() {
    if [ ! -e "$BIN/faultfs" ] || [ ! -w /dev/fuse ] || [ "$(id -u)" != 0 ]; then
        echo 'skipped: needs root, /dev/fuse and libfuse3'
        return 1
    fi
    mkdir store mnt
    : >script
    trap 'umount -l mnt 2>/dev/null; cleanup' EXIT
    "$BIN/faultfs" store script mnt >faultfs.log 2>&1 &
    started+=($!)
    await mountpoint -q mnt
}

# Lets CALL fail in a run, for good once it was done AFTER times, and resumes without that.
fail_and_resume() { # CALL ERRNO AFTER TEXT OPTION...
    local script="$1 $2 $3" says=$4
    shift 4
    rm -rf mnt/out
    echo "$script" >script
    fetch -o mnt/out "$@" urls.txt
    : >script
    [ "$rc" = 3 ] || fail "$script: exit status $rc, not 3"
    assert_says "$says"
    resume_and_compare "$@"
}

# Fails halfway, and at once in the run that would resume; the third does.
fail_to_resume() { # CALL ERRNO TEXT OPTION...
    local script="$1 $2 0" says=$3
    shift 3
    rm -rf mnt/out
    echo 'write EDQUOT 60' >script
    fetch -o mnt/out "$@" urls.txt
    assert_rc 3
    echo "$script" >script
    fetch -o mnt/out "$@" urls.txt
    : >script
    [ "$rc" = 3 ] || fail "$script: exit status $rc, not 3"
    assert_says "$says"
    resume_and_compare "$@"
}

resume_and_compare() { # OPTION...
    fetch -o mnt/out "$@" urls.txt
    assert_rc 0
    assert_same_rows mnt/out undisturbed
    assert_same_stats mnt/out undisturbed
    diff -r -x '*.jsonl' -x '*_stats.json' -x run.json mnt/out undisturbed >diff.out || fail "$(head diff.out)"
    fetch --verify -o mnt/out
    assert_rc 0
}

fail_in_every_call() { # OPTION...
    local options=(-q --shard-size=20 -t 16 --pool=inline --checkpoint=0.05 "$@")
    serve
    list_many 60
    mount_faultfs || return 0
    fetch -o undisturbed "${options[@]}" urls.txt
    assert_rc 0
    fail_and_resume write EDQUOT 20 'Disk quota exceeded' "${options[@]}"
    fail_and_resume write EIO 9 'Input/output error' "${options[@]}"
    fail_and_resume write ENOSPC 0 'No space left on device' "${options[@]}"
    fail_and_resume create EDQUOT 9 'Disk quota exceeded' "${options[@]}"
    fail_and_resume create EROFS 0 'Read-only file system' "${options[@]}"
    fail_and_resume close EDQUOT 9 'Disk quota exceeded' "${options[@]}"
    fail_and_resume fsync EIO 2 'Input/output error' "${options[@]}"
    fail_and_resume mkdir ENOSPC 1 'No space left on device' "${options[@]}"
    fail_and_resume rename EIO 1 'Input/output error' "${options[@]}"
    fail_to_resume open EACCES 'Permission denied' "${options[@]}"
    fail_to_resume read EIO 'Input/output error' "${options[@]}"
}

test_every_call_fails_files() {
    fail_in_every_call
}

test_every_call_fails_tars() {
    fail_in_every_call --layout=webdataset --originals
}

# As on an NFS server that some export from FAT.
without_links() { # OPTION...
    local options=(-q --shard-size=20 -t 16 --pool=inline "$@")
    serve
    list_many 60 delay=20
    mount_faultfs || return 0
    fetch -o undisturbed "${options[@]}" urls.txt
    assert_rc 0
    echo 'link EPERM 0' >script
    hold 30
    fetch_start -o mnt/out -c 2 "${options[@]}" urls.txt
    await eval '[ "$(manifests mnt/out | xargs -r cat | wc -l)" -ge 8 ]'
    kill -KILL "$pid"
    fetch_wait
    release
    assert_rc 137
    resume_and_compare "${options[@]}"
}

test_without_tmpfile_and_links_files() {
    without_links
}

test_without_tmpfile_and_links_tars() {
    without_links --layout=webdataset
}

# faultfs has no flags of renameat2(2).
test_directories_that_cannot_be_exchanged_are_not_updated() {
    local command
    serve
    mount_faultfs || return 0
    list_many 10
    fetch -o mnt/out urls.txt
    assert_rc 0
    sed 1d urls.txt >other.txt
    reset_stats
    fetch -o mnt/out --update other.txt
    assert_rc 2
    assert_says 'its file system cannot exchange two directories'
    [ ! -e mnt/out.update ] || fail 'it was begun'
    command=$(sed -n 's/^  to use another directory, and what this one has: imgfetch //p' stderr)
    rc=0
    eval "\"$BIN/imgfetch\" $command" >stdout 2>stderr || rc=$?
    assert_rc 0
    assert_eq "$(rows .key mnt/out-2 | wc -l)" 9
    assert_eq "$(stat_of .requests)" 0
}
