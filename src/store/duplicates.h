/*
 * Rows that an earlier one answers (job.first), from what stands in its manifest. Such a row has
 * all that the first one has got, the fields from final_url to thumbs, and of its own only key,
 * index, line, URL and columns.
 *
 * One thread, the store's. Blocks.
 */
#ifndef STORE_DUPLICATES_H
#define STORE_DUPLICATES_H

#include "store/shard.h"

struct duplicates;
struct duplicates *duplicates_new(const struct output *); /* borrowed */
void duplicates_free(struct duplicates *);

/* Takes over what the first row, which is written, has got: its answer, its error and, as the
 * layout wants it, its images. open: the shard of the first, if that is open, else NULL. False: the
 * row or its sample cannot be read, and the job is as it was. */
bool duplicates_fill(struct duplicates *, struct shard *open, struct job *);

#endif
