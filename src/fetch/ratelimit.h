/*
 * Limits how many bytes a second a run receives (--limit-rate): a token bucket (as in RFC 2697,
 * section 3) that may go into debt, because the size of a response is not known beforehand.
 *
 * A request may begin while there are tokens, and takes as many as the usual response has bytes.
 * When it ends, the bytes that it really received replace that estimate. So the average is exact,
 * however large responses are, but a run can be above it for some seconds. The rate of a single
 * response is limited separately (struct transfer_conf).
 *
 * Plain values, no memory of its own. `now` is clock_ns(). Loop thread.
 */
#ifndef FETCH_RATELIMIT_H
#define FETCH_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
    uint64_t rate;   /* bytes a second; 0: no limit */
    double tokens;   /* bytes; below 0: debt */
    double usual;    /* bytes of a response: a moving average */
    uint64_t filled; /* when tokens were last added; 0: not yet */
};

/* 0: a request may begin now. Else the time when one may. */
uint64_t ratelimit_wait_until(struct ratelimit *, uint64_t now);

/* A request begins. Returns the tokens that it takes, for ratelimit_end(). */
uint64_t ratelimit_begin(struct ratelimit *);

/* The request has ended and received so many bytes. */
void ratelimit_end(struct ratelimit *, uint64_t taken, uint64_t received);

/* The request did not begin after all. */
void ratelimit_unbegin(struct ratelimit *, uint64_t taken);

#endif
