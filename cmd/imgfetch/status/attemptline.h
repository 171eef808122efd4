/* The line that -vv prints for each attempt. Loop thread. */
#ifndef CMD_ATTEMPTLINE_H
#define CMD_ATTEMPTLINE_H

#include "cmd/imgfetch/status/progress.h"

void attemptline_show(struct progress *, const struct attempt *);

#endif
