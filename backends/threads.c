/*
 * A pool of threads, each with one blocking request: the plainest way to have many at
 * once. A request in flight costs a thread, its stack and its own connections.
 *
 * A host belongs to one thread, by a hash of its name, because a connection is kept by the
 * thread that made it; a thread that runs dry steals from the others. Threads are
 * started when there is work and none is idle.
 */
#include "base/mem.h"
#include "net/transfer_perform.h"
#include "run/backend.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_SIZE = 256 * 1024 }; /* curl, TLS and a callback of ours need far less */

struct worker {
    TAILQ_ENTRY(worker) idle_link;
    struct threads *owner;
    pthread_t thread;
    bool started;
    bool idle; /* it waits for `work`, and stands in the list of such */
    pthread_cond_t work;
    struct job_queue queue; /* of the hosts that belong to it */
    bool busy;              /* with a request */
    uint64_t began;         /* a number that grows with each request; 0: none, or it must go */
};

struct threads {
    struct stage stage;
    const struct transfer_conf *conf;
    unsigned n, n_started;
    unsigned n_inside; /* the loop's: jobs submitted and not yet back */
    uv_async_t wake;   /* `done` has jobs */
    atomic_bool stopped;

    pthread_mutex_t lock;   /* for what follows and the workers */
    struct worker *workers; /* n of them */
    TAILQ_HEAD(, worker) idle;
    uint64_t requests; /* begun so far */
    unsigned n_busy;
    bool ending;

    pthread_mutex_t done_lock;
    struct job_queue done;
};

/* ---- in a worker's thread ---- */

/* When memory runs out, the youngest request goes, and never the last one. */
static bool must_go(struct worker *w)
{
    struct threads *t = w->owner;
    pthread_mutex_lock(&t->lock);
    bool youngest = t->n_busy > 1;
    for (unsigned i = 0; i < t->n && youngest; i++)
        youngest = t->workers[i].began <= w->began;
    if (youngest) {
        w->began = 0; /* the next youngest may have to go, too */
        t->n_busy--;
    }
    pthread_mutex_unlock(&t->lock);
    return youngest;
}

static enum err poll(void *arg)
{
    struct worker *w = arg;
    if (atomic_load(&w->owner->stopped))
        return ERR_CANCELLED;
    return budget_is_blown(w->owner->conf->budget) && must_go(w) ? ERR_EVICTED : ERR_OK;
}

static struct job *pop(struct job_queue *queue)
{
    struct job *j = TAILQ_FIRST(queue);
    if (j)
        TAILQ_REMOVE(queue, j, link);
    return j;
}

/* Who was just woken for a job is left that one, for the connection it keeps. */
static bool can_spare(const struct worker *w)
{
    const struct job *first = TAILQ_FIRST(&w->queue);
    return first && (w->busy || !w->started || TAILQ_NEXT(first, link));
}

/* The worker's own next job, or one that somebody else can spare. */
static struct job *find_work(struct worker *w)
{
    struct threads *t = w->owner;
    struct job *j = pop(&w->queue);
    for (unsigned i = 0; i < t->n && !j; i++)
        if (can_spare(&t->workers[i]))
            j = pop(&t->workers[i].queue);
    return j;
}

static void rest(struct worker *w)
{
    struct threads *t = w->owner;
    w->idle = true;
    TAILQ_INSERT_HEAD(&t->idle, w, idle_link);
    while (w->idle && !t->ending)
        pthread_cond_wait(&w->work, &t->lock);
    if (w->idle)
        TAILQ_REMOVE(&t->idle, w, idle_link);
    w->idle = false;
}

static void give_back(struct threads *t, struct job *j)
{
    pthread_mutex_lock(&t->done_lock);
    TAILQ_INSERT_TAIL(&t->done, j, link);
    pthread_mutex_unlock(&t->done_lock);
    uv_async_send(&t->wake);
}

static void work_on(struct worker *w, struct transfer *transfer, struct job *j)
{
    struct threads *t = w->owner;
    w->busy = true;
    w->began = ++t->requests;
    t->n_busy++;
    pthread_mutex_unlock(&t->lock);
    transfer_perform(transfer, j, poll, w);
    pthread_mutex_lock(&t->lock);
    if (w->began)
        t->n_busy--;
    w->began = 0;
    w->busy = false;
    pthread_mutex_unlock(&t->lock);
    give_back(t, j);
    pthread_mutex_lock(&t->lock);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct threads *t = w->owner;
    struct transfer_pins *pins = transfer_pins_new();
    struct transfer *transfer = transfer_new(t->conf, pins, w);
    pthread_mutex_lock(&t->lock);
    while (!t->ending) {
        struct job *j = find_work(w);
        if (j)
            work_on(w, transfer, j);
        else
            rest(w);
    }
    pthread_mutex_unlock(&t->lock);
    transfer_free(transfer);
    transfer_pins_free(pins);
    return NULL;
}

