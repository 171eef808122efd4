/*
 * SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGWINCH. A thread takes them, so that they count whatever
 * the other threads wait for: a full pipe, a lock, a disk.
 *
 * - While nobody follows, the signals do what they do to any program: all but SIGWINCH end it.
 * - With signals_follow(), the loop is told of each.
 * - From the third signal on that asks for the end, they end the program again, at once, as a kill
 *   does; the same command continues later.
 *
 * The main thread.
 */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include <uv.h>

struct signals;

enum {
    SIGNALS_LATE = 0 /* no signal: the time after the first one that asked for the end is over */
};

/* As process 1 of a container, this one would ignore signals that it has no handler for: gives
 * those that ask for the end one that ends it. Any other process: nothing. First of all. */
void signals_as_init(void);

/* Blocks the signals in this thread and starts the one that takes them. Before any other thread
 * waits, and after all forks. NULL: *ret_err is a negative errno. */
struct signals *signals_start(int *ret_err);

/* `take` is called from the loop with the number of each signal; and with SIGNALS_LATE, patience_ms
 * after the first one that asks for the end. 0 or a negative errno. */
int signals_follow(struct signals *, uv_loop_t *, uint64_t patience_ms,
    void (*take)(void *arg, int number), void *arg);
void signals_leave(struct signals *); /* the loop must turn once more; may be called in `take` */

/* Ends the thread; nobody may follow. The signals stay blocked. */
void signals_free(struct signals *);

#endif
