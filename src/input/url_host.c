#include "input/url_host.h"

#include "base/addr.h"
#include "base/hex.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS = 8 }; /* of 16 bits in an IPv6 address */

/* True for letters, digits and "-._": the DNS has no other host names. */
static bool is_name(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
            return false;
    return *text;
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* ---- IPv6 ---- */

/* Finds the longest run of two or more zero groups, the first one if there are several (WHATWG
 * URL, "find the IPv6 address's compressed piece index"). Returns its end; *ret_begin == GROUPS:
 * there is none. */
static int find_zeros(const uint16_t groups[GROUPS], int *ret_begin)
{
    int best = 1, end = GROUPS;
    *ret_begin = GROUPS;
    for (int i = 0, run = 0; i < GROUPS; i++) {
        run = groups[i] ? 0 : run + 1;
        if (run > best) {
            best = run;
            end = i + 1;
            *ret_begin = end - run;
        }
    }
    return end;
}

/* Unlike inet_ntop(3), this writes an IPv4 address inside as two groups. */
static char *format_ipv6(const struct in6_addr *addr)
{
    uint16_t groups[GROUPS];
    char text[GROUPS * 5 + 3], *at = text;
    int zeros, zeros_end;
    for (int i = 0; i < GROUPS; i++)
        groups[i] = (uint16_t)(addr->s6_addr[2 * i] << 8 | addr->s6_addr[2 * i + 1]);
    zeros_end = find_zeros(groups, &zeros);
    *at++ = '[';
    for (int i = 0; i < GROUPS; i++) {
        if (i == zeros) {
            at += sprintf(at, "%s", i ? ":" : "::");
            i = zeros_end - 1;
            continue;
        }
        at += sprintf(at, "%x%s", groups[i], i < GROUPS - 1 ? ":" : "");
    }
    *at++ = ']';
    return mem_dup_n(text, (size_t)(at - text));
}

static char *parse_ipv6(const char *text, size_t len, const char **message)
{
    char inside[ADDR_TEXT_SIZE];
    struct in6_addr addr;
    if (memchr(text, '%', len)) {
        *message =
            "no URL may have an address with a zone (after %); use another address of the host";
        return NULL;
    }
    *message = "not a valid IPv6 address";
    if (len < 2 || text[len - 1] != ']' || len - 2 >= sizeof inside)
        return NULL;
    memcpy(inside, text + 1, len - 2);
    inside[len - 2] = '\0';
    return inet_pton(AF_INET6, inside, &addr) == 1 ? format_ipv6(&addr) : NULL;
}

/* ---- IPv4 ---- */

static bool is_number(const char *label, size_t len)
{
    bool is_hex = len >= 2 && label[0] == '0' && label[1] == 'x';
    for (size_t i = is_hex ? 2 : 0; i < len; i++)
        if (is_hex ? !isxdigit((unsigned char)label[i]) : !isdigit((unsigned char)label[i]))
            return false;
    return len > 0;
}

/* "ends in a number": such a host is an IPv4 address or invalid. The last label is looked at,
 * or the one before an empty last one. */
static bool ends_in_number(const char *name)
{
    size_t len = strlen(name);
    if (len && name[len - 1] == '.')
        len--;
    const char *dot = memrchr(name, '.', len);
    const char *label = dot ? dot + 1 : name;
    return is_number(label, (size_t)(name + len - label));
}

/* Decimal, "0x" hexadecimal, or "0" octal; "0x" alone is 0. */
static bool parse_part(const char *label, size_t len, uint64_t *ret)
{
    char digits[24], *end;
    bool is_hex = len >= 2 && label[0] == '0' && label[1] == 'x';
    int base = is_hex ? 16 : len >= 2 && label[0] == '0' ? 8 : 10;
    if (is_hex)
        label += 2, len -= 2;
    while (len > 1 && *label == '0')
        label++, len--;
    if (len >= sizeof digits || !(is_hex || is_number(label, len)))
        return false;
    memcpy(digits, label, len);
    digits[len] = '\0';
    *ret = strtoull(digits, &end, base);
    return !*end && (len == 0 || isxdigit((unsigned char)digits[0]));
}

/* One to four parts; the last one fills the bytes that are left ("IPv4 parser"). */
static char *parse_ipv4(const char *name, const char **message)
{
    uint64_t part, all = 0;
    unsigned n = 0;
    *message = "the host ends in a number, but is not a valid IPv4 address";
    for (const char *at = name; *at && n < 4;) {
        size_t len = strcspn(at, ".");
        bool is_last = !at[len] || !at[len + 1];
        if (!parse_part(at, len, &part) || part >= (is_last ? UINT64_C(1) << 8 * (4 - n) : 256))
            return NULL;
        if (is_last) {
            char out[ADDR_TEXT_SIZE];
            all |= part;
            snprintf(out, sizeof out, "%u.%u.%u.%u", (unsigned)(all >> 24),
                (unsigned)(all >> 16 & 255), (unsigned)(all >> 8 & 255), (unsigned)(all & 255));
            return mem_dup(out);
        }
        all |= part << 8 * (3 - n++);
        at += len + 1;
    }
    return NULL;
}

/* ---- names ---- */

/* The name in ASCII; free() it. NULL: IDNA refuses it. As browsers do, characters that changed
 * their meaning between IDNA 2003 and 2008 are read as 2008 says (UTS #46, "nontransitional"); what
 * that refuses, for instance emoji, is mapped as in 2003. */
static char *to_ascii(const char *name)
{
    char *ascii = NULL;
    int error = idn2_to_ascii_8z(name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (error && error != IDN2_MALLOC)
        error = idn2_to_ascii_8z(name, &ascii, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
    mem_must(error != IDN2_MALLOC);
    return error ? NULL : ascii;
}

/* Copies the text without percent-encoding. NULL: it has a character that no name has. */
static char *decode(const char *text, size_t len)
{
    char *out = mem_grow(NULL, len + 1), *at = out;
    for (size_t i = 0; i < len; i++) {
        int byte = (unsigned char)text[i];
        if (byte == '%') {
            byte = i + 2 < len ? hex_byte(text + i + 1) : -1;
            i += 2;
        }
        if (byte < 0x80 && (byte <= 0 || (!isalnum(byte) && !strchr("-._", byte)))) {
            free(out);
            return NULL;
        }
        *at++ = (char)byte;
    }
    *at = '\0';
    return out;
}

/* True if IDNA has something to say about the name: it is not ASCII, or has Punycode. */
static bool needs_mapping(const char *name)
{
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c >= 0x80)
            return true;
    return strcasestr(name, "xn--");
}

/* IDNA may map a name to any ASCII text: U+2100 becomes "a/c", and the rest of the name would
 * become a path. So the mapped name must consist of host name characters. */
static char *parse_name(const char *text, size_t len)
{
    char *name = decode(text, len);
    if (name && needs_mapping(name)) {
        char *ascii = to_ascii(name);
        free(name);
        name = ascii;
    }
    if (name && is_name(name)) {
        lower(name);
        return name;
    }
    free(name);
    return NULL;
}

char *url_host_parse(const char *text, size_t len, const char **message)
{
    if (len && *text == '[')
        return parse_ipv6(text, len, message);
    char *name = parse_name(text, len);
    if (!name)
        *message = "bad host name";
    if (!name || !ends_in_number(name))
        return name;
    char *address = parse_ipv4(name, message);
    free(name);
    return address;
}
