/*
 * The error codes of a row, their names, and the properties of each.
 *
 * The names are a contract with the users of the manifest: a code is never
 * renamed or reused. Where a code has a text beside it (job->message), the
 * text is for people and may change.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define ERR_CODES(F)                                                                               \
    F(ERR_OK, "success")                                                                           \
    /* no body was kept: failed_to_download */                                                     \
    F(ERR_BAD_URL, "bad_url")                                                                      \
    F(ERR_BLOCKED_ADDRESS, "blocked_address")                                                      \
    F(ERR_DNS_NOT_FOUND, "dns_not_found")                                                          \
    F(ERR_DNS_FAILURE, "dns_failure")                                                              \
    F(ERR_CONNECT_FAILED, "connect_failed")                                                        \
    F(ERR_CONNECT_TIMEOUT, "connect_timeout")                                                      \
    F(ERR_TLS_FAILED, "tls_failed")                                                                \
    F(ERR_TIMEOUT, "timeout")                                                                      \
    F(ERR_STALLED, "stalled")                                                                      \
    F(ERR_HTTP_ERROR, "http_error")                                                                \
    F(ERR_REDIRECT_LOOP, "redirect_loop")                                                          \
    F(ERR_TOO_LARGE, "too_large")                                                                  \
    F(ERR_TRUNCATED_BODY, "truncated_body")                                                        \
    F(ERR_PROTOCOL_ERROR, "protocol_error")                                                        \
    F(ERR_ROBOTS_TAG, "robots_tag")                                                                \
    F(ERR_HASH_MISMATCH, "hash_mismatch")                                                          \
    F(ERR_HOST_DOWN, "host_down")                                                                  \
    F(ERR_PLACEHOLDER, "placeholder")                                                              \
    F(ERR_NAME_TAKEN, "name_taken")                                                                \
    F(ERR_BAD_BOXES, "bad_boxes")                                                                  \
    /* the body arrived, but not a usable image: failed_to_resize */                               \
    F(ERR_NOT_AN_IMAGE, "not_an_image")                                                            \
    F(ERR_UNSUPPORTED_FORMAT, "unsupported_format")                                                \
    F(ERR_UNWANTED_FORMAT, "unwanted_format")                                                      \
    F(ERR_DECODE_ERROR, "decode_error")                                                            \
    F(ERR_DECODE_CRASH, "decode_crash")                                                            \
    F(ERR_DECODE_TIMEOUT, "decode_timeout")                                                        \
    F(ERR_DECODE_MEMORY, "decode_memory")                                                          \
    F(ERR_IMAGE_TOO_SMALL, "image_too_small")                                                      \
    F(ERR_IMAGE_TOO_LARGE, "image_too_large")                                                      \
    F(ERR_ASPECT_RATIO, "aspect_ratio")                                                            \
    /* not the row's fault. cancelled: the run was stopped; never written, retried by the next     \
     * run. io_error: this machine: disk, memory, descriptors */                                   \
    F(ERR_CANCELLED, "cancelled")                                                                  \
    F(ERR_IO_ERROR, "io_error")

#define ERR_CODE(code, name) code,
enum err {
    ERR_CODES(ERR_CODE) ERR_COUNT,
    /* internal, sent back to the frontier, no attempt counted: */
    ERR_EVICTED = ERR_COUNT, /* to free memory */
    ERR_STALE,               /* the server has not processed the request: it had closed the kept
                                connection, choked on the TLS session that was to be resumed, or
                                refused the request (HTTP/2) */
    ERR_STARVED,             /* this machine had no descriptor or no memory for a socket */
};
#undef ERR_CODE

/* "dns_not_found"; for ERR_OK "success". Static text. */
const char *err_name(enum err);

/* The code of that name, or -1. */
int err_from_name(const char *name);

/* "success", "failed_to_download" or "failed_to_resize" (the words of
 * img2dataset, whose users read our manifests). Static text. */
const char *err_status(enum err);

/* What a code is about, for statistics. */
enum err_class {
    ERR_CLASS_SUCCESS,
    ERR_CLASS_LIST,       /* the row itself */
    ERR_CLASS_DNS,        /* the name of its host */
    ERR_CLASS_CONNECTION, /* to its host */
    ERR_CLASS_TIMEOUT,
    ERR_CLASS_RESPONSE, /* what the server sent, before it is an image */
    ERR_CLASS_REFUSED,  /* by the rules and limits of the run */
    ERR_CLASS_IMAGE,
    ERR_CLASS_MACHINE, /* this one */
    ERR_N_CLASSES,
};
enum err_class err_class(enum err);
const char *err_class_name(enum err_class); /* "dns"; static text */

/* True for the codes from not_an_image to aspect_ratio. */
bool err_is_resize(enum err);

/* True if another attempt may succeed. http_status decides for ERR_HTTP_ERROR: 408, 425, 429 and
 * 5xx (RFC 9110, RFC 8470, RFC 6585). */
bool err_is_transient(enum err, int http_status);

#endif
