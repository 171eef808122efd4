/*
 * A queue that is fair to hosts: what takes long for one host does not keep those of others
 * waiting (start-time fair queueing).
 *
 * Always true:
 * - What each host has cost is added up. A host with less of it comes first, counted in slices.
 *   Within a slice the order is that of arrival, or another one that the caller chooses.
 * - A host that had nothing waiting joins with the sum of the host served last. Nobody saves up.
 *
 * Items are borrowed. Costs and slices are of one unit, the caller's. One thread.
 */
#ifndef BASE_FAIRQUEUE_H
#define BASE_FAIRQUEUE_H

#include "base/budget.h"
#include "base/hash.h"
#include "base/heap.h"

enum { FAIRQUEUE_ORDER_BITS = 40 };
#define FAIRQUEUE_ORDER_MAX ((UINT64_C(1) << FAIRQUEUE_ORDER_BITS) - 1)

/* A host that has items waiting, or is remembered. */
struct fairqueue_host {
    UT_hash_handle hh;
    struct budget_host *key; /* a reference; NULL: of items without a host */
    struct heap waiting;
    size_t place; /* in `hosts` */
    uint64_t spent;
    /* for the caller */
    unsigned n_busy; /* not 0: the host is not forgotten */
    unsigned doubled;
    uint64_t expected;
};

/* A zeroed struct with a slice is empty. */
struct fairqueue {
    uint64_t slice;
    size_t n;                     /* items that wait */
    struct heap hosts;            /* those with items that wait */
    struct fairqueue_host *known; /* all that are remembered */
    uint64_t seen;                /* items added so far */
    uint64_t served;              /* what the host served last had cost before */
};

/* `order`: the item's place within a slice, smallest first, up to FAIRQUEUE_ORDER_MAX; `seen` is
 * that of arrival. host: may be NULL. */
void fairqueue_add(struct fairqueue *, struct budget_host *host, void *item, uint64_t order);

/* NULL: nothing waits. */
struct fairqueue_host *fairqueue_first_host(const struct fairqueue *);
void *fairqueue_first(const struct fairqueue *);

/* Removes and returns the first item, and adds `cost` to what its host has cost. NULL: nothing
 * waits. */
void *fairqueue_take(struct fairqueue *, uint64_t cost);

/* Sets what the host has cost. */
void fairqueue_set_spent(struct fairqueue *, struct fairqueue_host *, uint64_t spent);

void fairqueue_fini(struct fairqueue *); /* nothing waits */

#endif
