#include "pipeline/decodeorder.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

enum {
    SLICE_NS = DECODEORDER_SLICE_MS * 1000000,
    ORDER_BITS = 40, /* of a key: a job's place within a slice */
    DOUBLED_MAX = 16,
    CLEAN_EVERY = 1024, /* jobs, between two looks for hosts that can be forgotten */
};
static const uint64_t ORDER_MAX = (UINT64_C(1) << ORDER_BITS) - 1;

struct decodeorder_host {
    UT_hash_handle hh;
    struct budget_host *key; /* a reference; NULL: of jobs without a host */
    struct heap waiting;
    size_t place; /* in `hosts` */
    unsigned n_running;
    unsigned doubled;  /* how often the slice of its next image is doubled */
    uint64_t spent;    /* ns of decoding, with the expected time of those that run */
    uint64_t expected; /* ns for an image: what the last one took */
};

struct decodeorder_run {
    struct job *job;
    struct decodeorder_host *host;
    uint64_t begun, charged;
    uint64_t slice; /* ns after which it may be given up */
};

static void on_moved(void *item, size_t place)
{
    ((struct decodeorder_host *)item)->place = place;
}

static uint64_t key_of(const struct decodeorder_host *h)
{
    return (h->spent / SLICE_NS) << ORDER_BITS | heap_first(&h->waiting)->key;
}

static void forget_host(struct decodeorder *o, struct decodeorder_host *h)
{
    HASH_DEL(o->known, h);
    heap_fini(&h->waiting);
    budget_host_unref(h->key);
    free(h);
}

/* Nobody else refers to these hosts: no job of theirs is left. */
static void forget_unused(struct decodeorder *o)
{
    struct decodeorder_host *h, *next;
    HASH_ITER (hh, o->known, h, next)
        if (!h->waiting.n && !h->n_running && (!h->key || atomic_load(&h->key->refs) == 1))
            forget_host(o, h);
}

static struct decodeorder_host *find_host(const struct decodeorder *o, struct budget_host *key)
{
    struct decodeorder_host *h;
    HASH_FIND_PTR(o->known, &key, h);
    return h;
}

static struct decodeorder_host *get_host(struct decodeorder *o, struct budget_host *key)
{
    struct decodeorder_host *h = find_host(o, key);
    if (h)
        return h;
    h = mem_new(sizeof *h);
    h->key = key ? budget_host_ref(key) : NULL;
    HASH_ADD_PTR(o->known, key, h);
    return h;
}

void decodeorder_add(struct decodeorder *o, struct job *j)
{
    if (++o->seen % CLEAN_EVERY == 0)
        forget_unused(o);
    struct decodeorder_host *h = get_host(o, j->memory.host);
    size_t len = j->response.body.len;
    bool is_new = !h->waiting.n;
    if (is_new && !h->n_running && h->spent < o->served)
        h->spent = o->served;
    heap_push(
        &h->waiting, j, o->largest_first ? ORDER_MAX - (len & ORDER_MAX) : o->seen & ORDER_MAX);
    o->hosts.moved = on_moved;
    if (is_new)
        heap_push(&o->hosts, h, key_of(h));
    else
        heap_change(&o->hosts, h->place, key_of(h));
    o->n++;
}

struct job *decodeorder_first(const struct decodeorder *o)
{
    const struct heap_entry *first = heap_first(&o->hosts);
    return first ? heap_first(&((struct decodeorder_host *)first->item)->waiting)->item : NULL;
}

static struct job *take_from(struct decodeorder *o, struct decodeorder_host *h)
{
    struct job *j = heap_pop(&h->waiting);
    if (h->waiting.n) {
        heap_change(&o->hosts, h->place, key_of(h));
    } else {
        heap_pop(&o->hosts); /* it is the first */
        heap_fini(&h->waiting);
    }
    o->n--;
    return j;
}

struct job *decodeorder_pop(struct decodeorder *o)
{
    const struct heap_entry *first = heap_first(&o->hosts);
    return first ? take_from(o, first->item) : NULL;
}

void decodeorder_begin(struct decodeorder *o, uint64_t now)
{
    struct decodeorder_host *h = heap_first(&o->hosts)->item;
    if (o->n_running == o->room) {
        o->room = o->room ? 2 * o->room : 16;
        o->running = mem_grow(o->running, o->room * sizeof *o->running);
    }
    o->served = h->spent;
    h->spent += h->expected;
    h->n_running++;
    struct decodeorder_run *r = &o->running[o->n_running++];
    *r = (struct decodeorder_run){.host = h, .begun = now, .charged = h->expected};
    r->job = take_from(o, h);
    /* Nobody waited: it has the decoder only until somebody does. */
    bool is_alone = o->hosts.n == (h->waiting.n > 0);
    r->slice = (uint64_t)SLICE_NS << (is_alone ? 0 : h->doubled);
}

void decodeorder_end(struct decodeorder *o, struct job *j, bool given_up, uint64_t now)
{
    struct decodeorder_run *r = o->running;
    while (r->job != j)
        r++;
    struct decodeorder_host *h = r->host;
    uint64_t took = now - r->begun;
    h->spent = h->spent - r->charged + took;
    h->expected = took;
    h->n_running--;
    if (given_up)
        h->doubled += h->doubled < DOUBLED_MAX;
    else if (took < SLICE_NS)
        h->doubled = 0;
    *r = o->running[--o->n_running];
    if (h->waiting.n)
        heap_change(&o->hosts, h->place, key_of(h));
}

/* True if a host with less decoding time waits. */
static bool has_others(const struct decodeorder *o, const struct decodeorder_run *r, uint64_t now)
{
    uint64_t spent = r->host->spent - r->charged + (now - r->begun);
    for (size_t i = 0; i < o->hosts.n; i++) {
        const struct decodeorder_host *h = o->hosts.at[i].item;
        if (h != r->host && h->spent / SLICE_NS < spent / SLICE_NS)
            return true;
    }
    return false;
}

struct job *decodeorder_overdue(const struct decodeorder *o, uint64_t now, uint64_t *ret_when)
{
    *ret_when = 0;
    for (size_t i = 0; o->hosts.n && i < o->n_running; i++) {
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
    struct decodeorder_host *h, *next;
    HASH_ITER (hh, o->known, h, next)
        forget_host(o, h);
    heap_fini(&o->hosts);
    free(o->running);
}
