/*
 * A fetch backend: one way to have many requests in flight.
 *
 * A backend makes one attempt at one hop of a request whose addresses are known: job->request in;
 * job->response, job->ms and job->err out. Look-ups, redirects, retries, politeness, checks and
 * output are outside, so that backends differ only in how they run requests concurrently.
 * net/transfer.h sets the options of curl for all of them.
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
    const struct transfer_conf *transfer; /* borrowed for the stage's life */
    unsigned concurrency;  /* requests in flight; beyond that, submit returns STAGE_AGAIN */
    unsigned loops;        /* event-loop threads, for backends that have any */
    bool require_sandbox;  /* its processes are confined wholly (exec/confine.h), or end */
    struct procpool *pool; /* from its fork(); borrowed */
    void (*say)(void *arg, const char *text); /* shows the user a line; may be NULL */
    void *say_arg;
    stage_done *done;
    void *done_arg;
};

/* The backend's class in the decision guide (README.md). */
enum backend_kind { BACKEND_OTHER, BACKEND_EVENT_LOOP, BACKEND_THREADS, BACKEND_FETCHES_NOTHING };

struct backend {
    const char *name;
    const char *summary; /* one line, for --list-backends */
    enum backend_kind kind;
    bool only_if_named;   /* --compare uses it only by name */
    unsigned concurrency; /* the default of --concurrency; the most, if it adapts */
    bool adapts;          /* --concurrency=auto is possible, and the default (fetch/window.h) */
    unsigned descriptors; /* file descriptors of this process per request in flight, at most */
    bool needs_address;   /* request.addrs must be set, unless a proxy does the look-ups */
    /* Starts the backend's processes, before the program has a thread or a loop. conf is the one
     * that open() will get, without `pool`. NULL: it has no processes. */
    struct procpool *(*fork)(const struct backend_conf *, char *message);
    /* NULL: `message` (BACKEND_MESSAGE_SIZE) says why. */
    struct stage *(*open)(const struct backend_conf *, uv_loop_t *, char *message);
};

#endif
