/*
 * A mailbox: what threads hand on to another thread. Pointers go in and come out in their order,
 * each once. There are two kinds, by who receives:
 * - a loop (mailbox_open): a function of yours is called from it with each item;
 * - threads (mailbox_init), which wait for items. There may be several.
 *
 * Always true:
 * - Who takes an item out owns what it points to. The mailbox never looks at that.
 * - Nobody waits to put something in. Where a bound is wanted, the sender counts, or places travel
 *   back in a second mailbox (feed/feeder.c).
 * - A receiver is woken when the lock is free again, which it needs at once.
 *
 * Any thread may call what does not say otherwise.
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
    pthread_mutex_t lock;     /* for what follows, but for the loop's */
    void **items;             /* a ring */
    size_t first, n, room;    /* room: a power of two, or 0 */
    unsigned sleepers;        /* threads that wait */
    bool woken, closed;       /* by mailbox_wake(), by mailbox_close() */
    pthread_cond_t work;      /* there is something for one of the sleepers */
    mailbox_receive *receive; /* the loop's, like the rest; NULL: threads receive */
    void (*ended)(void *arg);
    void *arg;
    uv_async_t async;
};

/* ---- to put in ---- */

/* Puts an item in and wakes a receiver. */
void mailbox_put(struct mailbox *, void *item);

/* Only puts it in: the receiver finds it when it next looks. Returns how many items are inside
 * while a thread sleeps; 0: none sleeps, and so all is done with it. To wake a thread costs as much
 * as some work: so it can be woken later, for many, by mailbox_wake(). */
size_t mailbox_add(struct mailbox *, void *item);

/* A loop receives what is inside, and turns once in any case. Of threads mailbox_wait() returns,
 * in one that sleeps now or else in the next one that would, even if there is nothing inside. */
void mailbox_wake(struct mailbox *);

/* ---- threads receive ---- */

void mailbox_init(struct mailbox *);
void mailbox_fini(struct mailbox *); /* nobody may use it any more; frees no item */

/* Waits until there are items, or until the time `until` (clock_ns(); 0: for ever), and takes up to
 * `max` of them; with 0 they are not waited for. Returns how many; 0: it was woken, or it is time;
 * -1: it is closed. */
int mailbox_wait(struct mailbox *, uint64_t until, void **ret, size_t max);

/* Takes up to `max` items that are there now. Returns how many. (Of a loop's mailbox: for who ends
 * it, and then only.) */
size_t mailbox_take(struct mailbox *, void **ret, size_t max);

/* Whoever waits, now or later, is told so at once. What is still inside is for mailbox_take(). */
void mailbox_close(struct mailbox *);

/* ---- a loop receives ---- */

/* `receive` is called from the loop, with `arg`. 0; or a negative errno, and then mailbox_end() is
 * all that is left. Loop thread. */
int mailbox_open(struct mailbox *, uv_loop_t *, mailbox_receive *receive, void *arg);

/* Nobody puts anything in any more; what is still inside is not received. `ended` (may be NULL) is
 * called with the same `arg` when the memory may go: from the loop, which must turn once more; or
 * at once, if it could not be opened. Loop thread; may be called by `receive`. */
void mailbox_end(struct mailbox *, void (*ended)(void *arg));

#endif
