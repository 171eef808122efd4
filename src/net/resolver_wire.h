/*
 * DNS messages as bytes (RFC 1035, section 4): writes questions and parses answers. No state, no
 * allocation. Names satisfy resolver_names_is_valid().
 */
#ifndef NET_RESOLVER_WIRE_H
#define NET_RESOLVER_WIRE_H

#include "base/addr.h"

enum resolver_outcome {
    RESOLVER_ADDRESSES,
    RESOLVER_NO_ADDRESS,  /* the name may exist, without an address of this family */
    RESOLVER_NO_NAME,     /* NXDOMAIN */
    RESOLVER_BAD_ANSWER,  /* SERVFAIL, REFUSED, malformed and so on: another server may know */
    RESOLVER_SILENCE,     /* no answer in time */
    RESOLVER_UNREACHABLE, /* sending failed, or an ICMP error came */
};

/* More addresses are left out. It is more than ADDR_SET_MAX, because the guard may refuse some. */
enum { RESOLVER_WIRE_ADDRS_MAX = 64 };

struct resolver_reply {
    enum resolver_outcome outcome;
    unsigned n_addrs; /* at least one with RESOLVER_ADDRESSES; some may be the same */
    struct addr addrs[RESOLVER_WIRE_ADDRS_MAX];
    unsigned sent;       /* how often the question was sent */
    uint32_t ttl;        /* seconds; the smallest of the addresses and their aliases */
    const char *message; /* for the last three: static text */
};

/* A message of RESOLVER_BAD_ANSWER. */
#define RESOLVER_WIRE_MALFORMED "the DNS server's answer is malformed, asked twice"

enum {
    RESOLVER_WIRE_QUESTION_MAX = 12 + 255 + 4 + 11, /* header, name, type and class, EDNS */
    RESOLVER_WIRE_UDP_MAX = 1232, /* bytes that are never fragmented (DNS flag day 2020) */
};

/* Writes a question. family: 4 (A) or 6 (AAAA). edns: answers may have RESOLVER_WIRE_UDP_MAX
 * bytes instead of 512. Returns the length. */
size_t resolver_wire_ask(unsigned char out[RESOLVER_WIRE_QUESTION_MAX], uint16_t id,
    const char *name, int family, bool edns);

/* Reads the ID of the question that this answers. False: not an answer. */
bool resolver_wire_id(const unsigned char *bytes, size_t len, uint16_t *ret);

enum resolver_wire_kind {
    RESOLVER_WIRE_ANSWER,
    RESOLVER_WIRE_OLD_SERVER, /* FORMERR, maybe for EDNS */
    RESOLVER_WIRE_CUT_OFF,    /* truncated, ask over TCP; *ret is not set */
    RESOLVER_WIRE_FOREIGN,    /* to another question, or to none; *ret is not set */
};

/*
 * Parses an answer: collects the addresses of `name` and of the names it is an alias for, in
 * whatever order they come. Only the answer section is read. Aliases that lead to no address, or in
 * a circle, are RESOLVER_NO_ADDRESS. A TTL with the top bit set counts as 0 (RFC 2181, section 8).
 */
enum resolver_wire_kind resolver_wire_read(struct resolver_reply *ret, const char *name, int family,
    const unsigned char *bytes, size_t len);

#endif
