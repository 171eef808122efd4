# Completion of imgfetch for fish: copy to /usr/share/fish/vendor_completions.d/.

# What stands before ":" in the list; behind a number, what may follow a colon.
function __imgfetch_colon
    set -l halves (string split ' : ' -- "$argv")
    set -l size (string replace -r '^(--[a-z]+=|-[a-z])' '' -- (commandline -ct) | string split -m1 :)[1]
    if string match -qr '^\d+(x\d+)?$' -- $size
        printf '%s\n' $size:(string split ' ' -- $halves[2])
    end
    string split ' ' -- $halves[1]
end

# The options as the program itself lists them (options.h).
imgfetch --options 2>/dev/null | while read -l -d \t name letter argument times words help
    set -l how -l $name -d $help
    test $letter = -; or set -a how -s $letter
    string match -q '=*' -- $argument; and set -a how -r
    switch "$words:$argument"
        case '* : *'
            set -a how -f -a "(__imgfetch_colon $words)"
        case '-:*DIR'
            set -a how -f -a '(__fish_complete_directories)'
        case '-:=FILE'
            set -a how -F
        case '-:-' '-:*FILE]'
        case '-:*'
            set -a how -f
        case '*'
            set -a how -f -a $words
    end
    complete -c imgfetch $how
end
