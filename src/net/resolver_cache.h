/*
 * Cached answers: those with a time to live, and the permanent ones of /etc/hosts.
 *
 * Always true: at most RESOLVER_CACHE_MAX names with a time to live; beyond that, the one that
 * expires first is evicted. Times are milliseconds of any monotonic clock. One thread.
 */
#ifndef NET_RESOLVER_CACHE_H
#define NET_RESOLVER_CACHE_H

#include "net/resolver.h"

enum {
    RESOLVER_CACHE_MAX = 65536,
    /* seconds: the range an answer's TTL is clamped to, and the fixed TTL */
    RESOLVER_TTL_MIN = 60,
    RESOLVER_TTL_MAX = 3600,
    RESOLVER_TTL_NOT_FOUND = 60,
};

struct resolver_cache;

struct resolver_cache *resolver_cache_new(void);
void resolver_cache_free(struct resolver_cache *);

/* NULL: not cached, or expired. Valid until the next call that changes the cache. */
const struct resolver_answer *resolver_cache_find(
    struct resolver_cache *, const char *name, size_t len, uint64_t now_ms);

/* Replaces the cached answer; a name of /etc/hosts keeps its own. The answer's message is
 * borrowed and must outlive the cache. `ttl` (seconds) is used for ERR_OK only. */
void resolver_cache_put(struct resolver_cache *, const char *name, size_t len,
    const struct resolver_answer *, uint32_t ttl, uint64_t now_ms);

/* Adds an address to a permanent name. */
void resolver_cache_keep(
    struct resolver_cache *, const char *name, size_t len, const struct addr *);

size_t resolver_cache_count(const struct resolver_cache *); /* names with a time to live */

#endif
