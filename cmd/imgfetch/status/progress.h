/*
 * What a run says on standard error while it goes on: lines, and how far it is. On a screen
 * (terminal.h) that is a block of lines at the bottom, redrawn several times a second; elsewhere a
 * line now and then. The log of --log gets the lines, too, and such a line every ten seconds.
 *
 * - No line of the block is wider than the terminal, and the block is not higher.
 * - Between two writes the cursor stands where the block begins, and everything below is the
 *   block's. So a terminal that wraps its lines anew when its size changes moves the cursor along.
 * - Lines of rows wait on a screen until the block is drawn again, so that it does not flicker;
 *   elsewhere they are written at once.
 *
 * Loop thread; before progress_start() and after progress_stop(), the main thread.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "base/buf.h"
#include "cmd/imgfetch/status/figures.h"
#include "cmd/imgfetch/status/logfile.h"
#include "cmd/imgfetch/status/rate.h"
#include "cmd/imgfetch/status/terminal.h"
#include "pipeline/pipeline.h"

#include <uv.h>

struct progress {
    struct terminal terminal;
    struct logfile log;
    bool quiet;        /* no status */
    bool shows_queues; /* another line of the block */
    bool shows_window; /* in it: how many requests may be in flight */
    bool is_stopping;  /* set when only the rows in progress are still done */
    uv_timer_t timer;
    struct pipeline *pipeline; /* NULL: not started, or stopped */
    struct buf waiting;        /* lines not yet on the screen */
    uint64_t next_line;        /* clock_ns(): when the next line of status is due */
    struct rate rows, bytes;
    struct rate_left left;
};

/* A zeroed struct shows lines, too. */
void progress_start(struct progress *, struct pipeline *, uv_loop_t *);

/* Shows and logs a line at once: `what` in its style, then the text. Both are escaped as
 * human_line() does it. */
void progress_line(struct progress *, enum terminal_style, const char *what, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* The same, but --quiet keeps the line from standard error. */
void progress_say(struct progress *, enum terminal_style, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Shows and logs a line about a row, of which there may be many. */
void progress_row_line(struct progress *, enum terminal_style, const char *what, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* Logs every line of a text, and shows nothing. */
void progress_log(struct progress *, const char *text);

void progress_print_once(struct progress *); /* a line of status now, also with --quiet (SIGUSR1) */
void progress_redraw(struct progress *);     /* the terminal has another size (SIGWINCH) */

/* Removes the block. Lines can still be shown; free the struct with progress_free(). */
void progress_stop(struct progress *);
void progress_free(struct progress *);

#endif
