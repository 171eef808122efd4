#include "base/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static unsigned size_of(const struct addr *a)
{
    return a->family == 4 ? 4 : 16;
}

bool addr_is_same(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, size_of(a)) == 0;
}

bool addr_parse(const char *text, struct addr *ret)
{
    struct addr a = {.family = 4};
    if (inet_pton(AF_INET, text, a.bytes) == 1) {
        *ret = a;
        return true;
    }
    char inner[ADDR_TEXT_SIZE];
    if (text[0] == '[') {
        size_t len = strlen(text);
        if (len < 3 || len - 2 >= sizeof inner || text[len - 1] != ']')
            return false;
        memcpy(inner, text + 1, len - 2);
        inner[len - 2] = '\0';
        text = inner;
    }
    a = (struct addr){.family = 6};
    if (inet_pton(AF_INET6, text, a.bytes) != 1)
        return false;
    *ret = a;
    return true;
}

char *addr_read_port(char *text, uint16_t *ret)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || n < 1 || n > UINT16_MAX)
        return NULL;
    *ret = (uint16_t)n;
    return end;
}

void addr_format(const struct addr *a, char out[ADDR_TEXT_SIZE])
{
    out[0] = '\0';
    if (a->family)
        inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, out, ADDR_TEXT_SIZE);
}

bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *ret)
{
    struct addr a = {0};
    if (sa->sa_family == AF_INET) {
        a.family = 4;
        memcpy(a.bytes, &((const struct sockaddr_in *)sa)->sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        a.family = 6;
        memcpy(a.bytes, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
    } else {
        return false;
    }
    *ret = a;
    return true;
}

void addr_set_add(struct addr_set *set, const struct addr *a)
{
    if (set->n == ADDR_SET_MAX)
        return;
    for (unsigned i = 0; i < set->n; i++)
        if (addr_is_same(&set->at[i], a))
            return;
    set->at[set->n++] = *a;
}

void addr_set_rotate(struct addr_set *set, unsigned n)
{
    struct addr_set old = *set;
    for (unsigned i = 0; i < old.n; i++)
        set->at[i] = old.at[(i + n) % old.n];
}

void addr_set_begin_with(struct addr_set *set, const struct addr *a)
{
    for (unsigned i = 1; i < set->n; i++)
        if (addr_is_same(&set->at[i], a)) {
            memmove(&set->at[1], &set->at[0], i * sizeof *set->at);
            set->at[0] = *a;
        }
}

bool addr_net_parse(const char *text, struct addr_net *ret)
{
    char base[ADDR_TEXT_SIZE + 2];
    size_t len = strcspn(text, "/");
    if (len >= sizeof base)
        return false;
    memcpy(base, text, len);
    base[len] = '\0';

    struct addr_net net;
    if (!addr_parse(base, &net.base))
        return false;
    net.bits = size_of(&net.base) * 8;
    if (text[len] == '/') {
        const char *digits = text + len + 1;
        size_t n = strspn(digits, "0123456789");
        if (n < 1 || n > 3 || digits[n] != '\0')
            return false;
        unsigned bits = (unsigned)strtoul(digits, NULL, 10);
        if (bits > net.bits)
            return false;
        net.bits = bits;
    }
    *ret = net;
    return true;
}

static bool has_prefix(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(bytes, prefix, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

bool addr_net_contains(const struct addr_net *net, const struct addr *a)
{
    return a->family != 0 && a->family == net->base.family &&
           has_prefix(a->bytes, net->base.bytes, net->bits);
}

struct block {
    uint8_t bits;
    uint8_t prefix[6]; /* the rest is zero */
};

/*
 * The IANA IPv4 and IPv6 special-purpose address registries, the multicast blocks, and blocks that
 * used to be special. A few blocks are left out because the registries mark them as globally
 * reachable and nothing refused surrounds them (AS112, AMT).
 */
static const struct block refused_4[] = {
    {8, {0}},             /* this network, RFC 791 */
    {8, {10}},            /* private, RFC 1918 */
    {10, {100, 64}},      /* shared by carriers, RFC 6598 */
    {8, {127}},           /* loopback, RFC 1122 */
    {16, {169, 254}},     /* link-local, clouds' metadata, RFC 3927 */
    {12, {172, 16}},      /* private, RFC 1918 */
    {24, {192, 0, 0}},    /* protocol assignments, RFC 6890 */
    {24, {192, 0, 2}},    /* documentation, RFC 5737 */
    {24, {192, 88, 99}},  /* 6to4 relays, RFC 7526 */
    {16, {192, 168}},     /* private, RFC 1918 */
    {15, {198, 18}},      /* benchmarking, RFC 2544 */
    {24, {198, 51, 100}}, /* documentation, RFC 5737 */
    {24, {203, 0, 113}},  /* documentation, RFC 5737 */
    {4, {224}},           /* multicast, RFC 5771 */
    {4, {240}},           /* reserved, RFC 1112; broadcast, RFC 919 */
};

/* The part of IPv6 from which IANA assigns global unicast addresses. The rest is reserved by the
 * IETF: loopback, unique local, link-local, multicast, IPv4-compatible, IPv4-translated, ... */
static const struct block global_6 = {3, {0x20}}; /* RFC 4291, 2.4; IANA, IPv6 address space */

/* Special-purpose blocks within 2000::/3. */
static const struct block refused_6[] = {
    {23, {0x20, 0x01}},             /* protocol assignments, RFC 2928; Teredo, RFC 4380 */
    {32, {0x20, 0x01, 0x0d, 0xb8}}, /* documentation, RFC 3849 */
    {16, {0x3f, 0xfe}},             /* 6bone, given back: RFC 3701 */
    {20, {0x3f, 0xff}},             /* documentation, RFC 9637 */
};

/* IPv6 prefixes that embed an IPv4 address: the guard checks the embedded address. */
static const struct carrier {
    struct addr_net net;
    unsigned inner; /* where the IPv4 address begins */
} carriers[] = {
    {{{6, {[10] = 0xff, 0xff}}, 96}, 12},      /* IPv4-mapped, RFC 4291 */
    {{{6, {0x00, 0x64, 0xff, 0x9b}}, 96}, 12}, /* NAT64, RFC 6052 */
    {{{6, {0x20, 0x02}}, 16}, 2},              /* 6to4, RFC 3056 */
};

/* ISATAP: an interface identifier that ends in an IPv4 address, in any network:
 * "::0:5efe:192.0.2.1" or "::200:5efe:192.0.2.1" (RFC 5214, 6.1). */
static bool is_isatap(const struct addr *a)
{
    static const uint8_t id[4] = {0, 0, 0x5e, 0xfe};
    return (a->bytes[8] & ~2) == id[0] && !memcmp(a->bytes + 9, id + 1, 3);
}

static bool is_in_block(const struct addr *a, const struct block *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (has_prefix(a->bytes, blocks[i].prefix, blocks[i].bits))
            return true;
    return false;
}

static bool is_inner_allowed(
    const struct addr *a, unsigned at, const struct addr_net *allow, size_t n)
{
    struct addr inner = {.family = 4};
    memcpy(inner.bytes, a->bytes + at, 4);
    return addr_is_allowed(&inner, allow, n);
}

bool addr_is_allowed(const struct addr *a, const struct addr_net *allow, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (addr_net_contains(&allow[i], a))
            return true;
    if (a->family == 4)
        return !is_in_block(a, refused_4, sizeof refused_4 / sizeof *refused_4);
    if (a->family != 6)
        return false;
    if (is_isatap(a) && !is_inner_allowed(a, 12, allow, n))
        return false;
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        if (addr_net_contains(&carriers[i].net, a))
            return is_inner_allowed(a, carriers[i].inner, allow, n);
    return is_in_block(a, &global_6, 1) &&
           !is_in_block(a, refused_6, sizeof refused_6 / sizeof *refused_6);
}
