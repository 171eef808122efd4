/*
 * --on-shard=PROGRAM: the helper process that runs it (exec/launcher.h), as
 * PROGRAM 00042 DIR FILE... for the files of a shard (store/sent.h).
 */
#ifndef CMD_ONSHARD_H
#define CMD_ONSHARD_H

#include "exec/launcher.h"

#include <stdbool.h>

struct options;

/* True if it is an executable file: by its path, or without a slash, in $PATH. */
bool onshard_is_program(const char *program);

/* Forks the helper, before confine_family(). False: the message is printed. *ret: NULL without
 * --on-shard. */
bool onshard_start(const struct options *, struct launcher **ret);

#endif