/* ---- on the loop ---- */

static void on_wake(uv_async_t *wake)
{
    struct threads *t = wake->data;
    struct job_queue done = TAILQ_HEAD_INITIALIZER(done);
    pthread_mutex_lock(&t->done_lock);
    TAILQ_CONCAT(&done, &t->done, link);
    pthread_mutex_unlock(&t->done_lock);
    struct job *j;
    while ((j = pop(&done))) {
        t->n_inside--;
        t->stage.done(t->stage.done_arg, j);
    }
}

static int start(struct worker *w)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    int err = pthread_create(&w->thread, &attr, run, w);
    pthread_attr_destroy(&attr);
    w->started = err == 0;
    w->owner->n_started += w->started;
    return err;
}

/* Out of the idle ones; it is to be signalled once the lock is released. NULL stays NULL. */
static struct worker *take_idle(struct threads *t, struct worker *w)
{
    if (w) {
        TAILQ_REMOVE(&t->idle, w, idle_link);
        w->idle = false;
    }
    return w;
}

/* Sees to it that somebody takes the job that was just given to w: w itself if it can, else
 * who is idle, else one more thread, else whoever is done first. Returns whom to wake, or
 * NULL. Call with the lock held. */
static struct worker *find_hands(struct threads *t, struct worker *w)
{
    if (w->idle)
        return take_idle(t, w);
    if (!w->started && !start(w))
        return NULL;
    if (TAILQ_FIRST(&t->idle))
        return take_idle(t, TAILQ_FIRST(&t->idle));
    for (unsigned i = 0; i < t->n && t->n_started < t->n; i++)
        if (!t->workers[i].started)
            return start(&t->workers[i]), NULL;
    return NULL;
}

static enum stage_answer threads_submit(struct stage *s, struct job *j)
{
    struct threads *t = (struct threads *)s;
    if (t->n_inside == t->n)
        return STAGE_AGAIN;
    t->n_inside++;
    budget_set(t->conf->budget, &j->reserved, TRANSFER_RESERVE);
    struct worker *w = &t->workers[url_host_hash(&j->request.url) % t->n];
    pthread_mutex_lock(&t->lock);
    TAILQ_INSERT_TAIL(&w->queue, j, link);
    struct worker *woken = find_hands(t, w);
    pthread_mutex_unlock(&t->lock);
    if (woken)
        pthread_cond_signal(&woken->work);
    return STAGE_OK;
}

static void threads_stop(struct stage *s)
{
    atomic_store(&((struct threads *)s)->stopped, true);
}

static void on_closed(uv_handle_t *h)
{
    struct threads *t = h->data;
    for (unsigned i = 0; i < t->n; i++)
        pthread_cond_destroy(&t->workers[i].work);
    pthread_mutex_destroy(&t->lock);
    pthread_mutex_destroy(&t->done_lock);
    free(t->workers);
    free(t);
}

static void threads_free(struct stage *s)
{
    struct threads *t = (struct threads *)s;
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < t->n; i++) {
        pthread_cond_signal(&t->workers[i].work);
        if (t->workers[i].started)
            pthread_join(t->workers[i].thread, NULL);
    }
    uv_close((uv_handle_t *)&t->wake, on_closed);
}

static const struct stage_ops threads_ops = {
    .submit = threads_submit, .stop = threads_stop, .free = threads_free};

static struct stage *threads_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct threads *t = mem_new(sizeof *t);
    t->stage = (struct stage){&threads_ops, conf->done, conf->done_arg};
    t->conf = conf->transfer;
    t->n = conf->concurrency;
    t->workers = mem_array(t->n, sizeof *t->workers);
    TAILQ_INIT(&t->idle);
    TAILQ_INIT(&t->done);
    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->done_lock, NULL);
    for (unsigned i = 0; i < t->n; i++) {
        t->workers[i].owner = t;
        TAILQ_INIT(&t->workers[i].queue);
        pthread_cond_init(&t->workers[i].work, NULL);
    }
    uv_async_init(loop, &t->wake, on_wake);
    t->wake.data = t;
    int err = start(&t->workers[0]); /* one at least; more as they are needed and can be had */
    if (!err)
        return &t->stage;
    snprintf(message, BACKEND_MESSAGE_SIZE, "threads: %s", strerror(err));
    threads_free(&t->stage);
    return NULL;
}

extern const struct backend backend_threads;
const struct backend backend_threads = {
    .name = "threads",
    .summary = "a pool of threads, each with one blocking request",
    .concurrency = 64,
    .needs_address = true,
    .open = threads_open,
};
