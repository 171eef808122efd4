#include "base/buf.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 1024 };

bool buf_reserve(struct buf *b, size_t cap)
{
    if (cap <= b->cap)
        return true;
    uint8_t *data = realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    mem_want_huge(data, cap);
    return true;
}

bool buf_append(struct buf *b, const void *bytes, size_t len)
{
    if (len > SIZE_MAX / 2 - b->len)
        return false;
    size_t need = b->len + len;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap : SMALLEST;
        while (cap < need)
            cap *= 2;
        if (!buf_reserve(b, cap))
            return false;
    }
    if (len)
        memcpy(b->data + b->len, bytes, len);
    b->len = need;
    return true;
}

void buf_fini(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}
