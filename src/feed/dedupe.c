#include "feed/dedupe.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    BUCKETS_MIN = 1 << 11,
    INDEX_BITS = 40,
    NOTED_MAX = 32, /* so many reads of memory are under way at once */
};

static const uint64_t INDEX_MASK = (UINT64_C(1) << INDEX_BITS) - 1;

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
    uint8_t key[SIPHASH_KEY];
    struct buf text;                /* of a row that has more than its URL */
    struct bucket noted[NOTED_MAX]; /* rows that are not in the tables yet */
    unsigned n_noted;
};

struct dedupe *dedupe_new(void)
{
    struct dedupe *d = mem_new(sizeof *d);
    arc4random_buf(d->key, sizeof d->key);
    return d;
}

void dedupe_free(struct dedupe *d)
{
    if (!d)
        return;
    free(d->young.buckets);
    free(d->old.buckets);
    buf_fini(&d->text);
    free(d);
}

void dedupe_clear(struct dedupe *d)
{
    d->n_noted = 0;
    free(d->old.buckets);
    d->old = (struct table){0};
    if (d->young.n)
        memset(d->young.buckets, 0, d->young.n_buckets * sizeof *d->young.buckets);
    d->young.n = 0;
}

static struct bucket hash_of(const struct dedupe *d, const char *text, size_t len)
{
    uint64_t hash[2];
    siphash_128(d->key, text, len, hash);
    return (struct bucket){hash[0], hash[1] & ~INDEX_MASK};
}

static void add(struct dedupe *d, const void *bytes, size_t len)
{
    mem_must(buf_append(&d->text, bytes, len));
}

/* The bucket of a job, without the index. Boxes come last: they may have any byte, and what comes
 * before them ends with a NUL or has a length. */
static struct bucket bucket_of(struct dedupe *d, const struct job *j)
{
    const struct job_columns *c = j->columns;
    const char *url = j->origin.text ? j->origin.text : j->request.url.text;
    const char *referer = j->request.referer ? j->request.referer : "";
    size_t boxes_len = c && c->boxes ? c->boxes->n * sizeof *c->boxes->at : 0;
    if (!*referer && !(c && c->hash_len) && !boxes_len)
        return hash_of(d, url, strlen(url));
    d->text.len = 0;
    add(d, url, strlen(url) + 1);
    add(d, referer, strlen(referer) + 1);
    if (c) {
        add(d, &c->hash_len, sizeof c->hash_len);
        add(d, c->hash, c->hash_len);
    }
    if (boxes_len)
        add(d, c->boxes->at, boxes_len);
    return hash_of(d, (const char *)d->text.data, d->text.len);
}

static uint64_t index_of(const struct bucket *b)
{
    return b->more_and_index & INDEX_MASK;
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

/* A table of megabytes needs more pages than the processor remembers the addresses of. Without
 * large ones it is slower, no more. */
static void use_large_pages(const struct table *t)
{
    enum { PAGE = 2 << 20 };
    uintptr_t at = (uintptr_t)t->buckets, end = at + t->n_buckets * sizeof *t->buckets;
    at = (at + PAGE - 1) / PAGE * PAGE;
    end = end / PAGE * PAGE;
    if (at < end)
        (void)madvise((void *)at, end - at, MADV_HUGEPAGE);
}

static void grow(struct table *t)
{
    struct table bigger = {.n_buckets = t->n_buckets ? 4 * t->n_buckets : BUCKETS_MIN, .n = t->n};
    bigger.buckets = mem_array(bigger.n_buckets, sizeof *bigger.buckets);
    use_large_pages(&bigger);
    for (size_t i = 0; i < t->n_buckets; i++)
        if (index_of(&t->buckets[i]))
            *find_bucket(&bigger, &t->buckets[i]) = t->buckets[i];
    free(t->buckets);
    *t = bigger;
}

/* Makes room in the young table for a row that is not in it. True: there was none. */
static bool make_room(struct dedupe *d)
{
    bool is_full = d->young.n == DEDUPE_GENERATION;
    if (is_full) {
        free(d->old.buckets);
        d->old = d->young;
        d->young = (struct table){0};
    }
    bool grows = d->young.n >= d->young.n_buckets / 4 * 3;
    if (grows)
        grow(&d->young);
    return grows;
}

/* The index of the first row with this hash, or the row's own. */
static uint64_t first_of(struct dedupe *d, struct bucket b, uint64_t index)
{
    struct bucket *young = d->young.n ? find_bucket(&d->young, &b) : NULL;
    if (young && index_of(young))
        return index_of(young) - 1;
    struct bucket *old = d->old.n ? find_bucket(&d->old, &b) : NULL;
    uint64_t first = old && index_of(old) ? index_of(old) - 1 : index;
    /* A row that was found moves to the young generation. */
    b.more_and_index |= first + 1;
    if (make_room(d) || !young)
        young = find_bucket(&d->young, &b);
    *young = b;
    d->young.n++;
    return first;
}

/* The table does not fit into the processor's caches: without this, each row waits for memory. */
static void fetch_ahead(const struct table *t, const struct bucket *b)
{
    if (t->n)
        __builtin_prefetch(&t->buckets[b->hash & (t->n_buckets - 1)], 1);
}

static void settle_noted(struct dedupe *d)
{
    for (unsigned i = 0; i < d->n_noted; i++) {
        struct bucket b = d->noted[i];
        uint64_t index = index_of(&b) - 1;
        b.more_and_index &= ~INDEX_MASK;
        first_of(d, b, index);
    }
    d->n_noted = 0;
}

void dedupe_note(struct dedupe *d, const char *url, size_t len, uint64_t index)
{
    struct bucket b = hash_of(d, url, len);
    fetch_ahead(&d->young, &b);
    fetch_ahead(&d->old, &b);
    b.more_and_index |= index + 1;
    d->noted[d->n_noted++] = b;
    if (d->n_noted == NOTED_MAX)
        settle_noted(d);
}

void dedupe_find(struct dedupe *d, struct job *j, uint32_t shard_size)
{
    settle_noted(d);
    uint64_t first = first_of(d, bucket_of(d, j), j->index);
    if (first == j->index)
        return;
    j->first = mem_new(sizeof *j->first);
    j->first->index = first;
    j->first->shard = (uint32_t)(first / shard_size);
    j->first->pos = (uint32_t)(first % shard_size);
}
