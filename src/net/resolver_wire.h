/*
 * DNS messages as bytes (RFC 1035, section 4): a question is written, and what a server
 * says to it is read. No state, no allocation. Names are as resolver_names_is_valid() wants them.
 */
#ifndef NET_RESOLVER_WIRE_H
#define NET_RESOLVER_WIRE_H

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

/* A message of RESOLVER_BAD_ANSWER. */
#define RESOLVER_WIRE_MALFORMED "the DNS server's answer is malformed, asked twice"

enum {
    RESOLVER_WIRE_QUESTION_MAX = 12 + 255 + 4 + 11, /* header, name, type and class, EDNS */
    RESOLVER_WIRE_UDP_MAX = 1232, /* bytes that pass everywhere unfragmented (DNS flag day 2020) */
};

/* family: 4 (A) or 6 (AAAA). edns: answers may have RESOLVER_WIRE_UDP_MAX bytes, not 512.
 * Returns the length. */
size_t resolver_wire_ask(unsigned char out[RESOLVER_WIRE_QUESTION_MAX], uint16_t id,
    const char *name, int family, bool edns);

/* The number of the question that this answers. False: it is no answer at all. */
bool resolver_wire_id(const unsigned char *bytes, size_t len, uint16_t *ret);

enum resolver_wire_kind {
    RESOLVER_WIRE_ANSWER,
    RESOLVER_WIRE_OLD_SERVER, /* FORMERR, maybe for EDNS */
    RESOLVER_WIRE_CUT_OFF,    /* there is more over TCP; *ret says nothing */
    RESOLVER_WIRE_FOREIGN,    /* to another question, or to none; *ret says nothing */
};

/*
 * What counts: the addresses of `name`, and those of what it is an alias for, if the aliases
 * come before them, as servers write them. Nothing behind the answers is looked at. Aliases alone,
 * which lead nowhere or in a circle, are RESOLVER_NO_ADDRESS. A time to live with the top bit is 0
 * (RFC 2181, section 8).
 */
enum resolver_wire_kind resolver_wire_read(struct resolver_reply *ret, const char *name, int family,
    const unsigned char *bytes, size_t len);

#endif
