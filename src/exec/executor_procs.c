#include "exec/executor_procs.h"

#include "base/mem.h"

#include <stdlib.h>

struct procs {
    struct executor executor;
    struct procpool *pool;
};

struct wrapped {
    struct procpool_job job; /* first: done() gets it */
    struct task *task;
};

static void on_done(struct procpool_job *job, enum procpool_result result, const uint8_t *out,
    size_t out_len, int status)
{
    static const enum task_result results[] = {
        [PROCPOOL_DONE] = TASK_DONE,
        [PROCPOOL_CRASHED] = TASK_CRASHED,
        [PROCPOOL_TIMED_OUT] = TASK_TIMED_OUT,
        [PROCPOOL_CANCELLED] = TASK_CANCELLED,
        [PROCPOOL_BROKEN] = TASK_BROKEN,
    };
    struct wrapped *w = (struct wrapped *)job;
    struct task *task = w->task;
    free(w);
    task->done(task, results[result], out, out_len, status);
}

static bool procs_submit(struct executor *e, struct task *t)
{
    struct wrapped *w = mem_new(sizeof *w);
    w->job = (struct procpool_job){.in = t->in, .in_len = t->in_len};
    w->job.timeout_ns = t->timeout_ns;
    w->job.done = on_done;
    w->task = t;
    bool taken = procpool_submit(((struct procs *)e)->pool, &w->job);
    if (!taken)
        free(w);
    return taken;
}

static void procs_stop(struct executor *e)
{
    procpool_stop(((struct procs *)e)->pool);
}

static void procs_free(struct executor *e)
{
    free(e);
}

static const struct executor_ops procs_ops = {procs_submit, procs_stop, procs_free};

struct executor *executor_procs_new(
    struct procpool *pool, uv_loop_t *loop, procpool_ready *ready, void *arg, int *ret_err)
{
    int err = procpool_attach(pool, loop, ready, arg);
    if (err) {
        *ret_err = err;
        return NULL;
    }
    struct procs *p = mem_new(sizeof *p);
    p->executor.ops = &procs_ops;
    p->pool = pool;
    return &p->executor;
}
