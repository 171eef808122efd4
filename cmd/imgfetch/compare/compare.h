/* A comparison of backends, pools or versions of HTTP on the user's own list (--compare). */
#ifndef CMD_COMPARE_H
#define CMD_COMPARE_H

#include "cmd/imgfetch/options/options.h"

/* Returns the exit status: 0 all rounds ran, 1 some did not, 2 usage or an empty list, 3 nothing
 * could be compared, 128 + signal. */
int compare(const struct options *);

#endif
