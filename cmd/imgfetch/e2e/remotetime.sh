# --remote-time: the time that the server gave.
# shellcheck shell=bash

# Serves one image of the year 2001, and one of the future.
serve_times() {
    mkdir dated
    cp "$IMAGES"/{jpeg_420.jpg,png_rgb.png} dated/
    touch -d '2001-02-03 04:05:06 UTC' dated/jpeg_420.jpg
    touch -d '2100-01-01 00:00:00 UTC' dated/png_rgb.png
    serve "$PWD/dated"
}

times_of() { # FILE...
    stat -c %Y "$@" | paste -sd' '
}

test_files_have_the_time_of_the_server() {
    local backend
    serve_times
    list /jpeg_420.jpg /png_rgb.png
    for backend in $(backends); do
        fetch -o "$backend" -b "$backend" -R -t 32 urls.txt
        assert_rc 0
        assert_eq "$(cd "$backend" && times_of images/00000/*.jpg thumbs/32/00000/000000000.jpg \
            images/00000/*.png)" '981173106 981173106 4102444800' "$backend"
        fetch --verify -o "$backend"
        assert_rc 0
    done
    fetch -o flat --layout=flat -R -t 32 urls.txt
    assert_eq "$(cd flat && times_of jpeg_420.jpg thumbs/32/jpeg_420.jpg png_rgb.png)" \
        '981173106 981173106 4102444800'
}

test_without_the_option_it_is_the_present_time() {
    serve_times
    list /jpeg_420.jpg
    touch before
    fetch --no-thumbs urls.txt
    [ out/images/00000/000000000.jpg -nt dated/png_rgb.png ] && fail 'a time of the future'
    [ before -nt out/images/00000/000000000.jpg ] && fail 'an old time'
    assert_rc 0
}

test_members_of_a_tar_have_it_and_so_have_copies() {
    serve_times
    list /jpeg_420.jpg /png_rgb.png /jpeg_420.jpg
    fetch --layout=webdataset --remote-time -t 32 urls.txt
    assert_rc 0
    python3 - <<'END' >members || fail 'not a tar'
import tarfile
for member in tarfile.open('out/00000.tar'):
    print(member.name, member.mtime)
END
    assert_eq "$(grep -c . members)" 6
    assert_eq "$(grep -v ' 981173106$' members | paste -sd' ')" \
        '000000001.jpg 4102444800 000000001.json 4102444800'
    fetch --verify
    assert_rc 0
}

# What has not changed keeps its time; what has changed gets the new one.
test_refreshing_with_times() {
    serve_times
    list /jpeg_420.jpg /png_rgb.png
    fetch -R --no-thumbs urls.txt
    cp "$IMAGES"/png_rgba.png dated/png_rgb.png
    touch -d '2002-03-04 05:06:07 UTC' dated/png_rgb.png
    touch -d '2020-01-01 UTC' out/images/00000/000000000.jpg
    fetch -R --no-thumbs --refresh urls.txt
    assert_rc 0
    assert_eq "$(times_of out/images/00000/000000000.jpg out/images/00000/000000001.png)" \
        '1577836800 1015218367'
    assert_whole
}
