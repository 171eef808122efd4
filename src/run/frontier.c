#include "run/frontier.h"

#include "base/clock.h"
#include "base/mem.h"
#include "run/jobheap.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct host {
    UT_hash_handle hh;
    TAILQ_ENTRY(host) turn; /* in the ready queue while `ready` */
    struct job_queue waiting;
    unsigned n_waiting, under_way;
    bool asked;                   /* want_host was called */
    bool known;                   /* its addresses were looked for */
    uint64_t ready_ns, lookup_ns; /* when that was over, and how long it took */
    bool ready;                   /* in the queue of turns */
    char name[];
};

struct frontier {
    struct frontier_conf conf;
    struct host *hosts; /* by name */
    TAILQ_HEAD(, host) turns;
    struct jobheap delayed; /* by the time at which they may go on */
    size_t n_waiting;
};

struct frontier *frontier_new(const struct frontier_conf *conf)
{
    struct frontier *f = mem_new(sizeof *f);
    f->conf = *conf;
    TAILQ_INIT(&f->turns);
    return f;
}

void frontier_free(struct frontier *f)
{
    if (!f)
        return;
    jobheap_fini(&f->delayed);
    free(f);
}

static struct host *find_host(const struct frontier *f, const char *name)
{
    struct host *h;
    HASH_FIND_STR(f->hosts, name, h);
    return h;
}

static struct host *get_host(struct frontier *f, const char *name)
{
    struct host *h = find_host(f, name);
    if (h)
        return h;
    size_t len = strlen(name);
    h = mem_new(sizeof *h + len + 1);
    memcpy(h->name, name, len + 1);
    TAILQ_INIT(&h->waiting);
    HASH_ADD_KEYPTR(hh, f->hosts, h->name, len, h);
    return h;
}

/* Puts the host into or out of the turns, or forgets it, as its state says. */
static void update(struct frontier *f, struct host *h)
{
    bool has_slot = !f->conf.per_host || h->under_way < f->conf.per_host;
    bool ready = h->known && h->n_waiting && has_slot;
    if (ready && !h->ready)
        TAILQ_INSERT_TAIL(&f->turns, h, turn);
    if (!ready && h->ready)
        TAILQ_REMOVE(&f->turns, h, turn);
    h->ready = ready;
    if (!h->n_waiting && !h->under_way) {
        HASH_DEL(f->hosts, h);
        free(h);
    }
}

void frontier_add(struct frontier *f, struct job *j)
{
    struct host *h = get_host(f, j->request.url.host);
    j->queued_ns = clock_ns();
    TAILQ_INSERT_TAIL(&h->waiting, j, link);
    f->n_waiting++;
    if (h->n_waiting++ == 0 && !h->known && !h->asked) {
        h->asked = true;
        h->known = !f->conf.want_host || f->conf.want_host(f->conf.arg, j);
    }
    update(f, h);
}

static struct job *take(struct frontier *f, struct host *h)
{
    struct job *j = TAILQ_FIRST(&h->waiting);
    TAILQ_REMOVE(&h->waiting, j, link);
    h->n_waiting--;
    f->n_waiting--;
    return j;
}

/* The part of the look-up that the job was there for. */
static uint64_t waited_for(const struct host *h, const struct job *j)
{
    if (j->queued_ns >= h->ready_ns)
        return 0;
    uint64_t ns = h->ready_ns - j->queued_ns;
    return ns < h->lookup_ns ? ns : h->lookup_ns;
}

struct job *frontier_next(struct frontier *f)
{
    struct host *h = TAILQ_FIRST(&f->turns);
    if (!h)
        return NULL;
    struct job *j = take(f, h);
    j->request.last_for_host = h->n_waiting == 0;
    j->ms.dns = waited_for(h, j);
    h->under_way++;
    TAILQ_REMOVE(&f->turns, h, turn); /* to the end of the turns */
    h->ready = false;
    update(f, h);
    return j;
}

void frontier_done(struct frontier *f, struct job *j)
{
    struct host *h = find_host(f, j->request.url.host);
    h->under_way--;
    update(f, h);
}

void frontier_put_back(struct frontier *f, struct job *j)
{
    struct host *h = find_host(f, j->request.url.host);
    TAILQ_INSERT_HEAD(&h->waiting, j, link);
    h->n_waiting++;
    f->n_waiting++;
    h->under_way--;
    h->known = false;
    update(f, h);
}

void frontier_delay(struct frontier *f, struct job *j, uint64_t when)
{
    jobheap_push(&f->delayed, j, when);
}

uint64_t frontier_tick(struct frontier *f, uint64_t now)
{
    const struct jobheap_entry *first;
    while ((first = jobheap_first(&f->delayed)) && first->key <= now)
        frontier_add(f, jobheap_pop(&f->delayed));
    return first ? first->key : 0;
}

void frontier_host_ready(struct frontier *f, const char *host, uint64_t lookup_ns)
{
    struct host *h = find_host(f, host);
    if (!h)
        return;
    h->known = true;
    h->ready_ns = clock_ns();
    h->lookup_ns = lookup_ns;
    update(f, h);
}

static void take_all(struct frontier *f, struct host *h, struct job_queue *ret)
{
    while (h->n_waiting) {
        struct job *j = take(f, h);
        TAILQ_INSERT_TAIL(ret, j, link);
    }
    update(f, h);
}

void frontier_drain(struct frontier *f, struct job_queue *ret)
{
    struct host *h, *next;
    HASH_ITER (hh, f->hosts, h, next)
        take_all(f, h, ret);
    struct job *j;
    while ((j = jobheap_pop(&f->delayed)))
        TAILQ_INSERT_TAIL(ret, j, link);
}

size_t frontier_count(const struct frontier *f)
{
    return f->n_waiting + f->delayed.n;
}

size_t frontier_delayed(const struct frontier *f)
{
    return f->delayed.n;
}
