/* Jobs ordered by a number, the smallest first: a binary heap. Jobs of one number come in any
 * order. It owns the jobs it holds. Loop thread. */
#ifndef RUN_JOBHEAP_H
#define RUN_JOBHEAP_H

#include "input/job.h"

struct jobheap_entry {
    uint64_t key;
    struct job *job;
};

/* A zeroed struct is an empty heap. */
struct jobheap {
    struct jobheap_entry *at;
    size_t n, room;
};

void jobheap_push(struct jobheap *, struct job *, uint64_t key);

/* The first job's entry, valid until the heap changes; NULL: it is empty. */
const struct jobheap_entry *jobheap_first(const struct jobheap *);

/* The first job; NULL: the heap is empty. */
struct job *jobheap_pop(struct jobheap *);

void jobheap_fini(struct jobheap *); /* it is empty */

#endif
