/* Reads the rows of all manifests of an output directory. The content is not trusted. Any thread;
 * blocks. */
#ifndef MANIFEST_ALLROWS_H
#define MANIFEST_ALLROWS_H

#include "manifest/manifest.h"

/* Calls `take` with each row, shard by shard; of an unfinished shard, a key may come again: the
 * last one counts. Lines that are no rows are left out. 0; or a negative errno, if a manifest
 * cannot be read. */
typedef void allrows_take(void *arg, const struct manifest_row *);
int allrows_read(int dir, allrows_take *take, void *arg);

#endif
