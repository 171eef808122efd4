/*
 * How many rows a run has to do, before its list has been read to the end: the bytes read and the
 * bytes in all say how many rows the rest has, if they are as long as the rows so far. Any thread.
 */
#ifndef FEED_ROWTOTAL_H
#define FEED_ROWTOTAL_H

#include "feed/shards.h"

#include <pthread.h>

/* What has been read of the list. */
struct rowtotal_view {
    uint64_t rows;        /* of all shards */
    uint64_t taken, size; /* bytes: those of these rows, and of the whole list; size 0: unknown */
    bool ended;           /* there are no other rows, or none that the run does */
};

struct rowtotal {
    uint64_t rows; /* of the shards to do, done ones included */
    enum { ROWTOTAL_UNKNOWN, ROWTOTAL_ABOUT, ROWTOTAL_EXACT } kind;
};

/* limit: the most rows, of all shards; 0: no limit. */
struct rowtotal rowtotal_of(
    const struct rowtotal_view *, const struct shards *, uint32_t shard_size, uint64_t limit);

/* What the reader has noted last, for other threads. */
struct rowtotal_reach {
    pthread_mutex_t lock;
    struct rowtotal_view view;
};

void rowtotal_init(struct rowtotal_reach *);
void rowtotal_fini(struct rowtotal_reach *);
void rowtotal_note(struct rowtotal_reach *, const struct rowtotal_view *);
struct rowtotal_view rowtotal_noted(struct rowtotal_reach *);

#endif
