/*
 * A fetch backend: one way to have many requests under way at once.
 *
 * A backend does one thing: one attempt at one hop of a request whose addresses
 * are known (job->request in, job->response, job->ms and job->err out). Look-ups,
 * redirects, retries, politeness, checks and output are done once, outside, so
 * that backends differ in concurrency alone. How curl is told what to do is
 * not its business either: that is net/transfer.h, for all of them.
 *
 * backends/README.md shows how to write one.
 */
#ifndef FETCH_BACKEND_H
#define FETCH_BACKEND_H

#include "exec/procpool.h"
#include "exec/stage.h"
#include "net/transfer.h"

#include <uv.h>

enum { BACKEND_MESSAGE_SIZE = 200 };

struct backend_conf {
    const struct transfer_conf *transfer;     /* borrowed for the stage's life */
    unsigned concurrency;                     /* requests in flight: submit answers AGAIN beyond */
    unsigned loops;                           /* event-loop threads, for a backend that has any */
    struct procpool *pool;                    /* what its fork() made; borrowed */
    void (*say)(void *arg, const char *text); /* a line for the user; may be NULL */
    void *say_arg;
    stage_done *done;
    void *done_arg;
};

/* What the decision guide (README.md) calls it. */
enum backend_kind { BACKEND_OTHER, BACKEND_EVENT_LOOP, BACKEND_THREADS, BACKEND_FETCHES_NOTHING };

struct backend {
    const char *name;
    const char *summary; /* one line, for --list-backends */
    enum backend_kind kind;
    bool only_if_named;   /* --compare without names leaves it out */
    unsigned concurrency; /* the default of --concurrency */
    unsigned descriptors; /* of this process, at most, for each request in flight */
    bool needs_address;   /* request.addrs must be filled, unless a proxy looks names up */
    /* Makes the processes of a backend that has any, before the program has a thread or a
     * loop: conf is the one open() will get, without `pool`. NULL: it has none. */
    struct procpool *(*fork)(const struct backend_conf *, char *message);
    /* NULL: `message` (BACKEND_MESSAGE_SIZE) says why. */
    struct stage *(*open)(const struct backend_conf *, uv_loop_t *, char *message);
};

#endif
