/*
 * Rows in an order of chance. A shuffle holds up to SHUFFLE_ROOM rows; once it is full, each
 * row that comes in sends out one of those it holds. So a row may go much later than it came,
 * and at most SHUFFLE_ROOM rows earlier. The same rows and the same first `random` give the
 * same order. Loop thread.
 */
#ifndef FETCH_SHUFFLE_H
#define FETCH_SHUFFLE_H

#include "input/job.h"

enum { SHUFFLE_ROOM = 4096 };

/* A zeroed struct is an empty shuffle with the seed 0. It owns the jobs it holds. */
struct shuffle {
    struct job **at; /* made when the first row comes */
    size_t n;
    uint64_t random; /* at first the seed */
};

/* Takes the job and gives one for it, maybe the same. NULL: it keeps it for now. */
struct job *shuffle_swap(struct shuffle *, struct job *);

/* All jobs it holds are put behind those in `ret`, in an order of chance. */
void shuffle_drain(struct shuffle *, struct job_queue *ret);

void shuffle_fini(struct shuffle *); /* it is empty */

#endif
