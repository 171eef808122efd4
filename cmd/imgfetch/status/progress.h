/*
 * What the user sees while a run goes on, on standard error: a status block that is
 * drawn anew several times a second on a terminal, a line every ten seconds elsewhere,
 * nothing with --quiet. Loop thread.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "pipeline/pipeline.h"

#include <uv.h>

struct progress {
    uv_timer_t timer;
    struct pipeline *pipeline;
    bool quiet, on_terminal;
    unsigned drawn;                          /* lines of the block on the screen */
    uint64_t last_rows, last_bytes, last_ns; /* for the present rate */
    double rows_per_s, bytes_per_s;
};

void progress_start(struct progress *, struct pipeline *, uv_loop_t *, bool quiet);
void progress_print_once(struct progress *); /* now, also with --quiet (SIGUSR1) */
void progress_clear(struct progress *);      /* takes the block off, before other text */
void progress_stop(struct progress *);

#endif
