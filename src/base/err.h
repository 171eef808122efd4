/*
 * The error codes of a row, and the properties of each.
 *
 * The names are a contract with the users of the manifest: a code is never
 * renamed or reused. Where a code has a text beside it (job->message), the
 * text is for people and may change.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err {
    ERR_OK,
    /* no body was kept: failed_to_download */
    ERR_BAD_URL,
    ERR_BLOCKED_ADDRESS,
    ERR_DNS_NOT_FOUND,
    ERR_DNS_FAILURE,
    ERR_CONNECT_FAILED,
    ERR_CONNECT_TIMEOUT,
    ERR_TLS_FAILED,
    ERR_TIMEOUT,
    ERR_STALLED,
    ERR_HTTP_ERROR,
    ERR_REDIRECT_LOOP,
    ERR_TOO_LARGE,
    ERR_TRUNCATED_BODY,
    ERR_PROTOCOL_ERROR,
    ERR_ROBOTS_TAG,
    ERR_HASH_MISMATCH,
    ERR_HOST_DOWN,
    /* the body arrived, but not a usable image: failed_to_resize */
    ERR_NOT_AN_IMAGE,
    ERR_UNSUPPORTED_FORMAT,
    ERR_DECODE_ERROR,
    ERR_DECODE_CRASH,
    ERR_DECODE_TIMEOUT,
    ERR_DECODE_MEMORY,
    ERR_IMAGE_TOO_SMALL,
    ERR_IMAGE_TOO_LARGE,
    ERR_ASPECT_RATIO,
    /* not the row's fault */
    ERR_CANCELLED, /* the run was stopped: never written, retried by the next run */
    ERR_IO_ERROR,  /* this machine: disk, memory, descriptors */
    ERR_COUNT,
    /* internal, sent back to the frontier, no attempt counted: */
    ERR_EVICTED = ERR_COUNT, /* to free memory */
    ERR_STALE,               /* the kept connection had been closed by the server */
    ERR_STARVED,             /* this machine had no descriptor or no memory for a socket */
};

/* "dns_not_found"; for ERR_OK "success". Static text. */
const char *err_name(enum err);

/* The code of that name, or -1. */
int err_from_name(const char *name);

/* "success", "failed_to_download" or "failed_to_resize" (the words of
 * img2dataset, whose users read our manifests). Static text. */
const char *err_status(enum err);

/* True for the codes from not_an_image to aspect_ratio. */
bool err_is_resize(enum err);

/* True if another attempt may succeed. http_status decides for ERR_HTTP_ERROR: 408, 425, 429 and
 * 5xx (RFC 9110, RFC 8470, RFC 6585). */
bool err_is_transient(enum err, int http_status);

#endif
