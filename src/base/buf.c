#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SMALLEST = 1024, HUGE_PAGE = 2 << 20 };

/* A large body is read once into memory that nobody has touched yet, and most of what that costs is
 * one page fault for every 4 KB. The kernel may give 2 MB at a time where nothing else would share
 * them (madvise(2), MADV_HUGEPAGE); it is no error if it does not. */
static void want_huge_pages(uint8_t *data, size_t cap)
{
    uintptr_t begin = ((uintptr_t)data + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uintptr_t end = ((uintptr_t)data + cap) / HUGE_PAGE * HUGE_PAGE;
    if (begin < end)
        (void)madvise(data + (begin - (uintptr_t)data), end - begin, MADV_HUGEPAGE);
}

bool buf_reserve(struct buf *b, size_t cap)
{
    if (cap <= b->cap)
        return true;
    uint8_t *data = realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    if (cap >= 2 * HUGE_PAGE)
        want_huge_pages(data, cap);
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
