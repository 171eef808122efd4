#include "cmd/imgfetch/options/words.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

const char *words_nearest(const char *const *words, const char *text, size_t len)
{
    struct nearest n;
    nearest_begin(&n, (struct span){text, len});
    for (; *words; words++)
        nearest_try(&n, (struct span){*words, strlen(*words)});
    return n.word.at;
}

static size_t add(char out[WORDS_SIZE], size_t len, const char *before, const char *word)
{
    size_t room = len < WORDS_SIZE ? WORDS_SIZE - len : 0;
    return len + (size_t)snprintf(room ? out + len : NULL, room, "%s%s", before, word);
}

const char *words_unknown(
    const char *what, const char *const *words, const char *text, size_t len, char out[WORDS_SIZE])
{
    const char *near = words_nearest(words, text, len);
    size_t n = add(out, 0, what, " (");
    for (size_t i = 0; words[i]; i++)
        n = add(out, n, i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    n = add(out, n, ")", near ? "; did you mean " : "");
    if (near)
        add(out, n, near, "?");
    return out;
}
