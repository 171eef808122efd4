/*
 * An executor takes CPU work and returns the result later. Several pools have
 * this one interface; the submitter cannot tell which it uses.
 *
 * The submitter owns the task; the executor borrows it from submit() to `done`, which is
 * called exactly once, from the loop, never from inside submit(). The work is chosen
 * when the executor is made. Loop thread.
 */
#ifndef EXEC_EXECUTOR_H
#define EXEC_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum task_result {
    TASK_DONE,      /* out is valid until `done` returns */
    TASK_CRASHED,   /* the worker process died; `status` as from waitpid(2) */
    TASK_TIMED_OUT, /* it took longer than timeout_ns; there is no result */
    TASK_CANCELLED, /* executor_stop() or procpool_cancel() */
    TASK_BROKEN,    /* the pool is broken: no task can be done any more */
};

/* Part of the submitter's own object. */
struct task {
    const uint8_t *in; /* borrowed until `done` */
    size_t in_len;
    uint64_t timeout_ns; /* wall clock, from the moment the work starts; 0: none */
    void (*done)(struct task *, enum task_result, const uint8_t *out, size_t out_len, int status);
    unsigned prefer; /* processes only: the task goes to the first idle worker from this one on,
                        modulo their number, which may still have connections; 0: any */
    int refused; /* for `done`: the system call that the worker's sandbox refused, when the worker
                    died of it (SIGSYS), or -1. The worker says so: any number is possible */

    /* private to the executor */
    struct task *next;
    unsigned lost; /* workers that died before they began the task */
};

/* The work: returns the number of bytes written to `out` (at most out_size). `arg` is given when
 * the executor is made. */
typedef size_t executor_work(
    void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size);

struct executor;

struct executor_ops {
    bool (*submit)(struct executor *, struct task *);
    void (*stop)(struct executor *);
    void (*free)(struct executor *);
    void (*distrust)(struct executor *);              /* NULL: there is no process to replace */
    void (*cancel)(struct executor *, struct task *); /* NULL: not possible */
};

/* The first member of every executor's own struct. */
struct executor {
    const struct executor_ops *ops;
};

/* False: all workers are busy; the caller keeps the task and tries again at a later turn of
 * the loop. */
static inline bool executor_submit(struct executor *e, struct task *t)
{
    return e->ops->submit(e, t);
}

/* From inside `done`, before it submits: our own work cannot have written this answer. A process
 * that gave it gets no other task. */
static inline void executor_distrust(struct executor *e)
{
    if (e->ops->distrust)
        e->ops->distrust(e);
}

/* Cancels running tasks, as far as the pool can: every task comes back, cancelled unless it was
 * finished. */
static inline void executor_stop(struct executor *e)
{
    e->ops->stop(e);
}

/* Ends a task that was taken: it comes back cancelled, or done if it just was. Nothing happens if
 * the pool cannot end a single task. */
static inline void executor_cancel(struct executor *e, struct task *t)
{
    if (e->ops->cancel)
        e->ops->cancel(e, t);
}

/* No task may be running; not from inside `done`. The loop must run once more afterwards. */
static inline void executor_free(struct executor *e)
{
    if (e)
        e->ops->free(e);
}

#endif
