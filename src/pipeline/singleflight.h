/*
 * Rows that wait for the first row of their URL, which is inside the pipeline: it answers them
 * when it is written, and takes them along when it is dropped.
 *
 * A zeroed struct has none. Jobs are borrowed; those that wait belong to their first, linked by
 * `twin`. Loop thread.
 */
#ifndef PIPELINE_SINGLEFLIGHT_H
#define PIPELINE_SINGLEFLIGHT_H

#include "input/job.h"

/* (A uthash in the jobs costs 56 bytes in each of them and, with --dedupe, a seventh of the CPU
 * time of a row that fetches nothing.) */
struct singleflight {
    struct job **buckets; /* by index, at most half of them used; NULL until needed */
    size_t n;             /* that are used */
    unsigned bits;        /* there are 2 to the power of these */
};

/* A row that others may wait for. */
void singleflight_add(struct singleflight *, struct job *);

/* False: its first is not inside. Else it waits. */
bool singleflight_wait(struct singleflight *, struct job *);

/* The row leaves: those that wait for it, linked by `twin` in the order in which they came; NULL:
 * nobody does, or it was never added. */
struct job *singleflight_remove(struct singleflight *, struct job *);

void singleflight_fini(struct singleflight *);

#endif
