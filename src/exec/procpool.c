#include "exec/procpool.h"

#include "base/clock.h"
#include "base/mem.h"
#include "exec/procpool_loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 256, TASKS_DEFAULT = 512 };

static void destroy(struct procpool *p)
{
    if (p->slots)
        for (unsigned i = 0; i < p->conf.workers; i++)
            slot_fini(&p->slots[i]);
    free(p->slots);
    free(p->seats);
    free(p->idle);
    free(p);
}

static const char *fault_of(const struct procpool_conf *conf)
{
    if (conf->workers < 1 || conf->workers > WORKERS_MAX)
        return "the number of workers must be 1 to 256";
    if (conf->spares > WORKERS_MAX)
        return "at most 256 spare workers";
    if (conf->max_in > SIZE_MAX / 8 || conf->max_out > SIZE_MAX / 8 ||
        conf->max_memory > SIZE_MAX / 8)
        return "a size does not fit into the address space";
    return NULL;
}

struct procpool *procpool_new(const struct procpool_conf *conf, char message[PROCPOOL_MESSAGE_SIZE])
{
    const char *fault = fault_of(conf);
    if (fault) {
        snprintf(message, PROCPOOL_MESSAGE_SIZE, "worker pool: %s", fault);
        return NULL;
    }
    struct procpool *p = mem_new(sizeof *p);
    unsigned n = conf->workers + conf->spares;
    p->conf = *conf;
    p->conf.workers = n;
    p->busy_max = conf->workers;
    if (!p->conf.max_tasks)
        p->conf.max_tasks = TASKS_DEFAULT;
    p->refused_tail = &p->refused;
    p->stats.refused = -1;
    p->slots = mem_array(n, sizeof *p->slots);
    p->seats = mem_array(n, sizeof *p->seats);
    p->idle = mem_array(n, sizeof *p->idle);
    for (unsigned i = 0; i < n; i++) {
        if (!slot_init(&p->slots[i], conf->max_in, conf->max_out)) {
            snprintf(
                message, PROCPOOL_MESSAGE_SIZE, "worker pool: shared memory: %s", strerror(errno));
            destroy(p);
            return NULL;
        }
        procpool_seat_init(&p->seats[i], p, i, &p->slots[i]);
        /* Staggered; otherwise all workers would be replaced at the same time. */
        procpool_seat_expect(&p->seats[i],
            p->conf.max_tasks - (unsigned)((uint64_t)p->conf.max_tasks * i / (2 * n)));
    }
    p->zygote = zygote_start(&p->conf, p->slots, &p->control);
    if (p->zygote < 0) {
        snprintf(message, PROCPOOL_MESSAGE_SIZE, "worker pool: fork: %s", strerror(errno));
        destroy(p);
        return NULL;
    }
    p->zygote_pidfd = pidfd_open(p->zygote, 0); /* now: a confined process cannot (confine.h) */
    for (unsigned i = 0; i < n; i++)
        slot_do_not_inherit(&p->slots[i]);
    return p;
}

int procpool_attach(struct procpool *p, uv_loop_t *loop, procpool_ready *ready, void *arg)
{
    p->ready = ready;
    p->ready_arg = arg;
    return procpool_loop_start(p, loop);
}

/* Moves the first idle worker from the preferred one on (modulo their number) to the top of the
 * stack. */
static void raise_preferred(struct procpool *p, unsigned prefer)
{
    unsigned n = p->conf.workers, nearest = n, at = 0;
    for (unsigned i = 0; i < p->n_idle; i++) {
        unsigned distance = ((unsigned)(p->idle[i] - p->seats) + n - prefer % n) % n;
        if (distance < nearest) {
            nearest = distance;
            at = i;
        }
    }
    if (nearest == n)
        return;
    struct seat *s = p->idle[at];
    p->idle[at] = p->idle[p->n_idle - 1];
    p->idle[p->n_idle - 1] = s;
}

