# --name: the names of files, which lists and servers cannot abuse.
# shellcheck shell=bash

test_names_from_the_url() {
    serve
    list /jpeg_420.jpg '/png_rgb.png?x=a/b.gif' /missing.jpg
    fetch -t 32 --name='{host}/{basename}-{index}' urls.txt
    assert_rc 1
    assert_eq "$(rows '.path, .thumbs[].path' | paste -sd' ')" "$(echo \
        images/00000/127.0.0.1/jpeg_420-0.jpg thumbs/32/00000/127.0.0.1/jpeg_420-0.jpg \
        images/00000/127.0.0.1/png_rgb-1.png thumbs/32/00000/127.0.0.1/png_rgb-1.jpg null)"
    assert_whole
}

# All end in 1.jpg, from twenty hosts, in upper or lower case.
test_like_names_do_not_clash() {
    local i
    serve
    for ((i = 0; i < 2000; i++)); do
        echo "http://127.0.0.$((i % 20 + 1)):$port/jpeg_420.jpg?$i"
    done >urls.txt
    fetch --no-thumbs --name='{basename}' urls.txt
    assert_rc 0
    assert_eq "$(rows .path | sed -n 1p)" images/00000/jpeg_420-000000000.jpg
    assert_eq "$(find out/images -type f | tr A-Z a-z | sort -u | wc -l)" 2000
    assert_whole
}

test_a_list_cannot_leave_the_directory() {
    serve
    {
        printf 'url,name,text\n'
        printf '%s/jpeg_420.jpg?1,../../../escaped,/etc\n' "$site"
        printf '%s/jpeg_420.jpg?2,%s/absolute,..\n' "$site" "$PWD"
        printf '%s/jpeg_420.jpg?3,"a\nb\033[2J",.\n' "$site"
        printf '%s/jpeg_420.jpg?4,-rf,con\n' "$site"
        printf '%s/jpeg_420.jpg?5,\xff\xfe,\xe2\x80\xaegpj\n' "$site"
        printf '%s/jpeg_420.jpg?6,%0500d,\n' "$site" 7
        printf '%s/jpeg_420.jpg?7,000000001,\n' "$site"
    } >urls.csv
    fetch -t 32 --caption-col=text --keep-cols=name --name='{caption}/{name}-{key}' urls.csv
    assert_rc 0
    assert_whole
    assert_eq "$(find . -name '*escaped*' | head -n 1)" "$(find out/ -name '*escaped*' | sed s,^,./, | head -n 1)"
    rows .path | sed -n 1,4p >is
    cat >should <<END
images/00000/_etc/_._.._.._escaped-000000000.jpg
images/00000/__/${PWD//\//_}_absolute-000000001.jpg
images/00000/_/a_b_[2J-000000002.jpg
images/00000/_con/_rf-000000003.jpg
END
    diff should is >diff.out || fail "names: $(cat diff.out)"
    assert_eq "$(rows .path | LC_ALL=C awk -F/ '{print length($NF) <= 200}' | sort -u)" 1
}

test_bad_templates() {
    echo http://127.0.0.1/ >urls.txt
    for template in '' '../{key}' '/{key}' '{key}/' '{no}' '{key' 'a//{key}' $'a\nb' '-{key}'; do
        fetch --name="$template" urls.txt
        assert_rc 2
        assert_says "imgfetch: --name="
        [ ! -e out ] || fail "'$template' made a directory"
    done
}

test_going_on_with_names() {
    local options=(--shard-size=100 -t 32 -c 8 '--name={host}/{basename}_{key}' urls.txt)
    serve
    list_many 300 delay=20
    hold 200
    fetch_start "${options[@]}"
    await has_rows 120
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    release
    # A file without a row is removed, and so is a folder made for it; other files stay.
    mkdir -p out/images/00002/gone.test out/images/00002/mine
    touch out/images/00002/gone.test/x_000020007.gif out/images/00002/mine/notes.txt
    reset_stats
    fetch "${options[@]}"
    assert_rc 0
    [ ! -e out/images/00002/gone.test ] || fail "$(ls out/images/00002/gone.test)"
    rm out/images/00002/mine/notes.txt
    assert_whole
    fetch -o undisturbed "${options[@]}"
    assert_same_rows out undisturbed
}
