/*
 * A mailbox: a queue of pointers from any threads to one loop or to other threads. Items come out
 * in the order in which they were put in, each once. There are two kinds of receivers:
 * - a loop (mailbox_open) calls a function of yours with each item;
 * - threads (mailbox_init) wait for items. There may be several.
 *
 * Always true:
 * - The receiver of an item owns what it points to. The mailbox never reads that.
 * - To put an item in never blocks. For a bounded queue the sender counts, or the receiver returns
 *   credits in a second mailbox (feed/feeder.c).
 * - A receiver is woken after the lock is released, because it needs the lock at once.
 *
 * Any thread may call a function unless its comment says otherwise.
 */
#ifndef EXEC_MAILBOX_H
#define EXEC_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

typedef void mailbox_receive(void *arg, void *item);

struct mailbox {
    pthread_mutex_t lock;     /* for the members down to `work` */
    void **items;             /* a ring */
    size_t first, n, room;    /* room: a power of two, or 0 */
    unsigned sleepers;        /* threads that wait */
    bool woken, closed;       /* by mailbox_wake(), by mailbox_close() */
    pthread_cond_t work;      /* signals one of the sleepers */
    mailbox_receive *receive; /* this and the rest are the loop's; NULL: threads receive */
    void (*ended)(void *arg);
    void *arg;
    uv_async_t async;
};

/* ---- sending ---- */

/* Puts an item in and wakes a receiver. */
void mailbox_put(struct mailbox *, void *item);

/* Puts an item in without waking a receiver, which finds it when it next looks. Returns the number
 * of items inside if a thread sleeps; then call mailbox_wake(), now or after more items. 0: no
 * thread sleeps, so there is nothing more to do. Waking a thread is expensive, so one call for many
 * items saves time. */
size_t mailbox_add(struct mailbox *, void *item);

/* Wakes a receiver. A loop turns once and receives the items inside, if any. Among threads, one
 * mailbox_wait() returns even if there is no item: that of a thread that sleeps now, or else the
 * next one that would sleep. */
void mailbox_wake(struct mailbox *);

/* ---- threads receive ---- */

void mailbox_init(struct mailbox *);
void mailbox_fini(struct mailbox *); /* no thread may still use it; frees no item */

/* Waits until there are items, or until the time `until` (clock_ns(); 0: for ever), and takes up to
 * `max` of them. With max 0 it takes none and waits only for the time or to be woken. Returns how
 * many it took; 0: it was woken, or the time has come; -1: the mailbox is closed. */
int mailbox_wait(struct mailbox *, uint64_t until, void **ret, size_t max);

/* Takes up to `max` items without waiting. Returns how many. For a mailbox of a loop: only while
 * ending it. */
size_t mailbox_take(struct mailbox *, void **ret, size_t max);

/* Closes the mailbox: mailbox_wait() returns -1 at once, now and later. Only mailbox_take() returns
 * the items still inside. */
void mailbox_close(struct mailbox *);

/* ---- a loop receives ---- */

/* `receive` is called from the loop, with `arg`. Returns 0; or a negative errno, and then only
 * mailbox_end() may be called. Loop thread. */
int mailbox_open(struct mailbox *, uv_loop_t *, mailbox_receive *receive, void *arg);

/* Ends a mailbox of a loop. No thread may put an item in any more; items still inside are not
 * received. `ended` (may be NULL) is called with the same `arg` when the memory may be freed: from
 * the loop, which must turn once more; or at once, if mailbox_open() has failed. Loop thread;
 * `receive` may call it. */
void mailbox_end(struct mailbox *, void (*ended)(void *arg));

#endif
