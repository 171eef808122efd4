/*
 * A histogram of constant size for integers up to 2^43, with classes 6 % wide. A plain value; all
 * zero is empty.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_PER_OCTAVE = 16, HISTOGRAM_CLASSES = 40 * HISTOGRAM_PER_OCTAVE };

struct histogram {
    uint64_t n;
    uint32_t classes[HISTOGRAM_CLASSES];
};

/* Adds a value; above the range it counts as the largest. */
void histogram_add(struct histogram *, uint64_t value);

/* The q-quantile (q is 0..1): the value that a share q of the values did not exceed; 0: no
 * values. */
uint64_t histogram_quantile(const struct histogram *, double q);

/* The number of values in [low, high). Exact if both are class boundaries: powers of 2 are, and
 * 3/2 of those from 4 on. */
uint64_t histogram_between(const struct histogram *, uint64_t low, uint64_t high);

#endif
