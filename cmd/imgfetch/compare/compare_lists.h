/*
 * The lists of a comparison. Every round reads them again, so a list that can be read only once
 * (standard input, a pipe) is first copied into the scratch directory.
 */
#ifndef CMD_COMPARE_LISTS_H
#define CMD_COMPARE_LISTS_H

#include "cmd/imgfetch/compare/compare_round.h"

struct lists {
    const char **paths; /* ends with NULL; borrowed, except those of copies */
    char **copies;      /* ends with NULL */
    size_t n, n_copies;
};

/* False: a list cannot be read, and a message was printed; or a signal came. */
bool compare_lists_open(struct lists *, const struct options *, const char *dir, struct signals *);
void compare_lists_close(struct lists *);

#endif
