#include "base/err.h"

#include <string.h>

static const char *const names[ERR_COUNT] = {
#define NAME(code, name) [code] = (name),
    ERR_CODES(NAME)
#undef NAME
};

const char *err_name(enum err e)
{
    if (e == ERR_EVICTED)
        return "evicted";
    if (e == ERR_STALE)
        return "stale";
    return e == ERR_STARVED ? "starved" : names[e];
}

int err_from_name(const char *name)
{
    for (int e = 0; e < ERR_COUNT; e++)
        if (!strcmp(names[e], name))
            return e;
    return -1;
}

bool err_is_resize(enum err e)
{
    return e >= ERR_NOT_AN_IMAGE && e <= ERR_ASPECT_RATIO;
}

const char *err_status(enum err e)
{
    if (e == ERR_OK)
        return "success";
    return err_is_resize(e) ? "failed_to_resize" : "failed_to_download";
}

bool err_is_transient(enum err e, int http_status)
{
    switch (e) {
    case ERR_DNS_FAILURE:
    case ERR_CONNECT_FAILED:
    case ERR_CONNECT_TIMEOUT:
    case ERR_TIMEOUT:
    case ERR_STALLED:
    case ERR_TRUNCATED_BODY:
    case ERR_PROTOCOL_ERROR:
    case ERR_IO_ERROR: /* short of memory or descriptors, a process lost: it may pass */
        return true;
    case ERR_HTTP_ERROR:
        return http_status == 408 || http_status == 425 || http_status == 429 ||
               (http_status >= 500 && http_status <= 599);
    default:
        return false;
    }
}
