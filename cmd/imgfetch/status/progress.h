/*
 * Shows the progress of a run on standard error: on a terminal a status block that is
 * redrawn several times a second, elsewhere a line every ten seconds, with --quiet
 * nothing. Loop thread.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "pipeline/pipeline.h"

#include <uv.h>

struct progress {
    uv_timer_t timer;
    struct pipeline *pipeline;
    bool quiet, on_terminal;
    bool shows_window; /* how many may be in flight; set after progress_start() */
    unsigned drawn;    /* lines of the block on the screen */
    uint64_t last_rows, last_bytes, last_ns; /* to compute the present rate */
    double rows_per_s, bytes_per_s;
};

void progress_start(struct progress *, struct pipeline *, uv_loop_t *, bool quiet);
void progress_print_once(struct progress *); /* now, also with --quiet (SIGUSR1) */
void progress_clear(struct progress *);      /* removes the block, before other text */
void progress_stop(struct progress *);

#endif
