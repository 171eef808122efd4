#include "base/utf8.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

size_t utf8_length(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        return len >= 2 && is_tail(s[1]) ? 2 : 0;
    if (s[0] >= 0xe0 && s[0] <= 0xef) {
        if (len < 3 || !is_tail(s[1]) || !is_tail(s[2]))
            return 0;
        bool overlong = s[0] == 0xe0 && s[1] < 0xa0, surrogate = s[0] == 0xed && s[1] > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        if (len < 4 || !is_tail(s[1]) || !is_tail(s[2]) || !is_tail(s[3]))
            return 0;
        bool overlong = s[0] == 0xf0 && s[1] < 0x90, too_large = s[0] == 0xf4 && s[1] > 0x8f;
        return overlong || too_large ? 0 : 4;
    }
    return 0;
}

static size_t ascii_prefix(const char *text, size_t len)
{
    size_t i = 0;
    uint64_t word;
    for (; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    return i;
}

bool utf8_is_valid(const char *text, size_t len)
{
    for (size_t i = ascii_prefix(text, len), n; i < len; i += n)
        if (!(n = utf8_length(text + i, len - i)))
            return false;
    return true;
}

char *utf8_clean(const char *text, size_t len)
{
    if (!len)
        return mem_dup_n("", 0);
    if (utf8_is_valid(text, len) && !memchr(text, '\0', len))
        return mem_dup_n(text, len);
    char *out = mem_grow(NULL, 3 * len + 1), *at = out;
    for (size_t i = 0; i < len;) {
        size_t n = text[i] ? utf8_length(text + i, len - i) : 0;
        memcpy(at, n ? text + i : "\xef\xbf\xbd", n ? n : 3);
        at += n ? n : 3;
        i += n ? n : 1;
    }
    *at = '\0';
    return out;
}

/* The code of a character of one to three bytes; 0 for a longer one. */
static unsigned code_of(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    switch (n) {
    case 1:
        return s[0];
    case 2:
        return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
    case 3:
        return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
    default:
        return 0;
    }
}

static bool is_obeyed(unsigned code, size_t n)
{
    return n <= 3 && (code < ' ' || (code >= 0x7f && code <= 0x9f) || code == 0x061c ||
                         code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                         (code >= 0x2066 && code <= 0x2069));
}

/* Bytes at the beginning, a multiple of 8, that are ASCII and no controls. */
static size_t plain_prefix(const char *text, size_t len)
{
    static const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t i = 0;
    uint64_t word;
    for (; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        uint64_t del = word ^ ones * 0x7f;
        if ((word | (word - ones * ' ') | (del - ones)) & tops)
            break;
    }
    return i;
}

size_t utf8_shown_length(const char *text, size_t len)
{
    for (size_t i = 0, n;; i += n) {
        i += plain_prefix(text + i, len - i);
        n = i < len ? utf8_length(text + i, len - i) : 0;
        if (!n || is_obeyed(code_of(text + i, n), n))
            return i;
    }
}

size_t utf8_show_one(const char *text, size_t len, char out[UTF8_SHOWN_MAX], size_t *ret_taken)
{
    static const char replacement[] = {'\xef', '\xbf', '\xbd'}; /* U+FFFD */
    char escaped[UTF8_SHOWN_MAX + 1];
    size_t n = utf8_length(text, len);
    unsigned code = code_of(text, n);
    *ret_taken = n ? n : 1;
    if (!n) {
        memcpy(out, replacement, sizeof replacement);
        return sizeof replacement;
    }
    if (!is_obeyed(code, n)) {
        memcpy(out, text, n);
        return n;
    }
    snprintf(escaped, sizeof escaped, "\\u%04x", code & 0xffff);
    memcpy(out, escaped, UTF8_SHOWN_MAX);
    return UTF8_SHOWN_MAX;
}

size_t utf8_show(const char *text, size_t len, char *out)
{
    size_t used = 0;
    for (size_t i = 0, taken; i < len; i += taken)
        used += utf8_show_one(text + i, len - i, out + used, &taken);
    return used;
}
