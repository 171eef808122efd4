/*
 * A pool of threads, each with one blocking request: the simplest way to have many at
 * once. A request in flight costs a thread, its stack and its own connections.
 *
 * A connection belongs to the thread that made it. So the hash of a host's name chooses a
 * thread, the host's home. Its requests go to the first idle (or not yet started) thread from
 * there on, so requests for one host reach the same few threads. While all threads are busy a
 * job waits at its home, until some thread has no other job and steals it.
 */
#include "backends/table.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "net/transfer_perform.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_SIZE = 256 * 1024 }; /* curl, TLS and a callback of ours need far less */

struct worker {
    struct threads *owner;
    pthread_t thread;
    bool started;
    pthread_cond_t work;
    bool idle;                 /* waits for a job, or is about to */
    struct job *job;           /* the present or the next one */
    uint64_t number;           /* of that job, counted over all workers; 0: no job */
    struct job_queue queue;    /* jobs that wait at home here, for any worker */
    struct transfer *transfer; /* NULL: the thread is still starting */
    atomic_bool evicted;       /* its job is being given up */
};

struct threads {
    struct stage stage;
    const struct transfer_conf *conf;
    unsigned n_inside, room; /* the loop's: jobs inside, and how many there may be */
    struct mailbox done;     /* to the loop */
    atomic_bool stopped;

    pthread_mutex_t lock; /* for the members below, and the workers */
    struct worker *workers;
    unsigned n, n_started, n_busy;
    unsigned n_waiting; /* jobs in the workers' queues */
    uint64_t n_given;   /* jobs given to workers so far */
    bool evicting;      /* a worker's job is being given up */
    bool ending;
};

static struct job *pop(struct job_queue *queue)
{
    struct job *j = TAILQ_FIRST(queue);
    if (j)
        TAILQ_REMOVE(queue, j, link);
    return j;
}

static void give(struct worker *w, struct job *j)
{
    w->job = j;
    w->number = ++w->owner->n_given;
    w->owner->n_busy++;
}

/* ---- in a worker's thread ---- */

static const struct worker *find_oldest(const struct threads *t)
{
    const struct worker *oldest = NULL;
    for (unsigned i = 0; i < t->n; i++)
        if (t->workers[i].number && (!oldest || t->workers[i].number < oldest->number))
            oldest = &t->workers[i];
    return oldest;
}

/* The youngest request of the host that holds most, if that is more than `least`; but not the
 * oldest request of all. NULL: there is none. */
static struct worker *choose_victim(struct threads *t, size_t least)
{
    const struct worker *oldest = find_oldest(t);
    struct worker *victim = NULL;
    for (unsigned i = 0; i < t->n; i++) {
        struct worker *w = &t->workers[i];
        if (!w->number || w == oldest)
            continue;
        size_t used = budget_used_by(&w->job->memory);
        bool is_more = victim ? used > least || (used == least && w->number > victim->number)
                              : used > least || !least;
        if (is_more) {
            victim = w;
            least = used;
        }
    }
    return victim;
}

/* Gives up a request, as base/budget.h says. Only one at a time: it must free its memory before one
 * can tell whether another has to go. */
static void relieve(struct threads *t, size_t least)
{
    pthread_mutex_lock(&t->lock);
    struct worker *victim = t->evicting ? NULL : choose_victim(t, least);
    if (victim) {
        victim->evicted = t->evicting = true;
        if (victim->transfer)
            transfer_wake(victim->transfer);
    }
    pthread_mutex_unlock(&t->lock);
}

static enum err poll(void *arg)
{
    struct worker *w = arg;
    struct threads *t = w->owner;
    if (atomic_load(&t->stopped))
        return ERR_CANCELLED;
    size_t least = budget_pressure(t->conf->budget);
    if (least != SIZE_MAX)
        relieve(t, least);
    return atomic_load(&w->evicted) ? ERR_EVICTED : ERR_OK;
}

/* A worker without a job takes one that waits: at its own home first, else at any other. */
static void steal(struct worker *w)
{
    struct threads *t = w->owner;
    if (!t->n_waiting)
        return;
    struct job *j = pop(&w->queue);
    for (unsigned i = 0; !j; i++)
        j = pop(&t->workers[i].queue);
    t->n_waiting--;
    give(w, j);
}

/* Call with the lock held. Releases it during the request, and holds it again at the end. */
static void do_job(struct worker *w)
{
    struct threads *t = w->owner;
    struct job *j = w->job;
    w->idle = false;
    pthread_mutex_unlock(&t->lock);
    transfer_perform(w->transfer, j, poll, w);
    pthread_mutex_lock(&t->lock);
    if (w->evicted)
        w->evicted = t->evicting = false;
    w->job = NULL;
    w->number = 0;
    t->n_busy--;
    /* Set before the loop gets the job: it may at once submit the next one for this connection. */
    w->idle = t->n_waiting == 0;
    pthread_mutex_unlock(&t->lock);
    mailbox_put(&t->done, j);
    pthread_mutex_lock(&t->lock);
}

