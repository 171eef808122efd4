#include "pipeline/singleflight.h"

#include "base/mem.h"

#include <stdlib.h>

enum { BITS_MIN = 6 };

static size_t n_places(const struct singleflight *t)
{
    return t->places ? (size_t)1 << t->bits : 0;
}

/* Rows come in the order of their index: side by side they would be one long run of places, which
 * close_gap() would walk along for each. Fibonacci hashing (Knuth, The Art of Computer Programming,
 * volume 3, section 6.4). */
static size_t place_of(const struct singleflight *t, uint64_t index)
{
    return (index * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - t->bits);
}

static size_t behind(const struct singleflight *t, size_t i)
{
    return (i + 1) & (n_places(t) - 1);
}

/* Where the row of this index is, or a free place. */
static struct job **find(const struct singleflight *t, uint64_t index)
{
    size_t i = place_of(t, index);
    while (t->places[i] && t->places[i]->index != index)
        i = behind(t, i);
    return &t->places[i];
}

static void grow(struct singleflight *t)
{
    struct singleflight bigger = {.bits = t->places ? t->bits + 1 : BITS_MIN, .n = t->n};
    bigger.places = mem_array((size_t)1 << bigger.bits, sizeof(struct job *));
    for (size_t i = 0; i < n_places(t); i++)
        if (t->places[i])
            *find(&bigger, t->places[i]->index) = t->places[i];
    free(t->places);
    *t = bigger;
}

void singleflight_add(struct singleflight *t, struct job *j)
{
    if (t->n >= n_places(t) / 2)
        grow(t);
    *find(t, j->index) = j;
    t->n++;
}

bool singleflight_wait(struct singleflight *t, struct job *j)
{
    struct job *first = t->places ? *find(t, j->first->index) : NULL;
    if (!first)
        return false;
    j->next_waiter = first->next_waiter;
    first->next_waiter = j;
    return true;
}

/* Moves up those behind a free place that would not be found any more. */
static void close_gap(struct singleflight *t, size_t gap)
{
    size_t mask = n_places(t) - 1;
    for (size_t i = behind(t, gap); t->places[i]; i = behind(t, i)) {
        size_t wanted = place_of(t, t->places[i]->index);
        size_t from_wanted = (i - wanted) & mask, from_gap = (i - gap) & mask;
        if (from_wanted < from_gap)
            continue;
        t->places[gap] = t->places[i];
        t->places[i] = NULL;
        gap = i;
    }
}

/* Those that wait, in the order in which they came. */
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
    struct job **place = t->places ? find(t, j->index) : NULL;
    if (!place || *place != j)
        return NULL;
    *place = NULL;
    t->n--;
    close_gap(t, (size_t)(place - t->places));
    return take_waiting(j);
}

void singleflight_fini(struct singleflight *t)
{
    free(t->places);
    *t = (struct singleflight){0};
}
