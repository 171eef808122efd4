/*
 * A manifest row: one job as one line of JSON.
 *
 * Every field stands in every row, in the same order, and keeps its type: what
 * does not apply is null. `key` comes first, so rows can be put in order without
 * parsing them (row_pos()). Text is UTF-8.
 *
 * A writer belongs to one thread.
 */
#ifndef MANIFEST_ROW_H
#define MANIFEST_ROW_H

#include "input/columns.h"
#include "input/job.h"
#include "manifest/row_fields.h"

#include <stdbool.h>
#include <stddef.h>

struct row_writer;

/* key_width: digits of a place, from job_key_width(). spec_names: n of them. columns: of the list;
 * a caption and those that are kept follow the row's own fields; may be NULL. Both are borrowed. */
struct row_writer *row_writer_new(
    unsigned key_width, const char *const *spec_names, const struct columns *);
void row_writer_free(struct row_writer *);

/* The row with its line end. Valid until the next call. */
const char *row_write(struct row_writer *, const struct job *, size_t *ret_len);

/* The row as it stands beside an image that was kept of it, without a line end: see enum row_where.
 * Valid until the next call. */
struct row_stored {
    uint32_t width, height;
};
const char *row_write_sidecar(
    struct row_writer *, const struct job *, const struct row_stored *, size_t *ret_len);

/* From a row or a sidecar as they were written: the fields from final_url to thumbs, without the
 * name of the first. They are the same for each row that is answered by this one (job.first). The
 * caller's to free. NULL: it has none. */
char *row_shared_fields(const char *line, size_t len);

/* Each row begins so; its key follows. */
#define ROW_BEGIN "{\"key\":\""

/* The place of a row in its shard, from the start of its line; -1: this is no row of that
 * shard. `left` bytes can be read at `line`. */
int64_t row_pos(const char *line, size_t left, uint32_t shard, unsigned key_width);

#endif
