#include "fetch/frontier.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The most idle hosts whose pace is remembered; beyond that the oldest are forgotten. */
enum { REMEMBERED = 65536 };

/* Hosts that may be asked stand in one of so many lists, by their rank (rank_of()). */
enum { RANKS = 32, LAST_RANK = RANKS - 1 };

enum state {
    NOWHERE,
    IN_TURNS, /* it may get a request */
    IN_IDLE,  /* no job waits for it, but its pace is remembered */
};

struct host {
    UT_hash_handle hh;
    TAILQ_ENTRY(host) link; /* in the list of its state, if any */
    enum state state;
    unsigned rank;              /* in turns: of the list it is in */
    bool is_held;               /* in the heap `held` */
    bool is_busy;               /* jobs of it wait, or are under way */
    struct budget_host *memory; /* a reference */
    struct job_queue waiting;
    unsigned n_waiting, under_way;
    bool asked;                   /* want_host was called */
    bool known;                   /* its look-up has ended */
    uint64_t ready_ns, lookup_ns; /* when the look-up ended, and its duration */
    struct pace pace;
    struct pace_conf limits;
    char name[];
};

TAILQ_HEAD(hosts, host);

struct frontier {
    struct frontier_conf conf;
    struct host *hosts; /* by name */
    struct hosts turns[RANKS], idle;
    unsigned n_idle, n_busy; /* hosts */
    struct heap held;        /* hosts, by when they may get the next request */
    struct heap delayed;     /* jobs, by when they are due */
    size_t n_waiting;
};

struct frontier *frontier_new(const struct frontier_conf *conf)
{
    struct frontier *f = mem_new(sizeof *f);
    f->conf = *conf;
    for (unsigned i = 0; i < RANKS; i++)
        TAILQ_INIT(&f->turns[i]);
    TAILQ_INIT(&f->idle);
    return f;
}

static void forget_host(struct frontier *f, struct host *h)
{
    HASH_DEL(f->hosts, h);
    budget_host_unref(h->memory);
    free(h);
}

void frontier_free(struct frontier *f)
{
    if (!f)
        return;
    struct host *h, *next;
    HASH_ITER (hh, f->hosts, h, next)
        forget_host(f, h);
    heap_fini(&f->held);
    heap_fini(&f->delayed);
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
    h->memory = budget_host_new();
    h->limits = f->conf.pace;
    hostlimits_apply(f->conf.limits, name, &h->limits);
    HASH_ADD_KEYPTR(hh, f->hosts, h->name, len, h);
    return h;
}

/* True if no other host has jobs here or holds memory. */
static bool is_alone(const struct frontier *f, const struct host *h)
{
    return f->n_busy == 1 &&
           (!f->conf.budget || atomic_load(&f->conf.budget->used) <= atomic_load(&h->memory->used));
}

/*
 * Hosts with fewer requests under way come first, so that a host whose requests do not end gets no
 * larger share of the slots than the others (max-min fairness). Last are the hosts that hold much
 * memory, and those whose last request ended as a stall or timeout: they get what others leave.
 * Those for which the disk is behind are among them, and get nothing.
 */
static bool is_over_quarter(const struct frontier *f, const struct host *h)
{
    return f->conf.budget && budget_is_over_quarter(f->conf.budget, h->memory);
}

static unsigned rank_of(const struct frontier *f, const struct host *h)
{
    if (h->pace.state == PACE_IS_DOWN || h->pace.state == PACE_IS_DEAD)
        return 0; /* its jobs fail at once */
    if (h->pace.is_slow || is_over_quarter(f, h) || budget_host_is_behind(h->memory))
        return LAST_RANK;
    return h->under_way < LAST_RANK - 1 ? h->under_way : LAST_RANK - 1;
}

static void move_host(struct frontier *f, struct host *h, enum state state)
{
    unsigned rank = rank_of(f, h);
    if (h->state == state && (state != IN_TURNS || h->rank == rank))
        return;
    if (h->state == IN_TURNS)
        TAILQ_REMOVE(&f->turns[h->rank], h, link);
    if (h->state == IN_IDLE) {
        TAILQ_REMOVE(&f->idle, h, link);
        f->n_idle--;
    }
    h->state = state;
    h->rank = rank;
    if (state == IN_TURNS)
        TAILQ_INSERT_TAIL(&f->turns[rank], h, link);
    if (state == IN_IDLE) {
        TAILQ_INSERT_TAIL(&f->idle, h, link);
        f->n_idle++;
    }
}

