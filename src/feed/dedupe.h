/*
 * Which rows of a list ask for what an earlier row has asked for. The list alone decides, so the
 * answer is the same whatever finishes first, and in every run.
 *
 * It remembers rows by 88 bits of a SHA-256, in two generations: when the younger one has
 * DEDUPE_GENERATION rows, the older one is forgotten. So it looks back over at least that many
 * different rows, and takes no more than 64 MB: 16 bytes a row, in tables that grow as needed.
 *
 * One thread.
 */
#ifndef FEED_DEDUPE_H
#define FEED_DEDUPE_H

#include "input/job.h"

enum { DEDUPE_GENERATION = 3 << 19 /* three quarters of 2^21 places */ };

enum dedupe_scope {
    DEDUPE_SHARD, /* within each shard */
    DEDUPE_RUN,   /* over the whole run */
    DEDUPE_OFF,
};

struct dedupe;
struct dedupe *dedupe_new(void);
void dedupe_free(struct dedupe *);

/* Forgets all rows. */
void dedupe_clear(struct dedupe *);

/* Sets `first` of the job if there is an earlier row with its URL, in its normal form, and the hash
 * that it expects; if not, the job's row is remembered. Its index is below 2^40 - 1. */
void dedupe_find(struct dedupe *, struct job *, uint32_t shard_size);

#endif
