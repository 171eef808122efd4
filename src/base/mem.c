#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (!p)
        abort();
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
    mallopt(M_MMAP_THRESHOLD, 2 << 20);
}
