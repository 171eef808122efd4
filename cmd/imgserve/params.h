/*
 * The query of a URL, which says how to answer the request.
 *
 * Unknown names are ignored, so any URL may have a query. A known name with an
 * invalid value is an error: a test with a typo must not pass by accident.
 */
#ifndef IMGSERVE_PARAMS_H
#define IMGSERVE_PARAMS_H

#include "base/buf.h"
#include "base/span.h"
#include "cmd/imgserve/faults.h"
#include "cmd/imgserve/request.h"

enum { PARAMS_HEADERS_MAX = 16 };
#define PARAMS_NONE UINT64_MAX /* a number that was not given */

struct params {
    uint64_t delay_ms;
    uint64_t rate; /* body bytes per second; 0: no limit */
    uint64_t size; /* or PARAMS_NONE */
    uint64_t hops;
    uint64_t turn;   /* the counter of loop=1 */
    uint64_t status; /* 0: none; else 200..999 */
    uint64_t fail_first;
    bool loop, chunked, close, html;
    const struct fault *fault;                         /* NULL: none */
    struct span redirect, type, retry_after, encoding; /* decoded; at NULL: not given */
    struct span next;                                  /* close, reset or 408 */
    struct span raw, again, after;                     /* the same, any bytes */
    uint64_t times;                                    /* or PARAMS_NONE */
    struct span headers[PARAMS_HEADERS_MAX];           /* decoded, "NAME:VALUE" */
    unsigned n_headers;
    char decoded[REQUEST_TARGET_MAX]; /* the bytes of the spans above */
};

/* NULL: *ret is filled; it points into itself, so it may not be copied.
 * Else: what is wrong (static text). */
const char *params_parse(struct span query, struct params *ret);

/* Writes the query with `name` set to `value`. */
void params_write(struct span query, const char *name, uint64_t value, struct buf *out);

#endif
