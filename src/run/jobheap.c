#include "run/jobheap.h"

#include "base/mem.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void jobheap_push(struct jobheap *h, struct job *j, uint64_t key)
{
    if (h->n == h->room) {
        h->room = h->room ? h->room * 2 : FIRST_ROOM;
        h->at = mem_grow(h->at, h->room * sizeof *h->at);
    }
    size_t i = h->n++;
    for (; i > 0 && h->at[(i - 1) / 2].key > key; i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = (struct jobheap_entry){key, j};
}

const struct jobheap_entry *jobheap_first(const struct jobheap *h)
{
    return h->n ? &h->at[0] : NULL;
}

struct job *jobheap_pop(struct jobheap *h)
{
    if (!h->n)
        return NULL;
    struct job *first = h->at[0].job;
    struct jobheap_entry moved = h->at[--h->n];
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

void jobheap_fini(struct jobheap *h)
{
    free(h->at);
    *h = (struct jobheap){0};
}
