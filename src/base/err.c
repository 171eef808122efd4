#include "base/err.h"

#include <string.h>

static const char *const names[ERR_COUNT] = {
    [ERR_OK] = "success",
    [ERR_BAD_URL] = "bad_url",
    [ERR_BLOCKED_ADDRESS] = "blocked_address",
    [ERR_DNS_NOT_FOUND] = "dns_not_found",
    [ERR_DNS_FAILURE] = "dns_failure",
    [ERR_CONNECT_FAILED] = "connect_failed",
    [ERR_CONNECT_TIMEOUT] = "connect_timeout",
    [ERR_TLS_FAILED] = "tls_failed",
    [ERR_TIMEOUT] = "timeout",
    [ERR_STALLED] = "stalled",
    [ERR_HTTP_ERROR] = "http_error",
    [ERR_REDIRECT_LOOP] = "redirect_loop",
    [ERR_TOO_LARGE] = "too_large",
    [ERR_TRUNCATED_BODY] = "truncated_body",
    [ERR_PROTOCOL_ERROR] = "protocol_error",
    [ERR_ROBOTS_TAG] = "robots_tag",
    [ERR_HASH_MISMATCH] = "hash_mismatch",
    [ERR_HOST_DOWN] = "host_down",
    [ERR_NOT_AN_IMAGE] = "not_an_image",
    [ERR_UNSUPPORTED_FORMAT] = "unsupported_format",
    [ERR_DECODE_ERROR] = "decode_error",
    [ERR_DECODE_CRASH] = "decode_crash",
    [ERR_DECODE_TIMEOUT] = "decode_timeout",
    [ERR_DECODE_MEMORY] = "decode_memory",
    [ERR_IMAGE_TOO_SMALL] = "image_too_small",
    [ERR_IMAGE_TOO_LARGE] = "image_too_large",
    [ERR_ASPECT_RATIO] = "aspect_ratio",
    [ERR_CANCELLED] = "cancelled",
    [ERR_IO_ERROR] = "io_error",
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
        return http_status == 408 || http_status == 425 || http_status == 429 || http_status >= 500;
    default:
        return false;
    }
}
