/*
 * The memory that bodies in flight may take (--memory).
 *
 * A count, not an allocator: who holds bytes of the network says how many, and
 * who starts new work asks whether there is room. Over-spending is possible by
 * design (a started transfer may grow); past one and a quarter of the limit started
 * work is given up. Any thread.
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

/* Room to start something new. */
static inline bool budget_has_room(struct budget *b)
{
    return atomic_load_explicit(&b->used, memory_order_relaxed) < b->limit;
}

/* So far over that started work must be given up. */
static inline bool budget_is_blown(struct budget *b)
{
    return atomic_load_explicit(&b->used, memory_order_relaxed) > b->limit + b->limit / 4;
}

#endif
