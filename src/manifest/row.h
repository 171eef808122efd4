/*
 * A manifest row: one job as one line of JSON.
 *
 * Every row has every field, in the same order and with the same type; a field that does not
 * apply is null. `key` comes first, so rows can be sorted without parsing them (row_pos()). Text
 * is UTF-8; characters that a terminal obeys are escaped (utf8_show()).
 *
 * A writer belongs to one thread.
 */
#ifndef MANIFEST_ROW_H
#define MANIFEST_ROW_H

#include "input/columns.h"
#include "input/job.h"
#include "manifest/row_fields.h"

#include <stddef.h>

struct row_writer;

/* digits: digits of a position, from job_digits(JOB_SHARD_DIGITS, ). spec_names: one name for each
 * thumbnail of a job. columns: of the list; the caption and the kept columns follow the row's own
 * fields; may be NULL. Both are borrowed. */
struct row_writer *row_writer_new(
    struct job_digits digits, const char *const *spec_names, const struct columns *);
/* Rows have the field `exif`; it is null in a row without an image. */
void row_writer_add_exif(struct row_writer *);

/* Rows have the field `phash`; it is null in a row without a hash. */
void row_writer_add_phash(struct row_writer *);

/* Rows have the field `sidecars`. */
void row_writer_add_sidecars(struct row_writer *);
/* Rows have the field `md5`, `sha1` or `sha512`, with job.hash; JOB_HASH_NONE: they have none. */
void row_writer_add_hash(struct row_writer *, enum job_hash);
void row_writer_free(struct row_writer *);

/* The row with its line feed. Valid until the next call. */
const char *row_write(struct row_writer *, const struct job *, size_t *ret_len);

/* Copies the fields from final_url to thumbs out of a written row, as text that begins
 * with the value of final_url. A duplicate row (job.first) has the same text. free(3)d by the
 * caller. NULL: the line has no such fields. */
char *row_shared_fields(const char *line, size_t len);

/* Every row begins with this; the key follows. */
#define ROW_BEGIN "{\"key\":\""

/* Reads a row's position in its shard from the key at the start of the line. -1: this is not a row
 * of that shard. `left` bytes can be read at `line`. */
int64_t row_pos(const char *line, size_t left, uint32_t shard, struct job_digits digits);

#endif
