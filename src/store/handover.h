/*
 * Before the files of a row are replaced that other rows share (store_conf, `shares`), hands them
 * over: the next row in the list that fetched the same body gets copies of them as its own, and the
 * others name those. So a row keeps its files whatever becomes of the row it shares them with.
 *
 * It is needed while rows are done again (--refresh, --retry-failed). When the shard is closed,
 * rows that have the same body still, or again, share as before (store/shardorder.h).
 *
 * A kill loses nothing: the copies are written first, then the rows that name them, and only then
 * are the files replaced.
 *
 * The store's thread. Errors are negative errno values.
 */
#ifndef STORE_HANDOVER_H
#define STORE_HANDOVER_H

#include "store/shard.h"

struct handover;

/* Finds out which rows of an open shard share files. *ret is NULL if they cannot. */
int handover_open(struct shard *, struct handover **ret);
void handover_free(struct handover *);

/* True if the files that the job's old row has are to be handed over. All rows must be in the
 * manifest before handover_pass(). */
bool handover_is_due(const struct shard *, const struct job *);

/* Hands them over, and writes the changed rows. Where the job's row was given files itself, they
 * are noted as those of its old row. */
int handover_pass(struct shard *, struct row_writer *, struct job *);

/* The job is about to be put: its row will have files of its own, or those of its first row. */
void handover_note(const struct shard *, const struct job *);

#endif
