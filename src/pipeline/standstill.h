/*
 * When the process stood still: stopped by SIGSTOP, a debugger or a machine that sleeps or swaps. A
 * request whose time ran out meanwhile has not failed, since nobody was there to take its answer.
 *
 * Plain values, of one thread. Times are those of clock_ns().
 */
#ifndef PIPELINE_STANDSTILL_H
#define PIPELINE_STANDSTILL_H

#include <stdbool.h>
#include <stdint.h>

/* A zeroed struct has seen nothing yet. */
struct standstill {
    uint64_t seen, until; /* the last look; the end of the last standstill, or 0 */
};

/* The loop has to look at least once in STANDSTILL_BEAT_MS; twice as long without a look, and a bit
 * more, is a standstill. */
enum { STANDSTILL_BEAT_MS = 1000, STANDSTILL_MIN_MS = 2500 };

void standstill_look(struct standstill *, uint64_t now);

/* True if there was one in the last `span` ns. False if they are shorter than any standstill. */
bool standstill_was_within(const struct standstill *, uint64_t now, uint64_t span);

#endif
