#include "net/robotstag.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct word {
    const char *at;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n'; /* the latter in folded lines */
}

static struct word trim(struct word w)
{
    for (; w.len && is_blank(*w.at); w.at++)
        w.len--;
    while (w.len && is_blank(w.at[w.len - 1]))
        w.len--;
    return w;
}

/* Cuts off and returns the text before `sep`; all of it if there is no `sep`. */
static struct word cut(struct word *rest, char sep)
{
    const char *end = memchr(rest->at, sep, rest->len);
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct word first = {rest->at, len};
    size_t skip = end ? len + 1 : len;
    *rest = (struct word){rest->at + skip, rest->len - skip};
    return trim(first);
}

static struct word word_of(const char *text)
{
    return (struct word){text, strlen(text)};
}

static bool is(struct word w, const char *text)
{
    return w.len == strlen(text) && !strncasecmp(w.at, text, w.len);
}

static bool is_directive(struct word w)
{
    for (size_t i = 0; i < w.len; i++)
        if (!isalnum((unsigned char)w.at[i]) && w.at[i] != '-' && w.at[i] != '_')
            return false;
    return w.len > 0 && w.len < ROBOTSTAG_WORD_SIZE;
}

/* True if the name before a colon is a directive with a value. */
static bool has_value(struct word name)
{
    return is(name, "unavailable_after") || (name.len > 4 && !strncasecmp(name.at, "max-", 4));
}

/* True if the name before a colon is an agent, and not part of a date: "25-Jun-10 15", "15". */
static bool is_agent(struct word name)
{
    if (is(name, "*"))
        return true;
    if (!name.len || !isalpha((unsigned char)name.at[0]) || has_value(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (is_blank(name.at[i]))
            return false;
    return true;
}

static bool is_in_list(struct word w, const char *list, char ret[ROBOTSTAG_WORD_SIZE])
{
    struct word rest = word_of(list);
    while (rest.len) {
        struct word refused = cut(&rest, ',');
        if (refused.len == w.len && !strncasecmp(refused.at, w.at, w.len)) {
            snprintf(ret, ROBOTSTAG_WORD_SIZE, "%.*s", (int)refused.len, refused.at);
            return true;
        }
    }
    return false;
}

static bool is_refused(struct word directive, const char *list, char ret[ROBOTSTAG_WORD_SIZE])
{
    if (is_in_list(directive, list, ret))
        return true;
    if (!is(directive, "none") ||
        (!is_in_list(word_of("noindex"), list, ret) && !is_in_list(word_of("nofollow"), list, ret)))
        return false;
    snprintf(ret, ROBOTSTAG_WORD_SIZE, "none");
    return true;
}

bool robotstag_is_list(const char *list)
{
    struct word rest = word_of(list);
    bool ok = rest.len > 0 && rest.at[rest.len - 1] != ',';
    while (ok && rest.len)
        ok = is_directive(cut(&rest, ','));
    return ok;
}

bool robotstag_refuses(const char *value, const char *list, char ret[ROBOTSTAG_WORD_SIZE])
{
    struct word rest = word_of(value);
    bool concerns_us = true;
    while (rest.len) {
        struct word item = cut(&rest, ',');
        bool colon = memchr(item.at, ':', item.len);
        struct word name = cut(&item, ':');
        if (colon && is_agent(name)) {
            concerns_us = is(name, "imgfetch") || is(name, "*");
            name = cut(&item, ':'); /* the directive; what is left may be its value */
        }
        if (concerns_us && is_refused(name, list, ret))
            return true;
    }
    return false;
}
