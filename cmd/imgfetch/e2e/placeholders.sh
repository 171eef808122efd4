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
