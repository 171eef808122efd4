/* What a DNS server said to one question, in our words. No state. */
#ifndef NET_RESOLVER_REPLY_H
#define NET_RESOLVER_REPLY_H

#include "base/addr.h"

enum resolver_outcome {
    RESOLVER_ADDRESSES,
    RESOLVER_NO_ADDRESS,  /* the name may exist, without an address of this family */
    RESOLVER_NO_NAME,     /* NXDOMAIN */
    RESOLVER_BAD_ANSWER,  /* SERVFAIL, REFUSED, malformed and the like: another server may know */
    RESOLVER_SILENCE,     /* no answer in time */
    RESOLVER_UNREACHABLE, /* the question could not be sent, or ICMP says so */
};

struct resolver_reply {
    enum resolver_outcome outcome;
    struct addr_set addrs; /* at least one with RESOLVER_ADDRESSES */
    unsigned sent;         /* how often the question was */
    uint32_t ttl;          /* seconds; the smallest of the addresses and the aliases before them */
    const char *message;   /* for the last three: static text */
};

/* family: 4 (A) or 6 (AAAA); the rest is what c-ares calls back with. An answer
 * of aliases alone, which lead nowhere or in a circle, is RESOLVER_NO_ADDRESS. */
void resolver_reply_read(struct resolver_reply *ret, int family, int status, int timeouts,
    const unsigned char *bytes, int len);

#endif
