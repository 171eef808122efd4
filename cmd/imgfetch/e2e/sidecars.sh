# --sidecars: files beside the images, and programs that read folders.
# shellcheck shell=bash

SIDECARS=(--sidecars=json,txt,metadata.jsonl --caption-col=text --shard-size=10 -t 32 --retries=0)

# A list of 23 rows: a duplicate, a caption that is missing, and rows that fail in three ways.
make_list() {
    local i
    serve
    {
        echo url,text
        for ((i = 0; i < 18; i++)); do
            echo "$site/jpeg_420.jpg?$i,\"caption $i, \"\"é\"\"\""
        done
        echo "$site/png_rgb.png,"
        echo "$site/jpeg_420.jpg?12,again"
        echo "$site/missing.jpg,lost"
        echo "$site/jpeg_bad_dims.jpg,broken"
        echo "$site/html.jpg,text"
    } >list.csv
}

# By the rules of three trainers and readers; prints how many samples each finds.
read_folder() { # FOLDER
    python3 - "$1" <<'END'
import glob, json, os, sys
folder = sys.argv[1]
images = [p for p in glob.glob(f'{folder}/**/*', recursive=True)
          if os.path.splitext(p)[1].lower() in ('.png', '.jpg', '.jpeg', '.webp', '.bmp')]
# kohya's sd-scripts: read_caption() of each image in a folder; without one it trains on nothing.
captions = [open(os.path.splitext(p)[0] + '.txt', encoding='utf-8').read() for p in images]
# clip-retrieval: folder_to_keys(), which keeps the keys that all three kinds have.
def keys(*endings):
    return {os.path.relpath(p, folder)[:-len(e)] for e in endings
            for p in glob.glob(f'{folder}/**/*{e}', recursive=True)}
shared = keys('.jpg', '.png', '.webp') & keys('.txt') & keys('.json')
metadata = [json.load(open(f'{folder}/{k}.json', encoding='utf-8')) for k in sorted(shared)]
assert [m['key'] for m in metadata] == [os.path.basename(k) for k in sorted(shared)]
print(len(captions), len(shared), sum(c != '' for c in captions))
END
}

test_trainers_read_a_folder_of_any_size() {
    local folder
    make_list
    fetch "${SIDECARS[@]}" -t 16 list.csv
    assert_rc 1
    assert_whole
    for folder in images thumbs/32 thumbs/16; do
        assert_eq "$(read_folder "out/$folder")" '19 19 18' "$folder"
        "$TOP/testdata/hftypes.py" out/$folder/*/metadata.jsonl >kinds 2>&1 || fail "$(cat kinds)"
        assert_eq "$(cut -d' ' -f1,2 kinds)" '20 file_name="string"' # the duplicate is one
    done
    assert_eq "$(cat out/thumbs/16/00001/000010000.txt)" 'caption 10, "é"'
    # Size and metadata are those of the image beside which they are.
    assert_eq "$(jq -c '[.width, .original_width, .caption]' out/{images,thumbs/16}/00001/000010000.json | paste -sd' ')" \
        '[160,160,"caption 10, \"é\""] [16,160,"caption 10, \"é\""]'
    assert_eq "$(cat out/thumbs/32/*/metadata.jsonl | jq -c 'select(.key == "000010009") | [.file_name, .caption]')" \
        '["000010002.jpg","again"]'
    # All that is in KEY.json is in the line of its row, as in a tar.
    jq -c 'del(.file_name)' out/thumbs/32/00000/metadata.jsonl >is
    jq -c . out/thumbs/32/00000/0*.json | diff - is >diff.out || fail "$(cat diff.out)"
    fetch --layout=webdataset --caption-col=text --shard-size=10 -t 32 -o tars list.csv
    jq -c 'del(.path, .thumbs)' out/thumbs/32/00000/000000003.json >is
    tar xOf tars/00000.tar 000000003.json | jq -c 'del(.path, .thumbs)' | diff - is >diff.out || fail "$(cat diff.out)"
    fetch --verify
    assert_rc 0
}

test_only_what_is_asked_for() {
    make_list
    fetch --sidecars=txt --caption-col=text --no-thumbs list.csv
    assert_eq "$(find out -name '*.txt' | wc -l) $(find out -name '*.json' | grep -vc _stats) $(find out/images -name '*.jsonl' | wc -l)" '19 2 0'
    fetch --sidecars=metadata.jsonl --no-originals -o meta list.csv
    assert_eq "$(rows 'has("sidecars")' meta | sort -u)" false
    assert_eq "$(cd meta && find . -name '*.json*' ! -path './.imgfetch/*' ! -path './manifest/*' ! -name '*_stats.json')" \
        ./thumbs/256/00000/metadata.jsonl
    assert_eq "$(wc -l <meta/thumbs/256/00000/metadata.jsonl)" 20
    fetch --sidecars=metadata.jsonl,json --no-originals -o meta list.csv
    assert_rc 2
    assert_says 'sidecars'
    fetch -o meta --verify
    assert_rc 0
}

test_misuse_is_told() {
    make_list
    fetch --sidecars=txt list.csv
    assert_rc 2
    assert_says 'needs --caption-col'
    fetch --sidecars=json --dedupe=content list.csv
    assert_rc 2
    assert_says 'rows that share an image have captions of their own; take --dedupe=shard'
    fetch --sidecars=json --layout=webdataset list.csv
    assert_rc 2
    assert_says 'tars have these already'
    fetch --sidecars=metadata.jsonl --layout=flat list.csv
    assert_rc 2
    assert_says 'needs --layout=files'
    fetch --sidecars=json --layout=flat --name={sha256} list.csv
    assert_rc 2
    assert_says 'rows with one body share files'
    fetch --sidecars=caption list.csv
    assert_rc 2
    assert_says 'not some of (json, txt or metadata.jsonl)'
    [ ! -e out ] || fail 'made all the same'
}

