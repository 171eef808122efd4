/*
 * Combines the answers for both families into one. Plain values; no call allocates.
 */
#ifndef NET_RESOLVER_VERDICT_H
#define NET_RESOLVER_VERDICT_H

#include "net/resolver.h"
#include "net/resolver_wire.h"

/* Starts as RESOLVER_VERDICT_NONE. */
struct resolver_verdict {
    struct addr_set addrs;   /* that the guard allows */
    struct addr_set refused; /* the others: they would only cost time and places */
    uint32_t ttl;            /* seconds; the smallest */
    bool has_no_name;
    bool has_no_a;       /* the answer to A was NXDOMAIN */
    bool has_v4, has_v6; /* an address of that family that the guard allows */
    const char *failure; /* the first one; static text */
};

#define RESOLVER_VERDICT_NONE ((struct resolver_verdict){.ttl = UINT32_MAX})

/* The guard's conf.allow and .n_allow decide which addresses are of use. */
void resolver_verdict_add(struct resolver_verdict *, int family, const struct resolver_reply *,
    const struct resolver_conf *);

/*
 * Whether callers must wait for the other family. An A record that is of use decides, and so does
 * NXDOMAIN for A. NXDOMAIN for AAAA does not: some servers send it when only the AAAA record is
 * missing (RFC 4074, section 4.2). AAAA records alone are of use with an IPv6 route, and then for
 * want of A only: it is worth a short wait, because it may be the only family that works.
 */
enum resolver_wait { RESOLVER_WAIT_NOT, RESOLVER_WAIT_A_LITTLE, RESOLVER_WAIT_LONG };
enum resolver_wait resolver_verdict_wait(const struct resolver_verdict *, bool reaches_v6);

/*
 * The answer so far. One address is a success, also if the guard refuses it: the transfer says so.
 * If either family failed, it is unknown whether the name exists, unless the answer to A was
 * NXDOMAIN.
 */
void resolver_verdict_read(const struct resolver_verdict *, struct resolver_answer *ret);

#endif
