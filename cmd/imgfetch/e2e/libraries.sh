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
    # DuckDB is loaded by a process of its own, for Parquet.
    assert_eq "$(jq -r '.[].soname[]' notes.json | grep -vx libduckdb.so | sort)" "$(loaded_by_imgfetch)" 'libraries'
    assert_eq "$(jq -r '.[] | select(.soname[] == "libduckdb.so").priority' notes.json)" suggested
}

bill_of_materials() {
    SOURCE_DATE_EPOCH=1767225600 "$TOP/src/sbom.py" "$BIN/imgfetch" imgfetch 1.2 https://imgfetch.example/ \
        libstb-dev
}

test_the_bill_of_materials_is_spdx() {
    bill_of_materials >bill.json
    jq -e '
        .spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and
        .creationInfo.created == "2026-01-01T00:00:00Z" and
        (.documentNamespace | test("^https://imgfetch.example/spdx/imgfetch-1.2-[0-9a-f]{32}$")) and
        (.packages | all(.[];
            (.SPDXID | test("^SPDXRef-[A-Za-z0-9.-]+$")) and .name and .versionInfo and
            .downloadLocation and .filesAnalyzed == false and
            (.licenseDeclared | test("^(NOASSERTION|[A-Za-z0-9.-]+( (AND|OR) [A-Za-z0-9.-]+)*)$")))) and
        ([.packages[].SPDXID] | length == (unique | length)) and
        ([.SPDXID, .packages[].SPDXID] as $ids | .relationships | all(.[];
            (.spdxElementId | IN($ids[])) and (.relatedSpdxElement | IN($ids[])))) and
        ([.packages[].SPDXID] - [.relationships[] | .relatedSpdxElement, .spdxElementId] == [])' \
        bill.json >/dev/null || fail "$(cat bill.json)"
    bill_of_materials | cmp - bill.json
}

# The names of the relations that are of this type.
bill_comments() { # TYPE
    jq -r --arg type "$1" '.relationships[] | select(.relationshipType == $type and
        "SPDXRef-imgfetch" == (.spdxElementId, .relatedSpdxElement)) | .comment' bill.json | sed 's/:.*//' | sort
}

test_the_bill_of_materials_names_what_is_linked_and_loaded() {
    bill_of_materials >bill.json
    assert_eq "$(bill_comments DYNAMIC_LINK)" \
        "$(objdump -p "$BIN/imgfetch" | sed -n 's/^ *NEEDED *//p' | sort)" 'linked'
    dlopen_notes "$BIN/imgfetch" >notes.json
    assert_eq "$(bill_comments OPTIONAL_DEPENDENCY_OF)" "$(jq -r '.[].soname[]' notes.json | sort)" 'loaded'
    assert_eq "$(jq -r '.packages[] | select(.name == "zlib1g") | [.versionInfo, .licenseDeclared] | @tsv' bill.json)" \
        "$(dpkg-query -W -f '${Version}\tZlib' zlib1g)" 'zlib'
    # What a library needs in turn is there, too.
    jq -e 'any(.packages[]; .name | startswith("libnghttp2-"))' bill.json >/dev/null || fail 'no nghttp2'
}

test_the_program_is_hardened() {
    readelf -lW "$BIN/imgfetch" >segments
    assert_eq "$(awk '$1 == "LOAD" {print $7 $8; exit}' segments)" 'R0x1000' 'code is apart from data'
    grep -q 'GNU_STACK .* RW ' segments || fail "$(cat segments)"
    readelf -dW "$BIN/imgfetch" >dynamic
    grep -q 'FLAGS_1.*NOW PIE' dynamic || fail "$(cat dynamic)"
    # FORTIFY 2 checks no memmove() here: it does not know sizes that come from malloc().
    nm -D "$BIN/imgfetch" >names
    grep -q __memmove_chk names || fail "$(cat names)"
    [ "$(uname -m)" != x86_64 ] || objdump -d --disassemble=main "$BIN/imgfetch" >main
    [ "$(uname -m)" != x86_64 ] || grep -q endbr64 main || fail 'main has no endbr64'
}
