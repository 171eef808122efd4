/*
 * Finds rows whose URL already occurred earlier in the list. Only the list decides, so the result
 * is the same in every run, whichever fetch finishes first.
 *
 * It remembers 88 bits of a hash for each row (base/siphash.h, with a key of its own), in two
 * generations: when the younger one has DEDUPE_GENERATION rows, the older one is dropped. So it
 * looks back over at least that many different rows. It takes at most 64 MB: 16 bytes a row, in
 * tables that grow as needed.
 *
 * One thread.
 */
#ifndef FEED_DEDUPE_H
#define FEED_DEDUPE_H

#include "input/job.h"

enum { DEDUPE_GENERATION = 3 << 19 /* three quarters of 2^21 buckets */ };

enum dedupe_scope {
    DEDUPE_SHARD,   /* within each shard */
    DEDUPE_CONTENT, /* the same; and the store lets rows share files (struct store_conf) */
    DEDUPE_RUN,     /* over the whole run */
    DEDUPE_OFF,
};

static inline bool dedupe_is_by_shard(enum dedupe_scope scope)
{
    return scope == DEDUPE_SHARD || scope == DEDUPE_CONTENT;
}

struct dedupe;
struct dedupe *dedupe_new(void);
void dedupe_free(struct dedupe *);

/* Forgets all rows. */
void dedupe_clear(struct dedupe *);

/* Remembers a row that has nothing but its URL, which is in its normal form, as dedupe_find() does
 * with its job. Quicker: it looks the rows up some at a time. */
void dedupe_note(struct dedupe *, const char *url, size_t len, uint64_t index);

/* Sets `first` of the job if an earlier row has the same normalized URL, the same Referer, the same
 * expected hash and the same boxes; otherwise remembers the job's row. The job's index is below
 * 2^40 - 1. */
void dedupe_find(struct dedupe *, struct job *, uint32_t shard_size);

#endif
