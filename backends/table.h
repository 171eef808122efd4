/* The table of all backends. */
#ifndef BACKENDS_TABLE_H
#define BACKENDS_TABLE_H

#include "fetch/backend.h"

extern const struct backend backend_async, backend_threads, backend_procs, backend_coro,
    backend_serial, backend_null, backend_auto;

/* Ends with NULL. */
extern const struct backend *const backend_table[];

/* NULL: no backend has that name. */
const struct backend *backend_find(const char *name);

#endif
