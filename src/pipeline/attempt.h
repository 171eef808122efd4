/* What has come of a request, for people who want to see each. Loop thread. */
#ifndef PIPELINE_ATTEMPT_H
#define PIPELINE_ATTEMPT_H

#include "fetch/retry.h"

struct attempt {
    uint64_t line;           /* of the row's list; 0: a robots.txt */
    unsigned number;         /* of the row, from 1 */
    char *url;               /* that was requested; owned */
    char *redirect;          /* the next one, or NULL; owned */
    int http_status;         /* 0: none came */
    char ip[ADDR_TEXT_SIZE]; /* asked; "": none */
    enum err err;            /* may be an internal one */
    char message[JOB_MESSAGE_SIZE];
    uint64_t bytes; /* of the body */
    uint64_t ns;    /* it took, with the look-up */
    enum retry_next next;
    uint64_t wait_ns; /* until the next attempt; with RETRY_WAIT at least that long; 0: not known */
};

/* Notes how the hop of the job ended, before retry_hop_end(). */
void attempt_note(struct attempt *ret, const struct job *);

/* What follows, by retry_hop_end(). */
void attempt_follow(struct attempt *, const struct job *, enum retry_next);

void attempt_fini(struct attempt *);

#endif
