/*
 * The lock of an open shard: the file .imgfetch/00000.open below the output directory.
 *
 * - The file exists from the shard's first row until the shard is closed. If a kill leaves it
 *   behind, the next run that finds the shard closed removes it.
 * - The shard's writer holds a lock on the file, which the kernel releases when the process ends
 *   for whatever reason. So a shard has one writer.
 * - The file holds the last checkpoint: so many bytes of the shard's manifest are on disk, with all
 *   files that the rows in them name. It is noted after a sync, and the note is on disk after the
 *   next sync at the latest. Until then an older checkpoint may be read: it covers less, but holds.
 *
 * Errors are negative errno values. One thread at a time; blocks.
 */
#ifndef STORE_SHARDLOCK_H
#define STORE_SHARDLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct shardlock;

/* dir: the output directory. -EAGAIN: another process writes the shard. Succeeds without a lock
 * where the file system has none (see outdir_has_no_locks()). */
int shardlock_take(int dir, uint32_t shard, struct shardlock **ret);

int64_t shardlock_checkpoint(const struct shardlock *); /* bytes; 0: none */

/* Writes a checkpoint. */
int shardlock_note(struct shardlock *, int64_t bytes);

/* Removes the checkpoint, and syncs the file: before rows are replaced, which no checkpoint
 * survives (see struct resume). */
int shardlock_forget(struct shardlock *);

/* Releases the lock; `closed` also removes the file. NULL is fine. */
void shardlock_free(struct shardlock *, bool closed);

/* Removes the lock file of a closed shard, which a killed run may have left. */
void shardlock_sweep(int dir, uint32_t shard);

#endif
