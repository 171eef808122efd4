#include "base/sharedlib.h"

#include <dlfcn.h>
#include <stdio.h>

bool sharedlib_load(const char *soname, const struct sharedlib_call *calls, size_t n, char *reason)
{
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    bool found = library != NULL;
    for (size_t i = 0; found && i < n; i++) {
        *(void **)calls[i].at = dlsym(library, calls[i].name); /* as POSIX has it */
        found = *(void **)calls[i].at != NULL;
    }
    if (!found)
        snprintf(reason, SHAREDLIB_REASON_SIZE, "%s", dlerror());
    return found;
}
