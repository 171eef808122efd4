/*
 * The memory that bodies in flight may take (--memory).
 *
 * A counter, not an allocator: holders of network data report how many bytes they hold, and callers
 * check for room before they start new work. The count may exceed the limit by design, since a
 * started transfer may grow. Above 1.25 times the limit, started work is aborted. Any thread.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct budget {
    size_t limit;       /* bytes */
    atomic_size_t used; /* bytes */
};

/* Changes one holder's share from *held to `bytes`. */
static inline void budget_set(struct budget *b, size_t *held, size_t bytes)
{
    if (bytes >= *held)
        atomic_fetch_add_explicit(&b->used, bytes - *held, memory_order_relaxed);
    else
        atomic_fetch_sub_explicit(&b->used, *held - bytes, memory_order_relaxed);
    *held = bytes;
}

/* True if there is room to start something new. */
static inline bool budget_has_room(struct budget *b)
{
    return atomic_load_explicit(&b->used, memory_order_relaxed) < b->limit;
}

/* True if so far over the limit that started work must be aborted. */
static inline bool budget_is_blown(struct budget *b)
{
    return atomic_load_explicit(&b->used, memory_order_relaxed) > b->limit + b->limit / 4;
}

#endif
