/*
 * Rows that wait for the first row with their URL, while that row is inside the pipeline. When it
 * is written, they copy its result. When it is dropped, they are dropped, too.
 *
 * A zeroed struct is empty. Jobs are borrowed: the pipeline owns them. The jobs that wait for a
 * first row are a list that begins at its next_waiter. Loop thread.
 */
#ifndef PIPELINE_SINGLEFLIGHT_H
#define PIPELINE_SINGLEFLIGHT_H

#include "input/job.h"

/* A hash table of its own: uthash would cost 56 bytes in each job and, with --dedupe, a seventh of
 * the CPU time of a row that fetches nothing. */
struct singleflight {
    struct job **buckets; /* by index, at most half of them used; NULL until needed */
    size_t n;             /* buckets in use */
    unsigned bits;        /* there are 2^bits buckets */
};

/* Adds a first row: others may wait for it from now on. */
void singleflight_add(struct singleflight *, struct job *);

/* Makes the job wait for its first row. False: that row is not inside. */
bool singleflight_wait(struct singleflight *, struct job *);

/* Removes a first row. Returns the jobs that wait for it, linked by next_waiter in the order in
 * which they came; NULL: there are none, or the row was never added. */
struct job *singleflight_remove(struct singleflight *, struct job *);

void singleflight_fini(struct singleflight *);

#endif
