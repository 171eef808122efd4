/*
 * Whether an output directory has a row that succeeded. One without may be made anew with other
 * options or from another list: nothing is lost that took a fetch. Part of store/outdir.h.
 *
 * The content is not trusted. What cannot be read, or is no row of ours, counts as a success, so
 * that it stays.
 */
#ifndef STORE_SUCCESSES_H
#define STORE_SUCCESSES_H

#include <stdbool.h>
#include <stdint.h>

/* Reads manifests and stats files up to the first success. False: there is none, and *ret_failed is
 * the number of rows. Blocks. */
bool successes_any(int dir, uint64_t *ret_failed);

#endif
