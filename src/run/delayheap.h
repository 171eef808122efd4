/* Jobs ordered by the time at which they may go on: a binary heap. It owns the
 * jobs it holds. Loop thread. */
#ifndef RUN_DELAYHEAP_H
#define RUN_DELAYHEAP_H

#include "input/job.h"

struct delayheap_entry {
    uint64_t when; /* clock_ns() */
    struct job *job;
};

/* A zeroed struct is an empty heap. */
struct delayheap {
    struct delayheap_entry *at;
    size_t n, room;
};

void delayheap_push(struct delayheap *, struct job *, uint64_t when);

/* The time of the first job; 0: the heap is empty. */
uint64_t delayheap_first(const struct delayheap *);

/* The first job, if its time is not after `now`; else NULL. */
struct job *delayheap_pop(struct delayheap *, uint64_t now);

void delayheap_fini(struct delayheap *); /* it is empty */

#endif
