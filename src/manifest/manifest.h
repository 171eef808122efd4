/*
 * Reads a manifest, which manifest/row.h writes. The content is not trusted: anybody may have
 * written the file.
 */
#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include "base/err.h"
#include "input/job.h"
#include "manifest/row_fields.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A file named by a row. */
struct manifest_file {
    const char *path;   /* relative to the output directory; never leaves it */
    int64_t bytes;      /* -1: unknown */
    const char *sha256; /* hex; NULL: unknown */
};

struct manifest_row {
    int code;         /* enum err; -1: an unknown error */
    bool has_caption; /* false: it is null */
    /* the original first, then the thumbnails, then the sidecars */
    struct manifest_file files[1 + JOB_MAX_THUMBS + JOB_MAX_SIDECARS];
    unsigned n_files, n_images;
    bool is_duplicate;        /* the files belong to another row */
    bool has_files_elsewhere; /* a path leaves the directory, or there are too many files */
    void *tree;               /* owns the strings */
};

/* Parses a line without its line feed. False: it is not a row. */
bool manifest_row_parse(const char *line, struct manifest_row *ret);
void manifest_row_fini(struct manifest_row *);

/* A field of type ROW_TEXT; valid as long as the row. NULL: missing or null. */
const char *manifest_text(const struct manifest_row *, enum row_field);

/* A field of type ROW_NUMBER. -1: missing or null. */
int64_t manifest_number(const struct manifest_row *, enum row_field);

/* The fetch and the picture of a row, for callers that only aggregate (audit/survey.h). Strings
 * are valid as long as the row. */
struct manifest_figures {
    int64_t started, finished;  /* ms since 1970-01-01 UTC; -1: unknown */
    int64_t total;              /* us; of the last attempt; -1: unknown */
    int http_status;            /* 100 to 599; 0: none */
    bool is_reused;             /* its body was not fetched */
    struct manifest_file thumb; /* the smallest; path NULL: none */
};
void manifest_figures(const struct manifest_row *, struct manifest_figures *ret);

enum manifest_status {
    MANIFEST_GOOD,
    MANIFEST_MISSING,
    MANIFEST_WRONG_SIZE,
    MANIFEST_WRONG_HASH,
    MANIFEST_UNREADABLE, /* errno, for beneath_why() */
};

/* Checks that the file exists with the size in the row. With `hash`, it also reads the file and
 * compares its SHA-256. Blocks. */
enum manifest_status manifest_check(int dir, const struct manifest_file *, bool hash);

/* Compares the SHA-256 of file->bytes bytes at `offset` of an open file. Blocks. */
enum manifest_status manifest_check_piece(int fd, int64_t offset, const struct manifest_file *);

/* True if `json` is the KEY.json of the row `line`: what manifest/sample.h makes of it, or what
 * older programs made. Both end with a NUL. */
bool manifest_is_sidecar(const char *json, const char *line);

/* The same for a line of metadata.jsonl, whose file_name this is. */
bool manifest_is_metadata(const char *json, const char *line, const char *file_name);

/* True for a path below images/, thumbs/ or 00000.tar/ that does not leave that folder. */
bool manifest_path_is_ours(const char *path);

/* True if `hex` is this hash in hex. False for NULL. */
bool manifest_is_hash(const uint8_t sha256[32], const char *hex);

/* Opens a regular file below `dir` for reading. NULL: see errno, for beneath_why(). */
FILE *manifest_open_file(int dir, const char *name);

/* Reads the whole file and adds a NUL. 0 or a negative errno. */
struct buf;
int manifest_read_file(int dir, const char *name, struct buf *ret);

#endif
