/* Reads one body from an earlier directory. Part of store/reuse.h. */
#ifndef STORE_REUSE_BODY_H
#define STORE_REUSE_BODY_H

#include "store/reuse.h"

enum reuse_body {
    REUSE_BODY_TAKEN, /* the job has it */
    REUSE_BODY_OTHER, /* the row has another URL */
    REUSE_BODY_BAD,   /* `why` (JOB_MESSAGE_SIZE) says so; the job is as before */
};

/* line: room for a row, kept from call to call. Blocks. */
enum reuse_body reuse_body_take(const struct reuse_conf *, const struct reuse_place *,
    struct buf *line, struct job *, char *why);

/* Opens the file that the job's body was read from, if it has not changed since: close(2) it. 0:
 * there is none. For struct commit_how. Blocks; any thread. */
int reuse_body_twin(const struct job *);

#endif
