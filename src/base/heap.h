/* A binary heap: items ordered by a key, smallest first. Items with equal keys come in any
 * order. Items are borrowed. One thread. */
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

/* Changes the key of the item whose entry is at[place]. */
void heap_change(struct heap *, size_t place, uint64_t key);

/* The entry with the smallest key, valid until the heap changes; NULL: empty. */
const struct heap_entry *heap_first(const struct heap *);

/* Removes and returns the item with the smallest key; NULL: empty. */
void *heap_pop(struct heap *);

void heap_fini(struct heap *); /* remaining items are dropped, not freed */

#endif
