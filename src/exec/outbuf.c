#include "exec/outbuf.h"

#include <sys/mman.h>

/* Bytes kept between tasks, as in exec/slot.c: a whole number of pages. */
enum { KEEP = 1 << 20 };

bool outbuf_init(struct outbuf *b, size_t size)
{
    *b = (struct outbuf){0};
    void *data = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED)
        return false;
    *b = (struct outbuf){data, size};
    return true;
}

void outbuf_fini(struct outbuf *b)
{
    if (!b || !b->data)
        return;
    munmap(b->data, b->size);
    *b = (struct outbuf){0};
}

void outbuf_release(struct outbuf *b)
{
    if (b->size > KEEP)
        madvise(b->data + KEEP, b->size - KEEP, MADV_DONTNEED);
}
