#include "pipeline/singleflight.h"

#include "base/mem.h"

#include <stdlib.h>

enum { BITS_MIN = 6 };

static size_t n_buckets(const struct singleflight *t)
{
    return t->buckets ? (size_t)1 << t->bits : 0;
}

/* Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4). Rows come in
 * the order of their index: hashed by the index itself they would fill one long run of buckets,
 * and close_gap() would walk along it for each row. */
static size_t bucket_of(const struct singleflight *t, uint64_t index)
{
    return (index * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - t->bits);
}

static size_t behind(const struct singleflight *t, size_t i)
{
    return (i + 1) & (n_buckets(t) - 1);
}

/* The bucket of the row with this index, or the free bucket for it. */
static struct job **find_bucket(const struct singleflight *t, uint64_t index)
{
    size_t i = bucket_of(t, index);
    while (t->buckets[i] && t->buckets[i]->index != index)
        i = behind(t, i);
    return &t->buckets[i];
}

static void grow(struct singleflight *t)
{
    struct singleflight bigger = {.bits = t->buckets ? t->bits + 1 : BITS_MIN, .n = t->n};
    bigger.buckets = mem_array((size_t)1 << bigger.bits, sizeof(struct job *));
    for (size_t i = 0; i < n_buckets(t); i++)
        if (t->buckets[i])
            *find_bucket(&bigger, t->buckets[i]->index) = t->buckets[i];
    free(t->buckets);
    *t = bigger;
}

void singleflight_add(struct singleflight *t, struct job *j)
{
    if (t->n >= n_buckets(t) / 2)
        grow(t);
    *find_bucket(t, j->index) = j;
    t->n++;
}

bool singleflight_wait(struct singleflight *t, struct job *j)
{
    struct job *first = t->buckets ? *find_bucket(t, j->first->index) : NULL;
    if (!first)
        return false;
    j->next_waiter = first->next_waiter;
    first->next_waiter = j;
    return true;
}

/* Moves back the entries behind a bucket just freed that could not be found otherwise. */
static void close_gap(struct singleflight *t, size_t gap)
{
    size_t mask = n_buckets(t) - 1;
    for (size_t i = behind(t, gap); t->buckets[i]; i = behind(t, i)) {
        size_t wanted = bucket_of(t, t->buckets[i]->index);
        size_t from_wanted = (i - wanted) & mask, from_gap = (i - gap) & mask;
        if (from_wanted < from_gap)
            continue;
        t->buckets[gap] = t->buckets[i];
        t->buckets[i] = NULL;
        gap = i;
    }
}

/* Returns the jobs that wait, in the order in which they came: the list has the last one first. */
static struct job *take_waiting(struct job *j)
{
    struct job *waiting = NULL;
    for (struct job *waiter = j->next_waiter, *next; waiter; waiter = next) {
        next = waiter->next_waiter;
        waiter->next_waiter = waiting;
        waiting = waiter;
    }
    j->next_waiter = NULL;
    return waiting;
}

struct job *singleflight_remove(struct singleflight *t, struct job *j)
{
    struct job **bucket = t->buckets ? find_bucket(t, j->index) : NULL;
    if (!bucket || *bucket != j)
        return NULL;
    *bucket = NULL;
    t->n--;
    close_gap(t, (size_t)(bucket - t->buckets));
    return take_waiting(j);
}

void singleflight_fini(struct singleflight *t)
{
    free(t->buckets);
    *t = (struct singleflight){0};
}
