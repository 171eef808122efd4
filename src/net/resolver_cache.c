#include "net/resolver_cache.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

struct entry {
    UT_hash_handle hh;
    uint64_t expires_ms;
    unsigned place; /* in the heap; FOREVER: not in it */
    struct resolver_answer answer;
    char name[]; /* no NUL */
};

enum { FOREVER = RESOLVER_CACHE_MAX, HEAP_MIN = 256 };

struct resolver_cache {
    struct entry *by_name;
    struct entry **heap; /* binary, the first to expire on top */
    unsigned n, room;    /* in the heap; what it has room for: a short list needs no half a MB */
};

static void heap_make_room(struct resolver_cache *c)
{
    if (c->n < c->room)
        return;
    c->room = c->room ? 2 * c->room : HEAP_MIN;
    c->heap = mem_grow(c->heap, c->room * sizeof(struct entry *));
}

static void heap_place(struct resolver_cache *c, unsigned i, struct entry *e)
{
    c->heap[i] = e;
    e->place = i;
}

/* Moves the entry to where it belongs after its time changed. */
static void heap_settle(struct resolver_cache *c, struct entry *e)
{
    unsigned i = e->place;
    while (i > 0 && c->heap[(i - 1) / 2]->expires_ms > e->expires_ms) {
        heap_place(c, i, c->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        unsigned child = 2 * i + 1;
        if (child + 1 < c->n && c->heap[child + 1]->expires_ms < c->heap[child]->expires_ms)
            child++;
        if (child >= c->n || c->heap[child]->expires_ms >= e->expires_ms)
            break;
        heap_place(c, i, c->heap[child]);
        i = child;
    }
    heap_place(c, i, e);
}

static void drop_first(struct resolver_cache *c)
{
    struct entry *e = c->heap[0];
    struct entry *last = c->heap[--c->n];
    if (last != e) {
        heap_place(c, 0, last);
        heap_settle(c, last);
    }
    HASH_DEL(c->by_name, e);
    free(e);
}

static struct entry *find(struct resolver_cache *c, const char *name, size_t len)
{
    struct entry *e;
    HASH_FIND(hh, c->by_name, name, len, e);
    return e;
}

static struct entry *add(struct resolver_cache *c, const char *name, size_t len)
{
    struct entry *e = mem_new(sizeof *e + len);
    memcpy(e->name, name, len);
    e->place = FOREVER;
    HASH_ADD_KEYPTR(hh, c->by_name, e->name, len, e);
    return e;
}

static uint32_t ttl_of(enum err err, uint32_t ttl)
{
    if (err == ERR_DNS_NOT_FOUND)
        return RESOLVER_TTL_NOT_FOUND;
    if (err != ERR_OK)
        return RESOLVER_TTL_FAILURE;
    if (ttl < RESOLVER_TTL_MIN)
        return RESOLVER_TTL_MIN;
    return ttl > RESOLVER_TTL_MAX ? RESOLVER_TTL_MAX : ttl;
}

struct resolver_cache *resolver_cache_new(void)
{
    return mem_new(sizeof(struct resolver_cache));
}

void resolver_cache_free(struct resolver_cache *c)
{
    if (!c)
        return;
    struct entry *e, *next;
    HASH_ITER (hh, c->by_name, e, next) {
        HASH_DEL(c->by_name, e);
        free(e);
    }
    free(c->heap);
    free(c);
}

const struct resolver_answer *resolver_cache_find(
    struct resolver_cache *c, const char *name, size_t len, uint64_t now_ms)
{
    struct entry *e = find(c, name, len);
    if (!e || (e->place != FOREVER && e->expires_ms <= now_ms))
        return NULL;
    return &e->answer;
}

void resolver_cache_put(struct resolver_cache *c, const char *name, size_t len,
    const struct resolver_answer *answer, uint32_t ttl, uint64_t now_ms)
{
    struct entry *e = find(c, name, len);
    if (e && e->place == FOREVER)
        return;
    if (!e) {
        /* What has expired goes here, not in find(): finding stays cheap. */
        while (c->n > 0 && (c->n == RESOLVER_CACHE_MAX || c->heap[0]->expires_ms <= now_ms))
            drop_first(c);
        e = add(c, name, len);
        heap_make_room(c);
        heap_place(c, c->n++, e);
    }
    e->answer = *answer;
    e->answer.lookup_ns = 0;
    e->expires_ms = now_ms + 1000 * (uint64_t)ttl_of(answer->err, ttl);
    heap_settle(c, e);
}

void resolver_cache_keep(
    struct resolver_cache *c, const char *name, size_t len, const struct addr *addr)
{
    struct entry *e = find(c, name, len);
    if (!e)
        e = add(c, name, len);
    addr_set_add(&e->answer.addrs, addr);
}

size_t resolver_cache_count(const struct resolver_cache *c)
{
    return c->n;
}
