/*
 * Ways to answer wrongly, and what each makes of an answer.
 *
 * For a HEAD request the faults of the body are those of an empty one.
 */
#ifndef IMGSERVE_FAULTS_H
#define IMGSERVE_FAULTS_H

#include "cmd/imgserve/span.h"

enum fault {
    FAULT_NONE,
    FAULT_CLOSE,     /* not a byte, then the end */
    FAULT_RESET,     /* not a byte, then RST */
    FAULT_HALF,      /* head and half of the body, then the end */
    FAULT_STALL,     /* head and half of the body, then silence */
    FAULT_SILENT,    /* never a byte */
    FAULT_LIE_LONG,  /* Content-Length is more than what comes, then the end */
    FAULT_LIE_SHORT, /* Content-Length is less than what comes */
    FAULT_GARBAGE,   /* bytes that are no HTTP */
    FAULT_ENDLESS,   /* a body without end, no Content-Length */
    FAULT_BOMB,      /* gzip without end, of zeros */
    FAULT_HOLLOW,    /* gzip without end, of nothing */
    FAULT_EMPTY,     /* Content-Length: 0 */
    FAULT_BAD_CHUNK, /* half of the body in chunks, then what is no chunk */
    FAULT_DRIP,      /* a head of one byte a second, for ever */
};

/* By its name in the query. */
bool faults_find(struct span name, enum fault *ret);

/* Changes an answer whose body is chosen and whose head is not yet written. */
struct answer;
void faults_bend(enum fault, struct answer *);

#endif
