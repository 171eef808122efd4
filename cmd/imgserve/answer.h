/*
 * What to answer to a request, decided once: answer_make() fills in all that
 * wire_next() and the connection need, and keeps nothing of the request.
 *
 * A zeroed one is fine to fill. The struct owns its head and body; the memory
 * of the head is used again by the next answer of the connection.
 */
#ifndef IMGSERVE_ANSWER_H
#define IMGSERVE_ANSWER_H

#include "cmd/imgserve/body.h"
#include "cmd/imgserve/request.h"
#include "cmd/imgserve/site.h"

#define ANSWER_NO_LENGTH UINT64_MAX

struct answer {
    struct buf head;
    struct body body;
    uint64_t delay_ms;    /* before the first byte */
    uint64_t rate;        /* bytes of body a second; 0: as fast as it goes */
    uint64_t send;        /* bytes of body to send; UINT64_MAX: no end */
    uint64_t claimed;     /* Content-Length or ANSWER_NO_LENGTH */
    const char *encoding; /* Content-Encoding; NULL: none; static text */
    bool chunked;
    bool no_head;
    bool open_head; /* never ends: what follows belongs to it */
    bool slow_head; /* `rate` holds for it too */
    enum answer_tail {
        ANSWER_TAIL_NONE,
        ANSWER_TAIL_LAST_CHUNK,
        ANSWER_TAIL_BAD_CHUNK,
    } tail;
    enum answer_then {
        ANSWER_THEN_KEEP, /* the next request, please */
        ANSWER_THEN_CLOSE,
        ANSWER_THEN_HOLD, /* silence; the connection stays */
        ANSWER_THEN_RESET,
    } then;

    /* wire.c: how much has been given out */
    size_t head_sent;
    uint64_t sent;  /* of the body */
    uint64_t paced; /* bytes that `rate` counts */
    bool done;
    char frame[24]; /* of the current chunk */
};

void answer_make(struct site *, const struct request *, struct answer *ret);

/* For a request that was not understood: a 4xx or 5xx, then the end. */
void answer_refuse(struct site *, int status, struct answer *ret);

void answer_end(struct answer *);  /* frees the body; ready for the next */
void answer_fini(struct answer *); /* frees all */

#endif
