/*
 * A pool of forked worker processes for work on untrusted bytes.
 *
 *   main process                zygote                     worker 0..n-1
 *   (loop, threads, curl)       (forked first; warms up)
 *        |--- "spawn i" ------------>|--- fork ---------------->|
 *        |<-- {i, pid} + fds --------|                          |
 *        |    (socket, pidfd)        |                          |
 *        |--- byte "go" on the socket ------------------------->| work(slot)
 *        |<-- byte "done" --------------------------------------|
 *        |<-- {i, pid, wait status} -|<--- SIGCHLD -------------|  (a worker died)
 *
 * Always true:
 * - procpool_new() is called before the process has a thread, a loop, curl or
 *   TLS: the zygote and its workers inherit a clean process.
 * - Each worker shares one slot with the main process, a sealed memfd mapped on both
 *   sides before the fork: a header, an input area, an output area. A worker
 *   inherits no slot but its own.
 * - A worker may be hostile. The pool checks only the length of its output. The
 *   submitter checks the bytes, in a copy, because the worker could still change
 *   them.
 * - A task that was taken comes back exactly once through its `done`, from the
 *   loop, with a result of enum task_result. (Running out of memory is no failure of the pool:
 *   malloc returns NULL in the worker, and the work reports that in its output.)
 * - With max_tasks 1 no process of an earlier task can touch a later one's slot or socket. A worker
 *   has mapped one slot and holds one socket. A seat's next worker is forked only when the zygote
 *   has reaped the one before it and the slot's pages have been given back; its socket is a new
 *   one. The filter lets no worker make another process, which could outlive it. (With sandbox
 *   level "limits", root's workers could: exec/sandbox.h.)
 * - A dead worker costs the one task it was working on. A task it had not begun goes to
 *   another worker. The zygote replaces the worker. Workers that die one after another without
 *   finishing a task are replaced more and more slowly, so a crash loop is no fork storm.
 * - If no worker can be started at all, or the zygote dies, the pool is broken: every
 *   task comes back as TASK_BROKEN, and nothing waits for ever.
 * - Zygote and workers ignore SIGINT, SIGTERM and SIGHUP (Ctrl-C reaches the
 *   whole group) and exit at end of file; a worker also dies with its parent.
 *
 * All calls from the loop's thread, except procpool_new().
 */
#ifndef EXEC_PROCPOOL_H
#define EXEC_PROCPOOL_H

#include "exec/confine.h"
#include "exec/executor.h"

#include <uv.h>

struct procpool;

struct procpool_conf {
    unsigned workers;       /* 1..256 */
    size_t max_in, max_out; /* bytes of the slot's areas (address space; memory only when used) */
    size_t max_memory;      /* bytes a worker may allocate for one task; beyond that malloc returns
                               NULL. 0: no limit, and no system call filter (exec/sandbox.h) */
    bool unconfined;        /* no sandbox: the work is trusted and needs files or sockets */
    const struct confine_conf *confine; /* instead of the sandbox, for work that needs sockets;
                                           borrowed until the zygote is forked. NULL: not */
    bool require_filter; /* a worker without the system call filter gets no task: it counts as one
                            that did not start */
    unsigned max_tasks;  /* a worker is replaced after this many tasks; 0: 512 */
    unsigned spares; /* 0..256: so many more workers are made ahead, so that a task does not wait
                        for one that is being replaced. No more than `workers` work at once */
    void (*warm_up)(void *arg); /* called in the zygote before the first fork: all workers inherit
                                   what it made, and not what it wiped. The command line and the
                                   environment are gone by then (exec/forget.h). May be NULL */
    executor_work *work;        /* called in the worker; makes no system calls (exec/sandbox.h) */
    void *arg;                  /* for warm_up and work, as it is when the pool is made; borrowed */
};

/*
 * Makes the slots and forks the zygote, which forks the workers. Call it early in
 * main(). NULL: `message` says why. A second pool may be made right after
 * the first; its processes do not map the first pool's slots.
 */
enum { PROCPOOL_MESSAGE_SIZE = 200 };
struct procpool *procpool_new(const struct procpool_conf *, char message[PROCPOOL_MESSAGE_SIZE]);

/*
 * Attaches the pool to the loop and keeps the loop alive until procpool_free(). From then
 * on tasks can be submitted. `ready` is called from the loop when a task that was
 * refused would now be taken although no `done` was called: a worker has started, or
 * the pool has broken. Returns 0, or a negative errno; then only procpool_free() may be called.
 */
typedef void procpool_ready(void *arg);
int procpool_attach(struct procpool *, uv_loop_t *, procpool_ready *ready, void *arg);

/* Takes the task, whose input is at most max_in long, unless all workers are busy (false: the
 * caller keeps it and tries again in or after the next `done` or `ready`). `done` is never called
 * from inside. Time in which the loop itself was stopped (Ctrl-Z) does not count for timeouts. A
 * stopped or broken pool takes every task and gives it back. */
bool procpool_submit(struct procpool *, struct task *);

/* The attached pool as an executor. executor_free() does nothing: call procpool_free() instead. */
struct executor *procpool_executor(struct procpool *);

/* From inside `done`, before it submits: our own work cannot have written this answer. Its worker
 * is killed; the answer stays readable until `done` returns. */
void procpool_distrust(struct procpool *);

/* What the task's worker has counted so far (worker.h), which may be anything; 0: no worker has it.
 */
uint64_t procpool_progress(const struct procpool *, const struct task *);

/* Kills the worker that has this task: it comes back cancelled, or done if it just was. */
void procpool_cancel(struct procpool *, struct task *);

/* Kills the workers for good: every task comes back soon, cancelled unless it was
 * finished. No `done` is called from inside. */
void procpool_stop(struct procpool *);

struct procpool_stats {
    unsigned workers; /* ready for a task or busy with one */
    unsigned busy;
    uint64_t tasks; /* done */
    uint64_t crashes, timeouts;
    uint64_t spawned;
    int refused;         /* the last system call that a worker died of, or -1 (executor.h) */
    bool broken;         /* for good */
    const char *sandbox; /* the lowest level a worker has reached: "seccomp", "limits" or "none",
                            see exec/sandbox.h; static text. NULL: no worker is ready yet */
};
struct procpool_stats procpool_stats(const struct procpool *);

/* Ends the processes and waits for the zygote, some milliseconds. A zygote that does not end
 * within PROCPOOL_END_MS is killed, and its workers die with it. No task may be inside; not
 * from inside `done` or `ready`. If the pool was attached, the loop must run once more to close
 * the handles. */
enum { PROCPOOL_END_MS = 3000 };
void procpool_free(struct procpool *);

#endif
