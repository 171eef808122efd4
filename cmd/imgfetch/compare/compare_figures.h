/*
 * The measurements of a round of a comparison, and the statistics of a contender's rounds.
 *
 * Each figure has an enum value, so that tables, medians and JSON are loops. Times are
 * in seconds, sizes in bytes. Plain values, except a contender's rounds.
 */
#ifndef CMD_COMPARE_FIGURES_H
#define CMD_COMPARE_FIGURES_H

#include "cmd/imgfetch/options/options.h"
#include "cmd/imgfetch/status/statsfd.h"

/* Each figure, and its name in JSON. */
#define FIGURES(F)                                                                                 \
    /* measured from outside */                                                                    \
    F(FIGURE_WALL, "wall_s")                                                                       \
    F(FIGURE_USER, "cpu_user_s")           /* CPU of all processes */                              \
    F(FIGURE_SYSTEM, "cpu_system_s")       /* likewise */                                          \
    F(FIGURE_MEMORY, "memory_pss_bytes")   /* the highest sum of Pss */                            \
    F(FIGURE_SWITCHES, "context_switches") /* of context, voluntary and not */                     \
    /* reported by the run */                                                                      \
    F(FIGURE_ROWS, "rows")                                                                         \
    F(FIGURE_OK, "ok")                                                                             \
    F(FIGURE_BYTES, "bytes")                                                                       \
    F(FIGURE_RETRIES, "retries")                                                                   \
    F(FIGURE_CONNECTIONS, "connections") /* opened */                                              \
    F(FIGURE_HOSTS, "hosts")                                                                       \
    F(FIGURE_IN_FLIGHT, "in_flight")       /* the most at once */                                  \
    F(FIGURE_SETTLED, "settled_in_flight") /* of --concurrency=auto; else 0 */                     \
    F(FIGURE_DECODE, "decode_s")           /* time in decoders, summed over them */                \
    F(FIGURE_P50, "latency_p50_s")                                                                 \
    F(FIGURE_P95, "latency_p95_s")                                                                 \
    F(FIGURE_P99, "latency_p99_s")                                                                 \
    /* computed */                                                                                 \
    F(FIGURE_CPU, "cpu_s")                                                                         \
    F(FIGURE_FAILED, "failed")                                                                     \
    F(FIGURE_IMAGES_PER_S, "images_per_s")                                                         \
    F(FIGURE_BYTES_PER_S, "bytes_per_s")

#define FIGURE(id, name) id,
enum figure { FIGURES(FIGURE) FIGURE_COUNT };
#undef FIGURE

/* A curve of bounded size: when it is full it drops every other point, and from then on keeps only
 * every second new one. */
enum { CURVE_POINTS = 128 };
struct curve {
    unsigned n, stride, skipped;
    struct {
        float t, value;
    } at[CURVE_POINTS];
};

void compare_curve_add(struct curve *, double t, double value);

/* Adds the last point. Those before were measured less precisely, so they are scaled: the curve
 * goes on to its end with its mean slope, and does not jump there. */
void compare_curve_end(struct curve *, double t, double value);

struct figures {
    double value[FIGURE_COUNT];
    double latency[STATSFD_QUANTILES]; /* s */
    uint64_t failed[ERR_COUNT];
    bool ended;        /* the run's last line came */
    struct curve rows; /* finished, over time */
    struct curve cpu;  /* seconds used, over time */
};

/* Reads a line of the run (statsfd.h). Ignores any other line. */
void compare_figures_line(struct figures *, const char *line);
void compare_figures_work_out(struct figures *); /* computes the last figures, after the round */

const char *compare_figure_name(enum figure); /* for JSON: "wall_s" */

/* One backend, pool or version of HTTP, with or without thumbnails. */
struct contender {
    const char *name;
    const struct backend *backend;
    enum options_pool pool;
    const char *http; /* the option of that version; NULL: as the user says */
    bool thumbs;
    struct figures *rounds;
    unsigned n_rounds;
    char trouble[300]; /* why it takes no further part; "": it does */
};

struct range {
    double median, min, max;
};

/* How far the round that is farthest from the median is away. */
double compare_scatter(const struct range *);

struct range compare_range(const struct contender *, enum figure);
double compare_median(const struct contender *, enum figure);

/* The round whose wall time is the (lower) median. NULL: there is no round. */
const struct figures *compare_typical(const struct contender *);

/* What the contenders differ in. */
enum compared { COMPARED_BACKENDS, COMPARED_POOLS, COMPARED_HTTP };

struct comparison {
    const struct options *options;
    enum compared what;
    struct contender *contenders;
    unsigned n; /* contenders; those without thumbnails come first */
};

#endif
