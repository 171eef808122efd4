/* Things ordered by a number, the smallest first: a binary heap. Things of one number come in
 * any order. What it holds is borrowed. One thread. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_entry {
    uint64_t key;
    void *item;
};

/* A zeroed struct is an empty heap. */
struct heap {
    struct heap_entry *at;
    size_t n, room;
    void (*moved)(void *item, size_t place); /* the item's entry is now at[place]; may be NULL */
};

void heap_push(struct heap *, void *item, uint64_t key);

/* Gives the item whose entry is at[place] another key. */
void heap_change(struct heap *, size_t place, uint64_t key);

/* The first thing's entry, valid until the heap changes; NULL: it is empty. */
const struct heap_entry *heap_first(const struct heap *);

/* The first thing; NULL: the heap is empty. */
void *heap_pop(struct heap *);

void heap_fini(struct heap *); /* what it still holds is forgotten */

#endif
