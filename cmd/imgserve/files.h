/*
 * The files below one directory. Small ones are kept in memory.
 *
 * Every files_get() reads the file's status, so a changed file is served as it
 * is now. That costs a microsecond, and no test has to wait.
 * Symbolic links are followed: they are below the directory on purpose.
 */
#ifndef IMGSERVE_FILES_H
#define IMGSERVE_FILES_H

#include "base/span.h"
#include "cmd/imgserve/text.h"

#include <stdint.h>

enum {
    FILES_SMALL_MAX = 1 << 20, /* bytes; larger ones are read while they are sent */
    FILES_CACHE_MAX = 1 << 29, /* bytes kept in total */
    FILES_ETAG_SIZE = 40,
};

struct file {
    uint64_t size;
    const uint8_t *bytes;       /* NULL: read from fd */
    int fd;                     /* -1 when bytes are kept */
    const char *type;           /* media type, by its name */
    char etag[FILES_ETAG_SIZE]; /* with quotes; of size and time */
    char modified[TEXT_DATE_SIZE];
};

struct files;

/* NULL: errno says why. */
struct files *files_new(const char *dir);
void files_free(struct files *); /* every file must have been released */

/* `path` starts with '/' and is percent-encoded. 0: *ret is the caller's until
 * files_release(). Else: the HTTP status to answer with. */
int files_get(struct files *, struct span path, struct file **ret);
void files_release(struct file *);

#endif
