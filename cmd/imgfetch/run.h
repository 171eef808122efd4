/* One run: from parsed options to the exit code. */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "cmd/imgfetch/options/options.h"

/* The exit codes of the manual page. */
enum { EXIT_OK = 0, EXIT_ROWS_FAILED = 1, EXIT_USAGE = 2, EXIT_STOPPED = 3, EXIT_SIGNAL = 128 };

/* Returns an exit code. Call it before the process has a thread or has used curl: it first forks
 * the decoders. */
int run(const struct options *);

#endif
