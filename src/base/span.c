#include "base/span.h"

#include "base/hex.h"

#include <string.h>
#include <strings.h>

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

bool span_is(struct span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

bool span_is_nocase(struct span s, const char *text)
{
    return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

bool span_starts(struct span s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && memcmp(s.at, prefix, len) == 0;
}

struct span span_cut(struct span *rest, char sep)
{
    const char *end = rest->len ? memchr(rest->at, sep, rest->len) : NULL;
    struct span part = *rest;
    if (end) {
        part.len = (size_t)(end - rest->at);
        rest->at = end + 1;
        rest->len -= part.len + 1;
    } else {
        rest->at += rest->len;
        rest->len = 0;
    }
    return part;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
    while (s.len && is_blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len && is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool span_number(struct span s, uint64_t max, uint64_t *ret)
{
    uint64_t n = 0;
    if (!s.len)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.at[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
            return false;
    }
    if (n > max)
        return false;
    *ret = n;
    return true;
}

bool span_decode(struct span s, char *out, size_t *ret_len)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (c == '%') {
            int byte = s.len - i > 2 ? hex_byte(s.at + i + 1) : -1;
            if (byte < 0)
                return false;
            c = (char)byte;
            i += 2;
        }
        out[n++] = c;
    }
    *ret_len = n;
    return true;
}
