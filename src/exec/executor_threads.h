/*
 * The executor whose workers are threads. Tasks cost less than with processes, but nothing
 * protects the program from the work:
 * - A crash of the work is a crash of the program.
 * - What the work allocates is not limited.
 * - A thread cannot be killed. A task that takes longer than its timeout comes back when it
 *   ends, as TASK_TIMED_OUT and without its result; one that never ends never comes back.
 *   executor_stop() cancels the tasks that no thread has begun; the others come back with
 *   their results when they end.
 *
 * There are at most as many tasks inside as workers; a task counts until `done` has returned.
 * Loop thread; the loop is kept alive until executor_free().
 */
#ifndef EXEC_EXECUTOR_THREADS_H
#define EXEC_EXECUTOR_THREADS_H

#include "exec/executor.h"

#include <uv.h>

struct executor_threads_conf {
    unsigned workers;    /* at least 1 */
    size_t max_out;      /* bytes of each worker's output (address space; memory when used) */
    executor_work *work; /* called by several threads at a time */
    void *arg;           /* for work; borrowed */
};

/* NULL: *ret_err is a negative errno. */
struct executor *executor_threads_new(
    const struct executor_threads_conf *, uv_loop_t *, int *ret_err);

#endif
