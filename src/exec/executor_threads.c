#include "exec/executor_threads.h"

#include "base/clock.h"
#include "base/mem.h"
#include "exec/outbuf.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>

/* A task under way, and the room for its answer. Any thread may take any seat. Its owner is
 * the loop while it is in `idle`, the lock while it is in `todo` or `finished`, and between
 * these a worker. */
struct seat {
    TAILQ_ENTRY(seat) link;
    struct task *task;
    enum task_result result;
    struct outbuf out;
    size_t out_len;
};

TAILQ_HEAD(seats, seat);

struct threads {
    struct executor executor; /* first */
    struct executor_threads_conf conf;
    struct seat *seats;
    pthread_t *workers;
    unsigned n_workers; /* that have started */
    struct seats idle;  /* the loop's */
    uv_async_t wake;    /* something has finished */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t work;  /* there is something to do, or `ending` */
    struct seats todo, finished;
    bool stopped, ending;
};

/* ---- the workers ---- */

static void do_task(const struct executor_threads_conf *conf, struct seat *s)
{
    const struct task *task = s->task;
    uint64_t begun = clock_ns();
    s->out_len = conf->work(conf->arg, task->in, task->in_len, s->out.data, s->out.size);
    s->result = TASK_DONE;
    if (task->timeout_ns && clock_ns() - begun > task->timeout_ns) {
        s->result = TASK_TIMED_OUT;
        s->out_len = 0;
    }
}

/* NULL: the end. */
static struct seat *wait_for_work(struct threads *t)
{
    pthread_mutex_lock(&t->lock);
    while (TAILQ_EMPTY(&t->todo) && !t->ending)
        pthread_cond_wait(&t->work, &t->lock);
    struct seat *s = TAILQ_FIRST(&t->todo);
    if (s)
        TAILQ_REMOVE(&t->todo, s, link);
    pthread_mutex_unlock(&t->lock);
    return s;
}

static void *run_worker(void *arg)
{
    struct threads *t = arg;
    struct seat *s;
    while ((s = wait_for_work(t))) {
        do_task(&t->conf, s);
        pthread_mutex_lock(&t->lock);
        TAILQ_INSERT_TAIL(&t->finished, s, link);
        pthread_mutex_unlock(&t->lock);
        uv_async_send(&t->wake);
    }
    return NULL;
}

/* ---- the loop ---- */

static void on_wake(uv_async_t *wake)
{
    struct threads *t = wake->data;
    struct seats finished = TAILQ_HEAD_INITIALIZER(finished);
    struct seat *s;
    pthread_mutex_lock(&t->lock);
    TAILQ_CONCAT(&finished, &t->finished, link);
    pthread_mutex_unlock(&t->lock);
    while ((s = TAILQ_FIRST(&finished))) {
        TAILQ_REMOVE(&finished, s, link);
        const uint8_t *out = s->result == TASK_DONE ? s->out.data : NULL;
        s->task->done(s->task, s->result, out, s->out_len, 0);
        s->task = NULL;
        outbuf_release(&s->out);
        TAILQ_INSERT_HEAD(&t->idle, s, link); /* its memory is warm */
    }
}

static bool threads_submit(struct executor *e, struct task *task)
{
    struct threads *t = (struct threads *)e;
    struct seat *s = TAILQ_FIRST(&t->idle);
    if (!s)
        return false;
    TAILQ_REMOVE(&t->idle, s, link);
    s->task = task;
    s->result = TASK_CANCELLED;
    s->out_len = 0;
    pthread_mutex_lock(&t->lock);
    bool stopped = t->stopped;
    if (stopped)
        TAILQ_INSERT_TAIL(&t->finished, s, link);
    else
        TAILQ_INSERT_TAIL(&t->todo, s, link);
    pthread_mutex_unlock(&t->lock);
    if (stopped)
        uv_async_send(&t->wake);
    else
        pthread_cond_signal(&t->work);
    return true;
}

static void threads_stop(struct executor *e)
{
    struct threads *t = (struct threads *)e;
    pthread_mutex_lock(&t->lock);
    t->stopped = true;
    TAILQ_CONCAT(&t->finished, &t->todo, link); /* their result says "cancelled" */
    pthread_mutex_unlock(&t->lock);
    uv_async_send(&t->wake);
}

static void on_closed(uv_handle_t *wake)
{
    struct threads *t = wake->data;
    for (unsigned i = 0; i < t->conf.workers; i++)
        outbuf_fini(&t->seats[i].out);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    free(t->workers);
    free(t->seats);
    free(t);
}

static void threads_free(struct executor *e)
{
    struct threads *t = (struct threads *)e;
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_mutex_unlock(&t->lock);
    pthread_cond_broadcast(&t->work);
    for (unsigned i = 0; i < t->n_workers; i++)
        pthread_join(t->workers[i], NULL);
    uv_close((uv_handle_t *)&t->wake, on_closed);
}

static const struct executor_ops threads_ops = {threads_submit, threads_stop, threads_free};

/* 0, or a negative errno. */
static int start_workers(struct threads *t)
{
    sigset_t all, old;
    int err = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the loop's thread's */
    for (; t->n_workers < t->conf.workers && !err; t->n_workers += !err)
        err = pthread_create(&t->workers[t->n_workers], NULL, run_worker, t);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return -err;
}

static int make_seats(struct threads *t)
{
    for (unsigned i = 0; i < t->conf.workers; i++) {
        if (!outbuf_init(&t->seats[i].out, t->conf.max_out))
            return -errno;
        TAILQ_INSERT_TAIL(&t->idle, &t->seats[i], link);
    }
    return 0;
}

struct executor *executor_threads_new(
    const struct executor_threads_conf *conf, uv_loop_t *loop, int *ret_err)
{
    struct threads *t = mem_new(sizeof *t);
    t->executor.ops = &threads_ops;
    t->conf = *conf;
    int err = uv_async_init(loop, &t->wake, on_wake);
    if (err) {
        free(t);
        *ret_err = err;
        return NULL;
    }
    t->wake.data = t;
    t->seats = mem_array(conf->workers, sizeof *t->seats);
    t->workers = mem_array(conf->workers, sizeof *t->workers);
    TAILQ_INIT(&t->idle);
    TAILQ_INIT(&t->todo);
    TAILQ_INIT(&t->finished);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    err = make_seats(t);
    if (!err)
        err = start_workers(t);
    if (!err)
        return &t->executor;
    threads_free(&t->executor);
    *ret_err = err;
    return NULL;
}
