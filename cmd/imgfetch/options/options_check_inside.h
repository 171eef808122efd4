/* Of options_check*.c only. */
#ifndef CMD_OPTIONS_CHECK_INSIDE_H
#define CMD_OPTIONS_CHECK_INSIDE_H

#include "cmd/imgfetch/options/options_check.h"

/* A usage error about an option: says where it was given, with which value, and why it cannot be.
 * Returns false. */
bool options_check_refuse(const struct options *, const char *name, const char *why);

/* Those about what is written: boxes to blur, sidecars, hashes, deliveries. */
bool options_check_output(struct options *);

#endif
