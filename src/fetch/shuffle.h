/*
 * Puts rows in random order. A shuffle holds up to SHUFFLE_ROOM rows. Once it is full, each row
 * that comes in takes the place of a random one, which goes out. So a row may move back by any
 * number of rows, but forward by at most SHUFFLE_ROOM. The same rows and the same seed give the
 * same order. Loop thread.
 */
#ifndef FETCH_SHUFFLE_H
#define FETCH_SHUFFLE_H

#include "input/job.h"

enum { SHUFFLE_ROOM = 4096 };

/* A zeroed struct is an empty shuffle with the seed 0. It owns the jobs it holds. */
struct shuffle {
    struct job **at; /* allocated with the first row */
    size_t n;
    uint64_t random; /* the seed, at first */
};

/* Takes the job and returns one in exchange, possibly the same. NULL: it returns none yet. */
struct job *shuffle_swap(struct shuffle *, struct job *);

/* Appends all jobs it holds to `ret`, in random order. */
void shuffle_drain(struct shuffle *, struct job_queue *ret);

void shuffle_fini(struct shuffle *); /* it is empty */

#endif
