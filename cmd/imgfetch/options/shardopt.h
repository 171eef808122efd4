/*
 * --shard: which part of the list this task does, as given by the user or by the scheduler
 * that started it. Reads the environment.
 */
#ifndef CMD_SHARDOPT_H
#define CMD_SHARDOPT_H

#include "feed/shards.h"

/* Reads "I/N", "A-B", "A-", "auto" or "auto/N". Returns NULL, or what is wrong: static text, or
 * valid until the next call. */
const char *shardopt_shards(const char *value, struct shards *ret);

#endif
