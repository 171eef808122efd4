#include "fetch/hostlimits.h"

#include "base/hash.h"
#include "base/mem.h"
#include "input/url_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limit {
    UT_hash_handle hh; /* by `host` */
    bool has_at_once, has_rate;
    unsigned at_once;
    double rate;
    char host[];
};

struct hostlimits {
    struct limit *limits;
};

struct hostlimits *hostlimits_new(void)
{
    return mem_new(sizeof(struct hostlimits));
}

void hostlimits_free(struct hostlimits *h)
{
    struct limit *l, *next;
    if (!h)
        return;
    HASH_ITER (hh, h->limits, l, next) {
        HASH_DEL(h->limits, l);
        free(l);
    }
    free(h);
}

char *hostlimits_host(const char *text, size_t len, const char **why)
{
    bool below = len > 2 && text[0] == '*' && text[1] == '.';
    char *name = url_host_parse(text + 2 * below, len - 2 * below, why);
    if (!name || !below)
        return name;
    size_t size = strlen(name) + sizeof "*.";
    char *host = mem_new(size);
    snprintf(host, size, "*.%s", name);
    free(name);
    return host;
}

static struct limit *get_limit(struct hostlimits *h, const char *host)
{
    struct limit *l;
    size_t len = strlen(host);
    HASH_FIND(hh, h->limits, host, len, l);
    if (l)
        return l;
    l = mem_new(sizeof *l + len + 1);
    memcpy(l->host, host, len + 1);
    HASH_ADD_KEYPTR(hh, h->limits, l->host, len, l);
    return l;
}

void hostlimits_set_at_once(struct hostlimits *h, const char *host, unsigned n)
{
    struct limit *l = get_limit(h, host);
    l->has_at_once = true;
    l->at_once = n;
}

void hostlimits_set_rate(struct hostlimits *h, const char *host, double rate)
{
    struct limit *l = get_limit(h, host);
    l->has_rate = true;
    l->rate = rate;
}

void hostlimits_apply(const struct hostlimits *h, const char *host, struct pace_conf *ret)
{
    bool has_at_once = false, has_rate = false;
    char below[2 + 256]; /* a name has at most 253 bytes */
    const char *name = host;
    if (!h)
        return;
    for (;;) {
        const char *key = name == host ? host : below;
        const struct limit *l;
        HASH_FIND_STR(h->limits, key, l);
        if (l && l->has_at_once && !has_at_once)
            ret->per_host = l->at_once;
        if (l && l->has_rate && !has_rate)
            ret->rate = l->rate;
        has_at_once |= l && l->has_at_once;
        has_rate |= l && l->has_rate;
        name = strchr(name, '.');
        if (!name || snprintf(below, sizeof below, "*.%s", ++name) >= (int)sizeof below)
            return;
    }
}

void hostlimits_list(const struct hostlimits *h,
    void (*each)(void *arg, const char *host, const unsigned *at_once, const double *rate),
    void *arg)
{
    for (const struct limit *l = h ? h->limits : NULL; l; l = l->hh.next)
        each(arg, l->host, l->has_at_once ? &l->at_once : NULL, l->has_rate ? &l->rate : NULL);
}
