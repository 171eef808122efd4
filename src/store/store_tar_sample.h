/*
 * The sample of a row as members of a tar. Part of store/store_tar.h.
 */
#ifndef STORE_STORE_TAR_SAMPLE_H
#define STORE_STORE_TAR_SAMPLE_H

#include "manifest/row.h"
#include "store/layout.h"
#include "store/tarfile.h"

bool store_tar_sample_is_kept(const struct output *, const struct job *);

/* Sets the paths of the job, like "00000.tar/000000000.jpg". */
void store_tar_sample_set_paths(const struct output *, struct job *);

/* Adds the members of a job that has a sample. 0 or a negative errno. */
int store_tar_sample_add(
    const struct output *, struct row_writer *, struct tarfile *, const struct job *);

/* Adds one member of the sample of that row. */
int store_tar_sample_add_member(const struct output *, struct tarfile *, const struct job *,
    const char *extension, const void *bytes, size_t len);

/* The extension of the last member of a sample. */
const char *store_tar_sample_last(const struct output *);

/* The position of the row that a member belongs to; *ret_extension points into the name. -1: it is
 * no member of that shard. */
int64_t store_tar_sample_pos(
    const struct output *, uint32_t shard, const char *name, const char **ret_extension);

/* The same for a path in a row. */
int64_t store_tar_sample_pos_of_path(const struct output *, uint32_t shard, const char *path);

#endif
