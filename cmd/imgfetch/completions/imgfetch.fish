# Completion of imgfetch for fish: copy to /usr/share/fish/vendor_completions.d/. The program itself
# says what fits (cmd/imgfetch/options/complete.h).

function __imgfetch_complete
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    set -l word (string unescape -- "$typed")
    set -l after (commandline -op)
    set -e after[1..(count $before)]
    test -n "$word"; and set -e after[1]
    set -l line (string replace -r '^~/' "$HOME/" -- $before "$word" $after)
    set -l answer (imgfetch --options=(count $before) -- $line 2>/dev/null)
    set -l head (string split \t -- $answer[1])
    switch "$head[1]"
        case files dirs
            set -l rest (string sub -s (math (string length -- "$head[2]") + 1) -- "$typed")
            set -l paths (complete -C "'' $rest")
            test "$head[1]" = dirs; and set paths (string match -r '.*/(?:\t.*)?$' -- $paths)
            string replace -r '^' -- "$head[2]" $paths
        case '*'
            set -l words (string replace -r '^' -- "$head[2]" $answer[2..-1])
            # Fish escapes what it adds, so it cannot close a brace that was typed without a quote.
            string match -qr '^[^\'"\\\\]*\{[^}]*$' -- "$typed"
            and set words (string replace -r '\}(\t|$)' '$1' -- $words)
            string join \n -- $words
    end
end

complete -c imgfetch -f -a '(__imgfetch_complete)'
