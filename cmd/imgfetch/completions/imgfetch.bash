# Completion of imgfetch for bash: copy to /usr/share/bash-completion/completions/imgfetch,
# or source it.

_imgfetch_long='
    --format= --url-col= --caption-col= --hash-col= --keep-cols= --limit= --shuffle
    --dedupe= --backend= --list-backends --concurrency= --loops= --per-host= --host-rate= --limit-rate=
    --retries=
    --retry-max-wait= --max-redirects=
    --connect-timeout= --timeout= --stall-timeout= --max-size= --memory=
    --header= --user-agent= --referer= --robots-txt --robots-tag= --cacert= --insecure
    --http1.1 --http2 --proxy=
    --dns-servers= --resolve= --ipv4 --ipv6 --allow-net=
    --thumb= --no-thumbs --originals --no-originals --filter= --thumb-format= --quality=
    --background= --upscale --pool= --decode-order= --workers= --max-pixels= --min-side= --max-aspect=
    --decode-timeout= --decode-memory= --require-sandbox --strict --progressive
    --output= --layout= --name= --shard-size= --shard= --retry-failed --refresh --checkpoint= --fresh
    --verify
    --quiet --verbose --json --fail-under= --compare --repeat= --report --config=
    --help --version'

# Words that begin with $1 into COMPREPLY.
_imgfetch_words()
{
    mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_imgfetch_files()
{
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen "$2" -- "$1")
}

# $1: the value so far, $2: its option. False: it is the user's own to say.
_imgfetch_value()
{
    case $2 in
    --backend | -b)
        _imgfetch_words "$1" "$(imgfetch --list-backends 2>/dev/null | cut -d' ' -f1)" ;;
    --format) _imgfetch_words "$1" 'auto txt csv tsv jsonl' ;;
    --dedupe) _imgfetch_words "$1" 'shard run off' ;;
    --layout) _imgfetch_words "$1" files webdataset ;;
    --shard) _imgfetch_words "$1" auto ;;
    --pool) _imgfetch_words "$1" 'procs threads inline' ;;
    --decode-order) _imgfetch_words "$1" 'fifo largest' ;;
    --filter) _imgfetch_words "$1" 'lanczos3 mitchell area' ;;
    --thumb-format) _imgfetch_words "$1" 'jpg png webp' ;;
    --background) _imgfetch_words "$1" 'white black' ;;
    --thumb | -t)
        case $1 in
        # Bash takes the part behind a colon for a word of its own.
        *:*) _imgfetch_words "${1##*:}" 'fit cover pad exact short' ;;
        *) _imgfetch_words "$1" '64 128 256 512 1024' ;;
        esac ;;
    --output | -o) _imgfetch_files "$1" -d ;;
    --compare)
        _imgfetch_words "$1" "pools $(imgfetch --list-backends 2>/dev/null | cut -d' ' -f1)" ;;
    --cacert | --report | --config | -K) _imgfetch_files "$1" -f ;;
    -[cHAex] | --*-col | --keep-cols | --concurrency | --loops | --per-host | --host-rate | --limit-rate | --retries | \
        --retry-max-wait | --max-redirects | --*timeout | --max-size | --memory | --header | \
        --user-agent | --referer | --robots-tag | --proxy | --dns-servers | \
        --resolve | --allow-net | --quality | --workers | --max-pixels | --min-side | \
        --max-aspect | --decode-memory | --checkpoint | --name | --shard-size | --limit | --fail-under | --repeat) ;;
    *) return 1 ;;
    esac
}

_imgfetch()
{
    # The words as they were typed: bash splits at "=" and ":", too.
    local typed=${COMP_LINE:0:COMP_POINT}
    local word=${typed##*[[:space:]]} before
    before=${typed%"$word"}
    before=${before%"${before##*[![:space:]]}"}
    before=${before##*[[:space:]]}
    COMPREPLY=()
    case $word in
    --*=*)
        _imgfetch_value "${word#*=}" "${word%%=*}"
        return ;;
    esac
    _imgfetch_value "$word" "$before" && return
    case $word in
    --*)
        _imgfetch_words "$word" "$_imgfetch_long"
        [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace ;;
    -*) _imgfetch_words "$word" '-b -c -H -A -e -k -4 -6 -t -o -q -v -K -h -V --' ;;
    *) _imgfetch_files "$word" -f ;;
    esac
}

complete -F _imgfetch imgfetch
