/*
 * When a host may get the next request, and how many it may have at once: limits of the user, and
 * limits that follow from the host's responses.
 *
 *   --per-host, --host-rate    at most so many at once; at most so many a second, evenly spaced
 *   429, Retry-After, or two   no request before that time, or for a second; then one at a time,
 *   503 (509, 529) in a row    then two, and so on up to --per-host (slow start, as in RFC 5681,
 *                              section 3.1); from half of where it was too much the time before,
 *                              it grows slowly (congestion avoidance)
 *   PACE_TRIES failures to     no request for PACE_HOLD_S; then a single one, the probe. If it
 *   connect, or requests       fails, the host is down: its jobs fail at once. After PACE_DOWN_S
 *   without any response,      there is a second probe; if it fails, too, the host stays down
 *   in a row
 *
 * Plain values, no memory of its own. Times are clock_ns(). Loop thread.
 */
#ifndef FETCH_PACE_H
#define FETCH_PACE_H

#include "input/job.h"

enum { PACE_TRIES = 5, PACE_HOLD_S = 5, PACE_DOWN_S = 60 };

struct pace_conf {
    unsigned per_host;    /* requests at once; 0: no limit */
    double rate;          /* requests a second; 0: no limit */
    uint64_t max_wait_ns; /* a longer Retry-After is cut to this */
};

enum pace_state {
    PACE_UP,
    PACE_DOUBTED, /* held, then probed */
    PACE_IS_DOWN, /* jobs fail at once until not_before; then there is a second probe */
    PACE_PROBED_AGAIN,
    PACE_IS_DEAD,
};

/* A zeroed struct is a host about which nothing is known. */
struct pace {
    enum pace_state state;
    uint64_t not_before; /* no request before this time; 0: at any time */
    unsigned narrowed;   /* at most so many at once; 0: as the user allows */
    unsigned threshold;  /* where it was too much last time, halved: from there on it grows slowly;
                            0: unknown */
    unsigned served;     /* since it last grew */
    unsigned overloads;  /* responses in a row that say the server is overloaded */
    unsigned failures;   /* connections in a row that failed */
    bool is_slow;        /* the last request ended as a stall or timeout */
    const struct job *probe; /* the probe under way; compared, never dereferenced */
};

/* True if one more request may begin while so many are under way. The caller checks not_before. */
bool pace_has_slot(const struct pace *, const struct pace_conf *, unsigned under_way);

/* True if jobs for this host must fail with ERR_HOST_DOWN without a request. */
bool pace_is_down(const struct pace *, uint64_t now);

/* The job's request begins. */
void pace_begin(struct pace *, const struct pace_conf *, const struct job *, uint64_t now);

/* The job's request did not begin after all. */
void pace_unbegin(struct pace *, const struct job *);

/* The job's request has ended; j->err and j->response are its outcome. Sets j->is_host_held: the
 * server asked the client to slow down, and the job is retried as soon as the host's pace allows.
 */
void pace_end(struct pace *, const struct pace_conf *, struct job *, uint64_t now);

/* True if it behaves like a zeroed struct, so it need not be kept. */
bool pace_is_blank(const struct pace *, uint64_t now);

#endif
