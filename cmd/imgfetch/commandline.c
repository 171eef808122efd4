#include "cmd/imgfetch/commandline.h"

#include "cmd/imgfetch/options/options_table.h"
#include "cmd/imgfetch/status/shellword.h"

#include <stdlib.h>
#include <string.h>

static void put(struct buf *out, const char *text, size_t len)
{
    if (!buf_append(out, text, len))
        abort();
}

void commandline_word(const char *word, struct buf *ret)
{
    char *quoted = shellword(word);
    put(ret, quoted, strlen(quoted));
    free(quoted);
}

/* " -o out", " --no-thumbs", " --quality=70" */
static void put_setting(const struct setting *s, struct buf *ret)
{
    const struct options_row *row = options_row_named(s->name);
    if (row->letter) {
        char letter[] = {' ', '-', row->letter};
        put(ret, letter, sizeof letter);
        if (s->value)
            put(ret, " ", 1);
    } else {
        put(ret, " --", 3);
        put(ret, s->name, strlen(s->name));
        if (s->value)
            put(ret, "=", 1);
    }
    if (s->value)
        commandline_word(options_is_secret(s->name) ? "..." : s->value, ret);
}

void commandline_options(
    const struct options *o, commandline_drops *drops, const char *added, struct buf *ret)
{
    put(ret, "imgfetch", 8);
    for (size_t i = 0; i < o->given.n; i++) {
        const struct setting *s = &o->given.at[i];
        if (!s->where && !(drops && drops(s->name)))
            put_setting(s, ret);
    }
    for (; added && *added; added += strlen(added) + 1) {
        put(ret, " ", 1);
        commandline_word(added, ret);
    }
}

void commandline_lists(const struct options *o, struct buf *ret)
{
    for (size_t i = 0; i < o->pipeline.n_lists; i++) {
        put(ret, " ", 1);
        commandline_word(o->pipeline.lists[i], ret);
    }
}
