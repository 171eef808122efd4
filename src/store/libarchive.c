#include "store/libarchive.h"

#include "base/sharedlib.h"

#include <pthread.h>

SHAREDLIB_NOTE(LIBARCHIVE_SONAME, "webdataset", "Tars: --layout=webdataset", "recommended");

static struct libarchive calls;
static bool loaded;
static char reason[SHAREDLIB_REASON_SIZE];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load_functions(void)
{
    static const struct sharedlib_call wanted[] = {
#define LIBARCHIVE_CALL(function) {#function, &calls.function},
        LIBARCHIVE_CALLS(LIBARCHIVE_CALL)
#undef LIBARCHIVE_CALL
    };
    loaded = sharedlib_load(LIBARCHIVE_SONAME, wanted, sizeof wanted / sizeof *wanted, reason);
}

const struct libarchive *libarchive(void)
{
    pthread_once(&once, load_functions);
    return loaded ? &calls : NULL;
}

const char *libarchive_error(void)
{
    return reason;
}
