/*
 * Which address of a host answered when its first one did not, so that not every request to the
 * host has to find that out again.
 *
 * Always true: at most RESOLVER_PREFERRED_MAX hosts; beyond that, the one noted first is forgotten.
 * Times are milliseconds of any monotonic clock. One thread.
 */
#ifndef NET_RESOLVER_PREFERRED_H
#define NET_RESOLVER_PREFERRED_H

#include "base/addr.h"

enum { RESOLVER_PREFERRED_MAX = 4096, RESOLVER_PREFERRED_MS = 600000 };

/* NULL is an empty one. */
struct resolver_preferred;

void resolver_preferred_free(struct resolver_preferred *);

/* Notes that the address answered, for RESOLVER_PREFERRED_MS. */
void resolver_preferred_note(
    struct resolver_preferred **, const char *host, const struct addr *, uint64_t now_ms);

/* Moves the noted address of the host to the front, if the set has it. */
void resolver_preferred_apply(
    struct resolver_preferred *, const char *host, struct addr_set *, uint64_t now_ms);

#endif