/* True if nothing is to be remembered: its pace is as at the start, and no job holds memory. */
static bool is_blank_host(const struct host *h, uint64_t now)
{
    return pace_is_blank(&h->pace, now) && atomic_load(&h->memory->used) == 0;
}

/* Makes a host idle that has no jobs waiting or under way, or forgets it. */
static void rest(struct frontier *f, struct host *h, uint64_t now)
{
    bool is_blank = is_blank_host(h, now);
    move_host(f, h, is_blank ? NOWHERE : IN_IDLE);
    if (is_blank && !h->is_held)
        forget_host(f, h);
}

/* Updates the host's state, or forgets it. */
static void update(struct frontier *f, struct host *h, uint64_t now)
{
    const struct pace *pace = &h->pace;
    bool is_busy = h->n_waiting || h->under_way;
    if (is_busy != h->is_busy)
        f->n_busy += is_busy ? 1 : -1U;
    h->is_busy = is_busy;
    if (!is_busy) {
        rest(f, h, now);
        return;
    }
    bool is_down = pace_is_down(pace, now); /* its jobs fail at once */
    bool has_slot = h->known && pace_has_slot(pace, &h->limits, h->under_way);
    bool is_due = is_down || (has_slot && pace->not_before <= now);
    move_host(f, h, h->n_waiting && is_due ? IN_TURNS : NOWHERE);
    if (h->n_waiting && has_slot && !is_due && !h->is_held) {
        heap_push(&f->held, h, pace->not_before);
        h->is_held = true;
    }
}

/* Inserts the job before those with fewer or as many attempts, so that no job is refused again and
 * again. */
static void insert_first(struct host *h, struct job *j)
{
    struct job *next = TAILQ_FIRST(&h->waiting);
    while (next && next->attempts > j->attempts)
        next = TAILQ_NEXT(next, link);
    if (next)
        TAILQ_INSERT_BEFORE(next, j, link);
    else
        TAILQ_INSERT_TAIL(&h->waiting, j, link);
}

static void add_job(struct frontier *f, struct job *j, bool first)
{
    struct host *h = get_host(f, j->request.url.host);
    j->queued_ns = clock_ns();
    if (first)
        insert_first(h, j);
    else
        TAILQ_INSERT_TAIL(&h->waiting, j, link);
    f->n_waiting++;
    if (h->n_waiting++ == 0 && !h->known && !h->asked) {
        h->asked = true;
        h->known = !f->conf.want_host || f->conf.want_host(f->conf.arg, j);
    }
    update(f, h, j->queued_ns);
}

void frontier_add(struct frontier *f, struct job *j)
{
    add_job(f, j, false);
}

void frontier_add_first(struct frontier *f, struct job *j)
{
    add_job(f, j, true);
}

static struct job *take_job(struct frontier *f, struct host *h)
{
    struct job *j = TAILQ_FIRST(&h->waiting);
    TAILQ_REMOVE(&h->waiting, j, link);
    h->n_waiting--;
    f->n_waiting--;
    return j;
}

/* How much of the look-up's time the job has waited. */
static uint64_t waited_for(const struct host *h, const struct job *j)
{
    if (j->queued_ns >= h->ready_ns)
        return 0;
    uint64_t ns = h->ready_ns - j->queued_ns;
    return ns < h->lookup_ns ? ns : h->lookup_ns;
}

/* The host whose turn it is. Its rank may have risen since it was put there. */
static struct host *first_in_turns(struct frontier *f)
{
    struct host *h;
    for (unsigned i = 0; i < LAST_RANK; i++)
        while ((h = TAILQ_FIRST(&f->turns[i]))) {
            if (rank_of(f, h) <= i)
                return h;
            move_host(f, h, IN_TURNS);
        }
    /* While other hosts have something to do, what a host holds beyond a quarter drains first: it
     * could not be taken back from the decoders and the disk, and to receive more takes time. */
    TAILQ_FOREACH (h, &f->turns[LAST_RANK], link)
        if ((is_alone(f, h) || !is_over_quarter(f, h)) && !budget_host_is_behind(h->memory))
            return h;
    return NULL;
}

/* Tells the memory what the job will hold, and for whom. */
static void charge_host(struct host *h, struct job *j)
{
    if (j->memory.host == h->memory)
        return;
    budget_host_unref(j->memory.host);
    j->memory.host = budget_host_ref(h->memory);
}

