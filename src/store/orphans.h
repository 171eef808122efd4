/*
 * Orphans are files of an open shard that no row names. A run was killed after it wrote the image
 * and before it wrote the row; or after it replaced a row and before it removed the old files. They
 * are removed before the shard is resumed, so that the directory has what the manifest says.
 */
#ifndef STORE_ORPHANS_H
#define STORE_ORPHANS_H

#include "store/layout.h"
#include "store/resume.h"

/* Removes the shard's orphans below images/ and thumbs/SPEC/, and folders that are empty then. Only
 * files named as the store names them (store/name.h) are touched. 0 or a negative errno. Blocks;
 * any one thread. */
int orphans_remove(const struct output *, uint32_t shard, const struct resume *);

#endif
