/*
 * The last version of a shard's manifest: in the order of the list, with one row for each key, and
 * with the rows that share files. Part of store/shard.h: the store's thread, when all rows of the
 * shard are in its manifest. Errors are negative errno values.
 */
#ifndef STORE_SHARDORDER_H
#define STORE_SHARDORDER_H

#include "store/shard.h"

/* Rewrites the manifest sorted. */
int shardorder_sort(struct shard *);

/* Lets rows with the same body share the files of the first of them (manifest/sharing.h). If any
 * do that do not yet, the manifest is rewritten, sorted too, and then their own files go.
 *
 * A kill at any moment loses nothing: as long as the manifest is the old one, all files are there;
 * after that, the next run knows files that no row names. */
int shardorder_share(struct shard *);

#endif
