/*
 * The files layout, below the output directory:
 *   images/00000/000000000.jpg   thumbs/SPEC/00000/000000000.jpg   manifest/00000.jsonl
 * A file appears whole or not at all (store/commit.h), and a job is ready as soon as it is put.
 */
#ifndef STORE_STORE_FILES_H
#define STORE_STORE_FILES_H

#include "store/layout.h"

extern const struct layout store_files;

/* True if the job's body is kept as the row's original: in this layout and the flat one. */
bool store_files_keeps(const struct store_conf *, const struct job *);

/* `has` of those two layouts. */
int store_files_has(struct samples *, const struct manifest_file *, bool hash);

#endif