bool procpool_submit(struct procpool *p, struct task *task)
{
    assert(p->loop && task->in_len <= p->conf.max_in);
    task->lost = 0;
    task->refused = -1;
    if (p->stopped || p->broken) {
        procpool_loop_refuse(p, task);
        return true;
    }
    if (task->prefer)
        raise_preferred(p, task->prefer);
    if (procpool_loop_assign(p, task))
        return true;
    if (p->answering && !p->answering->task) {
        procpool_seat_put(p->answering, task);
        return true;
    }
    return false;
}

void procpool_distrust(struct procpool *p)
{
    struct seat *s = p->reporting;
    assert(!s || !s->task);
    if (!s || s->state != SEAT_ANSWERING)
        return;
    p->answering = NULL;
    s->tasks_left = 0; /* killed on purpose: the next worker comes at once */
    procpool_seat_kill(s);
}

uint64_t procpool_progress(const struct procpool *p, const struct task *task)
{
    for (unsigned i = 0; i < p->conf.workers; i++)
        if (p->seats[i].task == task)
            return atomic_load_explicit(slot_progress(p->seats[i].slot), memory_order_relaxed);
    return 0;
}

void procpool_cancel(struct procpool *p, struct task *task)
{
    for (struct task **at = &p->again; *at; at = &(*at)->next)
        if (*at == task) {
            *at = task->next;
            procpool_loop_refuse(p, task);
            return;
        }
    for (unsigned i = 0; i < p->conf.workers; i++) {
        struct seat *s = &p->seats[i];
        if (s->task != task)
            continue;
        s->fate = FATE_CANCELLED;
        s->tasks_left = 0; /* killed on purpose: the next worker comes at once */
        procpool_seat_signal(s);
    }
}

void procpool_stop(struct procpool *p)
{
    p->stopped = true;
    procpool_loop_refuse_again(p);
    for (unsigned i = 0; i < p->conf.workers; i++)
        procpool_seat_signal(&p->seats[i]);
}

static bool procs_submit(struct executor *e, struct task *task)
{
    return procpool_submit((struct procpool *)e, task);
}

static void procs_distrust(struct executor *e)
{
    procpool_distrust((struct procpool *)e);
}

static void procs_stop(struct executor *e)
{
    procpool_stop((struct procpool *)e);
}

static void procs_free(struct executor *e)
{
    (void)e; /* procpool_free() does it */
}

static void procs_cancel(struct executor *e, struct task *t)
{
    procpool_cancel((struct procpool *)e, t);
}

struct executor *procpool_executor(struct procpool *p)
{
    static const struct executor_ops ops = {
        procs_submit, procs_stop, procs_free, procs_distrust, procs_cancel};
    p->executor.ops = &ops;
    return &p->executor;
}

struct procpool_stats procpool_stats(const struct procpool *p)
{
    struct procpool_stats stats = p->stats;
    stats.broken = p->broken;
    stats.sandbox = p->level_known ? sandbox_name(p->level) : NULL;
    for (unsigned i = 0; i < p->conf.workers; i++) {
        enum seat_state state = p->seats[i].state;
        bool busy = state == SEAT_BUSY || state == SEAT_ANSWERING;
        stats.busy += busy;
        stats.workers += busy || state == SEAT_IDLE;
    }
    return stats;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct procpool *p = handle->data;
    if (++p->handles_closed == PROCPOOL_HANDLES)
        destroy(p);
}

/* Waits for the zygote to end, and kills one that is stuck, say in its warm-up, and does not notice
 * the end of its socket. */
static void end_zygote(struct procpool *p)
{
    close(p->control); /* tells the zygote to end */
    struct pollfd end = {p->zygote_pidfd, POLLIN, 0};
    if (end.fd >= 0) {
        if (poll(&end, 1, PROCPOOL_END_MS) == 0)
            pidfd_send_signal(end.fd, SIGKILL, NULL, 0);
        close(end.fd);
    }
    while (waitpid(p->zygote, NULL, 0) < 0 && errno == EINTR)
        ;
}

void procpool_free(struct procpool *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < p->conf.workers; i++) {
        assert(!p->seats[i].task);
        procpool_seat_kill(&p->seats[i]);
        procpool_seat_vacate(&p->seats[i]);
    }
    if (p->loop)
        procpool_loop_end(p, on_handle_closed);
    end_zygote(p);
    if (!p->loop)
        destroy(p);
}
