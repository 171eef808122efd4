#include "net/resolver_cache.h"

#include "base/hash.h"
#include "base/heap.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    UT_hash_handle hh;
    size_t place; /* in by_time; FOREVER: not in it */
    struct resolver_answer answer;
    char name[]; /* no NUL */
};

enum { FOREVER = RESOLVER_CACHE_MAX };

struct resolver_cache {
    struct entry *by_name;
    struct heap by_time; /* of milliseconds: the first to expire on top */
};

static void note_place(void *item, size_t place)
{
    ((struct entry *)item)->place = place;
}

static void drop_first(struct resolver_cache *c)
{
    struct entry *e = heap_pop(&c->by_time);
    HASH_DEL(c->by_name, e);
    free(e);
}

static struct entry *find_entry(struct resolver_cache *c, const char *name, size_t len)
{
    struct entry *e;
    HASH_FIND(hh, c->by_name, name, len, e);
    return e;
}

static struct entry *add_entry(struct resolver_cache *c, const char *name, size_t len)
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
    struct resolver_cache *c = mem_new(sizeof *c);
    c->by_time.moved = note_place;
    return c;
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
    heap_fini(&c->by_time);
    free(c);
}

const struct resolver_answer *resolver_cache_find(
    struct resolver_cache *c, const char *name, size_t len, uint64_t now_ms)
{
    struct entry *e = find_entry(c, name, len);
    if (!e || (e->place != FOREVER && c->by_time.at[e->place].key <= now_ms))
        return NULL;
    return &e->answer;
}

void resolver_cache_put(struct resolver_cache *c, const char *name, size_t len,
    const struct resolver_answer *answer, uint32_t ttl, uint64_t now_ms)
{
    struct entry *e = find_entry(c, name, len);
    if (e && e->place == FOREVER)
        return;
    uint64_t expires_ms = now_ms + 1000 * (uint64_t)ttl_of(answer->err, ttl);
    if (e) {
        heap_change(&c->by_time, e->place, expires_ms);
    } else {
        /* Expired entries are removed here, not in find_entry(), to keep lookups cheap. */
        while (c->by_time.n == RESOLVER_CACHE_MAX ||
               (c->by_time.n && heap_first(&c->by_time)->key <= now_ms))
            drop_first(c);
        e = add_entry(c, name, len);
        heap_push(&c->by_time, e, expires_ms);
    }
    e->answer = *answer;
    e->answer.lookup_ns = 0;
}

void resolver_cache_keep(
    struct resolver_cache *c, const char *name, size_t len, const struct addr *addr)
{
    struct entry *e = find_entry(c, name, len);
    if (!e)
        e = add_entry(c, name, len);
    addr_set_add(&e->answer.addrs, addr);
}

size_t resolver_cache_count(const struct resolver_cache *c)
{
    return c->by_time.n;
}
