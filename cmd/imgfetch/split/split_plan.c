#include "cmd/imgfetch/split/split_plan.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- limits ---- */

/* True for a limit of a host below the domain: "a.example.com" or "*.a.example.com". */
static bool is_inside(const char *host, const char *domain)
{
    size_t len = strlen(host), end = strlen(domain);
    bool below = len > end + 1 && host[len - end - 1] == '.' && !strcmp(host + len - end, domain);
    return below && !(host[0] == '*' && len == end + 2);
}

/* The limits of the domain itself, or those of the hosts below it that have none of their own. */
static struct pace_conf limits_of(const struct split_plan *p, const char *domain, bool below)
{
    struct pace_conf pace = {.per_host = p->limits->per_host, .rate = p->limits->host_rate};
    char host[2 + 256];
    snprintf(host, sizeof host, "%s%s", below ? "*." : "", domain);
    hostlimits_apply(p->limits->hosts, host, &pace);
    return pace;
}

struct least {
    const char *domain;
    unsigned at_once;
};

static void lower(unsigned *least, unsigned n)
{
    if (n && n < *least)
        *least = n;
}

static void lower_by_inside(
    void *arg, const char *host, const unsigned *at_once, const double *rate)
{
    struct least *least = arg;
    (void)rate;
    if (at_once && is_inside(host, least->domain))
        lower(&least->at_once, *at_once);
}

/* How many lists the domain may have, so that each may ask each of its hosts. */
static unsigned most_lists(const struct split_plan *p, const char *domain)
{
    struct least least = {domain, p->n};
    lower(&least.at_once, limits_of(p, domain, false).per_host);
    if (!split_domain_is_address(domain))
        lower(&least.at_once, limits_of(p, domain, true).per_host);
    hostlimits_list(p->limits->hosts, lower_by_inside, &least);
    return least.at_once;
}

/* ---- which domains are spread ---- */

struct making {
    struct split_plan *plan;
    uint64_t rows;
    unsigned next; /* the list behind those of the domain before, so that they share few */
};

/* a * b / c, rounded up, for a <= c. */
static unsigned share(uint64_t a, unsigned b, uint64_t c)
{
    return (unsigned)(((unsigned __int128)a * b + c - 1) / c);
}

static void consider(void *arg, uint64_t hash, const char *name, uint64_t rows)
{
    struct making *m = arg;
    struct split_plan *p = m->plan;
    unsigned k = share(rows < m->rows ? rows : m->rows, p->n, m->rows);
    if (k < 2)
        return;
    unsigned most = most_lists(p, name);
    k = k < most ? k : most;
    if (k < 2)
        return;
    size_t size = strlen(name) + 1;
    struct split_spread *s = mem_new(sizeof *s + size);
    s->hash = hash;
    s->rows = rows;
    s->first = m->next;
    s->k = k;
    m->next = (m->next + k) % p->n;
    memcpy(s->name, name, size);
    HASH_ADD(hh, p->spread, hash, sizeof s->hash, s);
}

static int by_rows(const struct split_spread *a, const struct split_spread *b)
{
    return (a->rows < b->rows) - (a->rows > b->rows);
}

void split_plan_init(struct split_plan *p, unsigned n, const struct split_plan_limits *limits,
    const struct split_count *count, uint64_t rows)
{
    *p = (struct split_plan){.n = n, .limits = limits};
    struct making m = {p, rows, 0};
    if (rows)
        split_count_list(count, consider, &m);
    HASH_SORT(p->spread, by_rows);
}

void split_plan_fini(struct split_plan *p)
{
    struct split_spread *s, *next;
    HASH_ITER (hh, p->spread, s, next) {
        HASH_DEL(p->spread, s);
        free(s);
    }
}

unsigned split_plan_list(
    const struct split_plan *p, const struct split_domain *domain, const struct urllist_value *url)
{
    const struct split_spread *s = NULL;
    if (p->spread)
        HASH_FIND(hh, p->spread, &domain->hash, sizeof domain->hash, s);
    if (!s)
        return (unsigned)(domain->hash % p->n);
    return (unsigned)((s->first + split_domain_hash(url->text, url->len) % s->k) % p->n);
}

/* ---- the lines ---- */

struct lines {
    const struct split_spread *spread;
    unsigned turn; /* which of the domain's lists this is, from 0 */
    struct buf *out;
};

static void put_line(struct buf *out, const char *name, const char *host, const char *value)
{
    char line[400];
    int len = snprintf(line, sizeof line, "%s=%s:%s\n", name, host, value);
    mem_must(buf_append(out, line, (size_t)len));
}

/* The parts of the lists add up to the whole. */
static void put_at_once(const struct lines *l, const char *host, unsigned whole)
{
    char value[16];
    unsigned k = l->spread->k;
    snprintf(value, sizeof value, "%u", whole / k + (l->turn < whole % k));
    if (whole)
        put_line(l->out, "per-host", host, value);
}

static void put_rate(const struct lines *l, const char *host, double whole)
{
    static const double least = 1e-9;
    char value[400];
    double part = whole / l->spread->k;
    snprintf(value, sizeof value, "%.9f", part < least ? least : part);
    if (whole > 0)
        put_line(l->out, "host-rate", host, value);
}

static void put_inside(void *arg, const char *host, const unsigned *at_once, const double *rate)
{
    const struct lines *l = arg;
    if (!is_inside(host, l->spread->name))
        return;
    if (at_once)
        put_at_once(l, host, *at_once);
    if (rate)
        put_rate(l, host, *rate);
}

static void put_spread(const struct split_plan *p, struct lines *l)
{
    char below[2 + 256];
    struct pace_conf own = limits_of(p, l->spread->name, false);
    put_at_once(l, l->spread->name, own.per_host);
    put_rate(l, l->spread->name, own.rate);
    if (split_domain_is_address(l->spread->name))
        return;
    struct pace_conf others = limits_of(p, l->spread->name, true);
    snprintf(below, sizeof below, "*.%s", l->spread->name);
    put_at_once(l, below, others.per_host);
    put_rate(l, below, others.rate);
    hostlimits_list(p->limits->hosts, put_inside, l);
}

void split_plan_put_limits(const struct split_plan *p, unsigned list, struct buf *ret)
{
    for (const struct split_spread *s = p->spread; s; s = s->hh.next) {
        struct lines l = {s, (list + p->n - s->first) % p->n, ret};
        if (l.turn < s->k)
            put_spread(p, &l);
    }
}
