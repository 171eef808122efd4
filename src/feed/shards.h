/*
 * Which shards of the list a run does: all, those of one task of many, or a range.
 * Plain data; a zeroed struct means all. Any thread.
 */
#ifndef FEED_SHARDS_H
#define FEED_SHARDS_H

#include <stdbool.h>
#include <stdint.h>

enum { SHARDS_NUMBER_MAX = 1000000000 /* of tasks, and of the shards in a range */ };

struct shards {
    enum shards_kind {
        SHARDS_ALL,
        SHARDS_TASK,  /* those with number mod b == a; a < b */
        SHARDS_RANGE, /* those from a to b */
    } kind;
    uint32_t a, b;
};

bool shards_has(const struct shards *, uint32_t shard);

/* True if none of them has this number or a higher one. */
bool shards_end_before(const struct shards *, uint32_t shard);

/* How many of the first n rows of a list are in them. */
uint64_t shards_rows(const struct shards *, uint32_t shard_size, uint64_t n);

#endif
