#include "cmd/imgfetch/split/split_count.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct counted {
    UT_hash_handle hh; /* by `hash` */
    uint64_t hash, rows;
    char name[];
};

struct split_count {
    struct counted *domains;
    size_t n, most;
    uint64_t missed;
};

struct split_count *split_count_new(size_t most_domains)
{
    struct split_count *c = mem_new(sizeof *c);
    c->most = most_domains;
    return c;
}

static void forget(struct split_count *c, struct counted *domain)
{
    HASH_DEL(c->domains, domain);
    free(domain);
    c->n--;
}

void split_count_free(struct split_count *c)
{
    struct counted *domain, *next;
    if (!c)
        return;
    HASH_ITER (hh, c->domains, domain, next)
        forget(c, domain);
    free(c);
}

/* Takes a row from each; on average each call takes as many rows as it looks at domains. */
static void take_one(struct split_count *c)
{
    struct counted *domain, *next;
    c->missed++;
    HASH_ITER (hh, c->domains, domain, next)
        if (--domain->rows == 0)
            forget(c, domain);
}

void split_count_add(struct split_count *c, uint64_t hash, const char *name)
{
    struct counted *domain;
    HASH_FIND(hh, c->domains, &hash, sizeof hash, domain);
    if (domain) {
        domain->rows++;
        return;
    }
    if (c->n == c->most) { /* the new one is without its row at once */
        take_one(c);
        return;
    }
    size_t size = strlen(name) + 1;
    domain = mem_new(sizeof *domain + size);
    domain->hash = hash;
    domain->rows = 1;
    memcpy(domain->name, name, size);
    HASH_ADD(hh, c->domains, hash, sizeof domain->hash, domain);
    c->n++;
}

uint64_t split_count_missed(const struct split_count *c)
{
    return c->missed;
}

size_t split_count_domains(const struct split_count *c)
{
    return c->n;
}

void split_count_list(const struct split_count *c,
    void (*each)(void *arg, uint64_t hash, const char *name, uint64_t rows), void *arg)
{
    for (const struct counted *d = c->domains; d; d = d->hh.next)
        each(arg, d->hash, d->name, d->rows + c->missed);
}
