/*
 * The figures of a run as Prometheus reads them (exposition format 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/). Names follow its conventions: base
 * units are seconds and bytes, and what only grows ends with _total. Every figure has the label
 * `run`: the name of the file without its folder and extension, so that figures of several runs on
 * one machine differ. Pure.
 */
#ifndef CMD_METRICS_H
#define CMD_METRICS_H

#include "base/buf.h"
#include "pipeline/pipeline.h"

enum {
    METRICS_CLASSES = 18,  /* of a histogram: up to 1 ms, 2 ms, 4 ms … 131 s */
    METRICS_RUN_SIZE = 64, /* of the label; longer ones are cut */
};

struct metrics_times {
    uint64_t n, sum_ns;
    uint64_t classes[METRICS_CLASSES];
};

/* A plain value; all zero is empty. */
struct metrics {
    const char *path;             /* of the file; borrowed */
    const char *backend;          /* its name; borrowed */
    uint64_t disk_free;           /* bytes */
    double began;                 /* clock_wall() */
    double last_row;              /* likewise: when the last row was written; 0: none was */
    struct metrics_times request; /* of the last attempt of each row that reached the network */
    struct metrics_times decode;  /* of each image that was decoded */
};

/* A row is written. now: clock_wall(). */
void metrics_row(struct metrics *, const struct job *, double now);

/* Appends all figures. False: no memory. */
bool metrics_text(
    const struct metrics *, const struct pipeline_stats *, bool is_running, struct buf *out);

#endif
