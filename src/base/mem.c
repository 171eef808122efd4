#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    HUGE_PAGE = 2 << 20, /* bytes, on x86-64 and most other machines */
    MMAP_MAX = 65536,    /* malloc's own default */
    MMAP_THRESHOLD = 2 << 20,
    WARM_UP_THRESHOLD = 16 << 10,
    BEFORE_HUGE_PAGE = 64, /* room for malloc's own words, so that a block begins at the page */
};

void mem_must(bool made)
{
    if (!made)
        abort();
}

static void *must(void *p)
{
    mem_must(p);
    return p;
}

void *mem_new(size_t size)
{
    return must(calloc(1, size));
}

void *mem_array(size_t n, size_t size)
{
    return must(calloc(n ? n : 1, size));
}

void *mem_grow(void *old, size_t size)
{
    return must(realloc(old, size));
}

char *mem_dup(const char *text)
{
    return text ? must(strdup(text)) : NULL;
}

char *mem_dup_n(const char *text, size_t len)
{
    char *copy = must(malloc(len + 1));
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void mem_tune(void)
{
    mallopt(M_TOP_PAD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
}

bool mem_reserve_heap(size_t size)
{
    mallopt(M_TRIM_THRESHOLD, -1); /* never */
    mallopt(M_MMAP_MAX, 0);        /* from the heap, however large */
    void *all = malloc(size);
    mallopt(M_MMAP_MAX, MMAP_MAX);
    if (all)
        mem_want_huge(all, size);
    free(all);
    return all;
}

void mem_want_huge(void *data, size_t size)
{
    uintptr_t at = (uintptr_t)data, begin = (at + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uintptr_t end = (at + size) / HUGE_PAGE * HUGE_PAGE;
    if (size >= MEM_LARGE && begin < end)
        (void)madvise((char *)data + (begin - at), end - begin, MADV_HUGEPAGE);
}

void mem_begin_warm_up(void)
{
    mallopt(M_MMAP_THRESHOLD, WARM_UP_THRESHOLD); /* a mapped block is gone when it is freed */
}

void mem_end_warm_up(void)
{
    static void *volatile plug; /* kept for ever, and never touched */
    mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
    mallopt(M_MMAP_MAX, 0);        /* from the heap */
    char *top = malloc(HUGE_PAGE); /* no hole is so large */
    size_t rest = (2 * HUGE_PAGE - BEFORE_HUGE_PAGE - (uintptr_t)top % HUGE_PAGE) % HUGE_PAGE;
    free(top);
    malloc_trim(0); /* its end was touched, too */
    plug = malloc(rest);
    (void)plug;
    mallopt(M_MMAP_MAX, MMAP_MAX);
}
