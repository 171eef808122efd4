/*
 * The lists of a comparison: every round reads them anew, so what can be read only once
 * (standard input, a pipe) is copied into the scratch directory first.
 */
#ifndef CMD_COMPARE_LISTS_H
#define CMD_COMPARE_LISTS_H

#include "cmd/imgfetch/compare/compare_round.h"

struct lists {
    const char **paths; /* ends with NULL; borrowed but for the copies */
    char **copies;      /* likewise NULL-terminated */
    size_t n, n_copies;
};

/* False: a list cannot be read, which has been told, or a signal came. */
bool compare_lists_open(struct lists *, const struct options *, const char *dir, struct signals *);
void compare_lists_close(struct lists *);

#endif
