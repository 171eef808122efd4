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

const char *words_unknown(const char *what, const char *const *words, const char *text, size_t len)
{
    static char out[400];
    const char *near = words_nearest(words, text, len);
    size_t n = (size_t)snprintf(out, sizeof out, "%s (", what);
    for (size_t i = 0; words[i] && n < sizeof out; i++) {
        const char *before = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", before, words[i]);
    }
    if (n < sizeof out)
        snprintf(out + n, sizeof out - n, near ? "); did you mean %s?" : ")", near);
    return out;
}
