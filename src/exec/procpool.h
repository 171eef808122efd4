/*
 * A pool of forked workers for computing on strangers' bytes.
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
 * - A worker is hostile. Of what it says the pool checks the length of the
 *   answer; the answer's bytes are the submitter's to check, in a copy, because the
 *   worker could still change them.
 * - A task that was taken comes back exactly once through its `done`, from the
 *   loop, with one of the results of enum task_result. (Out of memory is an answer: malloc
 *   returns NULL in the worker, and the work says so.)
 * - A dead worker costs the one task it was working on, and not one it had not begun: that goes to
 *   another worker. It is replaced by the zygote. Workers that die one after another without
 *   finishing a task are replaced at a slowing rate, so a crash loop is no fork storm.
 * - If no worker can be started at all, or the zygote dies, the pool is broken: it
 *   says so with every task, and nothing waits for ever.
 * - Zygote and workers ignore SIGINT, SIGTERM and SIGHUP (Ctrl-C reaches the
 *   whole group) and end on end of file; a worker also dies with its parent.
 *
 * All calls from the loop's thread, except procpool_new().
 */
#ifndef EXEC_PROCPOOL_H
#define EXEC_PROCPOOL_H

#include "exec/executor.h"

#include <uv.h>

struct procpool;

struct procpool_conf {
    unsigned workers;       /* 1..256 */
    size_t max_in, max_out; /* bytes of the slot's areas (address space; memory only when used) */
    size_t max_memory;      /* bytes a worker may allocate for one task; malloc returns NULL past
                               it. 0: no limit, and no system call filter (exec/sandbox.h) */
    bool unconfined;        /* no sandbox: the work is trusted and needs files or sockets */
    bool require_filter; /* a worker without the system call filter gets no task: it counts as one
                            that did not start */
    unsigned max_tasks;  /* a worker is replaced after so many tasks; 0: 512 */
    void (*warm_up)(void *arg); /* in the zygote, before the first worker: all of them inherit what
                                   it has made. May be NULL */
    executor_work *work; /* in the worker, without system calls of its own (exec/sandbox.h) */
    void *arg;           /* for warm_up and work, as it is when the pool is made; borrowed */
};

/*
 * Makes the slots and forks the zygote, which forks the workers. Call it first
 * in main(). NULL: `message` says why. A second pool may be made right after
 * the first; its processes see nothing of the first one's slots.
 */
enum { PROCPOOL_MESSAGE_SIZE = 200 };
struct procpool *procpool_new(const struct procpool_conf *, char message[PROCPOOL_MESSAGE_SIZE]);

/*
 * Ties the pool to the loop and keeps the loop alive until procpool_free(). From here
 * on tasks can be submitted. `ready` is called from the loop when a task that was
 * refused would now be taken and no `done` says so: a worker has started, or
 * the pool has broken. 0, or a negative errno, and then only procpool_free() is left.
 */
typedef void procpool_ready(void *arg);
int procpool_attach(struct procpool *, uv_loop_t *, procpool_ready *ready, void *arg);

/* Takes the task, whose input is at most max_in long, unless all workers are busy (false: the
 * caller keeps it and tries again in or after the next `done` or `ready`). `done` is never called
 * from inside. Time in which the loop itself stood still (Ctrl-Z) counts for no timeout. After
 * procpool_stop() and when broken, takes every task and gives it back. */
bool procpool_submit(struct procpool *, struct task *);

/* The pool as an executor, once attached. executor_free() does nothing to it: the pool is freed by
 * procpool_free(). */
struct executor *procpool_executor(struct procpool *);

/* Kills the worker that has this task: it comes back cancelled, or answered if it just was. */
void procpool_cancel(struct procpool *, struct task *);

/* Kills the workers: every task comes back soon, cancelled unless it was
 * finished. No `done` is called from inside. For good. */
void procpool_stop(struct procpool *);

struct procpool_stats {
    unsigned workers; /* ready for a task or busy with one */
    unsigned busy;
    uint64_t tasks; /* answered */
    uint64_t crashes, timeouts;
    uint64_t spawned;
    bool broken;         /* for good */
    const char *sandbox; /* the lowest level a worker has reached: "seccomp", "limits" or "none",
                            see exec/sandbox.h; static text. NULL: none has come so far yet */
};
struct procpool_stats procpool_stats(const struct procpool *);

/* Ends the processes and waits for the zygote, some milliseconds. A zygote that does not end
 * within PROCPOOL_END_MS is killed, and its workers die with it. No task may be outstanding; not
 * from inside `done` or `ready`. Once attached, the loop must run once more afterwards to finish
 * closing handles. */
enum { PROCPOOL_END_MS = 3000 };
void procpool_free(struct procpool *);

#endif
