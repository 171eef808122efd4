/*
 * Forked workers, each with one blocking request. The most expensive way to wait, and
 * the only one in which a crash of curl, or of a library below it, costs one attempt
 * instead of the run.
 *
 * Only bytes go to a worker and come back, through the slot of a process pool
 * (exec/procpool.h, procs_wire.h). A worker has read a stranger's bytes, so every field of its
 * reply is checked before use; after one that our own code cannot have written it is replaced.
 */
#include "backends/procs_wire.h"
#include "base/clock.h"
#include "base/mem.h"
#include "exec/callname.h"
#include "exec/confine.h"
#include "exec/procpool.h"
#include "exec/worker.h"
#include "fetch/backend.h"
#include "net/curlinit.h"
#include "net/transfer_perform.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    TASKS_PER_WORKER = 10000, /* its connections are lost when it is replaced */
    GRACE_MS = 5000,          /* a worker that is this late with its reply is killed */
    WATCH_MS = 200,           /* how often budget and progress are looked at */
};

/* ---- in the worker ---- */

struct worker {
    struct transfer_conf conf; /* as it was when the pool was made */
    struct budget budget;      /* the worker's own; so is its one body */
    atomic_uint bodies;
    struct transfer_pins *pins;
    struct transfer *transfer;
};

/* Runs in the zygote: initialises curl and OpenSSL and reads the certificates, so that the workers
 * inherit them. It makes no thread, no socket and no random number (OpenSSL seeds again after a
 * fork, EVP_RAND(7)). */
static void warm_up(void *arg)
{
    struct worker *w = arg;
    mem_must(!curlinit());
    if (w->conf.ca && !w->conf.insecure)
        castore_read(w->conf.ca);
    w->budget.limit = SIZE_MAX / 2;
    w->conf.budget = &w->budget;
    w->conf.bodies = &w->bodies;
    w->pins = transfer_pins_new();
    w->transfer = transfer_new(&w->conf, w->pins, w);
}

static size_t work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size)
{
    struct worker *w = arg;
    struct job *j = job_new();
    size_t len = 0;
    w->conf.arrived = worker_progress();
    if (procs_wire_take_ask(in, in_len, j, &w->conf.max_speed)) {
        transfer_perform(w->transfer, j, NULL, NULL);
        len = procs_wire_put_reply(j, out, out_size);
    }
    job_free(j, &w->budget);
    return len;
}

/* ---- in the main process ---- */

struct procs {
    struct stage stage;
    struct procpool *pool;
    const struct transfer_conf *transfer;
    uv_timer_t watch;                   /* checks the budget, and counts what arrives */
    TAILQ_HEAD(fetch_list, fetch) busy; /* the youngest last */
    struct fetch_list waiting;          /* for a worker that is starting */
    unsigned n_inside, concurrency;
    bool broken;
};

/* A job on its way to a worker and back. */
struct fetch {
    struct task task; /* first: on_fetch_done() gets it */
    TAILQ_ENTRY(fetch) link;
    struct procs *owner;
    struct job *job;
    uint64_t begun; /* clock_ns */
    bool evicted;
    uint64_t arrived; /* bytes of its body that have been counted */
    uint8_t in[];
};

static void fail_dead(struct job *j, int status, int refused)
{
    char call[CALLNAME_SIZE];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && refused >= 0) {
        callname_text(refused, call);
        job_fail(j, ERR_IO_ERROR,
            "the fetch process was killed for a system call that is not on its list: %s", call);
    } else if (WIFSIGNALED(status)) {
        job_fail(j, ERR_IO_ERROR, "the fetch process was killed by signal %d (%s)",
            WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        job_fail(j, ERR_IO_ERROR, "the fetch process exited with status %d", WEXITSTATUS(status));
    }
}

/* False: the worker sent what our own code cannot have written. */
static bool take_reply(struct fetch *e, const uint8_t *out, size_t out_len)
{
    const struct transfer_conf *conf = e->owner->transfer;
    const struct procs_wire_bounds bounds = {clock_ns() - e->begun, conf->max_speed, conf};
    if (procs_wire_take_reply(e->job, out, out_len, &bounds))
        return true;
    job_fail(e->job, ERR_IO_ERROR, "the fetch process sent an invalid reply");
    return false;
}

static void take_result(
    struct fetch *e, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct job *j = e->job;
    switch (result) {
    case TASK_DONE:
        if (!take_reply(e, out, out_len))
            procpool_distrust(e->owner->pool);
        break;
    case TASK_CRASHED:
        fail_dead(j, status, e->task.refused);
        break;
    case TASK_TIMED_OUT:
        job_fail(j, ERR_TIMEOUT, "not finished in time (--timeout)");
        break;
    case TASK_BROKEN:
        e->owner->broken = true;
        /* fall through */
    case TASK_CANCELLED:
        job_fail(j, e->evicted ? ERR_EVICTED : ERR_CANCELLED, "cancelled");
        break;
    }
}

/* Submits the jobs that wait, as far as there are free workers. */
static void send_off(struct procs *p)
{
    struct fetch *e;
    while ((e = TAILQ_FIRST(&p->waiting)) && procpool_submit(p->pool, &e->task)) {
        TAILQ_REMOVE(&p->waiting, e, link);
        TAILQ_INSERT_TAIL(&p->busy, e, link);
    }
}

/* So many bytes of its body have come. A worker may lie, but not by more than a body. */
static void count_arrived(struct fetch *e, uint64_t bytes)
{
    const struct transfer_conf *conf = e->owner->transfer;
    bytes = bytes < conf->max_size ? bytes : conf->max_size;
    if (!conf->arrived || bytes <= e->arrived)
        return;
    atomic_fetch_add_explicit(conf->arrived, bytes - e->arrived, memory_order_relaxed);
    e->arrived = bytes;
}

