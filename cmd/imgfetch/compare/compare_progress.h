/*
 * Says on standard error how far a comparison is: a line for each run that has ended, with its
 * number among all and the time that is left; on a terminal also one for the run that goes on,
 * which is erased when that ends. With --quiet nothing.
 */
#ifndef CMD_COMPARE_PROGRESS_H
#define CMD_COMPARE_PROGRESS_H

#include "cmd/imgfetch/compare/compare_figures.h"

struct compare_progress {
    const struct comparison *all;
    unsigned done;  /* runs that have ended */
    double warm_up; /* seconds it took; 0: it has not ended */
    bool is_shown;  /* a line on the terminal has to be erased */
};

/* round: from 1; 0: the warm-up. */
void compare_progress_begin(struct compare_progress *, const struct contender *, unsigned round);

/* seconds: its wall time. Call it after the contender has the round. */
void compare_progress_end(
    struct compare_progress *, const struct contender *, unsigned round, double seconds);

/* Erases what is shown, before something else is printed. */
void compare_progress_clear(struct compare_progress *);

#endif
