/* Checks the options about lists that are parts of one: --split and --first-shard. */
#ifndef CMD_OPTIONS_PARTS_H
#define CMD_OPTIONS_PARTS_H

#include "cmd/imgfetch/options/options.h"

/* False: they cannot be combined with others; the message is printed. */
bool options_parts_check(const struct options *);

#endif
