/*
 * The executor without a worker: the loop's own thread does each task, at the loop's next
 * turn. One task a turn, so that everything else gets its chance between two; while one is
 * done nothing else happens. It is what the pools are measured against.
 *
 * As with exec/executor_threads.h a crash of the work is one of the program, its memory is not
 * limited, and a task that took longer than its timeout comes back without a result.
 * Loop thread; the loop is kept alive while a task is under way.
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
