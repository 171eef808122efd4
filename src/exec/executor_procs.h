/* The executor whose workers are processes: for CPU work on strangers' bytes. Loop thread. */
#ifndef EXEC_EXECUTOR_PROCS_H
#define EXEC_EXECUTOR_PROCS_H

#include "exec/executor.h"
#include "exec/procpool.h"

/* The pool is borrowed; this attaches it to the loop. `ready` is for the pool's owner, with `arg`
 * (procpool_attach(); NULL: no need): whoever waits for a worker asks again at each turn of the
 * loop. Attaching failed: NULL and *ret_err is a negative errno. */
struct executor *executor_procs_new(
    struct procpool *, uv_loop_t *, procpool_ready *ready, void *arg, int *ret_err);

#endif
