#include "cmd/imgserve/tries.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "cmd/imgserve/text.h"

#include <stdlib.h>

struct
try {
    struct buf key;
    uint64_t count;
    UT_hash_handle hh;
};

struct tries {
    struct try *all;
};

struct tries *tries_new(void)
{
    return mem_new(sizeof(struct tries));
}

void tries_reset(struct tries *tries)
{
    struct try *t, *next;
    HASH_ITER (hh, tries->all, t, next) {
        HASH_DEL(tries->all, t);
        buf_fini(&t->key);
        free(t);
    }
}

void tries_free(struct tries *tries)
{
    if (tries)
        tries_reset(tries);
    free(tries);
}

uint64_t tries_count(struct tries *tries, struct span host, struct span target)
{
    struct buf key = {0};
    text_add(&key, host);
    text_add(&key, target);
    struct try *t;
    HASH_FIND(hh, tries->all, key.data, key.len, t);
    if (t) {
        buf_fini(&key);
        return ++t->count;
    }
    if (HASH_COUNT(tries->all) >= TRIES_MAX) {
        buf_fini(&key);
        return UINT64_MAX;
    }
    t = mem_new(sizeof *t);
    t->key = key;
    HASH_ADD_KEYPTR(hh, tries->all, t->key.data, t->key.len, t);
    return ++t->count;
}
