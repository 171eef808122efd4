/*
 * --name: what the files of a row are called, from a template like "{host}/{key}-{basename}".
 *
 * Always true, whatever the template, the list and its servers say:
 * - No two rows of a shard have the same name, also where case is not told apart, and a name does
 *   not depend on other rows. For that {key} or {index} has to stand where it can be found again:
 *   all on one side of it, up to the end of its part of the path, is text of the template, and
 *   next to {index} on its other side stands text that is no digit. A template without one that
 *   does gets "-{key}" at its end.
 * - A part of the path is UTF-8 of at most NAME_PART_MAX bytes, with no control characters, none
 *   that a file system forbids, no dot, dash or space at its beginning, no dot or space at its
 *   end, and is no name that Windows keeps for a device.
 * - Only a '/' of the template makes a folder.
 *
 * Plain data; texts are borrowed. Any thread.
 */
#ifndef STORE_NAME_H
#define STORE_NAME_H

#include "input/columns.h"
#include "input/job.h"

enum {
    NAME_PART_MAX = 200,  /* bytes between two slashes, the extension included */
    NAME_DEPTH_MAX = 4,   /* parts of the path */
    NAME_PIECES_MAX = 24, /* of a template */
    NAME_SIZE = NAME_DEPTH_MAX * (NAME_PART_MAX + 1),
    NAME_MESSAGE_SIZE = 160,
};

struct name_piece {
    enum name_kind {
        NAME_TEXT,
        NAME_SLASH,
        NAME_KEY,   /* {key} */
        NAME_INDEX, /* {index}: of the row in the list, from 0 */
        NAME_HOST,  /* {host} of the row's URL */
        NAME_BASE,  /* {basename}: the last part of its path, decoded, without an extension */
        NAME_HASH,  /* {sha256} of the body */
        NAME_COLUMN,
    } kind;
    const char *text; /* NAME_TEXT */
    size_t len;
    unsigned column; /* NAME_COLUMN: COLUMN_CAPTION, or one that is kept */
};

struct name {
    struct name_piece at[NAME_PIECES_MAX];
    unsigned n;
    unsigned id;          /* the piece by which a row is found: key or index */
    bool id_is_from_left; /* all before it in its part is text; else all behind it is */
};

extern const struct name name_key; /* "{key}" */

/* False: `message` (NAME_MESSAGE_SIZE) says what is wrong with the template. */
bool name_parse(const char *template, const struct columns *, struct name *ret, char *message);

/* Of the piece with which a part of the path begins: where that part ends, at a slash or behind the
 * last piece. */
unsigned name_part_end(const struct name *, unsigned begin);

/* "host/000120034-cat.jpg": below the shard's folder. key_width: from job_key_width(); the
 * extension is without a dot, and short. */
void name_make(const struct name *, const struct job *, unsigned key_width, const char *extension,
    char out[NAME_SIZE]);

/* The place in the shard of the row that name_make() gave this path, or this path without ".part"
 * (store/commit.h); -1: it gave it to none. */
int64_t name_position(const struct name *, const char *path, uint32_t shard, uint32_t shard_size);

#endif
