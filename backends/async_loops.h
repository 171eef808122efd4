/* async with --loops=N: the ordinary stage N times, each on a loop and thread of its own. */
#ifndef BACKENDS_ASYNC_LOOPS_H
#define BACKENDS_ASYNC_LOOPS_H

#include "fetch/backend.h"

/* open_one opens the ordinary stage; conf->loops is above 1. */
struct stage *async_loops_open(const struct backend_conf *, uv_loop_t *, char *message,
    struct stage *(*open_one)(const struct backend_conf *, uv_loop_t *, char *message));

#endif
