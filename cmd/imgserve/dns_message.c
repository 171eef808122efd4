#include "cmd/imgserve/dns_message.h"

#include <string.h>

/* Offsets in a header (RFC 1035, section 4.1.1) */
enum { AT_FLAGS = 2, AT_QUESTIONS = 4, AT_ANSWERS = 6, AT_AUTHORITIES = 8, AT_EXTRAS = 10 };
enum {
    FLAG_ANSWER = 0x8000,
    OPCODE_MASK = 0x7800,
    FLAG_RECURSION_DESIRED = 0x0100,
    FLAG_RECURSION_AVAILABLE = 0x0080,
};

/* Compressed names: the two high bits, then the offset of the name (section 4.1.4). */
enum { POINTER = 0xc000 };

/* A chain of two, below the name that was asked for: "x-1", then a pointer to it. */
enum { ALIASES = 2, ALIAS_LABEL = 4 };
static const uint8_t alias_names[ALIASES][ALIAS_LABEL + NS_INT16SZ] = {
    {3, 'x', '-', '1', POINTER >> 8, NS_HFIXEDSZ},
    {3, 'x', '-', '2', POINTER >> 8, NS_HFIXEDSZ},
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* Length of the name at the start of bytes. 0: malformed, or compressed, which
 * nothing before a question could be the target of. */
static size_t name_length(const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while (at < len && at < NS_MAXCDNAME) {
        if (bytes[at] == 0)
            return at + 1;
        if (bytes[at] > NS_MAXLABEL)
            return 0;
        at += bytes[at] + 1u;
    }
    return 0;
}

bool dns_message_read(const uint8_t *packet, size_t len, struct dns_question *ret)
{
    if (len < NS_HFIXEDSZ || get16(packet + AT_FLAGS) & (FLAG_ANSWER | OPCODE_MASK) ||
        get16(packet + AT_QUESTIONS) != 1)
        return false;
    const uint8_t *name = packet + NS_HFIXEDSZ;
    size_t name_len = name_length(name, len - NS_HFIXEDSZ);
    if (!name_len || len - NS_HFIXEDSZ - name_len < NS_QFIXEDSZ ||
        get16(name + name_len + NS_INT16SZ) != ns_c_in)
        return false;

    ret->type = (uint16_t)get16(name + name_len);
    ret->name_len = name_len;
    /* lengths are below the letters, so that they stay what they are */
    for (size_t i = 0; i < name_len; i++)
        ret->name[i] = name[i] >= 'A' && name[i] <= 'Z' ? (uint8_t)(name[i] | 0x20) : name[i];
    ret->asked_len = NS_HFIXEDSZ + name_len + NS_QFIXEDSZ;
    memcpy(ret->asked, packet, ret->asked_len);
    return true;
}

bool dns_message_label(const struct dns_question *q, size_t *at, struct span *ret)
{
    size_t len = q->name[*at];
    *ret = (struct span){(const char *)q->name + *at + 1, len};
    *at += len + 1;
    return len > 0;
}

static uint8_t *put16(uint8_t *at, unsigned n)
{
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
    return at + NS_INT16SZ;
}

/* A record of the name at offset `name` of the message. */
static uint8_t *put_record(
    uint8_t *at, size_t name, ns_type type, uint32_t ttl, const uint8_t *data, size_t len)
{
    at = put16(at, POINTER | (unsigned)name);
    at = put16(at, type);
    at = put16(at, ns_c_in);
    at = put16(at, ttl >> 16);
    at = put16(at, ttl & 0xffff);
    at = put16(at, (unsigned)len);
    memcpy(at, data, len);
    return at + len;
}

size_t dns_message_write(
    const struct dns_question *q, const struct dns_reply *reply, uint8_t out[DNS_MESSAGE_MAX])
{
    unsigned answers = 0;
    size_t name = NS_HFIXEDSZ; /* offset of the next record's name */
    uint8_t *at = out + q->asked_len;
    memcpy(out, q->asked, q->asked_len);

    bool aliased = reply->aliased && q->name_len + ALIAS_LABEL <= NS_MAXCDNAME;
    for (unsigned i = 0; aliased && i < ALIASES; i++) {
        at = put_record(at, name, ns_t_cname, reply->ttl, alias_names[i], sizeof alias_names[i]);
        name = (size_t)(at - out) - sizeof alias_names[i];
        answers++;
    }
    if (reply->addr.family) {
        bool is4 = reply->addr.family == 4;
        at = put_record(at, name, is4 ? ns_t_a : ns_t_aaaa, reply->ttl, reply->addr.bytes,
            is4 ? NS_INADDRSZ : NS_IN6ADDRSZ);
        answers++;
    }

    unsigned recursion = get16(q->asked + AT_FLAGS) & FLAG_RECURSION_DESIRED;
    put16(out + AT_FLAGS,
        FLAG_ANSWER | recursion | FLAG_RECURSION_AVAILABLE | (unsigned)reply->rcode);
    put16(out + AT_ANSWERS, answers);
    put16(out + AT_AUTHORITIES, 0);
    put16(out + AT_EXTRAS, 0);
    return (size_t)(at - out);
}
