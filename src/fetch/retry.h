/*
 * The life of a fetch: attempts, and the hops (redirects) each is made of. Decides what
 * follows when one has ended; does nothing else.
 *
 * An attempt begins at the row's own URL, with --timeout to spend on look-ups and
 * transfers of all its hops; waiting for a slot costs nothing. A failure that another attempt
 * may mend is retried from the row's own URL.
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

/* Before the hop is fetched: counts, and takes the look-up's time off. False: no time is left,
 * the job has failed (ERR_TIMEOUT). */
bool retry_hop_begin(struct job *, const struct retry_limits *);

enum retry_next {
    RETRY_SETTLED,    /* the fetch is over: job->err says how */
    RETRY_REDIRECTED, /* job->request is the next hop */
    RETRY_AGAIN,      /* job->request is the row's own URL again; not before j->delay_ns */
    RETRY_WAIT,       /* likewise, as soon as its host may be asked again: the server said when */
    RETRY_EVICTED,    /* the same hop again, no attempt counted */
    RETRY_STARVED,    /* likewise, once this machine has descriptors again */
    RETRY_CANCELLED,
};
enum retry_next retry_hop_end(struct job *, const struct retry_limits *);

/* A random time of up to 1 s, 2 s, 4 s, ... 30 s for the attempts made so far: rows that failed
 * together do not come back together ("full jitter", AWS Architecture Blog, Exponential
 * Backoff And Jitter). */
uint64_t retry_backoff_ns(unsigned attempts);

#endif
