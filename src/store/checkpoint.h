/*
 * Checkpoints: now and then the output directory's file system is synced, and each open shard's
 * claim notes how much of its manifest is sure (store/shardlock.h). A power cut costs no more than
 * what was written since; and after a kill no more than that has to be read to be believed.
 *
 * A sync can take seconds, so a thread of its own waits for it, while the store writes on: what is
 * noted is what had been written when the sync began.
 *
 * The store's thread.
 */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include "store/shard.h"

/* One is due when so much was written since the last one, whatever the time. */
enum { CHECKPOINT_BYTES = 64 << 20 };

struct checkpoint;

/* dir: in the file system that is synced; borrowed. every_ms: the time between two. NULL: *ret_err
 * is a negative errno. */
struct checkpoint *checkpoint_new(int dir, uint64_t every_ms, int *ret_err);
void checkpoint_free(struct checkpoint *); /* waits for a sync that is under way; notes nothing */

/* The job is about to be written. */
void checkpoint_wrote(struct checkpoint *, const struct job *);

/* Begins a sync if one is due, and takes in one that is done. No row may be pending. 0, or the
 * negative errno of a disk that failed. */
int checkpoint_turn(struct checkpoint *, struct shard *shards);

/* When checkpoint_turn() is to be called again, by clock_ns(); 0: not before more is written. */
uint64_t checkpoint_due(struct checkpoint *);

#endif
