# Completions in the shells themselves. What fits is said by the program; see options/complete.h.
# shellcheck shell=bash

COMPLETIONS=$TOP/cmd/imgfetch/completions
quote=

# Files and directories to complete, and a home for the shells.
make_home() {
    mkdir home directory
    touch list.txt
    printf 'url,my caption,license\nhttp://127.0.0.1/,a,b\n' >list.csv
    printf '{"url":"http://127.0.0.1/","alt text":"b"}\n' >list.jsonl
    printf 'url\tsecond\n' >'a list.tsv'
    export HOME=$PWD/home
    PATH=$BIN:$PATH
}

# What is tried in every shell. A word that is complete is followed by a space, except where more
# may follow. $quote: what a brace needs before it.
tries() {
    printf '%s\t' runs 'imgfetch --fres' && echo '--fresh'
    printf '%s\t' runs 'imgfetch --url-c' && echo '--url-col='
    printf '%s\t' runs 'imgfetch -q -b se' && echo '-q -b serial'
    printf '%s\t' runs 'imgfetch --backend=se' && echo '--backend=serial'
    printf '%s\t' runs 'imgfetch -bse' && echo '-bserial'
    printf '%s\t' runs 'imgfetch --layout=w' && echo '--layout=webdataset'
    printf '%s\t' runs 'imgfetch --filter m' && echo '--filter mitchell'
    printf '%s\t' runs 'imgfetch --help=net' && echo '--help=network'
    printf '%s\t' runs 'imgfetch --retry-failed=blo' && echo '--retry-failed=blocked_address'
    printf '%s\t' runs 'imgfetch --retry-failed=timeout,bad_u' && echo '--retry-failed=timeout,bad_url'
    printf '%s\t' runs 'imgfetch --compare=async,th' && echo '--compare=async,threads'
    printf '%s\t' runs 'imgfetch -t 128:c' && echo '-t 128:cover'
    printf '%s\t' runs 'imgfetch --thumb=128:c' && echo '--thumb=128:cover'
    printf '%s\t' runs 'imgfetch list.csv --url-col=u' && echo 'list.csv --url-col=url'
    printf '%s\t' runs 'imgfetch list.csv --keep-cols=url,lic' && echo 'list.csv --keep-cols=url,license'
    printf '%s\t' runs 'imgfetch list.csv --caption-col=my' && echo 'list.csv --caption-col=my caption'
    printf '%s\t' runs 'imgfetch list.jsonl --caption-col al' && echo 'list.jsonl --caption-col alt text'
    printf '%s\t' runs 'imgfetch "a list.tsv" --hash-col=sec' && echo 'a list.tsv --hash-col=second'
    printf '%s\t' runs 'imgfetch a\ list.tsv --hash-col=sec' && echo 'a list.tsv --hash-col=second'
    printf '%s\t' runs 'imgfetch "a li' && echo 'a list.tsv'
    printf '%s\t' runs 'imgfetch ~/../list.t' && echo "$HOME/../list.txt"
    printf '%s\t' runs 'imgfetch ~/../list.csv --url-col=lic' && echo "$HOME/../list.csv --url-col=license"
    printf '%s\t' runs "imgfetch --name=$quote{bas" && echo '--name={basename}'
    printf '%s\t' runs "imgfetch --keep-cols=license --name=$quote{host}-{lic" &&
        echo '--keep-cols=license --name={host}-{license}'
    printf '%s\t' runs 'imgfetch -o dir' && echo '-o directory'
    printf '%s\t' runs 'imgfetch --output=dir' && echo '--output=directory'
    printf '%s\t' runs 'imgfetch --verify dir' && echo '--verify directory'
    printf '%s\t' runs 'imgfetch -K list.t' && echo '-K list.txt'
    printf '%s\t' runs 'imgfetch list.t' && echo 'list.txt'
    printf '%s\t' shows 'imgfetch --retry-failed=' blocked_address && echo timeout
    printf '%s\t' shows 'imgfetch --compare=a,' threads && echo coro
    printf '%s\t' shows 'imgfetch --name={' basename key && echo sha256
    printf '%s\t' shows 'imgfetch list.csv --url-col=' url && echo license
    printf '%s\t' shows 'imgfetch --re' refresh && echo retry-failed
}

try_in() { # SHELL ARGUMENT...
    tries | python3 "$TOP/cmd/imgfetch/e2e/completions.py" "$@" >faults 2>&1 ||
        fail "$1: $(cat faults)"
}

# imgfetch as a function: the program says what fits, and what is run is only printed.
function_for_bash_and_zsh() {
    cat <<'END'
imgfetch()
{
    case $1 in
    --options=*) command imgfetch "$@" ;;
    *) printf 'GOT<%s>\n' "$*" ;;
    esac
}
END
}

test_bash() {
    make_home
    mkdir -p home/completion/completions
    cp "$COMPLETIONS/imgfetch.bash" home/completion/completions/
    {
        echo "BASH_COMPLETION_USER_DIR=$PWD/home/completion PS1='READY '"
        echo '. /usr/share/bash-completion/bash_completion'
        function_for_bash_and_zsh
    } >rc
    [ -e /usr/share/bash-completion/bash_completion ] || { echo 'skipped: no bash-completion' && return; }
    try_in bash --noprofile --rcfile rc -i
}

test_bash_without_the_package_of_completions() {
    make_home
    {
        echo "PS1='READY '"
        echo ". '$COMPLETIONS/imgfetch.bash'"
        function_for_bash_and_zsh
    } >rc
    try_in bash --noprofile --rcfile rc -i
}

test_zsh() {
    command -v zsh >/dev/null || { echo 'skipped: no zsh' && return; }
    make_home
    {
        echo "fpath=('$COMPLETIONS' \$fpath) PS1='READY '"
        echo 'autoload -U compinit && compinit -u -D'
        function_for_bash_and_zsh
    } >home/.zshrc
    ZDOTDIR=$HOME try_in zsh -d -i
}

test_fish() {
    command -v fish >/dev/null || { echo 'skipped: no fish' && return; }
    make_home
    mkdir -p home/.config/fish
    cat >home/.config/fish/config.fish <<END
source $COMPLETIONS/imgfetch.fish
set -g fish_greeting
function fish_prompt; printf 'READY '; end
function imgfetch
    if string match -q -- '--options=*' "\$argv[1]"
        command imgfetch \$argv
    else
        printf 'GOT<%s>\n' "\$argv"
    end
end
END
    quote="'"
    XDG_CONFIG_HOME=$HOME/.config try_in fish --private -i
}
