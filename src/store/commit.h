/*
 * Files that appear whole or not at all: written without a name (O_TMPFILE), then
 * linked; where the file system cannot do that, under a name ending in ".part",
 * then renamed. A file of the same name is replaced.
 *
 * Errors are negative errno values. Any thread.
 */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the name of a file ends with that is not whole yet: a kill can leave one. */
#define COMMIT_PART ".part"

enum commit_way { COMMIT_LINK, COMMIT_RENAME };

/* Which way works below this folder; finds out by trying with a file `name`, which it replaces and
 * removes. A negative errno: neither (the folder cannot be written). */
int commit_probe(int dir, const char *name);

/* The bytes come from n parts one after another. sync: fsync the file before it appears. */
struct commit_part {
    const void *bytes;
    size_t len;
};
/* name: below `dir` (base/beneath.h), at most 1000 bytes; its folders are there. A name of one part
 * costs least. */
int commit_file(enum commit_way, int dir, const char *name, const struct commit_part *parts,
    size_t n, bool sync);

/* The same, synced, for a file that nobody may have made before us: -EEXIST. */
int commit_new_file(
    enum commit_way, int dir, const char *name, const struct commit_part *parts, size_t n);

/* The same, with every choice. */
struct commit_how {
    bool sync;        /* fsync the file before it appears */
    bool is_new;      /* -EEXIST if something has the name; it stays as it is */
    int64_t modified; /* the time of its last change, s since 1970; -1: now */
    int twin;         /* an open file with the same bytes, which the file system may let the new
                         file share (FICLONE); 0: none */
    const char *part_prefix; /* of its name while it is not whole, before ".part"; NULL: none */
};
int commit_file_as(enum commit_way, int dir, const char *name, const struct commit_part *parts,
    size_t n, const struct commit_how *);

/* write(2) until all is written. */
int commit_write(int fd, const void *bytes, size_t len);

#endif
