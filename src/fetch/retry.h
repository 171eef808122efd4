/*
 * Decides what follows when a request of a fetch has ended: a redirect, a retry, or nothing. A
 * fetch consists of attempts, and an attempt of hops: the requests of one redirect chain.
 *
 * An attempt begins at the row's own URL. The look-ups and transfers of all its hops share
 * --timeout; waiting for a slot is not counted. A temporary failure is retried from the row's own
 * URL, and on a new connection unless the server did answer. When that URL has failed for good, the
 * row may have another one (--fallback-cols), which is its own from then on.
 *
 * A server may close a kept connection at any time, also while the next request is on its way (RFC
 * 9112, section 9.3.1), and HTTP/2 may say that it has not processed a request (RFC 9113, section
 * 8.7). That is nobody's failure: the hop is repeated at once on a new connection, five times in a
 * row at most.
 */
#ifndef FETCH_RETRY_H
#define FETCH_RETRY_H

#include "input/job.h"

struct retry_limits {
    unsigned retries, max_redirects;
    uint64_t timeout_ns;  /* for an attempt */
    uint64_t max_wait_ns; /* between two attempts */
    struct budget *budget;
};

/* Call before the hop is fetched. Counts the attempt, and subtracts the look-up from its time.
 * False: no time is left, and the job has failed (ERR_TIMEOUT). */
bool retry_hop_begin(struct job *, const struct retry_limits *);

enum retry_next {
    RETRY_SETTLED,    /* the fetch is over: job->err says how */
    RETRY_REDIRECTED, /* job->request is the next hop */
    RETRY_AGAIN,      /* job->request is the row's own URL again; wait for job->delay_ns first */
    RETRY_WAIT,       /* likewise, as soon as the pace of its host allows: the server set a time */
    RETRY_EVICTED,    /* the same hop again; the attempt does not count */
    RETRY_STALE,      /* likewise, at once, on a new connection */
    RETRY_STARVED,    /* likewise, once this machine has free descriptors */
    RETRY_CANCELLED,
};
enum retry_next retry_hop_end(struct job *, const struct retry_limits *);

/* After a failure for good: moves the job to the row's next URL, as if nothing had been fetched but
 * for the number of attempts. False: there is none; the job has failed as before, or with
 * ERR_BAD_URL if its last cells are no URLs. */
bool retry_next_url(struct job *, const struct retry_limits *);

/* A random time of up to 1 s, 2 s, 4 s, ... 30 s, by the number of attempts so far, so that rows
 * that failed together do not come back together ("full jitter", AWS Architecture Blog, Exponential
 * Backoff And Jitter). */
uint64_t retry_backoff_ns(unsigned attempts);

#endif
