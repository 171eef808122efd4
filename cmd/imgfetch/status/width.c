#include "cmd/imgfetch/status/width.h"

#include "base/utf8.h"

#include <locale.h>
#include <wchar.h>

static locale_t unicode; /* (locale_t)0: none */

void width_load(void)
{
    if (!unicode)
        unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* Of a well-formed character of n bytes. */
static wchar_t code_of(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    wchar_t code = n == 1 ? s[0] : s[0] & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (s[i] & 0x3f);
    return code;
}

/* Of the character at `text`; *ret_n: its bytes. */
static unsigned width_of_one(const char *text, size_t len, size_t *ret_n)
{
    size_t n = utf8_length(text, len);
    *ret_n = n ? n : 1;
    if (n < 2)
        return 1;
    if (!unicode)
        return 2;
    locale_t before = uselocale(unicode);
    int width = wcwidth(code_of(text, n));
    uselocale(before);
    return width < 0 ? 1 : (unsigned)width;
}

unsigned width_of(const char *text, size_t len)
{
    unsigned columns = 0;
    for (size_t i = 0, n; i < len; i += n)
        columns += width_of_one(text + i, len - i, &n);
    return columns;
}

size_t width_fit(const char *text, size_t len, unsigned columns)
{
    size_t i = 0;
    for (size_t n; i < len; i += n) {
        unsigned width = width_of_one(text + i, len - i, &n);
        if (width > columns)
            return i;
        columns -= width;
    }
    return i;
}
