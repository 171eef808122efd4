# Completion of imgfetch for bash: copy to /usr/share/bash-completion/completions/imgfetch,
# or source it.

# The options as the program itself lists them (options.h); asked once.
_imgfetch_options=

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

# $1: the value so far, $2: its option, $3: "=" if it stands in the same word. False: the option
# takes no value there.
_imgfetch_value()
{
    local name letter argument times words help
    while IFS=$'\t' read -r name letter argument times words help; do
        [[ $2 == "--$name" || $2 == "-$letter" ]] || continue
        [[ $argument == =* || ${3-}$argument == '=['* ]] || return 1
        case $words in
        # Bash takes the part behind a colon for a word of its own.
        *' : '*) case $1 in
            *:*) _imgfetch_words "${1##*:}" "${words#* : }" ;;
            *) _imgfetch_words "$1" "${words% : *}" ;;
            esac ;;
        -) case $argument in
            *DIR) _imgfetch_files "$1" -d ;;
            *FILE*) _imgfetch_files "$1" -f ;;
            esac ;;
        *) _imgfetch_words "$1" "$words" ;;
        esac
        return 0
    done <<<"$_imgfetch_options"
    return 1
}

# "--name", or "--name=" if there has to be a value.
_imgfetch_long()
{
    cut -f1,3 <<<"$_imgfetch_options" | sed -E 's/\t=.*/=/; s/\t.*//; s/^/--/'
}

_imgfetch_letters()
{
    cut -f2 <<<"$_imgfetch_options" | sort -u | sed 's/^/-/'
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
    [[ $_imgfetch_options ]] || _imgfetch_options=$(imgfetch --options 2>/dev/null)
    case $word in
    --*=*)
        _imgfetch_value "${word#*=}" "${word%%=*}" =
        return ;;
    esac
    _imgfetch_value "$word" "$before" && return
    case $word in
    --*)
        _imgfetch_words "$word" "$(_imgfetch_long)"
        [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace ;;
    -*) _imgfetch_words "$word" "$(_imgfetch_letters)" ;;
    *) _imgfetch_files "$word" -f ;;
    esac
}

complete -F _imgfetch imgfetch
