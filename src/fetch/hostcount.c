#include "fetch/hostcount.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct hostcount_entry {
    UT_hash_handle hh;
    uint64_t n;
    char host[];
};

void hostcount_add(struct hostcount *c, const char *host)
{
    struct hostcount_entry *e;
    HASH_FIND_STR(c->by_name, host, e);
    if (!e) {
        size_t len = strlen(host);
        if (HASH_COUNT(c->by_name) >= HOSTCOUNT_MAX)
            return;
        e = mem_new(sizeof *e + len + 1);
        memcpy(e->host, host, len + 1);
        HASH_ADD_STR(c->by_name, host, e);
    }
    e->n++;
}

unsigned hostcount_top(const struct hostcount *c, struct hostcount_row *ret, unsigned n)
{
    unsigned found = 0;
    for (struct hostcount_entry *e = c->by_name; e; e = e->hh.next) {
        unsigned at = found < n ? found : n;
        while (at > 0 && ret[at - 1].n < e->n)
            at--;
        if (at == n)
            continue;
        if (found < n)
            found++;
        memmove(ret + at + 1, ret + at, (found - at - 1) * sizeof *ret);
        ret[at] = (struct hostcount_row){e->host, e->n};
    }
    return found;
}

void hostcount_fini(struct hostcount *c)
{
    struct hostcount_entry *e, *next;
    HASH_ITER (hh, c->by_name, e, next) {
        HASH_DEL(c->by_name, e);
        free(e);
    }
}
