#include "base/heap.h"

#include "base/mem.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

static void place_entry(struct heap *h, size_t i, struct heap_entry e)
{
    h->at[i] = e;
    if (h->moved)
        h->moved(e.item, i);
}

/* Sifts the entry up or down to its position. at[i], where the search begins, is free. */
static void settle_entry(struct heap *h, size_t i, struct heap_entry e)
{
    for (; i > 0 && h->at[(i - 1) / 2].key > e.key; i = (i - 1) / 2)
        place_entry(h, i, h->at[(i - 1) / 2]);
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->at[child + 1].key < h->at[child].key)
            child++;
        if (h->at[child].key >= e.key)
            break;
        place_entry(h, i, h->at[child]);
    }
    place_entry(h, i, e);
}

void heap_push(struct heap *h, void *item, uint64_t key)
{
    if (h->n == h->room) {
        h->room = h->room ? h->room * 2 : FIRST_ROOM;
        h->at = mem_grow(h->at, h->room * sizeof *h->at);
    }
    h->n++;
    settle_entry(h, h->n - 1, (struct heap_entry){key, item});
}

void heap_change(struct heap *h, size_t place, uint64_t key)
{
    settle_entry(h, place, (struct heap_entry){key, h->at[place].item});
}

const struct heap_entry *heap_first(const struct heap *h)
{
    return h->n ? &h->at[0] : NULL;
}

void *heap_pop(struct heap *h)
{
    if (!h->n)
        return NULL;
    void *first = h->at[0].item;
    struct heap_entry last = h->at[--h->n];
    if (h->n)
        settle_entry(h, 0, last);
    return first;
}

void heap_fini(struct heap *h)
{
    free(h->at);
    *h = (struct heap){0};
}
