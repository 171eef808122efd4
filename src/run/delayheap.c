#include "run/delayheap.h"

#include "base/mem.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void delayheap_push(struct delayheap *h, struct job *j, uint64_t when)
{
    if (h->n == h->room) {
        h->room = h->room ? h->room * 2 : FIRST_ROOM;
        h->at = mem_grow(h->at, h->room * sizeof *h->at);
    }
    size_t i = h->n++;
    for (; i > 0 && h->at[(i - 1) / 2].when > when; i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = (struct delayheap_entry){when, j};
}

uint64_t delayheap_first(const struct delayheap *h)
{
    return h->n ? h->at[0].when : 0;
}

struct job *delayheap_pop(struct delayheap *h, uint64_t now)
{
    if (!h->n || h->at[0].when > now)
        return NULL;
    struct job *first = h->at[0].job;
    struct delayheap_entry moved = h->at[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->at[child + 1].when < h->at[child].when)
            child++;
        if (h->at[child].when >= moved.when)
            break;
        h->at[i] = h->at[child];
    }
    h->at[i] = moved;
    return first;
}

void delayheap_fini(struct delayheap *h)
{
    free(h->at);
    *h = (struct delayheap){0};
}
