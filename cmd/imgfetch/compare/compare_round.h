/*
 * A round: one run of this program as a child process, with the user's own options, and what
 * it used. While it goes on, the signals that end a comparison are read here.
 */
#ifndef CMD_COMPARE_ROUND_H
#define CMD_COMPARE_ROUND_H

#include "cmd/imgfetch/compare/compare_figures.h"

#include <signal.h>

/* SIGINT, SIGTERM, SIGHUP and SIGCHLD, blocked and to be read. */
struct signals {
    int fd;
    sigset_t before; /* what was blocked: the children's mask */
    int caught;      /* the signal that ends the comparison; 0: none yet */
};

bool compare_signals_open(struct signals *);
void compare_signals_read(struct signals *); /* all that have come */

struct round_conf {
    const struct contender *contender;
    char *const *options;     /* the user's: words that end with NULL */
    const char *const *lists; /* likewise */
    const char *shuffle;      /* a word, or NULL */
    const char *output;       /* a directory that is not there yet */
};

/*
 * Runs it and fills ret, as far as it came. False: it could not be started, crashed, or ended
 * with an exit status that a list cannot cause; `trouble` (as a contender's) says why. Also false
 * after a signal, without a reason; the child and its processes are gone then.
 */
bool compare_round(
    const struct round_conf *, struct signals *, struct figures *ret, char trouble[300]);

#endif
