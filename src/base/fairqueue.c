#include "base/fairqueue.h"

#include "base/mem.h"

#include <stdlib.h>

/* Items, between two looks for hosts that can be forgotten. */
enum { CLEAN_EVERY = 1024 };

static void on_moved(void *item, size_t place)
{
    ((struct fairqueue_host *)item)->place = place;
}

static uint64_t key_of(const struct fairqueue *q, const struct fairqueue_host *h)
{
    return (h->spent / q->slice) << FAIRQUEUE_ORDER_BITS | heap_first(&h->waiting)->key;
}

static void forget_host(struct fairqueue *q, struct fairqueue_host *h)
{
    HASH_DEL(q->known, h);
    heap_fini(&h->waiting);
    budget_host_unref(h->key);
    free(h);
}

/* Nobody else refers to these hosts: no item of theirs is left. */
static void forget_unused(struct fairqueue *q)
{
    struct fairqueue_host *h, *next;
    HASH_ITER (hh, q->known, h, next)
        if (!h->waiting.n && !h->n_busy && (!h->key || atomic_load(&h->key->refs) == 1))
            forget_host(q, h);
}

static struct fairqueue_host *get_host(struct fairqueue *q, struct budget_host *key)
{
    struct fairqueue_host *h;
    HASH_FIND_PTR(q->known, &key, h);
    if (h)
        return h;
    h = mem_new(sizeof *h);
    h->key = key ? budget_host_ref(key) : NULL;
    HASH_ADD_PTR(q->known, key, h);
    return h;
}

void fairqueue_add(struct fairqueue *q, struct budget_host *host, void *item, uint64_t order)
{
    if (++q->seen % CLEAN_EVERY == 0)
        forget_unused(q);
    struct fairqueue_host *h = get_host(q, host);
    bool is_new = !h->waiting.n;
    if (is_new && !h->n_busy && h->spent < q->served)
        h->spent = q->served;
    heap_push(&h->waiting, item, order & FAIRQUEUE_ORDER_MAX);
    q->hosts.moved = on_moved;
    if (is_new)
        heap_push(&q->hosts, h, key_of(q, h));
    else
        heap_change(&q->hosts, h->place, key_of(q, h));
    q->n++;
}

struct fairqueue_host *fairqueue_first_host(const struct fairqueue *q)
{
    const struct heap_entry *first = heap_first(&q->hosts);
    return first ? first->item : NULL;
}

void *fairqueue_first(const struct fairqueue *q)
{
    const struct fairqueue_host *h = fairqueue_first_host(q);
    return h ? heap_first(&h->waiting)->item : NULL;
}

void *fairqueue_take(struct fairqueue *q, uint64_t cost)
{
    struct fairqueue_host *h = fairqueue_first_host(q);
    if (!h)
        return NULL;
    q->served = h->spent;
    h->spent += cost;
    q->n--;
    void *item = heap_pop(&h->waiting);
    if (h->waiting.n) {
        heap_change(&q->hosts, h->place, key_of(q, h));
    } else {
        heap_pop(&q->hosts); /* it is the first */
        heap_fini(&h->waiting);
    }
    return item;
}

void fairqueue_set_spent(struct fairqueue *q, struct fairqueue_host *h, uint64_t spent)
{
    h->spent = spent;
    if (h->waiting.n)
        heap_change(&q->hosts, h->place, key_of(q, h));
}

void fairqueue_fini(struct fairqueue *q)
{
    struct fairqueue_host *h, *next;
    HASH_ITER (hh, q->known, h, next)
        forget_host(q, h);
    heap_fini(&q->hosts);
}
