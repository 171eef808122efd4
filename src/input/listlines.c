#include "input/listlines.h"

#include <stdlib.h>
#include <string.h>

void listlines_begin(struct listlines *l, struct listtext *file, size_t cap)
{
    struct buf kept = l->kept;
    kept.len = 0;
    *l = (struct listlines){.file = file, .cap = cap, .kept = kept};
}

static void keep_text(struct listlines *l, const char *text, size_t len)
{
    size_t room = l->cap - l->kept.len;
    if (!buf_append(&l->kept, text, len < room ? len : room))
        abort(); /* `cap` is our own, and small */
}

static enum liststream_status give(
    struct listlines *l, const char *text, size_t len, struct listlines_line *ret)
{
    l->number++;
    *ret = (struct listlines_line){text, len < l->cap ? len : l->cap};
    return LISTSTREAM_OK;
}

enum liststream_status listlines_next(struct listlines *l, struct listlines_line *ret)
{
    l->kept.len = 0;
    for (;;) {
        if (l->at == l->len) {
            enum liststream_status status = listtext_read(l->file, &l->text, &l->len);
            l->at = 0;
            if (status != LISTSTREAM_OK)
                l->len = 0;
            if (status == LISTSTREAM_END && l->kept.len)
                break;
            if (status != LISTSTREAM_OK)
                return status;
        }
        const char *from = l->text + l->at;
        size_t left = l->len - l->at;
        const char *newline = memchr(from, '\n', left);
        size_t n = newline ? (size_t)(newline - from) : left;
        l->at += n + (newline != NULL);
        if (newline && !l->kept.len)
            return give(l, from, n, ret);
        keep_text(l, from, n);
        if (newline)
            break;
    }
    return give(l, (const char *)l->kept.data, l->kept.len, ret);
}

void listlines_fini(struct listlines *l)
{
    buf_fini(&l->kept);
}

bool listlines_is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] != ' ' && text[i] != '\r')
            return false;
    return true;
}
