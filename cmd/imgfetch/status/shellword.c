#include "cmd/imgfetch/status/shellword.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ESCAPED_MAX = 4 /* bytes for one: \377, '\'' */ };

static bool is_plain(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_@%+=:,./-";
    return *text && !text[strspn(text, plain)];
}

/* Writes one byte as it stands between $' and '. */
static size_t escape(char *out, unsigned char c)
{
    if (c == '\'' || c == '\\')
        return (size_t)sprintf(out, "\\%c", c);
    if (c < ' ' || c >= 0x7f)
        return (size_t)sprintf(out, "\\%03o", c);
    *out = (char)c;
    return 1;
}

/* Writes one byte as it stands between ' and '. */
static size_t quote(char *out, char c)
{
    if (c == '\'')
        return (size_t)sprintf(out, "'\\''");
    *out = c;
    return 1;
}

/* `begin` needs no quotes. */
static char *quoted(const char *begin, const char *text)
{
    size_t len = strlen(text);
    char *word = mem_new(strlen(begin) + ESCAPED_MAX * len + sizeof "$''"), *at = word;
    bool is_odd = utf8_shown_length(text, len) < len;
    if (is_plain(text)) {
        sprintf(word, "%s%s", begin, text);
        return word;
    }
    at += sprintf(at, "%s'%s", is_odd ? "$" : "", begin);
    for (const char *c = text; *c; c++)
        at += is_odd ? escape(at, (unsigned char)*c) : quote(at, *c);
    sprintf(at, "'");
    return word;
}

char *shellword(const char *text)
{
    return quoted("", text);
}

char *shellword_path(const char *path)
{
    return quoted(*path == '-' ? "./" : "", path);
}
