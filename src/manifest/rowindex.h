/*
 * Finds a row in a manifest. The manifest of an open shard is in no order, so an index holds the
 * offset of each row. That of a closed shard is sorted, so a row is found by binary search.
 *
 * Errors are negative errno values; -ENOENT: there is no such row. One thread. Blocks.
 */
#ifndef MANIFEST_ROWINDEX_H
#define MANIFEST_ROWINDEX_H

#include "base/buf.h"
#include "input/job.h"

#include <stdint.h>

/* The index of an open manifest: 8 bytes for each of shard_size positions. */
struct rowindex;
struct rowindex *rowindex_new(uint32_t shard, uint32_t shard_size, struct job_digits);
void rowindex_free(struct rowindex *);

/* Indexes these whole lines, which begin at this offset of the manifest. */
void rowindex_add(struct rowindex *, int64_t offset, const char *lines, size_t len);

/* The offset of the last line with this position. */
int64_t rowindex_offset(const struct rowindex *, uint32_t pos);

/* The offset of a row in a sorted manifest. */
int64_t rowindex_ordered(int fd, uint32_t shard, struct job_digits, uint32_t pos);

/* Reads the line at this offset; a NUL replaces its line feed. */
int rowindex_line(int fd, int64_t offset, struct buf *ret);

#endif
