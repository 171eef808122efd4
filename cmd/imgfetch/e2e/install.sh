# make install and make uninstall, into a DESTDIR.
# shellcheck shell=bash

# Installs the program that is tested. MAKE=true: it has been built.
install_make() { # ARGUMENT...
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$TOP" "$@" MAKE=true B="$BIN" \
        DESTDIR="$PWD/dest" PREFIX=/usr >make.out 2>&1 || fail "make $*: $(tail -n 3 make.out)"
}

installed() {
    (cd dest/usr && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort)
}

assert_copied() { # FILE INSTALLED
    cmp "$TOP/cmd/imgfetch/$1" "dest/usr/share/$2" || fail "$2"
}

test_all_is_installed_and_removed() {
    install_make install
    assert_eq "$(installed | grep -v ' lib/imgfetch/libduckdb')" '644 share/bash-completion/completions/imgfetch
644 share/fish/vendor_completions.d/imgfetch.fish
644 share/imgfetch/manifest.schema.json
644 share/man/man1/imgfetch.1
644 share/man/man5/imgfetch-manifest.5
644 share/zsh/site-functions/_imgfetch
755 bin/imgfetch'
    cmp "$BIN/imgfetch" dest/usr/bin/imgfetch || fail 'another program'
    assert_copied imgfetch.1 man/man1/imgfetch.1
    assert_copied imgfetch-manifest.5 man/man5/imgfetch-manifest.5
    assert_copied manifest.schema.json imgfetch/manifest.schema.json
    assert_copied completions/imgfetch.bash bash-completion/completions/imgfetch
    assert_copied completions/_imgfetch zsh/site-functions/_imgfetch
    assert_copied completions/imgfetch.fish fish/vendor_completions.d/imgfetch.fish
    install_make install # over itself
    install -m 644 /dev/null dest/usr/bin/other
    install -m 644 /dev/null dest/usr/share/man/man1/other.1
    install_make uninstall
    assert_eq "$(installed)" '644 bin/other
644 share/man/man1/other.1'
    [ ! -e dest/usr/share/imgfetch ] && [ ! -e dest/usr/lib/imgfetch ] || fail 'a folder of its own is left'
    install_make uninstall # nothing is there
}

# A page or completion that is new in the tree must be installed, too.
test_no_page_and_no_completion_is_forgotten() {
    local file
    install_make install
    for file in "$TOP"/cmd/imgfetch/*.[1-9] "$TOP"/cmd/imgfetch/completions/*; do
        find dest -type f -exec cmp -s "$file" {} \; -print | grep -q . || fail "$file is not installed"
    done
}

test_duckdb_is_installed_if_it_is_here() {
    install_make install
    if [ -e "$TOP/build/lib/imgfetch/libduckdb.so" ]; then
        cmp "$TOP/build/lib/imgfetch/libduckdb.so" dest/usr/lib/imgfetch/libduckdb.so
        cmp "$TOP/build/lib/imgfetch/libduckdb.LICENSE" dest/usr/lib/imgfetch/libduckdb.LICENSE
        env -u IMGFETCH_DUCKDB dest/usr/bin/imgfetch --version | grep -F 'Parquet: DuckDB v'
    else
        [ ! -e dest/usr/lib/imgfetch ] || fail 'a folder without a library'
    fi
    install_make uninstall
}
