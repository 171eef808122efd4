#include "exec/executor_threads.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exec/mailbox.h"
#include "exec/outbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

/* A task and the memory for its output. Any thread may take any seat. The loop owns it while it is
 * in `idle`, a worker between `todo` and `finished`. */
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
    struct seats idle;  /* the loop's, like the next one */
    bool stopped;
    struct mailbox todo, finished; /* seats: to the workers, to the loop */
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

static void run_worker(void *arg)
{
    struct threads *t = arg;
    void *seat;
    while (mailbox_wait(&t->todo, 0, &seat, 1) > 0) {
        do_task(&t->conf, seat);
        mailbox_put(&t->finished, seat);
    }
}

/* ---- the loop ---- */

static void on_finished(void *arg, void *seat)
{
    struct threads *t = arg;
    struct seat *s = seat;
    const uint8_t *out = s->result == TASK_DONE ? s->out.data : NULL;
    s->task->done(s->task, s->result, out, s->out_len, 0);
    s->task = NULL;
    outbuf_release(&s->out);
    TAILQ_INSERT_HEAD(&t->idle, s, link); /* its memory is warm */
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
    mailbox_put(t->stopped ? &t->finished : &t->todo, s);
    return true;
}

static void threads_stop(struct executor *e)
{
    struct threads *t = (struct threads *)e;
    void *seat;
    t->stopped = true;
    while (mailbox_take(&t->todo, &seat, 1))
        mailbox_put(&t->finished, seat); /* its result says "cancelled" */
}

static void free_threads(void *arg)
{
    struct threads *t = arg;
    for (unsigned i = 0; i < t->conf.workers; i++)
        outbuf_fini(&t->seats[i].out);
    mailbox_fini(&t->todo);
    free(t->workers);
    free(t->seats);
    free(t);
}

static void threads_free(struct executor *e)
{
    struct threads *t = (struct threads *)e;
    mailbox_close(&t->todo);
    for (unsigned i = 0; i < t->n_workers; i++)
        pthread_join(t->workers[i], NULL);
    mailbox_end(&t->finished, free_threads);
}

static const struct executor_ops threads_ops = {
    .submit = threads_submit, .stop = threads_stop, .free = threads_free};

/* 0, or a negative errno. */
static int start_workers(struct threads *t)
{
    int err = 0;
    for (; t->n_workers < t->conf.workers && !err; t->n_workers += !err)
        err = thread_start(&t->workers[t->n_workers], "decode", 0, run_worker, t);
    return err;
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
    t->seats = mem_array(conf->workers, sizeof *t->seats);
    t->workers = mem_array(conf->workers, sizeof *t->workers);
    TAILQ_INIT(&t->idle);
    mailbox_init(&t->todo);
    int err = mailbox_open(&t->finished, loop, on_finished, t);
    if (!err)
        err = make_seats(t);
    if (!err)
        err = start_workers(t);
    if (!err)
        return &t->executor;
    threads_free(&t->executor);
    *ret_err = err;
    return NULL;
}
