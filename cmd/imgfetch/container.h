/*
 * Fits a run into its container, so that the kernel does not kill it for memory halfway: the group
 * of a container is often killed as a whole, and a scheduler starts it again to the same end.
 */
#ifndef CMD_CONTAINER_H
#define CMD_CONTAINER_H

#include "cmd/imgfetch/options/options.h"

struct container_memory {
    uint64_t bodies; /* bytes: --memory */
    uint64_t decode; /* bytes: --decode-memory, for each decoder */
    unsigned workers;
};

/* Lowers what is needed so that all fits into `limit` bytes: the process itself, the bodies, and
 * for each decoder its memory and a slot for its thumbnails (exec/slot.h). False: everything is as
 * low as it can be, and it still does not fit. Pure. */
bool container_fit(struct container_memory *, uint64_t limit);

/* Sets the number of decoders if it is not given, and fits the options into the limit of memory of
 * this machine's control groups. What was changed is told on standard error. Call it before the
 * run. */
void container_fit_options(struct options *);

#endif
