#include "net/robotstag.h"

#include "base/span.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n'; /* the latter in folded lines */
}

static struct span cut(struct span *rest, char sep)
{
    struct span part = span_cut(rest, sep);
    for (; part.len && is_blank(*part.at); part.at++)
        part.len--;
    while (part.len && is_blank(part.at[part.len - 1]))
        part.len--;
    return part;
}

static bool is_directive(struct span w)
{
    for (size_t i = 0; i < w.len; i++)
        if (!isalnum((unsigned char)w.at[i]) && w.at[i] != '-' && w.at[i] != '_')
            return false;
    return w.len > 0 && w.len < ROBOTSTAG_WORD_SIZE;
}

/* True if the name before a colon is a directive with a value. */
static bool has_value(struct span name)
{
    return span_is_nocase(name, "unavailable_after") ||
           (name.len > 4 && !strncasecmp(name.at, "max-", 4));
}

/* True if the name before a colon is an agent, and not part of a date: "25-Jun-10 15", "15". */
static bool is_agent(struct span name)
{
    if (span_is_nocase(name, "*"))
        return true;
    if (!name.len || !isalpha((unsigned char)name.at[0]) || has_value(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (is_blank(name.at[i]))
            return false;
    return true;
}

static bool is_in_list(struct span w, const char *list, char ret[ROBOTSTAG_WORD_SIZE])
{
    struct span rest = span_of(list);
    while (rest.len) {
        struct span refused = cut(&rest, ',');
        if (refused.len == w.len && !strncasecmp(refused.at, w.at, w.len)) {
            snprintf(ret, ROBOTSTAG_WORD_SIZE, "%.*s", (int)refused.len, refused.at);
            return true;
        }
    }
    return false;
}

static bool is_refused(struct span directive, const char *list, char ret[ROBOTSTAG_WORD_SIZE])
{
    if (is_in_list(directive, list, ret))
        return true;
    if (!span_is_nocase(directive, "none") ||
        (!is_in_list(span_of("noindex"), list, ret) && !is_in_list(span_of("nofollow"), list, ret)))
        return false;
    snprintf(ret, ROBOTSTAG_WORD_SIZE, "none");
    return true;
}

bool robotstag_is_list(const char *list)
{
    struct span rest = span_of(list);
    bool ok = rest.len > 0 && rest.at[rest.len - 1] != ',';
    while (ok && rest.len)
        ok = is_directive(cut(&rest, ','));
    return ok;
}

bool robotstag_refuses(const char *value, const char *list, char ret[ROBOTSTAG_WORD_SIZE])
{
    struct span rest = span_of(value);
    bool concerns_us = true;
    while (rest.len) {
        struct span item = cut(&rest, ',');
        bool colon = memchr(item.at, ':', item.len);
        struct span name = cut(&item, ':');
        if (colon && is_agent(name)) {
            concerns_us = span_is_nocase(name, "imgfetch") || span_is_nocase(name, "*");
            name = cut(&item, ':'); /* the directive; what is left may be its value */
        }
        if (concerns_us && is_refused(name, list, ret))
            return true;
    }
    return false;
}
