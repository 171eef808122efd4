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
 * - A job that was taken comes back exactly once through its `done`, from the
 *   loop, with one of the results below. (Out of memory is an answer: malloc
 *   returns NULL in the worker, and the work says so.)
 * - A dead worker costs the one job it was working on, and not one it had not begun: that goes to
 *   another worker. It is replaced by the zygote. Workers that die one after another without
 * finishing a job are replaced at a slowing rate, so a crash loop is no fork storm.
 * - If no worker can be started at all, or the zygote dies, the pool is broken: it
 *   says so with every job, and nothing waits for ever.
 * - Zygote and workers ignore SIGINT, SIGTERM and SIGHUP (Ctrl-C reaches the
 *   whole group) and end on end of file; a worker also dies with its parent.
 *
 * All calls from the loop's thread, except procpool_new().
 */
#ifndef EXEC_PROCPOOL_H
#define EXEC_PROCPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct procpool;
struct procpool_job;

/* The work, in the worker, without system calls of its own (exec/sandbox.h). Returns
 * the number of bytes written to `out` (at most out_size). `arg` is procpool_conf.arg as it was
 * when the pool was made. */
typedef size_t procpool_work(
    void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size);

struct procpool_conf {
    unsigned workers;       /* 1..256 */
    size_t max_in, max_out; /* bytes of the slot's areas (address space; memory only when used) */
    size_t max_memory;      /* bytes a worker may allocate for one job; malloc returns NULL past
                               it. 0: no limit, and no system call filter (exec/sandbox.h) */
    bool unconfined;        /* no sandbox: the work is trusted and needs files or sockets */
    bool require_filter;    /* a worker without the system call filter gets no job: it counts as one
                               that did not start */
    unsigned max_jobs;      /* a worker is replaced after so many jobs; 0: 512 */
    void (*warm_up)(void *arg); /* in the zygote, before the first worker: all of them inherit what
                                   it has made. May be NULL */
    procpool_work *work;
    void *arg; /* for warm_up and work; borrowed */
};

enum procpool_result {
    PROCPOOL_DONE,      /* out is valid until `done` returns */
    PROCPOOL_CRASHED,   /* the worker died; `status` as from waitpid */
    PROCPOOL_TIMED_OUT, /* the worker was killed at the deadline */
    PROCPOOL_CANCELLED, /* procpool_stop() or procpool_cancel() */
    PROCPOOL_BROKEN,    /* the pool is: no job can be done any more */
};

/* Part of the submitter's own object; must live until `done`. */
struct procpool_job {
    const uint8_t *in;   /* borrowed until `done` */
    size_t in_len;       /* at most max_in */
    uint64_t timeout_ns; /* wall clock, from the moment the worker starts; 0: none. Time in
                            which the loop itself stood still (Ctrl-Z) is not counted */
    void (*done)(struct procpool_job *, enum procpool_result, const uint8_t *out, size_t out_len,
        int status);
    unsigned prefer; /* it goes to the first idle worker from this one on, modulo their number: for
                        what a worker remembers (connections); 0: any */
    /* the pool's own */
    struct procpool_job *next;
    unsigned lost; /* workers that died before they began with it */
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
 * on jobs can be submitted. `ready` is called from the loop when a job that was
 * refused would now be taken and no `done` says so: a worker has started, or
 * the pool has broken. 0, or a negative errno, and then only procpool_free() is left.
 */
typedef void procpool_ready(void *arg);
int procpool_attach(struct procpool *, uv_loop_t *, procpool_ready *ready, void *arg);

/* Takes the job unless all workers are busy (false: the caller keeps it and
 * tries again in or after the next `done` or `ready`). `done` is never called
 * from inside. After procpool_stop() and when broken, takes every job and gives it back. */
bool procpool_submit(struct procpool *, struct procpool_job *);

/* Kills the worker that has this job: it comes back cancelled, or answered if it just was. */
void procpool_cancel(struct procpool *, struct procpool_job *);

/* Kills the workers: every job comes back soon, cancelled unless it was
 * finished. No `done` is called from inside. For good. */
void procpool_stop(struct procpool *);

struct procpool_stats {
    unsigned workers; /* ready for a job or busy with one */
    unsigned busy;
    uint64_t jobs; /* answered */
    uint64_t crashes, timeouts;
    uint64_t spawned;
    bool broken;         /* for good */
    const char *sandbox; /* the lowest level a worker has reached: "seccomp", "limits" or "none",
                            see exec/sandbox.h; static text. NULL: none has come so far yet */
};
struct procpool_stats procpool_stats(const struct procpool *);

/* Ends the processes and waits for the zygote, some milliseconds. No job may be
 * outstanding; not from inside `done` or `ready`. Once attached, the loop must
 * run once more afterwards to finish closing handles. */
void procpool_free(struct procpool *);

#endif
