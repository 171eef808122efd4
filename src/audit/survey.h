/*
 * Summarises the manifests of an output directory. It counts all rows, including those of
 * incomplete shards, and may run while a run is writing. Of rows that were written twice, the last
 * one counts.
 *
 * The content may be hostile and is not trusted. A line that is not a row is only counted. Files
 * are read only beneath the directory, and through no symbolic link. Nothing is changed.
 *
 * Rows are read one after another, and memory does not grow with their number or content: 32 MB
 * plus the pictures; and for an open shard, 8 bytes for each position up to its last row.
 */
#ifndef AUDIT_SURVEY_H
#define AUDIT_SURVEY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/histogram.h"
#include "manifest/rowstats.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SURVEY_MESSAGE_SIZE = 1200,
    SURVEY_TEXT_MAX = 400,  /* bytes kept of a URL or a message */
    SURVEY_RUN_MAX = 16384, /* bytes kept of a text about the last run */
    SURVEY_CELLS = 256,
    SURVEY_HOSTS = 20,
    SURVEY_FORMATS = 40,
    SURVEY_SAME = 20,
    SURVEY_ALIKE_ROWS = 100000, /* rows whose perceptual hashes are compared */
    SURVEY_ALIKE_BITS = 4,      /* in which the hashes of near duplicates differ, at most */
    SURVEY_ALIKE_GROUPS = 20,
    SURVEY_ALIKE_SHOWN = 6,         /* pictures of a group */
    SURVEY_ALIKE_MAX = 1450 * 1000, /* bytes of these, in all: 2 MB of a page */
    SURVEY_PICTURES = 120,
    SURVEY_PICTURE_MAX = 512 << 10,    /* bytes; a larger one is skipped */
    SURVEY_PICTURES_MAX = 2900 * 1000, /* bytes in all: 4 MB of a page, in base64 */
    SURVEY_PICTURE_SIDE =
        2048, /* pixels; a larger one is skipped: it would fill a viewer's memory */
};

/* UTF-8, cut to SURVEY_TEXT_MAX bytes, or to SURVEY_RUN_MAX. */
struct survey_text {
    char *text; /* NULL: none */
    bool is_cut;
};

/* One row, as an example of others like it. */
struct survey_example {
    struct survey_text url, message;
};

/* Rows over time, by when they ended. When the cells do not reach far enough, their width doubles.
 */
struct survey_time {
    bool is_known;       /* `first` and `last` are */
    int64_t first, last; /* ms since 1970-01-01 UTC: the first start, the last end; of rows, and of
                            the time in which shards were written */
    int64_t width;       /* of a cell, in ms; 0: there are no cells */
    int64_t low;         /* the first cell begins at low * width */
    unsigned n;          /* cells up to the last one with a row */
    struct survey_cell {
        uint64_t rows, failed, bytes; /* bytes of bodies */
    } cells[SURVEY_CELLS];
};

/* Most frequent first; formats that do not fit are left out. */
struct survey_formats {
    struct survey_format {
        char name[16];
        uint64_t n;
    } at[SURVEY_FORMATS];
    unsigned n;
};

struct survey_host {
    char *name;
    uint64_t n; /* rows that failed */
    uint64_t by_code[ERR_COUNT];
    struct survey_example example;
};

/* The row of a picture. */
struct survey_shown {
    struct survey_text key, url, caption;
    char *file;            /* the original, or the thumbnail if it was not kept: relative to the
                              directory; NULL: it is in a tar */
    int64_t bytes;         /* of the original; -1: unknown */
    int64_t width, height; /* likewise */
};

struct survey_picture {
    struct survey_shown row;
    struct buf bytes;
    const char *type;       /* like "image/jpeg", from its content; a static string */
    uint32_t width, height; /* from its header */
};

/* How the last run was started (store/runnote.h), and the options that shaped the directory:
 * "quality=85, thumb=256". */
struct survey_run {
    struct survey_text command, program, machine, started, options;
};

/* Pictures that look alike: one, and later ones whose hashes differ from its hash in few bits. */
struct survey_alike {
    uint64_t n;
    struct survey_picture shown[SURVEY_ALIKE_SHOWN]; /* the first of them that could be read */
    unsigned n_shown;
};

struct survey {
    struct survey_run run;
    uint64_t shards, complete; /* all shards, and the complete ones */
    uint64_t delivered; /* complete ones that were delivered and whose manifest is not here: of
                           their rows only `rows` and `by_code` know */
    bool is_written;    /* a run is writing there now */
    uint64_t rows;
    uint64_t duplicates;         /* duplicate rows */
    uint64_t reused;             /* rows whose body an earlier directory had */
    uint64_t not_rows;           /* lines that are no rows, or torn */
    uint64_t unreadable;         /* shards whose manifest is missing or cannot be read */
    uint64_t bytes;              /* of bodies, without duplicates */
    uint64_t by_code[ERR_COUNT]; /* ERR_OK: successes */
    struct survey_example examples[ERR_COUNT];
    uint64_t by_status[600];  /* of the rows with http_error */
    struct histogram latency; /* us, of the last attempt of each row that reached the network */
    struct histogram sizes;   /* bytes of the body of each success */
    struct histogram pixels;  /* of each success */
    struct rowstats *stats;   /* of all rows */
    bool has_tars;
    struct survey_time time;
    struct survey_formats formats, unsupported; /* of successes; of unsupported_format */
    struct survey_host hosts[SURVEY_HOSTS];     /* with most failures, most first */
    unsigned n_hosts;
    uint64_t failing_hosts; /* all hosts with failures */
    bool more_hosts; /* too many to count: there are more failing hosts, and `hosts` may be wrong */
    uint64_t failed_elsewhere; /* failed rows of hosts that are not in `hosts` */
    struct survey_same {
        char *host;
        char sha256[65]; /* in hex */
        uint64_t n;      /* URLs */
    } same[SURVEY_SAME]; /* pictures that a host gave under many URLs, most URLs first */
    unsigned n_same;
    uint64_t hashed; /* rows with a perceptual hash other than 0, but for duplicate rows; the first
                        SURVEY_ALIKE_ROWS are compared */
    uint64_t groups; /* of near duplicates */
    struct survey_alike alike[SURVEY_ALIKE_GROUPS]; /* the largest, largest first */
    unsigned n_alike;
    uint64_t thumbs;                                 /* rows with a thumbnail of their own */
    struct survey_picture pictures[SURVEY_PICTURES]; /* a systematic sample of these rows */
    unsigned n_pictures;
    unsigned skipped; /* pictures that are missing, too large, or not images */
};

/* Reads all manifests. NULL: `message` (SURVEY_MESSAGE_SIZE) says why: it is not an output
 * directory, or cannot be read. Blocks. */
struct survey *survey_dir(const char *path, char *message);
void survey_free(struct survey *);

#endif
