#include "feed/dedupe.h"

#include "base/mem.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_MIN = 1 << 10, INDEX_BITS = 40 };

/* 64 bits of the hash, then 24 more and the index + 1 (0: the bucket is free). */
struct bucket {
    uint64_t hash, more_and_index;
};

struct table {
    struct bucket *buckets;
    size_t n_buckets; /* a power of two; at most three quarters are in use */
    size_t n;
};

struct dedupe {
    struct table young, old;
    EVP_MD_CTX *sha256;
};

struct dedupe *dedupe_new(void)
{
    struct dedupe *d = mem_new(sizeof *d);
    d->sha256 = EVP_MD_CTX_new();
    mem_must(d->sha256 && EVP_DigestInit_ex(d->sha256, EVP_sha256(), NULL));
    return d;
}

void dedupe_free(struct dedupe *d)
{
    if (!d)
        return;
    free(d->young.buckets);
    free(d->old.buckets);
    EVP_MD_CTX_free(d->sha256);
    free(d);
}

void dedupe_clear(struct dedupe *d)
{
    free(d->old.buckets);
    d->old = (struct table){0};
    if (d->young.n)
        memset(d->young.buckets, 0, d->young.n_buckets * sizeof *d->young.buckets);
    d->young.n = 0;
}

/* Last: they may have any byte, and what comes before them ends with a NUL. The length of the hash
 * tells where the boxes begin. */
static void add_columns(EVP_MD_CTX *sha256, const struct job_columns *c)
{
    EVP_DigestUpdate(sha256, &c->hash_len, sizeof c->hash_len);
    EVP_DigestUpdate(sha256, c->hash, c->hash_len);
    if (c->boxes)
        EVP_DigestUpdate(sha256, c->boxes->at, c->boxes->n * sizeof *c->boxes->at);
}

/* The bucket of a job, without the index. */
static struct bucket bucket_of(struct dedupe *d, const struct job *j)
{
    const struct url *url = j->origin.text ? &j->origin : &j->request.url;
    unsigned char hash[EVP_MAX_MD_SIZE];
    struct bucket b;
    mem_must(EVP_DigestInit_ex(d->sha256, NULL, NULL));
    const char *referer = j->request.referer ? j->request.referer : "";
    EVP_DigestUpdate(d->sha256, url->text, strlen(url->text) + 1);
    EVP_DigestUpdate(d->sha256, referer, strlen(referer) + 1);
    if (j->columns)
        add_columns(d->sha256, j->columns);
    mem_must(EVP_DigestFinal_ex(d->sha256, hash, NULL));
    memcpy(&b, hash, sizeof b);
    b.more_and_index &= ~((UINT64_C(1) << INDEX_BITS) - 1);
    return b;
}

static uint64_t index_of(const struct bucket *b)
{
    return b->more_and_index & ((UINT64_C(1) << INDEX_BITS) - 1);
}

/* The bucket in the table with this hash, or the free one where it would go. */
static struct bucket *find_bucket(const struct table *t, const struct bucket *b)
{
    size_t mask = t->n_buckets - 1, i = b->hash & mask;
    for (;; i = (i + 1) & mask) {
        struct bucket *at = &t->buckets[i];
        bool same =
            at->hash == b->hash && !((at->more_and_index ^ b->more_and_index) >> INDEX_BITS);
        if (same || !index_of(at))
            return at;
    }
}

static void grow(struct table *t)
{
    struct table bigger = {.n_buckets = t->n_buckets ? 2 * t->n_buckets : BUCKETS_MIN, .n = t->n};
    bigger.buckets = mem_array(bigger.n_buckets, sizeof *bigger.buckets);
    for (size_t i = 0; i < t->n_buckets; i++)
        if (index_of(&t->buckets[i]))
            *find_bucket(&bigger, &t->buckets[i]) = t->buckets[i];
    free(t->buckets);
    *t = bigger;
}

static void remember(struct dedupe *d, const struct bucket *b)
{
    if (d->young.n == DEDUPE_GENERATION) {
        free(d->old.buckets);
        d->old = d->young;
        d->young = (struct table){0};
    }
    if (d->young.n >= d->young.n_buckets / 4 * 3)
        grow(&d->young);
    *find_bucket(&d->young, b) = *b;
    d->young.n++;
}

/* The index of the first row with the same URL, Referer and hash, or the job's own. */
static uint64_t first_of(struct dedupe *d, const struct job *j)
{
    struct bucket b = bucket_of(d, j);
    struct bucket *found = d->young.n ? find_bucket(&d->young, &b) : NULL;
    if (found && index_of(found))
        return index_of(found) - 1;
    found = d->old.n ? find_bucket(&d->old, &b) : NULL;
    bool is_old = found && index_of(found);
    /* Move a row that was found to the young generation. */
    b.more_and_index |= is_old ? index_of(found) : j->index + 1;
    uint64_t first = index_of(&b) - 1;
    remember(d, &b);
    return first;
}

void dedupe_find(struct dedupe *d, struct job *j, uint32_t shard_size)
{
    uint64_t first = first_of(d, j);
    if (first == j->index)
        return;
    j->first = mem_new(sizeof *j->first);
    j->first->index = first;
    j->first->shard = (uint32_t)(first / shard_size);
    j->first->pos = (uint32_t)(first % shard_size);
}
