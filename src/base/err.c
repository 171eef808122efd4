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

static const enum err_class classes[ERR_COUNT] = {
    [ERR_BAD_URL] = ERR_CLASS_LIST,
    [ERR_BAD_BOXES] = ERR_CLASS_LIST,
    [ERR_DNS_NOT_FOUND] = ERR_CLASS_DNS,
    [ERR_DNS_FAILURE] = ERR_CLASS_DNS,
    [ERR_CONNECT_FAILED] = ERR_CLASS_CONNECTION,
    [ERR_CONNECT_TIMEOUT] = ERR_CLASS_CONNECTION,
    [ERR_TLS_FAILED] = ERR_CLASS_CONNECTION,
    [ERR_HOST_DOWN] = ERR_CLASS_CONNECTION,
    [ERR_TIMEOUT] = ERR_CLASS_TIMEOUT,
    [ERR_STALLED] = ERR_CLASS_TIMEOUT,
    [ERR_HTTP_ERROR] = ERR_CLASS_RESPONSE,
    [ERR_REDIRECT_LOOP] = ERR_CLASS_RESPONSE,
    [ERR_TRUNCATED_BODY] = ERR_CLASS_RESPONSE,
    [ERR_PROTOCOL_ERROR] = ERR_CLASS_RESPONSE,
    [ERR_BLOCKED_ADDRESS] = ERR_CLASS_REFUSED,
    [ERR_ROBOTS_TAG] = ERR_CLASS_REFUSED,
    [ERR_HASH_MISMATCH] = ERR_CLASS_REFUSED,
    [ERR_PLACEHOLDER] = ERR_CLASS_REFUSED,
    [ERR_UNWANTED_FORMAT] = ERR_CLASS_REFUSED,
    [ERR_TOO_LARGE] = ERR_CLASS_REFUSED,
    [ERR_IMAGE_TOO_SMALL] = ERR_CLASS_REFUSED,
    [ERR_IMAGE_TOO_LARGE] = ERR_CLASS_REFUSED,
    [ERR_ASPECT_RATIO] = ERR_CLASS_REFUSED,
    [ERR_NOT_AN_IMAGE] = ERR_CLASS_IMAGE,
    [ERR_UNSUPPORTED_FORMAT] = ERR_CLASS_IMAGE,
    [ERR_DECODE_ERROR] = ERR_CLASS_IMAGE,
    [ERR_DECODE_CRASH] = ERR_CLASS_IMAGE,
    [ERR_DECODE_TIMEOUT] = ERR_CLASS_IMAGE,
    [ERR_DECODE_MEMORY] = ERR_CLASS_IMAGE,
    [ERR_NAME_TAKEN] = ERR_CLASS_MACHINE,
    [ERR_CANCELLED] = ERR_CLASS_MACHINE,
    [ERR_IO_ERROR] = ERR_CLASS_MACHINE,
};

enum err_class err_class(enum err e)
{
    return classes[e];
}

const char *err_class_name(enum err_class c)
{
    static const char *const words[ERR_N_CLASSES] = {"success", "list", "dns", "connection",
        "timeout", "response", "refused", "image", "machine"};
    return words[c];
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
