/*
 * A row as the metadata of one of its images: KEY.json of a tar, the .json beside a file, or a line
 * of metadata.jsonl. It is made of the row's line alone.
 *
 * Loaders infer the type of a field from a few samples. So all samples of a run have the same
 * fields, in the same order and with the same types:
 * - The fields of row_fields.h for which enum row_where says so. An unknown text is "", an unknown
 *   number 0, and the object `exif` is its JSON text, or "".
 * - The kept columns. One that is_typed has its value; any other one is text: a string as it is,
 *   null "", and other values their JSON text.
 *
 * Any thread.
 */
#ifndef MANIFEST_SAMPLE_H
#define MANIFEST_SAMPLE_H

#include "base/buf.h"
#include "input/columns.h"

/* Of which image of the row; a thumbnail is meant by its number, from 0. */
enum { SAMPLE_ORIGINAL = -1 };

struct sample {
    const char *row; /* as row_write() makes it; a line feed may follow */
    size_t len;
    int image;
    const char *file_name;         /* an additional first field, UTF-8; NULL: none */
    const struct columns *columns; /* of the list; NULL: none */
};

/* Appends the object, without a line feed. False: the text is not a row with that image, or there
 * is no memory. */
bool sample_write(const struct sample *, struct buf *ret);

#endif
