#include "fetch/robots.h"

#include "base/buf.h"
#include "base/mem.h"
#include "fetch/robots_match.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The characters of a product token (section 2.2.1), and digits. */
static const char token_chars[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-0123456789";

struct rule {
    uint32_t at, len; /* in patterns */
    uint32_t weight;  /* in octets: the matching rule with the most decides */
    bool allow;
    bool to_end; /* there was a `$`, which `len` does not count */
};

struct robots {
    struct buf rules;    /* struct rule, sorted: the first that matches decides */
    struct buf patterns; /* the bytes of all rules */
    size_t n_wild;       /* rules with `*` in them */
    double crawl_delay;
};

struct line {
    const char *at;
    size_t len;
};

struct parser {
    const char *agent;
    struct robots *ours, *general; /* rules for `agent`, and for all */
    bool found;                    /* there is a group for `agent`, perhaps without rules */
    bool in_ours, in_general;      /* the groups that the next rules belong to */
    bool had_rule;                 /* so the next User-agent begins a new group */
    struct buf pattern;            /* of one line */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_eol(char c)
{
    return c == '\r' || c == '\n';
}

static struct line trim(struct line l)
{
    for (; l.len && is_blank(l.at[0]); l.len--)
        l.at++;
    while (l.len && is_blank(l.at[l.len - 1]))
        l.len--;
    return l;
}

static bool is_word(struct line l, const char *word)
{
    return l.len == strlen(word) && strncasecmp(l.at, word, l.len) == 0;
}

/* The product token at the beginning of a value. */
static struct line token_of(struct line value)
{
    size_t len = 0;
    while (len < value.len && memchr(token_chars, value.at[len], sizeof token_chars - 1))
        len++;
    return (struct line){value.at, len};
}

static void begin_group(struct parser *p, struct line value)
{
    if (p->had_rule)
        p->had_rule = p->in_ours = p->in_general = false;
    if (value.len && value.at[0] == '*' && (value.len == 1 || is_blank(value.at[1])))
        p->in_general = true;
    else if (is_word(token_of(value), p->agent))
        p->in_ours = p->found = true;
}

static bool add_rule(struct robots *r, const struct parser *p, bool allow)
{
    struct rule rule = {.at = (uint32_t)r->patterns.len, .allow = allow};
    rule.weight = rule.len = (uint32_t)p->pattern.len;
    rule.to_end = p->pattern.data[rule.len - 1] == '$';
    rule.len -= rule.to_end;
    r->n_wild += memchr(p->pattern.data, '*', rule.len) != NULL;
    return buf_append(&r->patterns, p->pattern.data, p->pattern.len) &&
           buf_append(&r->rules, &rule, sizeof rule);
}

/* False: no memory. */
static bool take_rule(struct parser *p, struct line value, bool allow)
{
    p->had_rule = true;
    if (!value.len || !(p->in_ours || p->in_general)) /* an empty rule matches nothing */
        return true;
    p->pattern.len = 0;
    return robots_match_normalize(value.at, value.len, true, &p->pattern) &&
           (!p->in_ours || add_rule(p->ours, p, allow)) &&
           (!p->in_general || add_rule(p->general, p, allow));
}

/* Parses decimal digits with an optional fraction. strtod(3) would depend on the locale. */
static double seconds_of(struct line value)
{
    double n = 0, unit = 1;
    bool in_fraction = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c == '.' && !in_fraction && value.len > 1) {
            in_fraction = true;
        } else if (c >= '0' && c <= '9') {
            unit = in_fraction ? unit / 10 : 1;
            n = in_fraction ? n + (c - '0') * unit : n * 10 + (c - '0');
        } else {
            return 0;
        }
    }
    return n < ROBOTS_DELAY_MAX ? n : ROBOTS_DELAY_MAX;
}

static void take_delay(struct parser *p, struct line value)
{
    double delay = seconds_of(value);
    if (p->in_ours && delay > p->ours->crawl_delay)
        p->ours->crawl_delay = delay;
    if (p->in_general && delay > p->general->crawl_delay)
        p->general->crawl_delay = delay;
}

/* False: no memory. */
static bool take_line(struct parser *p, struct line l)
{
    const char *comment = memchr(l.at, '#', l.len);
    if (comment)
        l.len = (size_t)(comment - l.at);
    const char *colon = memchr(l.at, ':', l.len);
    if (!colon)
        return true;
    struct line key = trim((struct line){l.at, (size_t)(colon - l.at)});
    struct line value = trim((struct line){colon + 1, (size_t)(l.at + l.len - colon) - 1});
    if (is_word(key, "user-agent"))
        begin_group(p, value);
    else if (is_word(key, "allow") || is_word(key, "disallow"))
        return take_rule(p, value, key.len == strlen("allow"));
    else if (is_word(key, "crawl-delay"))
        take_delay(p, value);
    return true;
}

/* False: no memory. */
static bool take_lines(struct parser *p, const char *text, size_t len)
{
    static const char bom[] = "\xef\xbb\xbf";
    if (!len) /* `text` may be NULL */
        return true;
    const char *end = text + len, *at = text;
    if (len > ROBOTS_SIZE_MAX)
        for (end = text + ROBOTS_SIZE_MAX; end > text && !is_eol(end[-1]);)
            end--;
    if (end - at >= 3 && memcmp(at, bom, 3) == 0)
        at += 3;
    while (at < end) {
        const char *eol = at;
        while (eol < end && !is_eol(*eol))
            eol++;
        if (!take_line(p, (struct line){at, (size_t)(eol - at)}))
            return false;
        at = eol + 1;
    }
    return true;
}

/* The rule with the most octets decides; of two with as many, the one that allows (section 2.2.2).
 */
static int compare(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return y->allow - x->allow;
}

struct robots *robots_parse(const char *text, size_t len, const char *agent)
{
    struct parser p = {.agent = agent};
    p.ours = mem_new(sizeof *p.ours);
    p.general = mem_new(sizeof *p.general);
    bool ok = take_lines(&p, text, len);
    buf_fini(&p.pattern);
    struct robots *r = p.found ? p.ours : p.general;
    robots_free(p.found ? p.general : p.ours);
    if (!ok) {
        robots_free(r);
        return NULL;
    }
    if (r->rules.len)
        qsort(r->rules.data, r->rules.len / sizeof(struct rule), sizeof(struct rule), compare);
    return r;
}

bool robots_allows(const struct robots *r, const char *path)
{
    if (!*path)
        path = "/"; /* RFC 3986, section 6.2.3 */
    if (strcmp(path, "/robots.txt") == 0 || !r->rules.len)
        return true;
    struct buf normal = {0};
    bool allowed = robots_match_normalize(path, strlen(path), false, &normal) &&
                   r->n_wild * normal.len <= ROBOTS_WORK_MAX;
    const struct rule *rule = (const struct rule *)(const void *)r->rules.data;
    size_t n = r->rules.len / sizeof *rule;
    for (size_t i = 0; allowed && i < n; i++, rule++) {
        struct robots_pattern pattern = {
            (const char *)r->patterns.data + rule->at, rule->len, rule->to_end};
        if (robots_match(&pattern, (const char *)normal.data, normal.len)) {
            allowed = rule->allow;
            break;
        }
    }
    buf_fini(&normal);
    return allowed;
}

double robots_crawl_delay(const struct robots *r)
{
    return r->crawl_delay;
}

void robots_free(struct robots *r)
{
    if (!r)
        return;
    buf_fini(&r->rules);
    buf_fini(&r->patterns);
    free(r);
}
