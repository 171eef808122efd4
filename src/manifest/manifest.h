/*
 * Reading a manifest: the other side of manifest/row.h. What stands in one is not trusted: it may
 * have been written by anybody.
 */
#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include "base/err.h"
#include "input/job.h"
#include "manifest/row_fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A file that a row names. */
struct manifest_file {
    const char *path;   /* below the output directory, and nowhere else */
    int64_t bytes;      /* -1: not said */
    const char *sha256; /* hex; NULL: not said */
};

struct manifest_row {
    int code;                                       /* enum err; -1: none that is known */
    bool has_caption;                               /* or null */
    struct manifest_file files[1 + JOB_MAX_THUMBS]; /* the original first */
    unsigned n_files;
    bool is_duplicate;        /* the files are another row's */
    bool has_files_elsewhere; /* it names one that cannot be ours, or more than fit */
    void *tree;               /* owns the texts */
};

/* Reads a line without its end. False: it is no row. */
bool manifest_row_parse(const char *line, struct manifest_row *ret);
void manifest_row_fini(struct manifest_row *);

/* A field of type ROW_TEXT, valid as long as the row. NULL: it has none. */
const char *manifest_text(const struct manifest_row *, enum row_field);

/* A field of type ROW_NUMBER. -1: it has none. */
int64_t manifest_number(const struct manifest_row *, enum row_field);

/* What a row says of its fetch and its picture, for who sums up. Texts are valid as long as the
 * row. */
struct manifest_figures {
    int64_t started;            /* ms since 1970-01-01 UTC; -1: not said */
    int64_t total;              /* us; of the last attempt; -1: not said */
    int http_status;            /* 100 to 599; 0: none */
    struct manifest_file thumb; /* the smallest one; path NULL: none */
};
void manifest_figures(const struct manifest_row *, struct manifest_figures *ret);

enum manifest_status {
    MANIFEST_GOOD,
    MANIFEST_MISSING,
    MANIFEST_WRONG_SIZE,
    MANIFEST_WRONG_HASH,
    MANIFEST_UNREADABLE, /* errno */
};

/* Is the file there as the row says? hash: read it, too. Blocks. */
enum manifest_status manifest_check(int dir, const struct manifest_file *, bool hash);

/* The same for a piece of an open file; as long as it is to be. */
enum manifest_status manifest_check_piece(int fd, int64_t offset, const struct manifest_file *);

/* Is this the KEY.json of that row (manifest/row.h)? Both end with a NUL. */
bool manifest_is_sidecar(const char *json, const char *line);

/* images/..., thumbs/... or 00000.tar/..., and no way out of there. */
bool manifest_path_is_ours(const char *path);

/* What has been read has this hash, in hex; not if that is NULL. */
bool manifest_is_hash(const uint8_t sha256[32], const char *hex);

/* A plain file below `dir`, to be read. NULL: errno says why it cannot be. */
FILE *manifest_open_file(int dir, const char *name);

/* The whole file with a NUL behind it. 0 or a negative errno. */
struct buf;
int manifest_read_file(int dir, const char *name, struct buf *ret);

#endif
