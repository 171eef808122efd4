/*
 * How many bytes a second a run may receive (--limit-rate): a token bucket (as in RFC 2697, section
 * 3) that may go into debt, because nobody knows beforehand how large a response is.
 *
 * A request begins while there are tokens, and takes as many as a response has usually had; once it
 * is over, what it really has received is set against that. So the average is kept exactly,
 * however large responses are; for some seconds a run can be above it. What one response is
 * received with is limited besides (struct transfer_conf).
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
    double usual;    /* bytes of a response, those of late counting most */
    uint64_t filled; /* when tokens were last added; 0: not yet */
};

/* 0: a request may begin. Else the time when one may. */
uint64_t ratelimit_wait_until(struct ratelimit *, uint64_t now);

/* A request begins. Returns the tokens that it takes, for its end. */
uint64_t ratelimit_begin(struct ratelimit *);

/* It is over, and has received so many bytes. */
void ratelimit_end(struct ratelimit *, uint64_t taken, uint64_t received);

/* It did not begin after all. */
void ratelimit_unbegin(struct ratelimit *, uint64_t taken);

#endif
