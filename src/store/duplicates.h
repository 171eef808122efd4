/*
 * Fills duplicate rows (job.first) from the first row's manifest line: every field from final_url
 * to thumbs. Only key, index, line, URL and columns are the duplicate's own.
 *
 * One thread, the store's. Blocks.
 */
#ifndef STORE_DUPLICATES_H
#define STORE_DUPLICATES_H

#include "store/shard.h"

struct duplicates;
struct duplicates *duplicates_new(const struct output *); /* borrowed */
void duplicates_free(struct duplicates *);

/* Copies fields, error and, if the layout needs it, the images of the first row, which is written.
 * open: the first row's shard if it is open, else NULL. 0; -ENOENT: there is no such row or sample;
 * or another negative errno. After an error the job is unchanged. */
int duplicates_fill(struct duplicates *, struct shard *open, struct job *);

#endif
