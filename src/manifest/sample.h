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
    /* Adds a first field `file_name`, relative to this folder of the row's shard, "images/00000".
     * NULL: does not. */
    const char *folder;
    const struct columns *columns; /* of the list; NULL: none */
};

/* Appends the object, without a line feed. 0; or SAMPLE_NONE, with a folder: the row has failed, or
 * has no such image in a folder of that kind; or -EBADMSG: the text is not such a row; or -ENOMEM.
 * Needs no memory but that of `ret`. */
enum { SAMPLE_NONE = 1 };
int sample_write(const struct sample *, struct buf *ret);

/* Fills out with the path of an image relative to a folder with a shard's images, both relative to
 * the output directory. The image can be in the folder of another shard, since a duplicate names
 * that of its first row. False: it is in no such folder. */
enum { SAMPLE_PATH_SIZE = 1024 };
bool sample_file_name(
    const char *image, size_t len, const char *folder, char out[SAMPLE_PATH_SIZE]);

#endif
