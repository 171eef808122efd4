#include "store/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/layout.h"
#include "store/store_shards.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BATCH = 64, /* jobs are handed back after so many, so that their memory is free again soon */
    /* The thread is woken for so many jobs, or else once in so many ms: to wake it for each job
     * costs as much as to write a small image, half of it on the loop. */
    WAKE_JOBS = 32,
    WAKE_MS = 2,
    /* Bytes. A disk has enough to do with them for some time, and more would only be memory that
     * has left the caches before it is written. */
    BACKLOG_MAX = 32 << 20,
};

/* A shard's beginning or end, for the store's thread. */
struct mark {
    STAILQ_ENTRY(mark) link;
    bool is_end;
    uint32_t shard, rows;
    struct resume resume; /* of the beginning: resume_hand_over() */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
};
STAILQ_HEAD(marks, mark);

struct store {
    struct stage stage;
    struct store_conf conf;
    struct output output;
    uv_async_t wake; /* jobs are ready to go back */
    uv_timer_t soon; /* the thread is to be woken */
    uint64_t woken;  /* when it last was, in the loop's time */
    pthread_t thread;

    atomic_size_t backlog; /* bytes of bodies in `todo` and with the thread */

    pthread_mutex_t lock; /* for the next eight */
    pthread_cond_t work;
    struct job_queue todo, done;
    unsigned n_todo;
    struct marks marks;
    bool ending;
    bool hasty;   /* stopped: the rows that jobs wait for may never come */
    bool waiting; /* the thread is, for `work` */

    struct store_shards *shards; /* the thread's */
    unsigned begun;              /* shards, so far; the loop's */
};

static void take_marks(struct store *s, struct marks *marks)
{
    struct mark *m;
    while ((m = STAILQ_FIRST(marks))) {
        STAILQ_REMOVE_HEAD(marks, link);
        if (m->is_end)
            store_shards_end(s->shards, m->shard, m->rows, m->fingerprint);
        else
            store_shards_begin(s->shards, m->shard, &m->resume);
        free(m);
    }
}

/* Call with the lock held. False: it is time to flush. */
static bool wait_for_work(struct store *s)
{
    uint64_t due = store_shards_due(s->shards);
    struct timespec when;
    if (s->hasty && store_shards_hold(s->shards))
        return false;
    s->waiting = true;
    clock_timespec(due, &when);
    int status = due ? pthread_cond_clockwait(&s->work, &s->lock, CLOCK_MONOTONIC, &when)
                     : pthread_cond_wait(&s->work, &s->lock);
    s->waiting = false;
    return status != ETIMEDOUT;
}

