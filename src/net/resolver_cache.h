/*
 * What is known about names: answers with a time to live, and the names of
 * /etc/hosts, which stay.
 *
 * Always true: at most RESOLVER_CACHE_MAX names with a time to live; when one more
 * comes, the one that would expire first goes. Times are milliseconds of a
 * clock of the caller's choice that never goes back. One thread.
 */
#ifndef NET_RESOLVER_CACHE_H
#define NET_RESOLVER_CACHE_H

#include "net/resolver.h"

enum {
    RESOLVER_CACHE_MAX = 65536,
    /* seconds: what an answer's own TTL is clamped to, and the fixed ones */
    RESOLVER_TTL_MIN = 60,
    RESOLVER_TTL_MAX = 3600,
    RESOLVER_TTL_NOT_FOUND = 60,
};

struct resolver_cache;

struct resolver_cache *resolver_cache_new(void);
void resolver_cache_free(struct resolver_cache *);

/* NULL: nothing known, or no longer. Valid until the next call that changes the cache. */
const struct resolver_answer *resolver_cache_find(
    struct resolver_cache *, const char *name, size_t len, uint64_t now_ms);

/* Replaces what was known; a name of /etc/hosts keeps what it has. The answer's
 * message is borrowed and must outlive the cache. `ttl` (seconds) counts for ERR_OK alone. */
void resolver_cache_put(struct resolver_cache *, const char *name, size_t len,
    const struct resolver_answer *, uint32_t ttl, uint64_t now_ms);

/* One more address of a name that stays. */
void resolver_cache_keep(
    struct resolver_cache *, const char *name, size_t len, const struct addr *);

size_t resolver_cache_count(const struct resolver_cache *); /* names with a time to live */

#endif
