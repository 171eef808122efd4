/*
 * How long requests took: a histogram of constant size with 6 % wide classes, from
 * 1 microsecond to days. A plain value; all zero is empty.
 */
#ifndef PIPELINE_LATENCY_H
#define PIPELINE_LATENCY_H

#include <stdint.h>

enum { LATENCY_PER_OCTAVE = 16, LATENCY_CLASSES = 40 * LATENCY_PER_OCTAVE };

struct latency {
    uint64_t n;
    uint32_t classes[LATENCY_CLASSES];
};

void latency_add(struct latency *, uint64_t ns);

/* The time that a share q (0..1) of the requests did not exceed, in ns; 0: there are none. */
uint64_t latency_quantile(const struct latency *, double q);

#endif
