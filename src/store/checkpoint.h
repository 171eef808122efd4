/*
 * Checkpoints: from time to time the file system of the output directory is synced, and the lock
 * file of each open shard notes how many bytes of its manifest are safe (store/shardlock.h). A
 * power cut loses at most what was written since. A resumed run only has to verify files written
 * since.
 *
 * A sync can take seconds, so a thread of its own waits for it while the store goes on writing. The
 * checkpoint covers what had been written when the sync began.
 *
 * The store's thread.
 */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include "store/shard.h"

/* A checkpoint is due once so much was written since the last one, whatever the time. */
enum { CHECKPOINT_BYTES = 64 << 20 };

struct checkpoint;

/* dir: in the file system that is synced; borrowed. every_ms: between two checkpoints. NULL:
 * *ret_err is a negative errno. */
struct checkpoint *checkpoint_new(int dir, uint64_t every_ms, int *ret_err);
void checkpoint_free(struct checkpoint *); /* waits for a running sync; notes nothing */

/* Counts the job, which is about to be written. */
void checkpoint_wrote(struct checkpoint *, const struct job *);

/* Notes the checkpoints of a sync that has ended, and begins a sync if one is due. No row may be
 * pending. 0, or a negative errno if the sync or a note failed. */
int checkpoint_turn(struct checkpoint *, struct shard *shards);

/* When to call checkpoint_turn() again, by clock_ns(); 0: not before more is written. */
uint64_t checkpoint_due(struct checkpoint *);

#endif
