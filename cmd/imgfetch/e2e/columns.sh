# Columns of a list that change what is asked for: each row's Referer.
# shellcheck shell=bash

# Prints the list with Referers in a format; a duplicate has the Referer of its first row, too.
referers_as() { # csv|tsv|jsonl
    {
        echo "$site/-/echo http://page.test/1"
        echo "$site/-/echo http://page.test/2"
        echo "$site/-/echo HTTP://PAGE.test/1#part"
        echo "$site/-/echo?none"
        echo "$site/-/echo?bad page.test"
        echo "$site/a?redirect=$(encode "$site/-/echo?same") http://page.test/3"
        echo "$site/a?redirect=$(encode "http://127.0.0.2:$port/-/echo?other") http://page.test/4"
    } | case $1 in
    csv) echo url,page && awk '{ printf "%s,%s\n", $1, $2 }' ;;
    tsv) printf 'page\turl\n' && awk '{ printf "%s\t%s\n", $2, $1 }' ;;
    jsonl) jq -Rc 'split(" ") | {url: .[0], page: .[1]}' ;;
    esac
}

# The server's echo of a head is no image, but its size tells how long the Referer was.
test_a_referer_of_each_row() {
    local name format
    serve
    for format in csv tsv jsonl; do
        referers_as $format >urls.$format
    done
    for name in $(backends); do
        format=$(shuf -n 1 -e csv tsv jsonl)
        fetch -b "$name" -o "$name" --referer=http://page.test/run --referer-col=page urls.$format
        assert_rc 1
        assert_says 'without a Referer, as the cell is no http or https URL: 2'
        assert_eq "$(rows .duplicate_of "$name" | paste -sd' ')" \
            'null null 000000000 null null null null' "$name"
        echo "$site/-/echo" >bare.txt
        fetch -b "$name" -o "$name.bare" bare.txt
        # A Referer of 18 bytes, with its name and line end; later paths are longer.
        rows .bytes "$name" | awk -v bare="$(rows .bytes "$name.bare")" '{ print $1 - bare }' |
            paste -sd' ' >sizes
        assert_eq "$(cat sizes)" '29 29 29 5 4 34 6' "$name, $format"
    done
}

test_a_referer_is_for_every_request_of_its_row() {
    local again
    serve
    echo url,page >urls.csv
    echo "$site/a?status=503&fail_first=1&redirect=$(encode "$site/-/echo"),http://page.test/1" >>urls.csv
    fetch --referer-col=page urls.csv
    rows '"\(.attempts) \(.bytes)"' >first
    grep -q ^2 first || fail "$(cat first)"
    for again in --retry-failed --refresh; do
        fetch --referer-col=page $again urls.csv
        assert_eq "$(rows '"2 \(.bytes)"')" "$(cat first)" $again
    done
    # Another Referer is another list.
    sed -i s/page.test/else.test/ urls.csv
    fetch --referer-col=page urls.csv
    assert_rc 2
    fetch --referer-col=none -o out2 urls.csv
    assert_rc 2
    assert_says 'no column "none"; the list has: url, page'
    fetch --referer-col=2 -o out2 urls.csv
    assert_rc 2
    fetch --referer-col=page -o out2 --format=txt urls.csv
    assert_rc 2
}
