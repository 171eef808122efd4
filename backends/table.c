#include "backends/table.h"

#include <string.h>

const struct backend *const backend_table[] = {
    &backend_async,
    &backend_threads,
    &backend_procs,
    &backend_coro,
    &backend_serial,
    &backend_null,
    &backend_auto,
    NULL,
};

const struct backend *backend_find(const char *name)
{
    for (const struct backend *const *b = backend_table; *b; b++)
        if (!strcmp((*b)->name, name))
            return *b;
    return NULL;
}
