/*
 * Ways to answer wrongly, and how each changes a response.
 *
 * For a HEAD request the faults of the body are those of an empty body.
 */
#ifndef IMGSERVE_FAULTS_H
#define IMGSERVE_FAULTS_H

#include "cmd/imgserve/span.h"

enum fault {
    FAULT_NONE,
    FAULT_CLOSE,     /* no byte, then the end */
    FAULT_RESET,     /* no byte, then RST */
    FAULT_HALF,      /* head and half of the body, then the end */
    FAULT_STALL,     /* head and half of the body, then silence */
    FAULT_SILENT,    /* never a byte */
    FAULT_LIE_LONG,  /* Content-Length is more than what is sent, then the end */
    FAULT_LIE_SHORT, /* Content-Length is less than what is sent */
    FAULT_GARBAGE,   /* bytes that are not HTTP */
    FAULT_ENDLESS,   /* a body without end, no Content-Length */
    FAULT_BOMB,      /* gzip without end, of zeros */
    FAULT_HOLLOW,    /* gzip without end, of nothing */
    FAULT_EMPTY,     /* Content-Length: 0 */
    FAULT_BAD_CHUNK, /* half of the body in chunks, then something that is not a chunk */
    FAULT_DRIP,      /* a head of one byte a second, for ever */
};

/* By its name in the query. */
bool faults_find(struct span name, enum fault *ret);

/* Applies the fault to a response whose body is chosen and whose head is not yet written. */
struct response;
void faults_bend(enum fault, struct response *);

#endif
