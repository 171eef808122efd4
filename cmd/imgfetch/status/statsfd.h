/*
 * Writes the figures of a run for the program that compares runs (compare_round.c): lines of JSON
 * on a descriptor. Ten times a second
 *     {"t":0.301,"rows":1200,"bytes":3456789}
 * and at the end one line that begins with {"end": - see statsfd.c. Times of requests are in
 * ns. With fd -1 it does nothing. Loop thread.
 */
#ifndef CMD_STATSFD_H
#define CMD_STATSFD_H

#include "pipeline/pipeline.h"

#include <uv.h>

/* The quantiles of the latency that are reported, in percent. */
enum { STATSFD_QUANTILES = 21, STATSFD_P50 = 10, STATSFD_P95 = 19, STATSFD_P99 = 20 };
extern const double statsfd_quantiles[STATSFD_QUANTILES];

struct statsfd {
    int fd;
    bool adapts; /* reports what the concurrency settled on; set after statsfd_start() */
    uv_timer_t timer;
    struct pipeline *pipeline;
    struct hostcount hosts;
    uint64_t decode_ns; /* of all images */
};

void statsfd_start(struct statsfd *, int fd, struct pipeline *, uv_loop_t *);
void statsfd_row(struct statsfd *, const struct job *); /* a row is finished */
void statsfd_stop(struct statsfd *);                    /* the run is over */

#endif
