/*
 * How many requests may be in flight (--concurrency).
 *
 * A fixed number is kept, unless this machine runs short: a request that got no descriptor makes it
 * an eighth smaller, and it grows by one for each window of requests that end well (RFC 5681,
 * section 3.1).
 *
 * With `auto` the number follows the throughput.
 * - A round lasts until as many requests have ended as were allowed when it began. Where bodies
 *   take longer, it lasts until most requests receive theirs. Its rate is the work done in it: the
 *   bytes of bodies, and a fixed number of bytes for each response.
 * - Search: after a round the number grows as long as the rate grows with it: fourfold, then
 *   eightfold while the rate follows, else twofold. Two rounds that gain less than a quarter of the
 *   step end the search, as in the Startup of BBR (draft-ietf-ccwg-bbr). The number becomes what
 *   that rate needs at the latency before the last step (Little's law), and a quarter more.
 * - Rest: every few seconds one round has more or, by turns, less in flight. More is kept if it
 *   gains, less if it loses nothing. If the rate halves, the search begins anew.
 * - Latency does not count, unlike in TCP Vegas or the gradient of Netflix's concurrency-limits:
 *   hosts differ, and a few slow ones say nothing about the line.
 * - Trouble: requests that get no answer from hosts that did answer before. If they take a quarter
 *   of the window's time, the number shrinks, and stays below its old value for half a minute. A
 *   host that never answered is down, whatever we do, and its pace (fetch/pace.h) keeps it from
 *   taking many slots.
 * - Rounds that something else limits (too few rows, --per-host, --memory, the disk) are ignored,
 *   and rounds in which nothing comes. Servers that limit the rate of a body may send a second's
 *   worth at a time, so while bodies are under way a tenth of the step is gain enough.
 * - At the usual size of a body, all bodies in flight fit into the memory for them.
 *
 * Plain values, no memory of its own. `now` is clock_ns(). Loop thread.
 */
#ifndef FETCH_WINDOW_H
#define FETCH_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum { WINDOW_LEAST = 16, WINDOW_FIRST = 64, WINDOW_MOST = 4096 };
enum { WINDOW_HOSTS = 1 << 16 /* bits: hosts that answered, by a hash of their name */ };

/* What has come of a request. */
enum window_end {
    WINDOW_ANSWERED,   /* well */
    WINDOW_REFUSED,    /* by an answer, or by this program */
    WINDOW_UNANSWERED, /* no connection, a broken one, or a time-out */
};

/* The state of the run when window_turn() is called. */
struct window_view {
    uint64_t now;
    uint64_t bytes;     /* of bodies received since the run began, unfinished ones included */
    unsigned in_flight; /* requests; as many as may begin have begun */
    unsigned receiving; /* those of which a part of the body has come */
    uint64_t memory;    /* bytes that bodies may take */
};

struct window {
    unsigned size;   /* requests that may be in flight now */
    unsigned wanted; /* the same, if there are enough descriptors */
    unsigned most;   /* never more than this */
    unsigned since;  /* requests that ended well since `size` was last changed by starving */
    bool adapts;     /* the rest is for this only */
    enum window_mode { WINDOW_GROWS, WINDOW_RESTS, WINDOW_TRIES_MORE, WINDOW_TRIES_LESS } mode;
    struct {
        uint64_t began, bytes; /* time; struct window_view's bytes then */
        unsigned ends, goal;   /* requests that ended; when it ends */
        unsigned turns, full;  /* calls of window_turn(); those with a full window */
        bool passes;           /* it began with more in flight than allowed, and says nothing */
    } round;
    unsigned base;         /* the size that the present one is compared with; 0: none yet */
    double base_rate;      /* work a second at that size */
    double flat_rate;      /* the rate of a first round without gain; 0: none */
    uint64_t rested;       /* since when it rests */
    unsigned rounds, slow; /* rounds at rest; those in a row with half the rate */
    bool tried_more;       /* the last probe was one with more in flight */
    struct {
        uint64_t began, lost; /* time; time that the requests took which got no answer */
        unsigned n;           /* how many those were */
        uint64_t longest;     /* the longest of their times */
    } trouble;
    uint64_t shrunk;  /* when it last became smaller for trouble */
    unsigned ceiling; /* not beyond this before ceiling_until */
    uint64_t ceiling_until;
    uint64_t ends; /* requests that ended so far */
    uint8_t answered[WINDOW_HOSTS / 8];
};

/* At most `most` in flight: always as many, or, if it adapts, what turns out to be best. */
void window_init(struct window *, unsigned most, bool adapts);

/* A request has ended after `ns`. host: a hash of its name. */
void window_ended(struct window *, enum window_end, unsigned host, uint64_t ns, uint64_t now);

/* A request got no descriptor, or no memory for a socket, while so many were in flight. */
void window_starved(struct window *, unsigned in_flight);

/* Call once a turn of the loop. True: `size` has become larger. */
bool window_turn(struct window *, const struct window_view *);

/* When it wants window_turn() to be called, even if nothing happens until then; 0: never. */
uint64_t window_due(const struct window *, uint64_t now);

#endif
