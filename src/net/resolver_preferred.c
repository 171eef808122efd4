#include "net/resolver_preferred.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* One host; the pointer to the first one stands for all (uthash keeps their order). */
struct resolver_preferred {
    UT_hash_handle hh;
    struct addr addr;
    uint64_t until_ms;
    char host[];
};

static void forget(struct resolver_preferred **all, struct resolver_preferred *p)
{
    HASH_DEL(*all, p);
    free(p);
}

void resolver_preferred_free(struct resolver_preferred *all)
{
    while (all)
        forget(&all, all);
}

void resolver_preferred_note(
    struct resolver_preferred **all, const char *host, const struct addr *addr, uint64_t now_ms)
{
    struct resolver_preferred *p;
    HASH_FIND_STR(*all, host, p);
    if (p)
        forget(all, p);
    if (HASH_COUNT(*all) == RESOLVER_PREFERRED_MAX)
        forget(all, *all);
    size_t len = strlen(host);
    p = mem_new(sizeof *p + len + 1);
    memcpy(p->host, host, len + 1);
    p->addr = *addr;
    p->until_ms = now_ms + RESOLVER_PREFERRED_MS;
    HASH_ADD_STR(*all, host, p);
}

void resolver_preferred_apply(
    struct resolver_preferred *all, const char *host, struct addr_set *addrs, uint64_t now_ms)
{
    struct resolver_preferred *p;
    if (!all || addrs->n < 2)
        return;
    HASH_FIND_STR(all, host, p);
    if (p && now_ms < p->until_ms)
        addr_set_begin_with(addrs, &p->addr);
}
