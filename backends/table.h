/* The table of backends: the one place that knows them all. */
#ifndef BACKENDS_TABLE_H
#define BACKENDS_TABLE_H

#include "fetch/backend.h"

/* Ends with NULL. */
extern const struct backend *const backend_table[];

/* NULL: there is none of that name. */
const struct backend *backend_find(const char *name);

#endif
