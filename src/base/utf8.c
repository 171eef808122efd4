#include "base/utf8.h"

#include "base/mem.h"

#include <stdint.h>
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
