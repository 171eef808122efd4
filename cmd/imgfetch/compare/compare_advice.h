/*
 * The closing words of a comparison: which contender did best by its figures, and what the
 * decision guide would have said of a workload with this character.
 */
#ifndef CMD_COMPARE_ADVICE_H
#define CMD_COMPARE_ADVICE_H

#include "cmd/imgfetch/compare/compare_figures.h"

enum { ADVICE_SIZE = 400, ADVICE_LINES = 4 };

struct advice {
    char line[ADVICE_LINES][ADVICE_SIZE]; /* sentences; n of them */
    unsigned n;
};

/* The best of those with, or without, thumbnails. NULL: none has a round. */
const struct contender *compare_best(const struct comparison *, bool thumbs);

/* `cores`: of this machine. */
void compare_advise(const struct comparison *, unsigned cores, struct advice *ret);

#endif
