#include "pipeline/decodeorder.h"

#include "base/mem.h"

#include <stdlib.h>

enum {
    SLICE_NS = DECODEORDER_SLICE_MS * 1000000,
    DOUBLED_MAX = 16,
    DEAREST = 8,  /* times its duration is what an image costs at most */
    MEAN_OF = 32, /* images, roughly */
};

struct decodeorder_run {
    struct job *job;
    struct fairqueue_host *host; /* `expected`: what its last image took, in ns; `doubled`: how
                                    often the slice of its next image is doubled */
    uint64_t begun, charged;
    uint64_t slice; /* ns after which it may be given up */
};

void decodeorder_add(struct decodeorder *o, struct job *j)
{
    size_t len = j->response.body.len;
    o->waiting.slice = SLICE_NS;
    fairqueue_add(&o->waiting, j->memory.host, j,
        o->largest_first ? FAIRQUEUE_ORDER_MAX - len : o->waiting.seen);
}

struct job *decodeorder_first(const struct decodeorder *o)
{
    return fairqueue_first(&o->waiting);
}

struct job *decodeorder_pop(struct decodeorder *o)
{
    return fairqueue_take(&o->waiting, 0);
}

/* What an image costs that takes so long: as many times its duration as that is of the usual one.
 */
static uint64_t cost_of(const struct decodeorder *o, uint64_t took)
{
    uint64_t times = o->usual ? took / o->usual : 1;
    return took * (times < 1 ? 1 : times < DEAREST ? times : DEAREST);
}

/* One image moves the mean by a small step only, however long it takes. */
static void note_duration(struct decodeorder *o, uint64_t took)
{
    if (!o->usual)
        o->usual = took;
    else if (took < o->usual)
        o->usual -= (o->usual - took) / MEAN_OF;
    else
        o->usual += (took < 2 * o->usual ? took - o->usual : o->usual) / MEAN_OF;
}

void decodeorder_begin(struct decodeorder *o, uint64_t now)
{
    struct fairqueue_host *h = fairqueue_first_host(&o->waiting);
    if (o->n_running == o->room) {
        o->room = o->room ? 2 * o->room : 16;
        o->running = mem_grow(o->running, o->room * sizeof *o->running);
    }
    h->n_busy++;
    struct decodeorder_run *r = &o->running[o->n_running++];
    *r = (struct decodeorder_run){.host = h, .begun = now, .charged = h->expected};
    r->job = fairqueue_take(&o->waiting, h->expected);
    /* Nobody waited: it has the decoder only until somebody does. */
    bool is_alone = o->waiting.hosts.n == (h->waiting.n > 0);
    r->slice = (uint64_t)SLICE_NS << (is_alone ? 0 : h->doubled);
}

void decodeorder_end(struct decodeorder *o, struct job *j, bool given_up, uint64_t now)
{
    struct decodeorder_run *r = o->running;
    while (r->job != j)
        r++;
    struct fairqueue_host *h = r->host;
    uint64_t took = now - r->begun;
    h->expected = cost_of(o, took);
    h->n_busy--;
    if (given_up)
        h->doubled += h->doubled < DOUBLED_MAX;
    else if (took < SLICE_NS)
        h->doubled = 0;
    fairqueue_set_spent(&o->waiting, h, h->spent - r->charged + h->expected);
    note_duration(o, took);
    *r = o->running[--o->n_running];
}

/* True if a host with less decoding time waits. */
static bool has_others(const struct decodeorder *o, const struct decodeorder_run *r, uint64_t now)
{
    uint64_t spent = r->host->spent - r->charged + cost_of(o, now - r->begun);
    for (size_t i = 0; i < o->waiting.hosts.n; i++) {
        const struct fairqueue_host *h = o->waiting.hosts.at[i].item;
        if (h != r->host && h->spent / SLICE_NS < spent / SLICE_NS)
            return true;
    }
    return false;
}

struct job *decodeorder_overdue(const struct decodeorder *o, uint64_t now, uint64_t *ret_when)
{
    *ret_when = 0;
    for (size_t i = 0; o->waiting.n && i < o->n_running; i++) {
        const struct decodeorder_run *r = &o->running[i];
        uint64_t due = r->begun + r->slice;
        if (due <= now && has_others(o, r, now))
            return r->job;
        if (due <= now)
            due = now + SLICE_NS / 4; /* it gains time, and will have more than some other */
        if (!*ret_when || due < *ret_when)
            *ret_when = due;
    }
    return NULL;
}

void decodeorder_fini(struct decodeorder *o)
{
    fairqueue_fini(&o->waiting);
    free(o->running);
}
