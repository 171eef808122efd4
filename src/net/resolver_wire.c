#include "net/resolver_wire.h"

#include <arpa/nameser.h>
#include <ctype.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

enum {
    FLAG_ANSWER = 0x8000,
    FLAG_CUT_OFF = 0x0200,
    FLAG_WANT_RECURSION = 0x0100,
    MASK_RCODE = 0x000f,
    PASSES_MAX = 16, /* over the records: some servers send aliases behind what they lead to */
    POINTER = 0xc0,  /* the two top bits of a label's length: RFC 1035, 4.1.4 */
};

/* A message and the read position. */
struct reader {
    const unsigned char *bytes;
    size_t len, at;
    bool failed; /* read beyond the end */
};

size_t resolver_wire_ask(unsigned char out[RESOLVER_WIRE_QUESTION_MAX], uint16_t id,
    const char *name, int family, bool edns)
{
    unsigned char *at = out;
    NS_PUT16(id, at);
    NS_PUT16(FLAG_WANT_RECURSION, at);
    NS_PUT16(1, at); /* one question, */
    NS_PUT16(0, at);
    NS_PUT16(0, at);
    NS_PUT16(edns, at);                                    /* and one record behind it */
    int len = dn_comp(name, at, NS_MAXCDNAME, NULL, NULL); /* names are valid: it cannot fail */
    for (; len > 0; len--, at++)
        *at = (unsigned char)tolower(*at); /* lengths are below the letters, and stay */
    NS_PUT16(family == 4 ? ns_t_a : ns_t_aaaa, at);
    NS_PUT16(ns_c_in, at);
    if (edns) { /* RFC 6891, 6.1.2 */
        *at++ = 0;
        NS_PUT16(ns_t_opt, at);
        NS_PUT16(RESOLVER_WIRE_UDP_MAX, at);
        memset(at, 0, 6);
        at += 6;
    }
    return (size_t)(at - out);
}

static unsigned read_uint(struct reader *r, size_t n_bytes)
{
    if (r->failed || r->len - r->at < n_bytes) {
        r->failed = true;
        return 0;
    }
    unsigned n = 0;
    for (size_t i = 0; i < n_bytes; i++)
        n = n << 8 | r->bytes[r->at++];
    return n;
}

/* True if each pointer leads to before the part of the name that it ends. dn_expand(3) has accepted
 * the name. */
static bool points_back(const unsigned char *bytes, size_t at)
{
    for (size_t piece = at; bytes[at];) {
        if (bytes[at] < POINTER) {
            at += bytes[at] + 1u;
            continue;
        }
        at = (size_t)(bytes[at] - POINTER) << 8 | bytes[at + 1];
        if (at >= piece)
            return false;
        piece = at;
    }
    return true;
}

/* Reads a name, compressed or not, as text. */
static void read_name(struct reader *r, char ret[NS_MAXDNAME])
{
    int n = dn_expand(r->bytes, r->bytes + r->len, r->bytes + r->at, ret, NS_MAXDNAME);
    if (n < 0 || !points_back(r->bytes, r->at))
        r->failed = true;
    else
        r->at += (size_t)n;
}

/* Reads one record. Addresses of `current` count; an alias changes `current`. */
static void read_record(
    struct reader *r, char current[NS_MAXDNAME], int family, struct resolver_reply *reply)
{
    char owner[NS_MAXDNAME];
    struct addr addr = {.family = (uint8_t)family};
    read_name(r, owner);
    unsigned type = read_uint(r, 2), class = read_uint(r, 2);
    uint32_t ttl = read_uint(r, 4);
    size_t size = read_uint(r, 2), end = r->at + size;
    if (r->failed || size > r->len - r->at) {
        r->failed = true;
        return;
    }
    bool is_address = type == (family == 4 ? ns_t_a : ns_t_aaaa);
    bool counts = class == ns_c_in && !strcasecmp(owner, current);
    if (counts && is_address) {
        r->failed = size != (family == 4 ? NS_INADDRSZ : NS_IN6ADDRSZ);
        if (!r->failed) {
            memcpy(addr.bytes, r->bytes + r->at, size);
            if (reply->n_addrs < RESOLVER_WIRE_ADDRS_MAX)
                reply->addrs[reply->n_addrs++] = addr;
        }
    } else if (counts && type == ns_t_cname) {
        read_name(r, current);
        r->failed |= r->at != end;
    } else {
        counts = false;
    }
    if (ttl > INT32_MAX)
        ttl = 0;
    if (counts && ttl < reply->ttl)
        reply->ttl = ttl;
    r->at = end;
}

