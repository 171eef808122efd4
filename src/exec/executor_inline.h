/*
 * The executor without a worker: the loop's own thread does each task, at the loop's next
 * turn. It does one task per turn, so that other events are handled between two tasks; a running
 * task blocks the loop. The pools are measured against it.
 *
 * As with exec/executor_threads.h, a crash of the work is a crash of the program, its memory is
 * not limited, and a task that took longer than its timeout comes back without a result.
 * Loop thread; a running task keeps the loop alive.
 */
#ifndef EXEC_EXECUTOR_INLINE_H
#define EXEC_EXECUTOR_INLINE_H

#include "exec/executor.h"

#include <uv.h>

struct executor_inline_conf {
    size_t max_out; /* bytes of output (address space; memory when used) */
    executor_work *work;
    void *arg; /* for work; borrowed */
};

/* NULL: *ret_err is a negative errno. */
struct executor *executor_inline_new(
    const struct executor_inline_conf *, uv_loop_t *, int *ret_err);

#endif
