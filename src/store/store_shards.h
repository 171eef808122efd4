/*
 * The open shards of a store, and the work on them: hashes, samples, rows, statistics. Threads and
 * queues are the business of store/store.h.
 *
 * After the first write that fails, nothing more is written, and all jobs fail. The calls belong to
 * the store's thread unless they say otherwise. They block.
 */
#ifndef STORE_STORE_SHARDS_H
#define STORE_STORE_SHARDS_H

#include "store/layout.h"

struct store_shards;

/* Both are borrowed. NULL: *ret_err is a negative errno. */
struct store_shards *store_shards_new(
    const struct store_conf *, const struct output *, int *ret_err);
void store_shards_free(struct store_shards *); /* no job may be inside */

void store_shards_begin(
    struct store_shards *, uint32_t number, struct resume *); /* takes samples and lock */
void store_shards_end(
    struct store_shards *, uint32_t number, uint32_t rows, const char *fingerprint);

/* Tells the layout which jobs will be put next, before the first of them is. */
void store_shards_announce(struct store_shards *, void *const *jobs, int n);

/* Takes a job. It goes to `back` once its row is ready for the next flush. */
void store_shards_put(struct store_shards *, struct job *, struct job_queue *back);

/* Writes the rows, and closes complete shards. `back` has the jobs since the last flush: their rows
 * are written now, or the jobs fail. Jobs that have waited for earlier rows long enough are added
 * to it; with `hasty`, all waiting jobs. */
void store_shards_flush(struct store_shards *, bool hasty, struct job_queue *back);

/* When the next flush is due, by clock_ns(); 0: none is needed. */
uint64_t store_shards_due(struct store_shards *);

bool store_shards_hold(const struct store_shards *); /* true: jobs wait for earlier rows */

/* Any thread: the number of shards closed or given up; and what failed, or NULL. */
unsigned store_shards_closed(const struct store_shards *);
uint64_t store_shards_shared(const struct store_shards *); /* rows of those: see struct shard */
const char *store_shards_error(const struct store_shards *);

#endif
