#include "cmd/imgfetch/options/value.h"

#include "base/hex.h"
#include "base/utf8.h"
#include "cmd/imgfetch/options/words.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char message[120];

__attribute__((format(printf, 1, 2))) static const char *tell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return message;
}

const char *value_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end)
        return "not a whole number";
    if (errno || n < min || n > max)
        return max == UINT64_MAX && !errno
                   ? tell("out of range (%" PRIu64 " or more)", min)
                   : tell("out of range (%" PRIu64 " to %" PRIu64 ")", min, max);
    *ret = n;
    return NULL;
}

/* ---- numbers with a unit ---- */

/* Reads "12", "1.5" or ".5" at *text, and moves behind it and behind spaces. */
static bool read_decimal(const char **text, double *ret)
{
    static const char digits[] = "0123456789";
    char number[80];
    size_t whole = strspn(*text, digits), len = whole, part = 0;
    if ((*text)[len] == '.') {
        part = strspn(*text + len + 1, digits);
        len += 1 + part;
    }
    if (!(whole + part) || len >= sizeof number)
        return false;
    memcpy(number, *text, len);
    number[len] = '\0';
    *ret = strtod(number, NULL);
    *text += len;
    *text += strspn(*text, " ");
    return true;
}

static bool is_among(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strcasecmp(text, *words))
            return true;
    return false;
}

/* A number, a letter of KMGT if wanted, and behind the letter one of `endings`. */
static const char *scaled(
    const char *text, double base, const char *const *endings, const char *bad, uint64_t *ret)
{
    static const char letters[] = "KMGT";
    double n;
    if (!read_decimal(&text, &n))
        return bad;
    const char *letter = *text ? strchr(letters, toupper((unsigned char)*text)) : NULL;
    if (letter)
        n *= pow(base, (double)(letter - letters + 1));
    if (letter ? !is_among(text + 1, endings) : *text && strcasecmp(text, endings[0]) != 0)
        return bad;
    *ret = n < 1e18 ? (uint64_t)n : UINT64_MAX;
    return NULL;
}

/* In the largest unit that gives a whole number: "64M". */
static void print_size(uint64_t n, char out[24])
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    unsigned unit = 0;
    for (; unit < 4 && n && n % 1024 == 0; n /= 1024)
        unit++;
    snprintf(out, 24, "%" PRIu64 "%s", n, units[unit]);
}

const char *value_size(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    static const char *const endings[] = {"B", "", "i", "iB", NULL};
    uint64_t n = 0;
    const char *why = scaled(text, 1024, endings, "not a size (like 500K, 64M or 1.5G)", &n);
    if (why)
        return why;
    if (n < min || n > max || n == UINT64_MAX) {
        char from[24], to[24];
        print_size(min, from);
        print_size(max, to);
        return tell("out of range (%s to %s)", from, to);
    }
    *ret = n;
    return NULL;
}

const char *value_speed(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    size_t len = strlen(text);
    char size[100];
    if (len > 2 && !strcasecmp(text + len - 2, "/s"))
        len -= 2;
    snprintf(size, sizeof size, "%.*s", len < sizeof size ? (int)len : 0, text);
    return value_size(size, min, max, ret);
}

const char *value_pixels(const char *text, uint64_t *ret)
{
    static const char *const endings[] = {"px", "", "P", "pixels", NULL};
    uint64_t n = 0;
    const char *why =
        scaled(text, 1000, endings, "not a number of pixels (like 500K, 100M or 1.5G)", &n);
    if (!why && n == UINT64_MAX)
        return "out of range (less than 1000000T)";
    if (!why)
        *ret = n;
    return why;
}

/* ---- times and rates ---- */

/* Falling. In a time "m" is a minute. */
static const struct unit {
    const char *name, *other;
    double ms;
} units[] = {
    {"d", "days", 24 * 3600e3},
    {"h", "hours", 3600e3},
    {"m", "min", 60e3},
    {"s", "sec", 1e3},
    {"ms", "msec", 1},
};

/* Reads the letters at *text and moves behind them. NULL: they are no unit. */
static const struct unit *read_unit(const char **text)
{
    size_t len = 0;
    while (isalpha((unsigned char)(*text)[len]))
        len++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const struct unit *u = &units[i];
        if ((strlen(u->name) == len && !strncasecmp(*text, u->name, len)) ||
            (strlen(u->other) == len && !strncasecmp(*text, u->other, len))) {
            *text += len;
            *text += strspn(*text, " ");
            return u;
        }
    }
    return NULL;
}

/* One number of seconds, or numbers with units that fall. */
static bool read_time(const char *text, double *ret_ms)
{
    const struct unit *last = NULL;
    double n;
    if (!read_decimal(&text, &n))
        return false;
    *ret_ms = n * 1000;
    if (!*text)
        return true;
    *ret_ms = 0;
    for (;;) {
        const struct unit *unit = read_unit(&text);
        if (!unit || (last && unit <= last))
            return false;
        *ret_ms += n * unit->ms;
        last = unit;
        if (!*text)
            return true;
        if (!read_decimal(&text, &n))
            return false;
    }
}

const char *value_time(const char *text, uint64_t *ret_ms)
{
    double ms;
    if (!read_time(text, &ms))
        return "not a time (like 90, 1.5s, 500ms, 5m or 1h30m)";
    if (!(ms >= 1 && ms <= 1e9))
        return "out of range (1ms to 1000000s)";
    *ret_ms = (uint64_t)(ms + 0.5);
    return NULL;
}

static const char *check_real(double n, double min, double max, double *ret)
{
    if (!(n >= min && n <= max))
        return tell("out of range (%.15g to %.15g)", min, max);
    *ret = n;
    return NULL;
}

const char *value_real(const char *text, double min, double max, double *ret)
{
    double n;
    if (!read_decimal(&text, &n) || *text)
        return "not a number";
    return check_real(n, min, max, ret);
}

const char *value_rate(const char *text, double min, double max, double *ret)
{
    double n;
    if (!read_decimal(&text, &n))
        return "not a rate (like 5, 0.5 or 30/m)";
    if (*text == '/') {
        text++;
        const struct unit *unit = read_unit(&text);
        if (!unit)
            return "not a rate (like 5, 0.5 or 30/m)";
        n = n * 1000 / unit->ms;
    }
    return *text ? "not a rate (like 5, 0.5 or 30/m)" : check_real(n, min, max, ret);
}

const char *value_percent(const char *text, double *ret)
{
    double n;
    if (!read_decimal(&text, &n) || (*text && strcmp(text, "%") != 0))
        return "not a percentage (like 95 or 99.5)";
    return check_real(n, 0, 100, ret);
}

/* ---- others ---- */

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
    for (unsigned i = 0; words[i]; i++)
        if (!strcmp(text, words[i])) {
            *ret = i;
            return NULL;
        }
    return words_unknown("unknown", words, text, strlen(text));
}

const char *value_words(const char *text, const char *const *words, unsigned *ret)
{
    unsigned set = 0;
    for (; text; text = *text ? text + 1 : NULL) {
        size_t len = strcspn(text, ",");
        unsigned i = 0;
        while (words[i] && (strlen(words[i]) != len || memcmp(words[i], text, len) != 0))
            i++;
        if (!words[i])
            return words_unknown("not some of", words, text, len);
        set |= 1u << i;
        text += len;
    }
    *ret = set;
    return NULL;
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
