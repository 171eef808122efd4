# Libraries that are loaded at run time.
# shellcheck shell=bash

# The JSON of each dlopen note in a program, one per line, as packaging tools read it.
dlopen_notes() { # PROGRAM
    objcopy -O binary --only-section=.note.dlopen "$1" notes
    python3 - <<'END'
import struct
rest = open('notes', 'rb').read()
while rest:
    owner_size, size, kind = struct.unpack_from('<3I', rest)
    assert owner_size == 4 and kind == 0x407c0c0a and rest[12:16] == b'FDO\0', rest
    text = rest[16:16 + size]
    assert text.endswith(b'\0') and text.count(b'\0') == 1, text
    print(text[:-1].decode('utf-8'))
    rest = rest[16 + (size + 3) // 4 * 4:]
END
}

# The libraries that imgfetch itself loads, as the dynamic linker reports them.
loaded_by_imgfetch() {
    sed -nE 's|.*file=([^ ]*) \[0\]; +dynamically loaded by .*/imgfetch .*|\1|p' linker.* | sort -u
}

test_a_note_names_each_library_that_is_loaded_at_run_time() {
    serve
    echo "$site/avif_420.avif" >urls.txt
    LD_DEBUG=files LD_DEBUG_OUTPUT=linker fetch --layout=webdataset --pool=inline urls.txt
    assert_rc 0
    dlopen_notes "$BIN/imgfetch" >notes.json
    jq -es 'all(.[][]; .feature and .description and
        (.priority | IN("required", "recommended", "suggested")))' notes.json >/dev/null ||
        fail "notes: $(cat notes.json)"
    assert_eq "$(jq -r '.[].soname[]' notes.json | sort)" "$(loaded_by_imgfetch)" 'libraries'
}