static void work(void *arg)
{
    struct worker *w = arg;
    struct threads *t = w->owner;
    struct transfer_pins *pins = transfer_pins_new();
    struct transfer *transfer = transfer_new(t->conf, pins, w);
    pthread_mutex_lock(&t->lock);
    w->transfer = transfer;
    while (!t->ending) {
        if (!w->job)
            steal(w);
        if (w->job) {
            do_job(w);
            continue;
        }
        w->idle = true;
        pthread_cond_wait(&w->work, &t->lock);
    }
    w->transfer = NULL;
    pthread_mutex_unlock(&t->lock);
    transfer_free(transfer);
    transfer_pins_free(pins);
}

/* ---- on the loop ---- */

static void on_fetched(void *arg, void *job)
{
    struct threads *t = arg;
    t->n_inside--;
    t->stage.done(t->stage.done_arg, job);
}

static int start_worker(struct worker *w)
{
    int err = thread_start(&w->thread, "fetch", STACK_SIZE, work, w);
    w->started = err == 0;
    w->owner->n_started += w->started;
    return err;
}

/* Gives the job to the first free worker from `home` on, or leaves it at home for the worker that
 * is done first. Returns the worker to signal, or NULL. Call with the lock held. */
static struct worker *assign(struct threads *t, unsigned home, struct job *j)
{
    for (unsigned i = 0; i < t->n; i++) {
        struct worker *w = &t->workers[(home + i) % t->n];
        if (w->idle && !w->job) {
            give(w, j);
            return w;
        }
        if (!w->started && t->n_started < t->room) {
            if (start_worker(w)) {
                t->room = t->n_started; /* no more threads: one job at a time for each */
                continue;
            }
            give(w, j);
            return NULL;
        }
    }
    TAILQ_INSERT_TAIL(&t->workers[home].queue, j, link);
    t->n_waiting++;
    return NULL;
}

static enum stage_status threads_submit(struct stage *s, struct job *j)
{
    struct threads *t = (struct threads *)s;
    if (t->n_inside >= t->room)
        return STAGE_AGAIN;
    t->n_inside++;
    budget_set(t->conf->budget, &j->memory, TRANSFER_RESERVE); /* before the next is let in */
    unsigned home = url_host_hash(&j->request.url) % t->n;
    pthread_mutex_lock(&t->lock);
    struct worker *w = assign(t, home, j);
    pthread_mutex_unlock(&t->lock);
    if (w)
        pthread_cond_signal(&w->work);
    return STAGE_OK;
}

static void threads_stop(struct stage *s)
{
    struct threads *t = (struct threads *)s;
    atomic_store(&t->stopped, true);
    pthread_mutex_lock(&t->lock);
    for (unsigned i = 0; i < t->n; i++)
        if (t->workers[i].transfer)
            transfer_wake(t->workers[i].transfer);
    pthread_mutex_unlock(&t->lock);
}

static void free_threads(void *arg)
{
    struct threads *t = arg;
    for (unsigned i = 0; i < t->n; i++)
        pthread_cond_destroy(&t->workers[i].work);
    pthread_mutex_destroy(&t->lock);
    free(t->workers);
    free(t);
}

static void threads_free(struct stage *s)
{
    struct threads *t = (struct threads *)s;
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < t->n; i++)
        pthread_cond_signal(&t->workers[i].work);
    for (unsigned i = 0; i < t->n; i++)
        if (t->workers[i].started)
            pthread_join(t->workers[i].thread, NULL);
    mailbox_end(&t->done, free_threads);
}

static const struct stage_ops threads_ops = {
    .submit = threads_submit, .stop = threads_stop, .free = threads_free};

static struct stage *threads_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct threads *t = mem_new(sizeof *t);
    t->stage = (struct stage){&threads_ops, conf->done, conf->done_arg};
    t->conf = conf->transfer;
    t->n = t->room = conf->concurrency;
    t->workers = mem_array(t->n, sizeof *t->workers);
    pthread_mutex_init(&t->lock, NULL);
    for (unsigned i = 0; i < t->n; i++) {
        t->workers[i].owner = t;
        TAILQ_INIT(&t->workers[i].queue);
        pthread_cond_init(&t->workers[i].work, NULL);
    }
    int err = mailbox_open(&t->done, loop, on_fetched, t);
    if (!err)
        err = start_worker(&t->workers[0]); /* at least one; others when they are needed */
    if (!err)
        return &t->stage;
    snprintf(message, BACKEND_MESSAGE_SIZE, "threads: %s", strerror(-err));
    threads_free(&t->stage);
    return NULL;
}

const struct backend backend_threads = {
    .name = "threads",
    .summary = "a pool of threads, each with one blocking request",
    .kind = BACKEND_THREADS,
    .concurrency = 64,
    .descriptors = 6, /* of its multi: two for waking it up, and up to four connections */
    .needs_address = true,
    .open = threads_open,
};
