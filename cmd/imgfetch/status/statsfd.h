/*
 * The figures of a run for the program that compares runs (compare_round.c): lines of JSON
 * on a descriptor. Ten times a second
 *     {"t":0.301,"rows":1200,"bytes":3456789}
 * and at the end one line that begins with {"end": - see statsline.c. Times of requests are in
 * ns. With fd -1 nothing happens. Loop thread.
 */
#ifndef CMD_STATSFD_H
#define CMD_STATSFD_H

#include "pipeline/pipeline.h"

#include <uv.h>

/* The shares (in percent) of the requests whose latency is told. */
enum { STATSLINE_QUANTILES = 21, STATSLINE_P50 = 10, STATSLINE_P95 = 19, STATSLINE_P99 = 20 };
extern const double statsline_quantiles[STATSLINE_QUANTILES];

struct statsline {
    int fd;
    uv_timer_t timer;
    struct pipeline *pipeline;
    struct hostcount hosts;
    uint64_t decode_ns; /* of all images */
};

void statsline_start(struct statsline *, int fd, struct pipeline *, uv_loop_t *);
void statsline_row(struct statsline *, const struct job *); /* a row is finished */
void statsline_stop(struct statsline *);                    /* the run is over */

#endif