# What was killed goes on; a sidecar that is gone or has changed meanwhile is made again.
test_killed_and_continued() {
    local folder options=("${SIDECARS[@]}" --shard-size=100 -c 4 list.csv) # so it is open until the end
    make_list
    hold 12
    fetch_start "${options[@]}"
    await has_rows 10
    kill -KILL "$pid"
    fetch_wait
    await nothing_runs
    release
    find out/images -name '*.txt' | head -n 1 | xargs rm
    find out/thumbs -name '*.json' | tail -n 1 | xargs truncate -s 3
    fetch "${options[@]}"
    assert_rc 1
    assert_whole
    fetch "${options[@]}" -o undisturbed
    for folder in images thumbs; do
        diff -r out/$folder undisturbed/$folder >diff.out || fail "$(head -n 5 diff.out)"
    done
    fetch --verify
    assert_rc 0
}

# One image becomes another, one is gone, one comes back.
test_they_follow_their_row() {
    local layout i
    for layout in files flat; do
        rm -rf site
        mkdir site
        for i in 0 1 2; do
            cp "$IMAGES/jpeg_420.jpg" site/$i.jpg
        done
        serve site
        {
            echo url,text
            printf "$site/%d.jpg,c %d\n" 0 0 1 1 2 2 3 3
        } >list.csv
        fetch "${SIDECARS[@]/,metadata.jsonl/}" --layout=$layout -o $layout list.csv
        assert_rc 1
        cp "$IMAGES/png_rgb.png" site/1.jpg
        mv site/2.jpg site/3.jpg
        fetch "${SIDECARS[@]/,metadata.jsonl/}" --layout=$layout -o $layout --retry-failed list.csv
        assert_rc 0
        assert_whole $layout
        fetch "${SIDECARS[@]/,metadata.jsonl/}" --layout=$layout -o $layout --refresh list.csv
        assert_rc 1
        assert_says 'unchanged: 2'
        assert_whole $layout
        fetch "${SIDECARS[@]/,metadata.jsonl/}" --layout=$layout -o $layout-again list.csv
        (cd $layout && find . -name '*.txt' -o -name '*.json' | grep -v 'stats\|imgfetch' | sort | xargs sha256sum) >is
        (cd $layout-again && find . -name '*.txt' -o -name '*.json' | grep -v 'stats\|imgfetch' | sort | xargs sha256sum) |
            diff - is >diff.out || fail "$layout: $(cat diff.out)"
        assert_eq "$(grep -c . is)" 12
        fetch -o $layout --verify
        assert_rc 0
        find $layout -name '*1.txt' | head -n 1 | xargs rm
        fetch -o $layout --verify
        assert_rc 1
        # Of another's files none goes, of ours all.
        echo mine >$layout/mine.txt
        fetch -o $layout --fresh --limit=1 --layout=flat --no-thumbs list.csv
        assert_rc 0
        assert_eq "$(cd $layout && find . -type f ! -path './.imgfetch/*' | sort | paste -sd' ')" \
            './0.jpg ./00000_stats.json ./manifest/00000.jsonl ./mine.txt'
    done
}

# After --refresh and --retry-failed metadata.jsonl has the rows as they are then.
test_metadata_of_a_folder_is_made_again() {
    mkdir site
    cp "$IMAGES/jpeg_420.jpg" site/0.jpg
    cp "$IMAGES/jpeg_420.jpg" site/1.jpg
    serve site
    list /0.jpg /1.jpg /2.jpg
    fetch --sidecars=metadata.jsonl -t 32 urls.txt
    assert_eq "$(jq -r .file_name out/images/00000/metadata.jsonl | paste -sd' ')" '000000000.jpg 000000001.jpg'
    mv site/1.jpg site/2.jpg
    cp "$IMAGES/png_rgb.png" site/0.jpg
    fetch --sidecars=metadata.jsonl -t 32 --refresh urls.txt
    assert_rc 1
    assert_eq "$(jq -r .file_name out/images/00000/metadata.jsonl | paste -sd' ')" '000000000.png 000000002.jpg'
    assert_eq "$(jq -r .file_name out/thumbs/32/00000/metadata.jsonl | paste -sd' ')" '000000000.jpg 000000002.jpg'
    fetch --verify
    assert_rc 0
    rm site/*
    fetch --sidecars=metadata.jsonl -t 32 --refresh urls.txt
    [ ! -e out/images/00000/metadata.jsonl ] || fail 'metadata of no image'
    fetch --verify
    assert_rc 0
}

test_other_sidecars_from_what_is_there() {
    make_list
    fetch --shard-size=10 list.csv
    assert_rc 1
    reset_stats
    fetch "${SIDECARS[@]}" --reuse=out -o new list.csv
    assert_eq "$(stat_of .requests)" 3 'requests, for the rows that failed'
    assert_eq "$(read_folder new/thumbs/32)" '19 19 18'
    fetch "${SIDECARS[@]}" -o undisturbed list.csv
    diff -r new/images undisturbed/images >diff.out || fail "$(head -n 5 diff.out)"
    assert_whole new
    fetch -o new --verify
    assert_rc 0
}

test_each_row_has_its_own_caption_without_duplicates() {
    make_list
    fetch "${SIDECARS[@]}" --dedupe=off list.csv
    assert_eq "$(cat out/images/00001/000010009.txt)" again
    fetch --verify
    assert_rc 0
}
