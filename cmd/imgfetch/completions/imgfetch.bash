# Completion of imgfetch for bash: copy to /usr/share/bash-completion/completions/imgfetch,
# or source it. The program itself says what fits (cmd/imgfetch/options/complete.h).

# The words of the line into `words`, and into `at` which of them is completed; of that only what is
# before the cursor. Bash splits words at "=" and ":", too; here they are whole.
_imgfetch_split()
{
    local rest=$COMP_LINE after=${COMP_LINE:COMP_POINT} i word
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
            words+=("$word")
        else
            words[-1]+=$word
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
        ((i == COMP_CWORD)) && at=$((${#words[@]} - 1))
    done
    for i in "${!words[@]}"; do
        word=${words[i]}
        ((i == at)) && word=${word%"${after%%[[:space:]]*}"}
        word=${word//[\'\"\\]/}
        words[i]=${word/#\~\//$HOME/}
    done
}

_imgfetch()
{
    local kind prefix word about cut at=0 words=()
    COMPREPLY=()
    _imgfetch_split
    while IFS=$'\t' read -r word about; do
        if [[ ! $kind ]]; then
            kind=$word prefix=$about
            continue
        fi
        case $word in
        *[!A-Za-z0-9_.,:/%+@=^{}#-]*) printf -v word %q "$word" ;;
        esac
        COMPREPLY+=("$prefix$word")
    done < <(imgfetch "--options=$at" -- "${words[@]}" 2>/dev/null)
    word=${words[at]#"$prefix"}
    case $kind in
    files | dirs)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -P "$prefix" "-${kind:0:1}" -- "$word") ;;
    more) compopt -o nospace ;;
    *) [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace ;;
    esac
    # Bash replaces only what is behind the last "=" or ":".
    word=${words[at]}
    cut=${word%"${word##*[=:]}"}
    COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}

complete -F _imgfetch imgfetch
