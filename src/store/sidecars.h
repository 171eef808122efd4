/*
 * --sidecars: files beside each image of a row that succeeded, under its name, in the files and
 * flat layouts. KEY.json has the row as metadata of that image (manifest/sample.h), KEY.txt its
 * caption, empty if the row has none. They are files of the row, which lists them.
 *
 * One thread at a time.
 */
#ifndef STORE_SIDECARS_H
#define STORE_SIDECARS_H

#include "store/layout.h"

/* Bits of store_conf.sidecars. */
enum sidecars_kind {
    SIDECARS_JSON = 1,
    SIDECARS_TXT = 2,
    SIDECARS_METADATA = 4, /* a file of each folder: store/metadata.h */
    SIDECARS_END,
};

/* True if the job's images get such a file. */
bool sidecars_has(const struct store_conf *, const struct job *, enum sidecars_kind);

/* The path of the sidecar of an image: room for a folder and NAME_SIZE. */
enum { SIDECARS_PATH_SIZE = 1024 };
void sidecars_path(const char *image, enum sidecars_kind, char out[SIDECARS_PATH_SIZE]);

struct sidecars;
struct sidecars *sidecars_new(const struct output *);
void sidecars_free(struct sidecars *);

/* One sidecar. */
struct sidecars_file {
    const void *bytes;
    size_t len;
    uint8_t sha256[32];
    char path[SIDECARS_PATH_SIZE];
};

/* Calls `put` with each sidecar of a job whose images have their paths, and notes those in the job
 * for which it returns 0. 0; or what `put` has returned last, or a negative errno. */
typedef int sidecars_put(void *arg, const struct job *, const struct sidecars_file *);
int sidecars_write(struct sidecars *, struct job *, sidecars_put *, void *arg);

#endif
