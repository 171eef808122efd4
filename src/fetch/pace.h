/*
 * How soon, and how many at once, a host may be asked: what the user allows, and what
 * the host's answers have taught.
 *
 *   --per-host, --host-rate    so many at once; so many a second, evenly spaced
 *   429, or Retry-After        nothing before that time; then one alone, then two, and so on up
 *                              to --per-host (slow start, as RFC 5681, section 3.1)
 *   no connection, or not a    nothing for PACE_HOLD_S; then one alone, the probe. If that fails
 *   word, PACE_TRIES times     too, the host is down: its jobs fail at once. After PACE_DOWN_S one
 *   in a row                   later probe; if that fails, it stays down
 *
 * Plain values, no memory of its own. Times are clock_ns(). Loop thread.
 */
#ifndef FETCH_PACE_H
#define FETCH_PACE_H

#include "input/job.h"

enum { PACE_TRIES = 5, PACE_HOLD_S = 5, PACE_DOWN_S = 60 };

struct pace_conf {
    unsigned per_host;    /* at once; 0: no limit */
    double rate;          /* requests a second; 0: no limit */
    uint64_t max_wait_ns; /* a Retry-After is believed up to here */
};

enum pace_state {
    PACE_UP,
    PACE_DOUBTED, /* held, then probed */
    PACE_IS_DOWN, /* jobs fail at once, until not_before, and then it is probed once more */
    PACE_PROBED_AGAIN,
    PACE_IS_DEAD,
};

/* A zeroed one is a host of which nothing is known. */
struct pace {
    enum pace_state state;
    uint64_t not_before;     /* the next request; 0: at any time */
    unsigned narrowed;       /* so many at once, at most; 0: as the user allows */
    unsigned failures;       /* connections that could not be made, in a row */
    const struct job *probe; /* under way, alone; never followed */
};

/* May one more be asked for, while so many are under way? (not_before is the caller's.) */
bool pace_has_slot(const struct pace *, const struct pace_conf *, unsigned under_way);

/* Jobs for this host are to fail as ERR_HOST_DOWN without being asked for. */
bool pace_is_down(const struct pace *, uint64_t now);

/* The job's request begins. */
void pace_begin(struct pace *, const struct pace_conf *, const struct job *, uint64_t now);

/* It did not begin after all. */
void pace_unbegin(struct pace *, const struct job *);

/* It is over: j->err and j->response say how. */
void pace_end(struct pace *, const struct pace_conf *, const struct job *, uint64_t now);

/* Whether the server asked to be left alone, rather than to be asked for something else: the
 * job is for its host to retry. */
bool pace_is_told_to_wait(const struct job *);

/* Nothing that a new one would not say as well. */
bool pace_is_blank(const struct pace *, uint64_t now);

#endif
