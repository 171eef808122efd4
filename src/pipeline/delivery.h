/*
 * Delivers closed shards (--on-shard): a program takes the files of each elsewhere, and when it has
 * succeeded, that is noted (store/sent.h). At least once: what a killed run has not noted, the next
 * run delivers again.
 *
 * Always true:
 * - A shard is locked while it is delivered, so nobody changes it meanwhile, and no other run
 *   delivers or removes it.
 * - At most DELIVERY_AT_ONCE programs run. One that fails is started again, later and later; after
 *   DELIVERY_TRIES failures of one shard the run ends.
 * - Nothing incomplete is delivered: if files of a shard are not here, the run ends.
 * - The disk is touched by a thread of its own, never by the loop.
 *
 * Loop thread, but for delivery_closed().
 */
#ifndef PIPELINE_DELIVERY_H
#define PIPELINE_DELIVERY_H

#include "exec/launcher.h"

#include <uv.h>

enum {
    DELIVERY_AT_ONCE = 2,
    DELIVERY_TRIES = 5,
    DELIVERY_BEHIND = 4,      /* closed shards that may wait before the list is read on */
    DELIVERY_TIMEOUT_S = 600, /* of a program; then its group is killed */
    DELIVERY_MESSAGE_SIZE = 400,
};

struct output;
struct delivery;

struct delivery_conf {
    struct launcher *launcher;   /* of the program; its numbers are the shard and sent_parts() */
    const struct output *output; /* not of the flat layout */
    bool removes;                /* what is delivered (sent_discard()) */
    uint64_t max_wait_ms;        /* between two tries of a shard */
    void (*on_line)(void *arg, const char *text); /* what a program has printed; may be NULL */
    void (*on_warn)(void *arg, const char *text); /* a program has failed; may be NULL */
    /* The run has to end: a shard cannot be delivered. is_misuse: the user can help it. */
    void (*on_fail)(void *arg, const char *why, bool is_misuse);
    void *arg;
};

/* Borrows what conf points to. NULL: `message` (DELIVERY_MESSAGE_SIZE) says why. */
struct delivery *delivery_new(const struct delivery_conf *, uv_loop_t *, char *message);

/* Takes a shard that earlier runs have closed, and delivers it unless that is noted. */
void delivery_found(struct delivery *, uint32_t shard);

/* Takes a shard that this run has closed. Any thread; it counts from now on. */
void delivery_closed(void *delivery, uint32_t shard);

/* Starts what can be started. Call it once a turn. Returns when it is to be called again, by
 * clock_ns(); 0: when something has changed. */
uint64_t delivery_turn(struct delivery *);

/* Starts no more programs, and gives up shards that wait. abort: kills those that run, too. */
void delivery_stop(struct delivery *, bool abort);

bool delivery_runs(const struct delivery *);     /* a program runs */
unsigned delivery_waiting(struct delivery *);    /* shards inside: not delivered yet */
uint64_t delivery_done(const struct delivery *); /* shards delivered */
uint64_t delivery_left(const struct delivery *); /* shards given up, for the next run */

/* NULL is fine. The loop must run once more afterwards. */
void delivery_free(struct delivery *);

#endif