struct job *frontier_next(struct frontier *f, uint64_t now)
{
    struct host *h;
    while ((h = first_in_turns(f))) {
        bool is_down = pace_is_down(&h->pace, now);
        move_host(f, h, NOWHERE); /* update() puts it at the end of the turns */
        if (!is_down && (!h->known || h->pace.not_before > now)) {
            update(f, h, now); /* it was put there while it was down */
            continue;
        }
        struct job *j = take_job(f, h);
        j->request.last_for_host = h->n_waiting == 0;
        j->ms.dns = waited_for(h, j);
        charge_host(h, j);
        if (is_down)
            job_fail(j, ERR_HOST_DOWN, "not tried: earlier connections to %.60s failed", h->name);
        else
            pace_begin(&h->pace, &h->limits, j, now);
        if (h->pace.probe == j) /* it may be the kept connection that is dead */
            j->request.new_connection = true;
        h->under_way++;
        update(f, h, now);
        return j;
    }
    return NULL;
}

void frontier_done(struct frontier *f, struct job *j, uint64_t now)
{
    struct host *h = find_host(f, j->request.url.host);
    h->under_way--;
    pace_end(&h->pace, &h->limits, j, now);
    update(f, h, now);
}

void frontier_release(struct frontier *f, struct job *j)
{
    struct host *h = find_host(f, j->request.url.host);
    h->under_way--;
    pace_unbegin(&h->pace, j);
    update(f, h, clock_ns());
}

void frontier_put_back(struct frontier *f, struct job *j)
{
    struct host *h = find_host(f, j->request.url.host);
    uint64_t now = clock_ns();
    TAILQ_INSERT_HEAD(&h->waiting, j, link);
    h->n_waiting++;
    f->n_waiting++;
    h->under_way--;
    h->known = false;
    pace_unbegin(&h->pace, j);
    update(f, h, now);
}

void frontier_delay(struct frontier *f, struct job *j, uint64_t when)
{
    heap_push(&f->delayed, j, when);
}

/* Forgets the oldest idle hosts that have nothing left to remember, or that are too many. */
static void forget_idle(struct frontier *f, uint64_t now)
{
    struct host *h;
    while ((h = TAILQ_FIRST(&f->idle)) && (f->n_idle > REMEMBERED || is_blank_host(h, now))) {
        move_host(f, h, NOWHERE);
        h->pace = (struct pace){0};
        if (!h->is_held)
            forget_host(f, h);
    }
}

/* What a host holds may have become less since it was put last. One a turn is enough. */
static void look_at_last(struct frontier *f)
{
    struct host *h = TAILQ_FIRST(&f->turns[LAST_RANK]);
    if (h && rank_of(f, h) < LAST_RANK) {
        move_host(f, h, IN_TURNS);
    } else if (h) {
        TAILQ_REMOVE(&f->turns[LAST_RANK], h, link);
        TAILQ_INSERT_TAIL(&f->turns[LAST_RANK], h, link);
    }
}

uint64_t frontier_tick(struct frontier *f, uint64_t now)
{
    const struct heap_entry *delayed, *held;
    while ((delayed = heap_first(&f->delayed)) && delayed->key <= now)
        frontier_add(f, heap_pop(&f->delayed));
    while ((held = heap_first(&f->held)) && held->key <= now) {
        struct host *h = heap_pop(&f->held);
        h->is_held = false;
        update(f, h, now);
    }
    forget_idle(f, now);
    look_at_last(f);
    if (delayed && held)
        return delayed->key < held->key ? delayed->key : held->key;
    return delayed ? delayed->key : held ? held->key : 0;
}

void frontier_host_ready(struct frontier *f, const char *host, uint64_t lookup_ns)
{
    struct host *h = find_host(f, host);
    if (!h)
        return;
    h->known = true;
    h->ready_ns = clock_ns();
    h->lookup_ns = lookup_ns;
    update(f, h, h->ready_ns);
}

static void take_all(struct frontier *f, struct host *h, struct job_queue *ret)
{
    while (h->n_waiting) {
        struct job *j = take_job(f, h);
        TAILQ_INSERT_TAIL(ret, j, link);
    }
    update(f, h, clock_ns());
}

void frontier_drain(struct frontier *f, struct job_queue *ret)
{
    struct host *h, *next;
    HASH_ITER (hh, f->hosts, h, next)
        take_all(f, h, ret);
    struct job *j;
    while ((j = heap_pop(&f->delayed)))
        TAILQ_INSERT_TAIL(ret, j, link);
}

bool frontier_others_wait(struct frontier *f)
{
    const struct host *h = first_in_turns(f);
    return h && h->rank < LAST_RANK;
}

size_t frontier_count(const struct frontier *f)
{
    return f->n_waiting + f->delayed.n;
}

size_t frontier_delayed(const struct frontier *f)
{
    return f->delayed.n;
}
