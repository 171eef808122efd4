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

/* Writes a file below the output directory, and makes its folder if it is missing. */
int store_files_commit(
    const struct output *, const char *path, const struct commit_part *, const struct commit_how *);

/* In those two layouts: the extension of the original that the row has; it has one if it has a
 * path.
 */
const char *store_files_extension(const struct manifest_row *);

/* Copies the files of the row to the paths that the heir has. */
int store_files_pass_on(const struct output *, const struct manifest_row *, const struct job *heir,
    const struct commit_how *);

/* `has` of those two layouts. */
int store_files_has(struct samples *, const struct manifest_file *, bool hash);

#endif
