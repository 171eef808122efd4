/*
 * Starting over in a used output directory (--fresh): what its manifests name is removed, then
 * the manifests, the shards' statistics and the notes of ours; folders only where they are empty.
 * What is not ours stays, and so does a file that no row names, because a kill came between, where
 * --name has called it: nothing tells it from a stranger's.
 *
 * A shard's statistics go first and its manifest last, so that a removal that was cut short can be
 * gone on with, and is never taken for a whole shard. Blocks; nobody else may work in there.
 */
#ifndef STORE_FRESH_H
#define STORE_FRESH_H

enum { FRESH_NAME_SIZE = 300 };

/* 0; or a negative errno, and `what` (FRESH_NAME_SIZE) cannot be removed. */
int fresh_remove(int dir, char *what);

#endif
