/*
 * --name: the file names of a row, made from a template like "{host}/{key}-{basename}".
 *
 * Always true, whatever the template, the list and its servers say:
 * - No two rows of a shard have the same name, even on a file system that ignores case, and a name
 *   does not depend on other rows. So {key} or {index} must be where it can be found again: between
 *   it and one end of its part of the path there is only text of the template, and {index} has
 *   template text that is no digit next to it on the other side. A template without such a field
 *   gets "-{key}" at its end.
 * - A part of the path is UTF-8 of at most NAME_PART_MAX bytes. It has no control characters and
 *   none that a file system forbids. It does not begin with a dot, dash or space, does not end with
 *   a dot or space, and is not a device name of Windows.
 * - Only a '/' of the template makes a folder.
 *
 * In the flat layout (store/store_flat.h) all rows of the list share one folder, and a template
 * needs no key: a name that an earlier row has gets a number at its end (feed/names.h). With
 * {sha256} equal names are equal bodies. No template makes folders.
 *
 * Plain data; texts are borrowed. Any thread.
 */
#ifndef STORE_NAME_H
#define STORE_NAME_H

#include "input/columns.h"
#include "input/job.h"

enum {
    NAME_PART_MAX = 200,               /* bytes between two slashes, the extension included */
    NAME_STEM_MAX = NAME_PART_MAX - 5, /* in the flat layout, without ".webp" or the like */
    NAME_DEPTH_MAX = 4,                /* parts of the path */
    NAME_PIECES_MAX = 24,              /* of a template */
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
    bool is_flat;         /* for the flat layout */
    bool has_hash;        /* {sha256} is in it */
    bool has_id;          /* the next two are set; always so unless is_flat */
    unsigned id;          /* the piece that identifies the row: key or index */
    bool id_is_from_left; /* only text before it in its part; else only text after it */
};

extern const struct name name_key; /* "{key}" */

/* The names of the fields that every row has, in the order of their kinds. Ends with NULL. */
extern const char *const name_fields[];

/* False: `message` (NAME_MESSAGE_SIZE) says what is wrong with the template. */
bool name_parse(
    const char *template, const struct columns *, bool is_flat, struct name *ret, char *message);

/* `begin` is the first piece of a part of the path. Returns where that part ends: at a slash, or
 * after the last piece. */
unsigned name_part_end(const struct name *, unsigned begin);

/* True if rows with equal bodies share their files. */
static inline bool name_is_shared(const struct name *name)
{
    return name->is_flat && name->has_hash;
}

/* In the flat layout, writes the name that the template makes, without an extension, and returns
 * its length: at most NAME_STEM_MAX bytes, and no NUL. */
size_t name_stem(
    const struct name *, const struct job *, struct job_digits digits, char out[NAME_SIZE]);

/* Writes a path like "host/000120034-cat.jpg", relative to the shard's folder. digits: from
 * job_digits(JOB_SHARD_DIGITS, ). The extension has no dot and is short. A job that has a name gets
 * that. */
void name_make(const struct name *, const struct job *, struct job_digits digits,
    const char *extension, char out[NAME_SIZE]);

/* The position of the row that name_make() gives this path, or this path without ".part"
 * (store/commit.h). -1: no row of the shard has it. */
int64_t name_position(
    const struct name *, const char *path, uint32_t shard, uint32_t shard_size, struct job_digits);

#endif
