/* Checks that options fit together. */
#ifndef CMD_OPTIONS_CHECK_H
#define CMD_OPTIONS_CHECK_H

#include "cmd/imgfetch/options/options.h"

/* Prints a usage error on standard error. Always returns false. */
bool options_usage_error(const char *subject, const char *why);

/* Sets what follows from other options. False: a usage error; the message is printed. */
bool options_check(struct options *);

#endif
