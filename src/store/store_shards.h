/*
 * The open shards of a store, and all that is done with them: hashes, samples, rows, statistics.
 * The work of the store's thread (store/store.h), without a word of threads and queues.
 *
 * After the first write that fails nothing is written any more, and all jobs are failed.
 * The calls are the store's thread's, but where it says otherwise. They block.
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
    struct store_shards *, uint32_t number, struct resume *); /* takes samples */
void store_shards_end(
    struct store_shards *, uint32_t number, uint32_t rows, const char *fingerprint);

/* Takes a job. It comes to `back` when its row is to be written with the next flush. */
void store_shards_put(struct store_shards *, struct job *, struct job_queue *back);

/* Writes the rows; shards whose rows are all there are closed. `back`: the jobs since the last
 * flush, whose rows are written now, or which are failed; jobs that have waited for others long
 * enough are added, with `hasty` all of them. */
void store_shards_flush(struct store_shards *, bool hasty, struct job_queue *back);

/* When the next flush has to come at the latest, by clock_ns(); 0: there is no need for one. */
uint64_t store_shards_due(struct store_shards *);

bool store_shards_hold(const struct store_shards *); /* jobs that wait for others */

/* Any thread: shards that are closed, or were given up; and what failed, or NULL. */
unsigned store_shards_closed(const struct store_shards *);
const char *store_shards_error(const struct store_shards *);

#endif
