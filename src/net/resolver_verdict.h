/*
 * Combines the answers for both families into one. Plain values; no call allocates.
 */
#ifndef NET_RESOLVER_VERDICT_H
#define NET_RESOLVER_VERDICT_H

#include "net/resolver.h"
#include "net/resolver_wire.h"

/* Starts as RESOLVER_VERDICT_NONE. */
struct resolver_verdict {
    struct addr_set addrs;
    uint32_t ttl; /* seconds; the smallest */
    bool has_no_name;
    bool has_no_a; /* the answer to A was NXDOMAIN */
    bool has_v4;
    const char *failure; /* the first one; static text */
};

#define RESOLVER_VERDICT_NONE ((struct resolver_verdict){.ttl = UINT32_MAX})

void resolver_verdict_add(struct resolver_verdict *, int family, const struct resolver_reply *);

/*
 * True if callers need not wait for the other family. The first family with addresses decides; but
 * without an IPv6 route, IPv6 addresses alone are of no use. NXDOMAIN for A decides too. NXDOMAIN
 * for AAAA does not: some servers send it when only the AAAA record is missing (RFC 4074, section
 * 4.2).
 */
bool resolver_verdict_is_clear(const struct resolver_verdict *, bool reaches_v6);

/*
 * The answer so far. One address is a success. If either family failed, it is unknown whether the
 * name exists, unless the answer to A was NXDOMAIN.
 */
void resolver_verdict_read(const struct resolver_verdict *, struct resolver_answer *ret);

#endif
