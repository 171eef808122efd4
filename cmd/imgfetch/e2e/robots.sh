# --robots-txt: each site's is fetched once, and obeyed.
# shellcheck shell=bash

# Starts a site whose robots.txt is standard input.
serve_with_robots() {
    mkdir -p www/private www/public
    cat >www/robots.txt
    cp "$IMAGES/png_rgb.png" www/
    cp "$IMAGES/png_rgb.png" www/private/
    cp "$IMAGES/png_rgb.png" www/public/
    serve www
}

errors() {
    rows '.error // "success"' | tr '\n' ' '
}

test_what_a_robots_txt_disallows_is_not_asked_for() {
    local name
    serve_with_robots <<END
User-agent: *
Disallow: /

User-agent: ImgFetch
Disallow: /private/
Disallow: /*?secret
END
    {
        for i in 2 3 4; do
            printf "http://127.0.0.$i:$port/%s\n" png_rgb.png private/png_rgb.png public/png_rgb.png \
                png_rgb.png?secret=1
        done
    } >urls.txt
    for name in async threads procs coro serial; do
        reset_stats
        fetch -b $name -o $name --robots-txt urls.txt
        assert_rc 1
        assert_eq "$(jq -r '.error // "success"' $name/manifest/*.jsonl | tr '\n' ' ')" \
            "$(printf 'success robots_tag success robots_tag %.0s' 1 2 3)"
        assert_eq "$(stat_of '.hosts | map(.requests) | unique | tostring')" '[3]' # two images, one robots.txt
    done
    fetch -o other -A 'other/1.0' --robots-txt urls.txt
    assert_eq "$(jq -r .error other/manifest/*.jsonl | sort -u)" robots_tag
    fetch -o not_asked urls.txt
    assert_rc 0
}

test_a_site_without_robots_txt_allows_all() {
    serve
    list_many 50
    fetch --robots-txt urls.txt
    assert_rc 0
    assert_whole
}

test_an_empty_robots_txt_allows_all_and_a_tag_is_not_about_it() {
    serve_with_robots </dev/null
    printf '%s/png_rgb.png\n' "$site" >urls.txt
    fetch --robots-txt urls.txt
    assert_rc 0
}

test_a_redirect_is_checked_at_its_own_site() {
    serve_with_robots <<END
User-agent: imgfetch
Disallow: /private/
END
    echo "$site/png_rgb.png?redirect=http%3A%2F%2F127.0.0.7%3A$port%2Fprivate%2Fpng_rgb.png" >urls.txt
    fetch --robots-txt urls.txt
    assert_eq "$(errors)" 'robots_tag '
    assert_eq "$(stat_of '.hosts["127.0.0.7"].requests')" 1 # its robots.txt
}

test_where_it_cannot_be_had_the_rows_say_why() {
    local dead
    serve
    dead=$(free_port)
    {
        echo "http://127.0.0.9:$dead/a.jpg"
        echo "http://127.0.0.9:$dead/b.jpg"
        echo "$site/png_rgb.png"
    } >urls.txt
    fetch --retries=1 --robots-txt urls.txt
    assert_eq "$(errors)" 'connect_failed connect_failed success '
    rows 'select(.error) | .message' | grep -c '^robots.txt: ' >n
    assert_eq "$(cat n)" 2
}

test_an_interrupt_while_they_are_asked_for() {
    serve
    echo "$site/png_rgb.png" >urls.txt
    list_many 20 fault=silent
    fetch_start --robots-txt urls.txt
    await eval '[ "$(stat_of .in_flight)" -ge 1 ]'
    kill -INT "$pid"
    await grep -q finishing stderr
    kill -INT "$pid"
    fetch_wait
    assert_rc 130
    assert_nothing_runs
}
