/*
 * Several event loops, for when one core is not enough (TLS handshakes, mostly). Hosts are
 * divided by a hash of their name, so that a host's connections live on one loop. Jobs travel
 * in lists, there and back; a loop is woken after the list's lock is released.
 */
#include "backends/async_loops.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inner {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;     /* jobs, a stop or the end have come */
    struct stage *stage; /* on this loop */
    bool was_stopped;    /* the thread's */

    pthread_mutex_t lock; /* for these */
    struct job_queue todo;
    bool stopping, ending;
};

struct loops {
    struct stage stage;
    unsigned n, n_inside, concurrency;
    struct inner *inner; /* n of them */
    uv_async_t wake;     /* `done` has jobs */

    pthread_mutex_t lock; /* for `done` */
    struct job_queue done;
};

/* ---- on an inner loop ---- */

static void on_fetched(void *arg, struct job *j)
{
    struct loops *l = arg;
    pthread_mutex_lock(&l->lock);
    TAILQ_INSERT_TAIL(&l->done, j, link);
    pthread_mutex_unlock(&l->lock);
    uv_async_send(&l->wake);
}

static void on_inner_wake(uv_async_t *wake)
{
    struct inner *in = wake->data;
    struct job_queue todo = TAILQ_HEAD_INITIALIZER(todo);
    pthread_mutex_lock(&in->lock);
    TAILQ_CONCAT(&todo, &in->todo, link);
    bool stopping = in->stopping, ending = in->ending;
    pthread_mutex_unlock(&in->lock);
    struct job *j;
    while ((j = TAILQ_FIRST(&todo))) {
        TAILQ_REMOVE(&todo, j, link);
        stage_submit(in->stage, j); /* it has room for all there can be */
    }
    if (stopping && !in->was_stopped) {
        in->was_stopped = true;
        stage_stop(in->stage);
    }
    if (ending) {
        stage_free(in->stage);
        uv_close((uv_handle_t *)&in->wake, NULL);
    }
}

static void *run(void *arg)
{
    struct inner *in = arg;
    uv_run(&in->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* ---- on the main loop ---- */

static void on_wake(uv_async_t *wake)
{
    struct loops *l = wake->data;
    struct job_queue done = TAILQ_HEAD_INITIALIZER(done);
    struct job *j;
    pthread_mutex_lock(&l->lock);
    TAILQ_CONCAT(&done, &l->done, link);
    pthread_mutex_unlock(&l->lock);
    while ((j = TAILQ_FIRST(&done))) {
        TAILQ_REMOVE(&done, j, link);
        l->n_inside--;
        l->stage.done(l->stage.done_arg, j);
    }
}

static enum stage_status loops_submit(struct stage *s, struct job *j)
{
    struct loops *l = (struct loops *)s;
    if (l->n_inside == l->concurrency)
        return STAGE_AGAIN;
    l->n_inside++;
    struct inner *in = &l->inner[url_host_hash(&j->request.url) % l->n];
    pthread_mutex_lock(&in->lock);
    TAILQ_INSERT_TAIL(&in->todo, j, link);
    pthread_mutex_unlock(&in->lock);
    uv_async_send(&in->wake);
    return STAGE_OK;
}

static void loops_stop(struct stage *s)
{
    struct loops *l = (struct loops *)s;
    for (unsigned i = 0; i < l->n; i++) {
        pthread_mutex_lock(&l->inner[i].lock);
        l->inner[i].stopping = true;
        pthread_mutex_unlock(&l->inner[i].lock);
        uv_async_send(&l->inner[i].wake);
    }
}

static void on_closed(uv_handle_t *h)
{
    struct loops *l = h->data;
    pthread_mutex_destroy(&l->lock);
    free(l->inner);
    free(l);
}

/* The first n inner loops are there; ends them and all else. */
static void end(struct loops *l, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct inner *in = &l->inner[i];
        pthread_mutex_lock(&in->lock);
        in->ending = true;
        pthread_mutex_unlock(&in->lock);
        uv_async_send(&in->wake);
        pthread_join(in->thread, NULL);
        uv_loop_close(&in->loop);
        pthread_mutex_destroy(&in->lock);
    }
    uv_close((uv_handle_t *)&l->wake, on_closed);
}

static void loops_free(struct stage *s)
{
    struct loops *l = (struct loops *)s;
    end(l, l->n);
}

static const struct stage_ops loops_ops = {
    .submit = loops_submit, .stop = loops_stop, .free = loops_free};

static int start_thread(struct inner *in)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the main loop's */
    int err = pthread_create(&in->thread, NULL, run, in);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return err;
}

static bool open_inner(struct inner *in, const struct backend_conf *conf, char *message,
    struct stage *(*open_one)(const struct backend_conf *, uv_loop_t *, char *message))
{
    int err = uv_loop_init(&in->loop);
    if (err) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "async: a loop: %s", uv_strerror(err));
        return false;
    }
    in->stage = open_one(conf, &in->loop, message);
    if (!in->stage) {
        uv_loop_close(&in->loop);
        return false;
    }
    TAILQ_INIT(&in->todo);
    pthread_mutex_init(&in->lock, NULL);
    uv_async_init(&in->loop, &in->wake, on_inner_wake);
    in->wake.data = in;
    err = start_thread(in);
    if (!err)
        return true;
    snprintf(message, BACKEND_MESSAGE_SIZE, "async: a loop's thread: %s", strerror(err));
    stage_free(in->stage);
    uv_close((uv_handle_t *)&in->wake, NULL);
    uv_run(&in->loop, UV_RUN_DEFAULT); /* what is closed, ends */
    uv_loop_close(&in->loop);
    pthread_mutex_destroy(&in->lock);
    return false;
}

struct stage *async_loops_open(const struct backend_conf *conf, uv_loop_t *loop, char *message,
    struct stage *(*open_one)(const struct backend_conf *, uv_loop_t *, char *message))
{
    struct loops *l = mem_new(sizeof *l);
    struct backend_conf one = *conf;
    one.done = on_fetched;
    one.done_arg = l;
    l->stage = (struct stage){&loops_ops, conf->done, conf->done_arg};
    l->n = conf->loops;
    l->concurrency = conf->concurrency;
    l->inner = mem_array(l->n, sizeof *l->inner);
    TAILQ_INIT(&l->done);
    pthread_mutex_init(&l->lock, NULL);
    uv_async_init(loop, &l->wake, on_wake);
    l->wake.data = l;
    for (unsigned i = 0; i < l->n; i++) {
        if (!open_inner(&l->inner[i], &one, message, open_one)) {
            end(l, i);
            return NULL;
        }
    }
    return &l->stage;
}
