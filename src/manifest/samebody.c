#include "manifest/samebody.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_MIN = 1 << 10 };

/* A body of a host, or a URL that gave it. */
struct bucket {
    uint64_t key; /* 0: it is free */
    uint64_t n;   /* of a body: its URLs */
};

struct table {
    struct bucket *buckets;
    size_t n_buckets; /* a power of two; at most three quarters are in use */
    size_t n;
};

struct found {
    UT_hash_handle hh; /* by key */
    uint64_t key;
    struct samebody_row row; /* its host is `host` */
    char host[];
};

struct samebody {
    struct table young, old;
    struct found *found;
};

struct samebody *samebody_new(void)
{
    return mem_new(sizeof(struct samebody));
}

void samebody_free(struct samebody *s)
{
    struct found *f, *next;
    if (!s)
        return;
    HASH_ITER (hh, s->found, f, next) {
        HASH_DEL(s->found, f);
        free(f);
    }
    free(s->young.buckets);
    free(s->old.buckets);
    free(s);
}

/* Continues a hash: FNV-1a, 64 bit (draft-eastlake-fnv). */
static uint64_t hash_more(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* The bits of FNV-1a that choose a bucket are its weakest; those from above improve them. */
static uint64_t key_of(uint64_t hash)
{
    hash ^= hash >> 32;
    return hash ? hash : 1;
}

static struct bucket *find_bucket(const struct table *t, uint64_t key)
{
    size_t mask = t->n_buckets - 1, i = key & mask;
    while (t->buckets[i].key && t->buckets[i].key != key)
        i = (i + 1) & mask;
    return &t->buckets[i];
}

static void grow(struct table *t)
{
    struct table bigger = {.n_buckets = t->n_buckets ? 2 * t->n_buckets : BUCKETS_MIN, .n = t->n};
    bigger.buckets = mem_array(bigger.n_buckets, sizeof *bigger.buckets);
    for (size_t i = 0; i < t->n_buckets; i++)
        if (t->buckets[i].key)
            *find_bucket(&bigger, t->buckets[i].key) = t->buckets[i];
    free(t->buckets);
    *t = bigger;
}

/* The key's bucket in the young generation, with what the old one had of it. *ret_is_new: neither
 * had it. */
static struct bucket *see(struct samebody *s, uint64_t key, bool *ret_is_new)
{
    struct bucket *b = s->young.n ? find_bucket(&s->young, key) : NULL;
    *ret_is_new = false;
    if (b && b->key)
        return b;
    if (s->young.n == SAMEBODY_GENERATION) {
        free(s->old.buckets);
        s->old = s->young;
        s->young = (struct table){0};
    }
    if (s->young.n >= s->young.n_buckets / 4 * 3)
        grow(&s->young);
    const struct bucket *before = s->old.n ? find_bucket(&s->old, key) : NULL;
    *ret_is_new = !before || !before->key;
    b = find_bucket(&s->young, key);
    *b = *ret_is_new ? (struct bucket){.key = key} : *before;
    s->young.n++;
    return b;
}

static struct found *find_found(const struct samebody *s, uint64_t key)
{
    struct found *f;
    HASH_FIND(hh, s->found, &key, sizeof key, f);
    return f;
}

static void add_found(
    struct samebody *s, uint64_t key, uint64_t n, const char *host, const uint8_t sha256[32])
{
    size_t len = strlen(host);
    if (HASH_COUNT(s->found) >= SAMEBODY_FOUND_MAX)
        return;
    struct found *f = mem_new(sizeof *f + len + 1);
    f->key = key;
    memcpy(f->host, host, len + 1);
    f->row.host = f->host;
    f->row.n = n;
    memcpy(f->row.sha256, sha256, sizeof f->row.sha256);
    HASH_ADD(hh, s->found, key, sizeof f->key, f);
}

void samebody_add(struct samebody *s, const char *host, const char *url, const uint8_t sha256[32])
{
    bool is_new;
    uint64_t hash = hash_more(UINT64_C(0xcbf29ce484222325), sha256, 32);
    hash = hash_more(hash, host, strlen(host) + 1);
    uint64_t key = key_of(hash);
    see(s, key_of(hash_more(hash, url, strlen(url) + 1)), &is_new);
    if (!is_new)
        return;
    struct bucket *body = see(s, key, &is_new);
    struct found *f = find_found(s, key);
    body->n++;
    if (f)
        f->row.n++;
    else if (body->n >= SAMEBODY_URLS_MIN)
        add_found(s, key, body->n, host, sha256);
}

unsigned samebody_top(const struct samebody *s, struct samebody_row *ret, unsigned n)
{
    unsigned found = 0;
    for (const struct found *f = s->found; f; f = f->hh.next) {
        unsigned at = found < n ? found : n;
        while (at > 0 && ret[at - 1].n < f->row.n)
            at--;
        if (at == n)
            continue;
        if (found < n)
            found++;
        memmove(ret + at + 1, ret + at, (found - at - 1) * sizeof *ret);
        ret[at] = f->row;
    }
    return found;
}
