#include "pipeline/twins.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* Rows come in the order of their index: side by side they would be one long run of places, which
 * close_gap() would walk along for each. Fibonacci hashing (Knuth, The Art of Computer Programming,
 * volume 3, section 6.4). */
static size_t place_of(uint64_t index)
{
    return (index * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - TWINS_PLACES_BITS);
}

/* Where the row of this index is, or a free place. */
static size_t find(const struct twins *t, uint64_t index)
{
    size_t i = place_of(index);
    while (t->places[i] && t->places[i]->index != index)
        i = (i + 1) % TWINS_PLACES;
    return i;
}

void twins_add(struct twins *t, struct job *j)
{
    if (!t->places)
        t->places = mem_array(TWINS_PLACES, sizeof(struct job *));
    assert(t->n < TWINS_ROWS_MAX);
    t->places[find(t, j->index)] = j;
    t->n++;
}

bool twins_wait(struct twins *t, struct job *j)
{
    struct job *first = t->places ? t->places[find(t, j->first->index)] : NULL;
    if (!first)
        return false;
    j->twin = first->twin;
    first->twin = j;
    return true;
}

/* Moves up those behind a free place that would not be found any more. */
static void close_gap(struct twins *t, size_t gap)
{
    for (size_t i = (gap + 1) % TWINS_PLACES; t->places[i]; i = (i + 1) % TWINS_PLACES) {
        size_t wanted = place_of(t->places[i]->index);
        size_t from_wanted = (i - wanted) % TWINS_PLACES, from_gap = (i - gap) % TWINS_PLACES;
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
    for (struct job *twin = j->twin, *next; twin; twin = next) {
        next = twin->twin;
        twin->twin = waiting;
        waiting = twin;
    }
    j->twin = NULL;
    return waiting;
}

struct job *twins_remove(struct twins *t, struct job *j)
{
    size_t i = t->places ? find(t, j->index) : 0;
    if (!t->places || t->places[i] != j)
        return NULL;
    t->places[i] = NULL;
    t->n--;
    close_gap(t, i);
    return take_waiting(j);
}

void twins_fini(struct twins *t)
{
    free(t->places);
    *t = (struct twins){0};
}
