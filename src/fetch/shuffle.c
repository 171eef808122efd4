#include "fetch/shuffle.h"

#include "base/mem.h"

#include <stdlib.h>

/* SplitMix64 (Sebastiano Vigna, 2015, in the public domain: prng.di.unimi.it/splitmix64.c).
 * Any seed is a good one. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* A random index below n. n is small, so the remainder is biased by no more than n / 2^64. */
static size_t pick(struct shuffle *s, size_t n)
{
    return (size_t)(next_random(&s->random) % n);
}

struct job *shuffle_swap(struct shuffle *s, struct job *j)
{
    if (!s->at)
        s->at = mem_array(SHUFFLE_ROOM, sizeof(struct job *));
    if (s->n < SHUFFLE_ROOM) {
        s->at[s->n++] = j;
        return NULL;
    }
    size_t i = pick(s, SHUFFLE_ROOM + 1);
    if (i == SHUFFLE_ROOM)
        return j;
    struct job *out = s->at[i];
    s->at[i] = j;
    return out;
}

void shuffle_drain(struct shuffle *s, struct job_queue *ret)
{
    while (s->n) {
        size_t i = pick(s, s->n);
        struct job *j = s->at[i];
        s->at[i] = s->at[--s->n];
        TAILQ_INSERT_TAIL(ret, j, link);
    }
}

void shuffle_fini(struct shuffle *s)
{
    free(s->at);
    *s = (struct shuffle){0};
}