static void on_fetch_done(
    struct task *task, enum task_result result, const uint8_t *out, size_t out_len, int status)
{
    struct fetch *e = (struct fetch *)task;
    struct procs *p = e->owner;
    struct job *j = e->job;
    take_result(e, result, out, out_len, status);
    count_arrived(e, j->response.body.len);
    budget_set(p->transfer->budget, &j->memory, j->response.body.cap);
    TAILQ_REMOVE(&p->busy, e, link);
    p->n_inside--;
    free(e);
    p->stage.done(p->stage.done_arg, j);
    send_off(p);
}

static enum stage_status procs_submit(struct stage *s, struct job *j)
{
    struct procs *p = (struct procs *)s;
    if (p->n_inside == p->concurrency)
        return STAGE_AGAIN;
    struct fetch *e = mem_new(sizeof *e + procs_wire_ask_max());
    /* A worker knows nothing of the others. */
    size_t in_len = procs_wire_put_ask(j, p->transfer->max_speed / (p->n_inside + 1), e->in);
    e->begun = clock_ns();
    e->task = (struct task){.in = e->in, .in_len = in_len};
    e->task.timeout_ns = j->request.time_left_ns + (uint64_t)GRACE_MS * 1000000;
    e->task.prefer = url_host_hash(&j->request.url); /* that worker may have a connection */
    e->task.done = on_fetch_done;
    e->owner = p;
    e->job = j;
    TAILQ_INSERT_TAIL(&p->waiting, e, link);
    p->n_inside++;
    budget_set(p->transfer->budget, &j->memory, TRANSFER_RESERVE);
    send_off(p);
    return STAGE_OK;
}

/* The youngest request of the host that holds most, if that is more than `least`; but not the
 * oldest request of all. NULL: there is none, or one is being given up. What a body holds in a
 * worker is not known before the reply. */
static struct fetch *choose_victim(struct procs *p, size_t least)
{
    struct fetch *victim = NULL, *e = TAILQ_FIRST(&p->busy);
    while (e && (e = TAILQ_NEXT(e, link))) {
        size_t used = budget_used_by(&e->job->memory);
        if (e->evicted)
            return NULL;
        if (victim ? used >= least : used > least || !least) {
            victim = e;
            least = used;
        }
    }
    return victim;
}

/* Counts what arrives, and gives up a request if the budget asks for it (base/budget.h). */
static void on_watch(uv_timer_t *watch)
{
    struct procs *p = watch->data;
    struct fetch *e;
    TAILQ_FOREACH (e, &p->busy, link)
        count_arrived(e, procpool_progress(p->pool, &e->task));
    size_t least = budget_pressure(p->transfer->budget);
    struct fetch *victim = least == SIZE_MAX ? NULL : choose_victim(p, least);
    if (!victim)
        return;
    victim->evicted = true;
    procpool_cancel(p->pool, &victim->task);
}

static void procs_stop(struct stage *s)
{
    struct procs *p = (struct procs *)s;
    procpool_stop(p->pool);
    send_off(p); /* a stopped pool takes every job and cancels it */
}

static const char *procs_error(const struct stage *s)
{
    return ((const struct procs *)s)->broken ? "the fetch processes have died" : NULL;
}

static void on_procs_closed(uv_handle_t *h)
{
    free(h->data);
}

static void procs_free(struct stage *s)
{
    uv_close((uv_handle_t *)&((struct procs *)s)->watch, on_procs_closed);
}

static const struct stage_ops procs_ops = {
    .submit = procs_submit, .stop = procs_stop, .free = procs_free, .error = procs_error};

/* A worker has started. */
static void on_worker_ready(void *arg)
{
    send_off(arg);
}

static struct stage *procs_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    struct procs *p = mem_new(sizeof *p);
    TAILQ_INIT(&p->busy);
    TAILQ_INIT(&p->waiting);
    int err = procpool_attach(conf->pool, loop, on_worker_ready, p);
    if (err) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "procs: %s", strerror(-err));
        free(p);
        return NULL;
    }
    p->stage = (struct stage){&procs_ops, conf->done, conf->done_arg};
    p->pool = conf->pool;
    p->transfer = conf->transfer;
    p->concurrency = conf->concurrency;
    uv_timer_init(loop, &p->watch);
    p->watch.data = p;
    uv_timer_start(&p->watch, on_watch, WATCH_MS, WATCH_MS);
    return &p->stage;
}

/* The struct worker is in this process until the fork; then each worker has its own copy. */
static struct procpool *procs_fork(const struct backend_conf *conf, char *message)
{
    static struct worker worker;
    worker = (struct worker){.conf = *conf->transfer};
    static const char *files[] = {NULL, NULL};
    static const struct confine_conf confine = {.readable = files, .is_worker = true};
    struct procpool_conf pool = {.workers = conf->concurrency, .confine = &confine};
    files[0] = conf->transfer->ca ? castore_file(conf->transfer->ca) : NULL;
    pool.require_filter = conf->require_sandbox;
    pool.max_in = procs_wire_ask_max();
    pool.max_out = procs_wire_reply_max() + conf->transfer->max_size;
    pool.max_tasks = TASKS_PER_WORKER;
    pool.warm_up = warm_up;
    pool.work = work;
    pool.arg = &worker;
    return procpool_new(&pool, message);
}

extern const struct backend backend_procs;
const struct backend backend_procs = {
    .name = "procs",
    .summary = "forked workers, each with one blocking request; a crash costs one attempt",
    .concurrency = 32,
    .descriptors = 3, /* of its worker: socket, pidfd, memfd */
    .needs_address = true,
    .fork = procs_fork,
    .open = procs_open,
};
