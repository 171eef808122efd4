/*
 * --shard: which part of the list is this task's, as the user says or as the scheduler
 * does that started it. Reads the environment.
 */
#ifndef CMD_SHARDOPT_H
#define CMD_SHARDOPT_H

#include "feed/shards.h"

/* "I/N", "A-B", "A-", "auto" or "auto/N". NULL, or what is wrong: static text, or valid until the
 * next call. */
const char *shardopt_shards(const char *value, struct shards *ret);

#endif
