/*
 * Files of an open shard that no row names: a kill came between the image and its row, or between a
 * row that replaced another one and the removal of the other one's files.
 * They are removed before the shard goes on, so that what is there is what the manifest says.
 */
#ifndef STORE_ORPHANS_H
#define STORE_ORPHANS_H

#include "store/layout.h"
#include "store/resume.h"

/* Below images/ and thumbs/SPEC/ of the output directory. Only files that are named as
 * the store names them (store/name.h) are touched, and folders that are empty without them. 0 or a
 * negative errno. Blocks; any one thread. */
int orphans_remove(const struct output *, uint32_t shard, const struct resume *);

#endif
