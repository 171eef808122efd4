/* Checks that options fit together. */
#ifndef CMD_OPTIONS_CHECK_H
#define CMD_OPTIONS_CHECK_H

#include "cmd/imgfetch/options/options.h"

struct options_row;

/* Both print a usage error on standard error, and where to read on: about an option (NULL: about
 * none). Always return false. */
bool options_usage_error(const char *subject, const char *why);
bool options_usage_error_about(const struct options_row *, const char *subject, const char *why);

/* Sets what follows from other options. False: a usage error; the message is printed. */
bool options_check(struct options *);

#endif
