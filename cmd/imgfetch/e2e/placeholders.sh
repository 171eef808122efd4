# Pictures that sites send in place of others: --reject, and how they are found.
# shellcheck shell=bash

gone=png_1x1.png

test_a_placeholder_is_no_success() {
    local name
    serve
    list /jpeg_420.jpg "/$gone?1" "/$gone?2" "/a?redirect=/png_rgb.png" "/a?redirect=/png_rgba.png" \
        "/-/echo" "/missing.png"
    cat >reject.txt <<END
# known placeholders
$(sha256sum <"$IMAGES/$gone" | cut -d' ' -f1 | tr a-f A-F) # a dot

http*/png_rgb.png
END
    for name in $(backends); do
        fetch -b "$name" -o "$name" --reject=reject.txt -t 64 --retries=3 urls.txt
        assert_rc 1
        assert_eq "$(rows '"\(.error) \(.attempts)"' "$name" | paste -sd,)" \
            'null 1,placeholder 1,placeholder 1,placeholder 1,null 1,not_an_image 1,http_error 1' "$name"
        assert_eq "$(rows 'select(.error == "placeholder") | [.status, .bytes, .sha256, .path, .thumbs] | tojson' \
            "$name" | sort -u)" '["failed_to_download",null,null,null,[]]'
        assert_whole "$name"
        grep -q '^ *placeholder  *3$' stderr || fail "$(cat stderr)"
    done
    # They are final; but they can be asked for again, when the file has changed.
    echo '*/nothing' >reject.txt
    reset_stats
    fetch -o async --reject=reject.txt -t 64 urls.txt
    assert_eq "$(stat_of .requests)" 0
    fetch -o async --reject=reject.txt -t 64 --retry-failed=placeholder urls.txt
    assert_eq "$(rows '.error' async | paste -sd,)" null,null,null,null,null,not_an_image,http_error
    # An image that becomes a placeholder is lost, as one that becomes a 404.
    echo '*/png_rgba.png' >reject.txt
    fetch -o async --reject=reject.txt -t 64 --refresh urls.txt
    assert_whole async
}

# The server says that nothing has changed; but the file of placeholders has.
test_an_unchanged_picture_may_be_a_placeholder_by_now() {
    local layout name
    serve
    list /jpeg_420.jpg "/$gone" /png_rgb.png
    {
        sha256sum <"$IMAGES/$gone" | cut -d' ' -f1
        echo '*/png_rgb.png'
    } >reject.txt
    for layout in files webdataset; do
        for name in $(backends); do
            fetch -b "$name" --layout=$layout -o "$layout-$name" -t 64 urls.txt
            assert_rc 0
            reset_stats
            fetch -b "$name" --layout=$layout -o "$layout-$name" -t 64 --refresh --reject=reject.txt urls.txt
            assert_rc 1
            assert_between "$(stat_of .bytes_sent)" 300 1999 'bytes, of three heads'
            assert_eq "$(rows '"\(.error) \(.sha256 != null)"' "$layout-$name" | paste -sd,)" \
                'null true,placeholder false,placeholder false'
        done
    done
    assert_whole files-async
    assert_eq "$(tar tf webdataset-async/00000.tar | sed 's/[.].*//' | sort -u)" 000000000
}

test_a_file_of_placeholders_that_is_wrong() {
    printf '# one\n\nhttp://a/\nnonsense\n' >reject.txt
    echo http://127.0.0.1/ >urls.txt
    fetch --reject=reject.txt urls.txt
    assert_rc 2
    assert_says reject.txt:4:
    [ ! -e out ] || fail "out was made"
    fetch --reject=nowhere.txt urls.txt
    assert_rc 2
    assert_says 'nowhere.txt: No such file'
}

# The line in summary and page can be copied into the file.
test_the_same_picture_under_many_urls_is_named() {
    local i line
    serve
    {
        for i in $(seq 12); do echo "http://127.0.0.3:$port/$gone?$i"; done
        for i in $(seq 15); do echo "http://127.0.0.4:$port/a?$i&redirect=$(encode "/$gone")"; done
        for i in $(seq 9); do echo "http://127.0.0.5:$port/$gone?$i"; done
        for i in $(seq 20); do echo "http://127.0.0.6:$port/$gone"; done
        for i in $(seq 20); do echo "http://127.0.0.7:$port/missing?$i"; done
    } >urls.txt
    fetch --dedupe=off urls.txt
    assert_says '  15 URLs of 127.0.0.4 gave the same picture'
    assert_says '  12 URLs of 127.0.0.3 gave the same picture'
    assert_eq "$(grep -c 'gave the same picture' stderr)" 2
    line=$(grep '# 127.0.0.4$' stderr)
    fetch --report=page.html
    assert_well_formed page.html
    assert_eq "$(grep -o '[0-9]* URLs of <bdi>[^<]*</bdi> gave the same picture' page.html | paste -sd,)" \
        '15 URLs of <bdi>127.0.0.4</bdi> gave the same picture,12 URLs of <bdi>127.0.0.3</bdi> gave the same picture'
    grep -qF "<code>${line#    }</code>" page.html || fail "page.html has not: $line"
    echo "$line" >reject.txt
    fetch -o out2 --reject=reject.txt urls.txt
    assert_eq "$(rows .error out2 | sort | uniq -c | sed 's/^ *//' | paste -sd,)" '20 http_error,56 placeholder'
    ! grep -q 'same picture' stderr || fail "$(cat stderr)"
    fetch --report=page.html -o out2
    ! grep -q 'same picture' page.html || fail 'page of out2'
}
