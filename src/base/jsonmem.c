#include "base/jsonmem.h"

#include "base/mem.h"

#include <stdlib.h>

static void *allocate(void *context, size_t size)
{
    (void)context;
    void *made = malloc(size);
    mem_must(made);
    return made;
}

static void *grow(void *context, void *old, size_t size)
{
    (void)context;
    return mem_grow(old, size);
}

static void give_back(void *context, void *old)
{
    (void)context;
    free(old);
}

yajl_alloc_funcs jsonmem = {allocate, grow, give_back, NULL};
