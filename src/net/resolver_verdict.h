/*
 * What the answers for both families together say of a name. Plain values; no call allocates.
 */
#ifndef NET_RESOLVER_VERDICT_H
#define NET_RESOLVER_VERDICT_H

#include "net/resolver.h"
#include "net/resolver_wire.h"

/* Begins as RESOLVER_VERDICT_NONE. */
struct resolver_verdict {
    struct addr_set addrs;
    uint32_t ttl; /* seconds; the smallest */
    bool has_no_name;
    bool has_no_a; /* the name does not exist, says the answer to A */
    bool has_v4;
    const char *failure; /* the first one; static text */
};

#define RESOLVER_VERDICT_NONE ((struct resolver_verdict){.ttl = UINT32_MAX})

void resolver_verdict_add(struct resolver_verdict *, int family, const struct resolver_reply *);

/*
 * Whether callers need not wait for the other family. The first one with addresses decides.
 * Where this machine reaches no IPv6, those addresses alone are of no use and the
 * other family is waited for. "No such name" in answer to A decides too: some servers say
 * so of AAAA, and mean that there is none (RFC 4074, section 4.2).
 */
bool resolver_verdict_is_clear(const struct resolver_verdict *, bool reaches_v6);

/*
 * The answer as things stand. One address is enough. A failure of either family leaves open
 * whether the name exists, unless the answer to A said that it does not.
 */
void resolver_verdict_read(const struct resolver_verdict *, struct resolver_answer *ret);

#endif
