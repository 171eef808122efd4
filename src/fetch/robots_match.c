#include "fetch/robots_match.h"

#include "base/hex.h"

#include <string.h>

enum kind {
    UNRESERVED, /* the same, percent-encoded or not (RFC 3986, section 2.3) */
    GENERAL,    /* encoded or not matters in a path, but not in a query */
    DELIMITER,  /* encoded or not always matters */
    WILDCARD,   /* literal only if percent-encoded, or in a path */
    OTHER,      /* not a URL character: always percent-encoded */
};

static enum kind kind_of(unsigned char c)
{
    switch (c) {
    case 'a' ... 'z':
    case 'A' ... 'Z':
    case '0' ... '9':
    case '-':
    case '.':
    case '_':
    case '~':
        return UNRESERVED;
    case ':':
    case '/':
    case '?':
    case '[':
    case ']':
    case '@':
        return GENERAL;
    case '!':
    case '&':
    case '\'':
    case '(':
    case ')':
    case '+':
    case ',':
    case ';':
    case '=':
        return DELIMITER;
    case '*':
    case '$':
        return WILDCARD;
    default:
        return OTHER;
    }
}

bool robots_match_normalize(const char *in, size_t len, bool is_pattern, struct buf *out)
{
    static const char hex[] = "0123456789ABCDEF";
    bool in_query = false;
    if (!buf_reserve(out, out->len + 3 * len))
        return false;
    uint8_t *to = out->data + out->len;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)in[i];
        bool is_last = i + 1 == len, encoded = false, plain = false;
        int byte = len - i > 2 && c == '%' ? hex_byte(in + i + 1) : -1;
        if (byte >= 0) {
            c = (unsigned char)byte;
            encoded = true;
            i += 2;
        }
        in_query |= c == '?' && !encoded;
        switch (kind_of(c)) {
        case UNRESERVED:
            plain = true;
            break;
        case GENERAL:
            plain = !encoded || in_query;
            break;
        case DELIMITER:
            plain = !encoded;
            break;
        case WILDCARD:
            plain = is_pattern && !encoded && (c == '*' || is_last);
            break;
        case OTHER:
            break;
        }
        if (plain) {
            *to++ = c;
        } else {
            *to++ = '%';
            *to++ = (uint8_t)hex[c >> 4];
            *to++ = (uint8_t)hex[c & 15];
        }
    }
    out->len = (size_t)(to - out->data);
    return true;
}

bool robots_match(const struct robots_pattern *pattern, const char *path, size_t len)
{
    const char *at = pattern->at, *end = at + pattern->len;
    const char *star = memchr(at, '*', pattern->len);
    size_t piece = (size_t)((star ? star : end) - at);
    if (len < piece || memcmp(path, at, piece) != 0)
        return false;
    if (!star)
        return !pattern->to_end || len == piece;

    /* The first match of a piece is the best one: it leaves the most for the rest. */
    while (star) {
        path += piece;
        len -= piece;
        at = star + 1;
        star = memchr(at, '*', (size_t)(end - at));
        piece = (size_t)((star ? star : end) - at);
        if (!star && pattern->to_end)
            return len >= piece && memcmp(path + len - piece, at, piece) == 0;
        const char *found = memmem(path, len, at, piece);
        if (!found)
            return false;
        len -= (size_t)(found - path);
        path = found;
    }
    return true;
}
