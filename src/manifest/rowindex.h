/*
 * Where a row stands in a manifest. One that is open is in no order: the places of its lines are
 * noted. One that is closed is in the order of its rows, so a row is found by halving.
 *
 * Errors are negative errno values; -ENOENT: there is no such row. One thread. Blocks.
 */
#ifndef MANIFEST_ROWINDEX_H
#define MANIFEST_ROWINDEX_H

#include "base/buf.h"

#include <stdint.h>

/* Of an open manifest: 8 bytes for each row that the shard has room for. */
struct rowindex;
struct rowindex *rowindex_new(uint32_t shard, uint32_t shard_size);
void rowindex_free(struct rowindex *);

/* Whole lines stand in the manifest at this offset. */
void rowindex_add(struct rowindex *, int64_t offset, const char *lines, size_t len);

/* The offset of the last line of a row. */
int64_t rowindex_offset(const struct rowindex *, uint32_t pos);

/* The offset of a row in a manifest that is in order. */
int64_t rowindex_ordered(int fd, uint32_t shard, uint32_t shard_size, uint32_t pos);

/* The line at this offset, without its end and with a NUL behind it. */
int rowindex_line(int fd, int64_t offset, struct buf *ret);

#endif
