#include "base/heap.h"

#include "base/mem.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void heap_push(struct heap *h, void *item, uint64_t key)
{
    if (h->n == h->room) {
        h->room = h->room ? h->room * 2 : FIRST_ROOM;
        h->at = mem_grow(h->at, h->room * sizeof *h->at);
    }
    size_t i = h->n++;
    for (; i > 0 && h->at[(i - 1) / 2].key > key; i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = (struct heap_entry){key, item};
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
    struct heap_entry moved = h->at[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->at[child + 1].key < h->at[child].key)
            child++;
        if (h->at[child].key >= moved.key)
            break;
        h->at[i] = h->at[child];
    }
    h->at[i] = moved;
    return first;
}

void heap_fini(struct heap *h)
{
    free(h->at);
    *h = (struct heap){0};
}
