/*
 * A round runs this program as a child process, with the user's own options, and measures the
 * resources it used. Meanwhile it reads the signals that end a comparison.
 */
#ifndef CMD_COMPARE_ROUND_H
#define CMD_COMPARE_ROUND_H

#include "cmd/imgfetch/compare/compare_figures.h"

#include <signal.h>

/* SIGINT, SIGTERM, SIGHUP and SIGCHLD, blocked and read from a descriptor. */
struct signals {
    int fd;
    sigset_t before; /* the old mask, which the children get */
    int caught;      /* the signal that ends the comparison; 0: none yet */
};

bool compare_signals_open(struct signals *);
void compare_signals_read(struct signals *); /* reads all pending signals */

struct round_conf {
    const struct contender *contender;
    char *const *options;     /* the user's options; ends with NULL */
    const char *const *lists; /* ends with NULL */
    const char *shuffle;      /* an option, or NULL */
    const char *output;       /* a directory that does not exist yet */
};

/*
 * Runs the child and fills ret as far as it got. False: it could not be started, crashed, or ended
 * with an exit status that a list cannot cause; `trouble` (as a contender's) says why. Also false
 * after a signal, without a reason; then the child and its processes have ended.
 */
bool compare_round(
    const struct round_conf *, struct signals *, struct figures *ret, char trouble[300]);

#endif
