/* What fits together among options, and what does not. */
#ifndef CMD_OPTIONS_CHECK_H
#define CMD_OPTIONS_CHECK_H

#include "cmd/imgfetch/options/options.h"

/* Tells a usage error on standard error. Always false. */
bool options_usage_error(const char *subject, const char *why);

/* Works out what follows from others. False: a usage error; it has been told. */
bool options_check(struct options *);

#endif
