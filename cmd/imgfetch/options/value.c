#include "cmd/imgfetch/options/value.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *value_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end)
        return "not a whole number";
    if (errno || n < min || n > max)
        return "out of range";
    *ret = n;
    return NULL;
}

static const char *scaled(const char *text, double base, uint64_t *ret)
{
    static const char units[] = "KMGT";
    char *end;
    double n = strtod(text, &end);
    if (!isdigit((unsigned char)*text))
        return "not a size (like 500K, 64M or 1.5G)";
    if (*end) {
        const char *unit = strchr(units, toupper((unsigned char)*end));
        if (!unit || end[1])
            return "not a size (like 500K, 64M or 1.5G)";
        n *= pow(base, (double)(unit - units + 1));
    }
    if (!(n < 1e18))
        return "out of range";
    *ret = (uint64_t)n;
    return NULL;
}

const char *value_size(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    uint64_t n = 0;
    const char *why = scaled(text, 1024, &n);
    if (why)
        return why;
    if (n < min || n > max)
        return "out of range";
    *ret = n;
    return NULL;
}

const char *value_pixels(const char *text, uint64_t *ret)
{
    return scaled(text, 1000, ret);
}

const char *value_real(const char *text, double min, double max, double *ret)
{
    char *end;
    double n = strtod(text, &end);
    if (!isdigit((unsigned char)*text) || *end)
        return "not a number";
    if (!(n >= min && n <= max))
        return "out of range";
    *ret = n;
    return NULL;
}

const char *value_seconds(const char *text, uint64_t *ret_ms)
{
    double seconds = 0;
    const char *why = value_real(text, 0.001, 1e6, &seconds);
    if (!why)
        *ret_ms = (uint64_t)(seconds * 1000 + 0.5);
    return why;
}

const char *value_color(const char *text, uint8_t ret[3])
{
    if (!strcmp(text, "white"))
        text = "#ffffff";
    else if (!strcmp(text, "black"))
        text = "#000000";
    bool is_color = *text == '#' && strlen(text) == 7;
    int rgb[3];
    for (int i = 0; is_color && i < 3; i++)
        is_color = (rgb[i] = hex_byte(text + 1 + 2 * i)) >= 0;
    if (!is_color)
        return "not a colour (white, black or #rrggbb)";
    for (int i = 0; i < 3; i++)
        ret[i] = (uint8_t)rgb[i];
    return NULL;
}

const char *value_word(const char *text, const char *const *words, unsigned *ret)
{
    static char why[120];
    for (unsigned i = 0; words[i]; i++)
        if (!strcmp(text, words[i])) {
            *ret = i;
            return NULL;
        }
    size_t len = (size_t)snprintf(why, sizeof why, "unknown (%s", words[0]);
    for (unsigned i = 1; words[i] && len < sizeof why; i++)
        len += (size_t)snprintf(why + len, sizeof why - len, "%s%s%s", words[i + 1] ? ", " : " or ",
            words[i], words[i + 1] ? "" : ")");
    return why;
}

const char *value_column(const char *name, size_t len, struct column *ret)
{
    if (!len)
        return "must not be empty";
    if (!utf8_is_valid(name, len))
        return "not UTF-8";
    *ret = (struct column){name, len};
    return NULL;
}
