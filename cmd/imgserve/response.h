/*
 * The response to a request, decided once: response_make() fills in all that
 * wire_next() and the connection need, and keeps nothing of the request.
 *
 * A zeroed struct can be filled. The struct owns its head and body; the next
 * response of the connection uses the memory of the head again.
 */
#ifndef IMGSERVE_RESPONSE_H
#define IMGSERVE_RESPONSE_H

#include "cmd/imgserve/body.h"
#include "cmd/imgserve/request.h"
#include "cmd/imgserve/site.h"

#define RESPONSE_NO_LENGTH UINT64_MAX

struct response {
    struct buf head;
    struct body body;
    uint64_t delay_ms;    /* before the first byte */
    uint64_t rate;        /* bytes of body per second; 0: no limit */
    uint64_t send;        /* bytes of body to send; UINT64_MAX: no end */
    uint64_t claimed;     /* Content-Length or RESPONSE_NO_LENGTH */
    const char *encoding; /* Content-Encoding; NULL: none; static text */
    bool chunked;
    bool no_head;
    bool open_head; /* never ends: what follows belongs to it */
    bool slow_head; /* `rate` applies to it, too */
    enum response_tail {
        RESPONSE_TAIL_NONE,
        RESPONSE_TAIL_LAST_CHUNK,
        RESPONSE_TAIL_BAD_CHUNK,
    } tail;
    enum response_then {
        RESPONSE_THEN_KEEP, /* read the next request */
        RESPONSE_THEN_CLOSE,
        RESPONSE_THEN_HOLD, /* silence; the connection stays */
        RESPONSE_THEN_RESET,
    } then;

    enum response_next {
        RESPONSE_NEXT_SERVE,
        RESPONSE_NEXT_CLOSE,
        RESPONSE_NEXT_RESET,
        RESPONSE_NEXT_408,
    } next; /* with RESPONSE_THEN_KEEP: what the connection's next request gets */

    /* wire.c: how much it has returned so far */
    size_t head_sent;
    uint64_t sent;  /* of the body */
    uint64_t paced; /* bytes that `rate` counts */
    bool done;
    char frame[24]; /* of the current chunk */
};

void response_make(struct site *, const struct request *, struct response *ret);

/* For a malformed request: a 4xx or 5xx, then the connection is closed. */
void response_refuse(struct site *, int status, struct response *ret);

void response_end(struct response *);  /* frees the body; ready for the next */
void response_fini(struct response *); /* frees all */

#endif
