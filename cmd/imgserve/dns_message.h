/*
 * DNS messages: reads a question and writes the answer to it (RFC 1035, section 4).
 * Plain values: no call allocates.
 */
#ifndef IMGSERVE_DNS_MESSAGE_H
#define IMGSERVE_DNS_MESSAGE_H

#include "base/addr.h"
#include "base/span.h"

#include <arpa/nameser.h>

enum { DNS_MESSAGE_MAX = NS_PACKETSZ }; /* of UDP; ours are always shorter */

struct dns_question {
    uint16_t type;
    size_t name_len;
    uint8_t name[NS_MAXCDNAME]; /* as on the wire, the root's 0 included; lower case */
    size_t asked_len;
    uint8_t asked[NS_HFIXEDSZ + NS_MAXCDNAME + NS_QFIXEDSZ]; /* header and question, as they came */
};

/* False: not exactly one question of class IN, or malformed. Ignores what follows
 * the question (EDNS). */
bool dns_message_read(const uint8_t *packet, size_t len, struct dns_question *ret);

/* Returns the labels of a name, one per call; begin with *at 0. False: no more. */
bool dns_message_label(const struct dns_question *, size_t *at, struct span *ret);

struct dns_reply {
    ns_rcode rcode;
    bool aliased;     /* a chain of two aliases, unless the name is too long for that */
    struct addr addr; /* family 0: none */
    uint32_t ttl;
};

/* Returns the length. */
size_t dns_message_write(
    const struct dns_question *, const struct dns_reply *, uint8_t out[DNS_MESSAGE_MAX]);

#endif
