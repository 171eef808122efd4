/*
 * The file of --metrics-file: replaced every ten seconds, and at the end of the run (metrics.h).
 * Readers see the old file or the new one, never a part. A thread writes, so that the loop does not
 * wait for the disk; if the disk does not keep up, a version is left out.
 *
 * Loop thread. A zeroed struct is no file, and does nothing.
 */
#ifndef CMD_METRICSFILE_H
#define CMD_METRICSFILE_H

#include "cmd/imgfetch/status/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum { METRICSFILE_EVERY_MS = 10000 };

struct metricsfile {
    const char *path;        /* borrowed; NULL: no file */
    char *draft;             /* the path of the next version: `path` and ".tmp" */
    char *folder;            /* in which both are */
    int output;              /* the output directory */
    atomic_ullong disk_free; /* bytes on its disk; the thread looks, since a disk may hang */
    struct metrics metrics;
    struct pipeline *pipeline;
    uv_timer_t timer;
    bool is_running;
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t wake;
    struct buf next; /* the text to be written */
    bool ends;
    int err; /* the first one: a negative errno */
    bool is_told;
};

/* Makes an empty draft, to see whether it can be made. False: the reason is on standard error. Call
 * it before the program is confined. output_dir: a directory that exists. */
bool metricsfile_open(
    struct metricsfile *, const char *path, const char *output_dir, const char *backend);

/* Starts the thread, after the program is confined, and the timer. 0 or a negative errno. */
int metricsfile_start(struct metricsfile *, struct pipeline *, uv_loop_t *);

void metricsfile_row(struct metricsfile *, const struct job *); /* a row is written */

/* Why the file could not be written: a negative errno, once; then, and while it could, 0. */
int metricsfile_error(struct metricsfile *);

/* The run is over: writes the last version, and waits until it is there. */
void metricsfile_stop(struct metricsfile *);
void metricsfile_free(struct metricsfile *);

#endif