static void read_records(
    struct reader *r, unsigned n, const char *name, int family, struct resolver_reply *ret)
{
    char current[NS_MAXDNAME], before[NS_MAXDNAME];
    size_t begin = r->at;
    memcpy(current, name, strlen(name) + 1);
    for (int pass = 0; pass < PASSES_MAX && !r->failed && !ret->n_addrs; pass++) {
        memcpy(before, current, sizeof before);
        r->at = begin;
        for (unsigned i = 0; i < n && !r->failed; i++)
            read_record(r, current, family, ret);
        if (!strcasecmp(before, current))
            break;
    }
    if (r->failed) {
        ret->outcome = RESOLVER_BAD_ANSWER;
        ret->n_addrs = 0;
        ret->message = RESOLVER_WIRE_MALFORMED;
    } else {
        ret->outcome = ret->n_addrs ? RESOLVER_ADDRESSES : RESOLVER_NO_ADDRESS;
    }
}

static const char *message_of(unsigned rcode)
{
    switch (rcode) {
    case ns_r_formerr:
        return "the DNS server did not understand the question (FORMERR), asked twice";
    case ns_r_servfail:
        return "the DNS server failed (SERVFAIL), asked twice";
    case ns_r_notimpl:
        return "the DNS server cannot answer this (NOTIMP), asked twice";
    case ns_r_refused:
        return "the DNS server refused to answer (REFUSED), asked twice";
    default:
        return "the DNS server failed for a reason of its own, asked twice";
    }
}

static bool is_question(struct reader *r, const char *name, int family)
{
    char asked[NS_MAXDNAME];
    read_name(r, asked);
    unsigned type = read_uint(r, 2), class = read_uint(r, 2);
    return !r->failed && !strcasecmp(asked, name) && class == ns_c_in &&
           type == (family == 4 ? ns_t_a : ns_t_aaaa);
}

bool resolver_wire_id(const unsigned char *bytes, size_t len, uint16_t *ret)
{
    struct reader r = {bytes, len, 0, false};
    unsigned id = read_uint(&r, 2), flags = read_uint(&r, 2);
    *ret = (uint16_t)id;
    return len >= NS_HFIXEDSZ && (flags & FLAG_ANSWER);
}

enum resolver_wire_kind resolver_wire_read(struct resolver_reply *ret, const char *name, int family,
    const unsigned char *bytes, size_t len)
{
    uint16_t id;
    if (!resolver_wire_id(bytes, len, &id))
        return RESOLVER_WIRE_FOREIGN;
    struct reader r = {bytes, len, sizeof id, false};
    unsigned flags = read_uint(&r, 2), rcode = flags & MASK_RCODE;
    unsigned n_questions = read_uint(&r, 2), n_answers = read_uint(&r, 2);
    r.at = NS_HFIXEDSZ;
    /* A server that does not understand a question may omit it from its answer. */
    bool may_miss = rcode != ns_r_noerror && rcode != ns_r_nxdomain;
    if (n_questions == 1 ? !is_question(&r, name, family) : n_questions > 1 || !may_miss)
        return RESOLVER_WIRE_FOREIGN;
    if (flags & FLAG_CUT_OFF)
        return RESOLVER_WIRE_CUT_OFF;
    *ret = (struct resolver_reply){.ttl = UINT32_MAX};
    if (rcode == ns_r_noerror) {
        read_records(&r, n_answers, name, family, ret);
    } else if (rcode == ns_r_nxdomain) {
        ret->outcome = RESOLVER_NO_NAME;
    } else {
        ret->outcome = RESOLVER_BAD_ANSWER;
        ret->message = message_of(rcode);
    }
    return rcode == ns_r_formerr ? RESOLVER_WIRE_OLD_SERVER : RESOLVER_WIRE_ANSWER;
}
