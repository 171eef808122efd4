/*
 * Who makes the thumbnails of a run: the executor that the options ask for, and how far its
 * workers have locked themselves in.
 *
 * A sandbox that is weaker than it could be is told on standard error when the first such worker
 * has come, or refused (--require-sandbox): never a silent fall back. Loop thread, but for
 * decoders_sandbox().
 */
#ifndef CMD_DECODERS_H
#define CMD_DECODERS_H

#include "cmd/imgfetch/options/options.h"
#include "cmd/imgfetch/status/progress.h"
#include "exec/executor.h"
#include "exec/procpool.h"

#include <stdatomic.h>

struct decoders {
    const struct options *options;
    struct procpool *pool;     /* NULL unless processes decode */
    struct executor *executor; /* NULL without thumbnails */
    struct progress *progress; /* taken off the screen before a warning */
    const char *_Atomic sandbox;
};

/* Forks them, if they are to be processes. Before anything that makes a thread. False: the reason
 * is on standard error. Both structs are borrowed. */
bool decoders_fork(struct decoders *, const struct options *, struct progress *);

/* Opens the executor; with --require-sandbox waits until the first worker has shown what it can.
 * False: the reason is on standard error. */
bool decoders_open(struct decoders *, uv_loop_t *);

/* The weakest level that a worker has had so far (exec/sandbox.h), "none" where the program itself
 * decodes; NULL: nothing is decoded, or no worker has come so far. Any thread; static text. */
const char *decoders_sandbox(const struct decoders *);

/* The loop must run once more afterwards. */
void decoders_free(struct decoders *);

#endif
