# cmd/imgfetch/img2dataset.md: its table is true, and its command lines do what it says.
# shellcheck shell=bash

PAGE=$TOP/cmd/imgfetch/img2dataset.md
SIZES='"\(.width)x\(.height) of \(.original_width)x\(.original_height)"'

# Runs the N-th command line of imgfetch on the page.
run_of_page() { # N [OPTION]...
    local line
    line=$(awk '/^    imgfetch / { on = 1 } on { sub(/^ +/, ""); more = sub(/\\$/, ""); printf "%s", $0
        if (!more) { print ""; on = 0 } }' "$PAGE" | sed -n "${1}p")
    [ "$line" ] || fail "the page has no command line $1"
    shift
    eval "fetch ${line#imgfetch } \"\$@\""
}

# A part of the JSON of a sample.
member() { # TAR FILTER [KEY]
    tar xOf "$1" "${3:-000000000}.json" | jq -r "$2"
}

test_laion_400m() {
    serve
    {
        jq -nc --arg u "$site/photo_640x480.jpg" '{URL: $u, TEXT: "A photo", NSFW: "UNLIKELY", similarity: 0.3, LICENSE: "?", HEIGHT: 480}'
        jq -nc --arg u "$site/missing.jpg" '{URL: $u, TEXT: "none", NSFW: "UNLIKELY", similarity: 0.2, LICENSE: "?", HEIGHT: 480}'
        jq -nc --arg u "$site/jpeg_420.jpg" '{URL: $u, TEXT: "Small", NSFW: "NSFW", similarity: 0.31, LICENSE: "cc", HEIGHT: 9}'
    } >laion400m.jsonl
    run_of_page 1 --retries=0
    assert_rc 1
    assert_eq "$(tar tf laion400m-data/00000.tar | paste -sd' ')" \
        '000000000.jpg 000000000.json 000000000.txt 000000002.jpg 000000002.json 000000002.txt'
    assert_eq "$(member laion400m-data/00000.tar '"\(.NSFW) \(.similarity) \(.LICENSE)"')" 'UNLIKELY 0.3 ?'
    # One is shrunk and the other enlarged, both into the same square.
    assert_eq "$(member laion400m-data/00000.tar "$SIZES")" '256x256 of 640x480'
    assert_eq "$(member laion400m-data/00000.tar "$SIZES" 000000002)" '256x256 of 160x120'
    assert_eq "$(jq -r .thumb laion400m-data/.imgfetch/options.json)" 256-pad
    assert_eq "$(tar xOf laion400m-data/00000.tar 000000002.txt)" Small
    assert_eq "$(jq -c '[.count, .successes, .failed_to_download]' laion400m-data/00000_stats.json)" '[3,2,1]'
}

test_cc12m() {
    serve
    printf '%s\t%s\n' "$site/photo_640x480.jpg" 'a photo' \
        "$site/png_rgb.png?header=X-Robots-Tag:noai" refused \
        "$site/png_rgb.png?header=X-Robots-Tag:noimageai" 'not refused' >cc12m.tsv
    run_of_page 2 --retries=0
    assert_rc 1
    assert_eq "$(jq -r '.error // "success"' cc12m/00000.jsonl | paste -sd' ')" 'success robots_tag success'
    assert_eq "$(member cc12m/00000.tar "$SIZES")" '256x256 of 640x480'
    assert_eq "$(member cc12m/00000.tar .caption)" 'a photo'
}

test_datacomp() {
    serve
    {
        jq -nc --arg u "$site/photo_640x480.jpg" '{uid: "7f", url: $u, text: "A face", face_bboxes: [[0.1, 0.1, 0.4, 0.5]], sha256: "0"}'
        jq -nc --arg u "$site/jpeg_420.jpg" '{uid: "80", url: $u, text: "None", face_bboxes: [], sha256: "0"}'
    } >datacomp.jsonl
    run_of_page 3
    assert_rc 0
    assert_eq "$(member shards/00000000.tar .uid 000000000000) $(member shards/00000000.tar "$SIZES" 000000000000)" '7f 512x384 of 640x480'
    # It is not enlarged.
    assert_eq "$(member shards/00000000.tar "$SIZES" 000000000001)" '160x120 of 160x120'
    # The face is blurred: without its boxes it is another picture.
    sed -i 's/\[\[.*\]\]/[]/' datacomp.jsonl
    tar xOf shards/00000000.tar 000000000000.jpg >blurred.jpg
    run_of_page 3 -o sharp
    assert_rc 0
    ! tar xOf sharp/00000000.tar 000000000000.jpg | cmp -s - blurred.jpg || fail 'nothing is blurred'
}

# What the program says about an option of the table is the option that stands beside it.
test_the_table_is_what_the_program_says() {
    local name here option n=0
    while IFS='|' read -r _ name here _; do
        for name in $(grep -oE '`[a-z_0-9]+' <<<"$name" | tr -d '`' | grep _ || true); do
            [ "$name" != http_proxy ] || continue
            fetch "--$name=1" urls.txt
            assert_rc 2
            assert_says "--$name=1: unknown option"
            assert_says "img2dataset's options: cmd/imgfetch/img2dataset.md"
            option=$(grep -oE -- '--[a-z-]+|none|-t [0-9]+' <<<"$here" | head -1 | sed 's/-t .*/--thumb/' || true)
            case $name in
            url_list) assert_says 'a list is given by its name alone' ;;
            resize_only_if_bigger) assert_says 'did you mean --only-shrink?' ;;
            *) [ "$option" = none ] || assert_says "did you mean $option?" ;;
            esac
            n=$((n + 1))
        done
    done < <(grep '^| `' "$PAGE")
    assert_between "$n" 35 60
}
