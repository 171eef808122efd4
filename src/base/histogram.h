/*
 * How large many values were: a histogram of constant size with classes 6 % wide, of whatever
 * whole numbers up to 2^43. A plain value; all zero is empty.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_PER_OCTAVE = 16, HISTOGRAM_CLASSES = 40 * HISTOGRAM_PER_OCTAVE };

struct histogram {
    uint64_t n;
    uint32_t classes[HISTOGRAM_CLASSES];
};

/* A larger value counts as the largest. */
void histogram_add(struct histogram *, uint64_t value);

/* The value that a share q (0..1) of them did not exceed; 0: there are none. */
uint64_t histogram_quantile(const struct histogram *, double q);

/* How many values are at least `low` and less than `high`: exact where both are ends of classes,
 * as powers of 2 are, and 3/2 of those from 4 on. */
uint64_t histogram_between(const struct histogram *, uint64_t low, uint64_t high);

#endif
