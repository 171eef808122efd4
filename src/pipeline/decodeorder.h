/*
 * Which image is decoded next, so that a host whose images take long does not keep those of others
 * waiting.
 *
 * Always true:
 * - The queue is fair to hosts by their decoding time (base/fairqueue.h), in slices of
 *   DECODEORDER_SLICE_MS. Within a slice the order is that of arrival, or the largest first.
 * - Time beyond what images usually take counts up to eight times. So hosts whose images are quick
 *   come first, and the others still get a share.
 * - An image that takes longer than a slice is given up while a host with less time waits, and is
 *   decoded anew when it is that host's turn again, for twice as long as before; or, with a single
 *   slice, whenever no other host waits. So every image is decoded some time.
 *
 * Jobs are borrowed; job.memory.host tells the host. Times are clock_ns(). Loop thread.
 */
#ifndef PIPELINE_DECODEORDER_H
#define PIPELINE_DECODEORDER_H

#include "base/fairqueue.h"
#include "input/job.h"

enum { DECODEORDER_SLICE_MS = 200 };

struct decodeorder_run;

/* A zeroed struct is empty. */
struct decodeorder {
    bool largest_first;
    struct fairqueue waiting;
    struct decodeorder_run *running;
    size_t n_running, room;
    uint64_t usual; /* ns that an image has taken lately */
};

void decodeorder_add(struct decodeorder *, struct job *);
struct job *decodeorder_first(const struct decodeorder *); /* NULL: none waits */

/* The first has no longer to wait, and is not decoded either. */
struct job *decodeorder_pop(struct decodeorder *);

/* The first is being decoded from now on. */
void decodeorder_begin(struct decodeorder *, uint64_t now);

/* It is no longer: it is done, or was given up. */
void decodeorder_end(struct decodeorder *, struct job *, bool given_up, uint64_t now);

/* A job being decoded that must be given up; NULL: there is none before *ret_when (0: or none at
 * all, unless something changes). */
struct job *decodeorder_overdue(const struct decodeorder *, uint64_t now, uint64_t *ret_when);

void decodeorder_fini(struct decodeorder *); /* no job is inside */

#endif
