/* The parts of delivery*.c: a shard on its way, and what its thread does with it on disk. */
#ifndef PIPELINE_DELIVERY_INSIDE_H
#define PIPELINE_DELIVERY_INSIDE_H

#include "pipeline/delivery.h"
#include "store/sent.h"

#include <sys/queue.h>

/* What the thread is to do with a shard. */
enum task { PREPARE, CONCLUDE, RELEASE };

enum state {
    IN_THREAD,
    WAITS,   /* for its time: to be prepared, or to be tried (again) */
    RUNNING, /* its program does */
};

/* A shard that is not delivered yet. Its owner is the loop, or the thread while IN_THREAD. */
struct parcel {
    TAILQ_ENTRY(parcel) link; /* the loop's */
    uint32_t shard, parts;
    enum task task;
    enum state state;
    uint64_t due; /* clock_ns(); WAITS */
    unsigned failures;
    struct shardlock *lock; /* from preparation to the end */
    /* what the thread answers */
    bool is_over;    /* nothing is left to be done */
    bool is_missing; /* the file that `text` names is not here */
    int err;         /* -EAGAIN: another process has the lock */
    /* What is missing, or else why there is an error; RUNNING: the last line of the program. */
    char text[SENT_PATH_SIZE];
};

/* Does p->task, and releases the lock if nothing is left to be done. Blocks. */
void delivery_do_task(const struct delivery_conf *, struct parcel *);

#endif
