#include "net/resolver_reply.h"

#include <ares.h>
#include <string.h>

static uint32_t smaller_ttl(uint32_t ttl, int other)
{
    uint32_t t = other < 0 ? 0 : (uint32_t)other; /* RFC 2181, section 8 */
    return t < ttl ? t : ttl;
}

static int read_a(const unsigned char *bytes, int len, struct resolver_reply *reply)
{
    struct ares_addrttl list[ADDR_SET_MAX];
    int n = ADDR_SET_MAX;
    int status = ares_parse_a_reply(bytes, len, NULL, list, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
        struct addr addr = {.family = 4};
        memcpy(addr.bytes, &list[i].ipaddr, sizeof list[i].ipaddr);
        addr_set_add(&reply->addrs, &addr);
        reply->ttl = smaller_ttl(reply->ttl, list[i].ttl);
    }
    return status;
}

static int read_aaaa(const unsigned char *bytes, int len, struct resolver_reply *reply)
{
    struct ares_addr6ttl list[ADDR_SET_MAX];
    int n = ADDR_SET_MAX;
    int status = ares_parse_aaaa_reply(bytes, len, NULL, list, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
        struct addr addr = {.family = 6};
        memcpy(addr.bytes, &list[i].ip6addr, sizeof list[i].ip6addr);
        addr_set_add(&reply->addrs, &addr);
        reply->ttl = smaller_ttl(reply->ttl, list[i].ttl);
    }
    return status;
}

static enum resolver_outcome outcome_of(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return RESOLVER_ADDRESSES;
    case ARES_ENODATA:
        return RESOLVER_NO_ADDRESS;
    case ARES_ENOTFOUND:
        return RESOLVER_NO_NAME;
    case ARES_ETIMEOUT:
        return RESOLVER_SILENCE;
    case ARES_ECONNREFUSED:
        return RESOLVER_UNREACHABLE;
    default:
        return RESOLVER_BAD_ANSWER;
    }
}

static const char *message_of(int status)
{
    switch (status) {
    case ARES_ESERVFAIL:
        return "the DNS server failed (SERVFAIL), asked twice";
    case ARES_EREFUSED:
        return "the DNS server refused to answer (REFUSED), asked twice";
    case ARES_ENOTIMP:
        return "the DNS server cannot answer this (NOTIMP), asked twice";
    case ARES_EFORMERR:
        return "the DNS server did not understand the question (FORMERR), asked twice";
    case ARES_EBADRESP:
    case ARES_EBADNAME:
    case ARES_EBADSTR:
        return "the DNS server's answer is malformed, asked twice";
    case ARES_ETIMEOUT:
        return "no DNS server answered in time";
    case ARES_ECONNREFUSED:
        return "no DNS server can be reached";
    default:
        return ares_strerror(status); /* static text */
    }
}

void resolver_reply_read(struct resolver_reply *ret, int family, int status, int timeouts,
    const unsigned char *bytes, int len)
{
    *ret = (struct resolver_reply){.ttl = UINT32_MAX};
    ret->sent = (unsigned)timeouts + (status == ARES_ETIMEOUT ? 0 : 1);
    if (status == ARES_SUCCESS)
        status = family == 4 ? read_a(bytes, len, ret) : read_aaaa(bytes, len, ret);
    if (status == ARES_SUCCESS && ret->addrs.n == 0)
        status = ARES_ENODATA;
    ret->outcome = outcome_of(status);
    if (ret->outcome >= RESOLVER_BAD_ANSWER)
        ret->message = message_of(status);
}
