/* The lines that show how a run is getting on, as parts that can be made to fit (fitline.h). Pure.
 */
#ifndef CMD_FIGURES_H
#define CMD_FIGURES_H

#include "cmd/imgfetch/status/fitline.h"
#include "pipeline/pipeline.h"

struct figures {
    const struct pipeline_stats *stats;
    double rows_per_s, bytes_per_s; /* of the last seconds */
    double left_s;                  /* 0: unknown */
    bool shows_window;              /* how many requests may be in flight */
    bool is_stopping;               /* only the rows in progress are still done */
};

/* Rows that are done, by this run or earlier ones. */
uint64_t figures_done(const struct pipeline_stats *);

/* Each adds its parts to the line. */
void figures_add_lead(const struct figures *, struct fitline *);    /* bar, rows, rates, time */
void figures_add_results(const struct figures *, struct fitline *); /* ok, failed by class */
void figures_add_queues(const struct figures *, struct fitline *);  /* what is where */

#endif
