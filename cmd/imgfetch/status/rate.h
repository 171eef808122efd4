/*
 * Rates of the last seconds, and the time that is left. Pure: times are given, in ns. One thread.
 */
#ifndef CMD_RATE_H
#define CMD_RATE_H

#include <stdint.h>

enum {
    RATE_SAMPLES = 64,
    RATE_EVERY_MS = 500, /* of the samples kept */
    RATE_SHORT_S = 5,    /* what is shown is the rate of so many seconds ... */
    RATE_LONG_S = 30,    /* ... and what is expected follows from that of so many */
    RATE_JUMP_S = 3,     /* between two jumps of the time left */
};

/* Begin with a zeroed struct, and note the time when it starts. */
struct rate {
    struct rate_sample {
        uint64_t ns, n;
    } at[RATE_SAMPLES]; /* a ring; the newest is at[(count - 1) % RATE_SAMPLES] */
    uint64_t count;
};

/* At this time n were done in all. Neither may go back. */
void rate_note(struct rate *, uint64_t ns, uint64_t n);

/* How many a second, over the last `seconds` before the newest sample, or since the first one. */
double rate_of(const struct rate *, double seconds);

/* How many a second are to be expected: as over RATE_LONG_S, unless it is less than half of that
 * now, as when only the slow ones are left. */
double rate_expected(const struct rate *);

/* The time left as it is shown: it counts down like a clock, and jumps only if it is wrong by more
 * than an eighth, and not soon again, so that it can be read. Zeroed: nothing is known yet. */
struct rate_left {
    double seconds;     /* shown last; 0: unknown */
    uint64_t ns;        /* when */
    uint64_t jumped_ns; /* when it did not count down */
};

/* Seconds that `todo` more take at `per_s`; 0: unknown, as nothing moves. */
double rate_left(struct rate_left *, uint64_t ns, uint64_t todo, double per_s);

#endif
