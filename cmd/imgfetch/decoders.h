/*
 * The executor that makes the thumbnails of a run, as the options choose it, and the sandbox level
 * of its workers.
 *
 * There is no silent fallback: the first worker with a weaker sandbox causes a warning on standard
 * error, or is refused (--require-sandbox). Loop thread, except decoders_sandbox().
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
    struct progress *progress; /* shows warnings */
    int kills_fd;              /* counts those killed for memory (thumb_conf); 0: none */
    const char *_Atomic sandbox;
};

/* Loads the libraries and forks the decoders, if they are processes. Call it before anything that
 * makes a thread. False: the reason is on standard error. Both structs are borrowed. */
bool decoders_fork(struct decoders *, const struct options *, struct progress *);

/* Attaches the processes, if there are any, to the loop; with --require-sandbox it waits until the
 * first worker has reported its sandbox. False: the reason is on standard error. */
bool decoders_attach(struct decoders *, uv_loop_t *);

/* Makes the executor, if it is no process: the program is confined by now, and may have threads.
 * False: as above. */
bool decoders_start(struct decoders *, uv_loop_t *);

/* The weakest sandbox level of any worker so far (exec/sandbox.h), "none" if the program itself
 * decodes; NULL: nothing is decoded, or no worker is ready yet. Any thread; static text. */
const char *decoders_sandbox(const struct decoders *);

/* The loop must run once more afterwards. */
void decoders_free(struct decoders *);

#endif
