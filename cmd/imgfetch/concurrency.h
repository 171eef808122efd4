/* How many requests a run may have in flight: as many as the options say, and as this machine and
 * --memory have room for. */
#ifndef CMD_CONCURRENCY_H
#define CMD_CONCURRENCY_H

#include "cmd/imgfetch/options/options.h"

/* True if the run finds out itself how many are best (fetch/window.h). */
bool concurrency_adapts(const struct options *);

/* The most requests in flight. Raises the limit of open files to the most allowed. If that or
 * --memory lets the run have fewer than it was told to, standard error says so. */
unsigned concurrency_limit(const struct options *);

#endif