/* Waits for work and takes up to BATCH jobs. False: there will be no more. */
static bool take_work(struct store *s, struct job_queue *jobs, struct marks *marks, bool *ret_hasty)
{
    pthread_mutex_lock(&s->lock);
    while (TAILQ_EMPTY(&s->todo) && STAILQ_EMPTY(&s->marks) && !s->ending && wait_for_work(s))
        ;
    STAILQ_CONCAT(marks, &s->marks);
    struct job *j;
    for (int n = 0; n < BATCH && (j = TAILQ_FIRST(&s->todo)); n++) {
        TAILQ_REMOVE(&s->todo, j, link);
        TAILQ_INSERT_TAIL(jobs, j, link);
        s->n_todo--;
    }
    *ret_hasty = s->hasty;
    bool go_on = !TAILQ_EMPTY(jobs) || !STAILQ_EMPTY(marks) || !s->ending;
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

static void *run(void *arg)
{
    struct store *s = arg;
    pthread_setname_np(pthread_self(), "store"); /* for top, perf and gdb */
    struct job_queue jobs = TAILQ_HEAD_INITIALIZER(jobs), back = TAILQ_HEAD_INITIALIZER(back);
    struct marks marks = STAILQ_HEAD_INITIALIZER(marks);
    bool hasty;
    while (take_work(s, &jobs, &marks, &hasty)) {
        take_marks(s, &marks);
        struct job *j;
        size_t bytes = 0;
        while ((j = TAILQ_FIRST(&jobs))) {
            TAILQ_REMOVE(&jobs, j, link);
            bytes += j->response.body.len;
            store_shards_put(s->shards, j, &back);
        }
        store_shards_flush(s->shards, hasty, &back);
        atomic_fetch_sub(&s->backlog, bytes);
        pthread_mutex_lock(&s->lock);
        TAILQ_CONCAT(&s->done, &back, link);
        pthread_mutex_unlock(&s->lock);
        uv_async_send(&s->wake);
    }
    return NULL;
}

static void on_wake(uv_async_t *wake)
{
    struct store *s = wake->data;
    struct job_queue done = TAILQ_HEAD_INITIALIZER(done);
    pthread_mutex_lock(&s->lock);
    TAILQ_CONCAT(&done, &s->done, link);
    pthread_mutex_unlock(&s->lock);
    struct job *j;
    while ((j = TAILQ_FIRST(&done))) {
        TAILQ_REMOVE(&done, j, link);
        s->stage.done(s->stage.done_arg, j);
    }
}

/* Call without the lock, which the thread needs as soon as it wakes. */
static void wake_thread(struct store *s)
{
    uv_timer_stop(&s->soon);
    s->woken = uv_now(s->soon.loop);
    pthread_cond_signal(&s->work);
}

static void on_soon(uv_timer_t *soon)
{
    wake_thread(soon->data);
}

static enum stage_status store_submit(struct stage *stage, struct job *j)
{
    struct store *s = (struct store *)stage;
    atomic_fetch_add(&s->backlog, j->response.body.len);
    pthread_mutex_lock(&s->lock);
    TAILQ_INSERT_TAIL(&s->todo, j, link);
    bool many = ++s->n_todo >= WAKE_JOBS, sleeps = s->waiting;
    pthread_mutex_unlock(&s->lock);
    if (sleeps && (many || uv_now(s->soon.loop) - s->woken >= WAKE_MS))
        wake_thread(s);
    else if (sleeps && !uv_is_active((uv_handle_t *)&s->soon))
        uv_timer_start(&s->soon, on_soon, WAKE_MS, 0);
    return STAGE_OK;
}

/* What is inside is finished work: it is written, not cancelled, but waits for no other. */
static void store_stop(struct stage *stage)
{
    struct store *s = (struct store *)stage;
    pthread_mutex_lock(&s->lock);
    s->hasty = true;
    pthread_mutex_unlock(&s->lock);
    wake_thread(s);
}

static void post_mark(struct store *s, struct mark *m)
{
    pthread_mutex_lock(&s->lock);
    STAILQ_INSERT_TAIL(&s->marks, m, link);
    pthread_mutex_unlock(&s->lock);
    wake_thread(s);
}

void store_shard_begin(struct store *s, uint32_t shard, struct resume *resume)
{
    struct mark *m = mem_new(sizeof *m);
    m->shard = shard;
    m->resume = resume_hand_over(resume);
    s->begun++;
    post_mark(s, m);
}

void store_shard_end(struct store *s, uint32_t shard, uint32_t rows, const char *fingerprint)
{
    struct mark *m = mem_new(sizeof *m);
    m->is_end = true;
    m->shard = shard;
    m->rows = rows;
    snprintf(m->fingerprint, sizeof m->fingerprint, "%s", fingerprint);
    post_mark(s, m);
}

static void on_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    store_shards_free(s->shards);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
    close(s->output.dir);
    free(s);
}

static void on_soon_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    uv_close((uv_handle_t *)&s->wake, on_closed);
}

static void store_free(struct stage *stage)
{
    struct store *s = (struct store *)stage;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_mutex_unlock(&s->lock);
    wake_thread(s);
    pthread_join(s->thread, NULL);
    uv_close((uv_handle_t *)&s->soon, on_soon_closed);
}

static const struct stage_ops store_ops = {
    .submit = store_submit, .stop = store_stop, .free = store_free};

struct store *store_open(const struct store_conf *conf, uv_loop_t *loop, char *message)
{
    struct output output = {0};
    int err = output_open(conf, &output);
    if (err) {
        snprintf(message, STORE_MESSAGE_SIZE, "%s: %s", conf->dir, strerror(-err));
        return NULL;
    }
    struct store *s = mem_new(sizeof *s);
    s->stage = (struct stage){&store_ops, conf->done, conf->done_arg};
    s->conf = *conf;
    s->output = output;
    s->output.conf = &s->conf;
    s->shards = store_shards_new(&s->conf, &s->output);
    TAILQ_INIT(&s->todo);
    TAILQ_INIT(&s->done);
    STAILQ_INIT(&s->marks);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    uv_async_init(loop, &s->wake, on_wake);
    uv_timer_init(loop, &s->soon);
    s->wake.data = s->soon.data = s;
    if (pthread_create(&s->thread, NULL, run, s))
        abort();
    return s;
}

struct stage *store_stage(struct store *s)
{
    return &s->stage;
}

const struct output *store_output(const struct store *s)
{
    return &s->output;
}

bool store_is_behind(const struct store *s)
{
    return atomic_load(&s->backlog) > BACKLOG_MAX;
}

unsigned store_open_shards(const struct store *s)
{
    return s->begun - store_shards_closed(s->shards);
}

const char *store_error(const struct store *s)
{
    return store_shards_error(s->shards);
}
