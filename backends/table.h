/* The table of all backends. */
#ifndef BACKENDS_TABLE_H
#define BACKENDS_TABLE_H

#include "fetch/backend.h"

/* Ends with NULL. */
extern const struct backend *const backend_table[];

/* NULL: no backend has that name. */
const struct backend *backend_find(const char *name);

#endif
