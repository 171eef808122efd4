/*
 * The claim on an open shard: .imgfetch/00000.open below the output directory.
 *
 * - It is there from the shard's first row until the shard is closed, or a run comes by that finds
 *   it closed.
 * - Who writes the shard holds a lock on it, which the kernel takes back when the process ends, in
 *   whatever way. So a shard has one writer.
 * - It holds the last checkpoint: so many bytes of the shard's manifest are on disk, together with
 *   all that the rows in them name. It is noted after a sync has said so, and is then on disk at
 *   the latest with the next one; an older one says less, and is true, too.
 *
 * Errors are negative errno values. One thread at a time; blocks.
 */
#ifndef STORE_SHARDLOCK_H
#define STORE_SHARDLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct shardlock;

/* dir: the output directory. -EAGAIN: another process writes the shard. Where the file system has
 * no locks the claim is had without (store/outdir.h tells). */
int shardlock_take(int dir, uint32_t shard, struct shardlock **ret);

int64_t shardlock_checkpoint(const struct shardlock *); /* bytes; 0: none */
int shardlock_note(struct shardlock *, int64_t bytes);

/* Notes that there is no checkpoint, on disk: what the manifest says is about to be less sure. */
int shardlock_forget(struct shardlock *);

/* Gives the shard back; closed: nothing is left to do in it. NULL is fine. */
void shardlock_free(struct shardlock *, bool closed);

/* Of a shard that is closed: a kill may have left it. */
void shardlock_sweep(int dir, uint32_t shard);

#endif
