/*
 * An executor: CPU work is handed in, and its result comes back later. One
 * interface, the pool behind it a choice; the submitter cannot tell which.
 *
 * A task is the submitter's; the executor borrows it from submit() to `done`, which is
 * called exactly once, from the loop, never from inside submit(). What the work is was said
 * when the executor was made. Loop thread.
 */
#ifndef EXEC_EXECUTOR_H
#define EXEC_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum task_result {
    TASK_DONE,      /* out is valid until `done` returns */
    TASK_CRASHED,   /* what did the work died; `status` as from waitpid(2) */
    TASK_TIMED_OUT, /* it took longer than the task may; there is no result */
    TASK_CANCELLED, /* executor_stop() or procpool_cancel() */
    TASK_BROKEN,    /* the pool is gone: no task can be done any more */
};

/* Part of the submitter's own object. */
struct task {
    const uint8_t *in; /* borrowed until `done` */
    size_t in_len;
    uint64_t timeout_ns; /* wall clock, from the moment the work starts; 0: none */
    void (*done)(struct task *, enum task_result, const uint8_t *out, size_t out_len, int status);
    unsigned prefer; /* of processes: it goes to the first idle one from this one on, modulo their
                        number, for what a worker remembers (connections); 0: any */
    /* the executor's own */
    struct task *next;
    unsigned lost; /* workers that died before they began with it */
};

/* The work: returns the number of bytes written to `out` (at most out_size). `arg` is what the
 * executor was made with. */
typedef size_t executor_work(
    void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size);

struct executor;

struct executor_ops {
    bool (*submit)(struct executor *, struct task *);
    void (*stop)(struct executor *);
    void (*free)(struct executor *);
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

/* Ends work under way, as far as the pool can: every task comes back, cancelled unless it was
 * finished. */
static inline void executor_stop(struct executor *e)
{
    e->ops->stop(e);
}

/* No task may be under way; not from inside `done`. The loop must run once more afterwards. */
static inline void executor_free(struct executor *e)
{
    if (e)
        e->ops->free(e);
}

#endif
