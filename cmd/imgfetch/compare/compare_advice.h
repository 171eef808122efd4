/*
 * The advice at the end of a comparison: which contender had the best figures and why, whether the
 * rounds are enough to tell, and what the decision guide recommends for such a workload.
 */
#ifndef CMD_COMPARE_ADVICE_H
#define CMD_COMPARE_ADVICE_H

#include "cmd/imgfetch/compare/compare_figures.h"

enum { ADVICE_SIZE = 600, ADVICE_LINES = 6 };

struct advice {
    char line[ADVICE_LINES][ADVICE_SIZE]; /* sentences; n of them */
    unsigned n;
};

/* The best contender with, or without, thumbnails. NULL: none has a round with a
 * success. */
const struct contender *compare_best(const struct comparison *, bool thumbs);

/* `cores`: of this machine. */
void compare_advise(const struct comparison *, unsigned cores, struct advice *ret);

#endif
