/*
 * What the manifests of an output directory say, summed up: of all its rows, those of shards that
 * are not complete among them, and also while a run is writing. Of rows that were written twice the
 * last one counts.
 *
 * Whoever wrote what is there may have been hostile. Nothing of it is trusted: a line that is no
 * row is counted, a file is read only beneath the directory, through no link. Nothing is changed.
 *
 * Rows are read one after another. Memory grows neither with them nor with what they say: 20 MB,
 * and the pictures; with an open shard, 8 bytes for each row that it may have.
 */
#ifndef AUDIT_SURVEY_H
#define AUDIT_SURVEY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/histogram.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SURVEY_MESSAGE_SIZE = 1200,
    SURVEY_TEXT_MAX = 400, /* bytes of a URL or a message that are kept */
    SURVEY_CELLS = 256,
    SURVEY_HOSTS = 20,
    SURVEY_FORMATS = 16,
    SURVEY_PICTURES = 120,
    SURVEY_PICTURE_MAX = 512 << 10,    /* bytes; a larger one is skipped */
    SURVEY_PICTURES_MAX = 2900 * 1000, /* bytes of all: 4 MB of a page, in base64 */
    SURVEY_PICTURE_SIDE = 2048,        /* pixels; likewise: it would fill somebody's memory */
};

/* UTF-8, cut where it was longer than SURVEY_TEXT_MAX. */
struct survey_text {
    char *text; /* NULL: none */
    bool is_cut;
};

/* What a row says, as an example for others. */
struct survey_example {
    struct survey_text url, message;
};

/* Rows over time, by when they ended. Cells grow twice as wide whenever they would not reach. */
struct survey_time {
    int64_t first, last; /* ms since 1970-01-01 UTC: the first start, the last end */
    int64_t width;       /* of a cell, ms; 0: there are none */
    int64_t low;         /* the first cell begins at low * width */
    unsigned n;          /* cells up to the last one with a row */
    struct survey_cell {
        uint64_t rows, failed, bytes; /* bytes of bodies */
    } cells[SURVEY_CELLS];
};

struct survey_host {
    char *name;
    uint64_t n; /* rows that failed */
    uint64_t by_code[ERR_COUNT];
    struct survey_example example;
};

struct survey_picture {
    struct survey_text url;
    struct buf bytes;
    const char *type;       /* "image/jpeg": what it is by its content. Static text */
    uint32_t width, height; /* by its header */
};

struct survey {
    uint64_t shards, complete; /* and those of them that are complete */
    bool is_written;           /* a run is writing there now */
    uint64_t rows;
    uint64_t duplicates;         /* rows that another one answers */
    uint64_t not_rows;           /* lines of something else, or torn ones */
    uint64_t unreadable;         /* shards whose manifest is missing or cannot be read */
    uint64_t bytes;              /* of bodies; of duplicates none */
    uint64_t by_code[ERR_COUNT]; /* ERR_OK: successes */
    struct survey_example examples[ERR_COUNT];
    uint64_t by_status[600];  /* of the rows with http_error */
    struct histogram latency; /* us, of the last attempt of each row that reached the network */
    struct histogram sizes;   /* bytes of the body of each success */
    struct histogram pixels;  /* of each success */
    struct survey_time time;
    struct survey_format {
        char name[16];
        uint64_t n;
    } formats[SURVEY_FORMATS]; /* of successes, most first; what does not fit is in no format */
    unsigned n_formats;
    struct survey_host hosts[SURVEY_HOSTS]; /* that failed most, most first */
    unsigned n_hosts;
    uint64_t failing_hosts; /* how many there are */
    bool more_hosts; /* than could be told apart: there are more, and the first may be other ones */
    uint64_t failed_elsewhere; /* rows of hosts that are not among the first */
    uint64_t thumbs;           /* rows with a thumbnail of their own */
    struct survey_picture pictures[SURVEY_PICTURES]; /* spread evenly over these */
    unsigned n_pictures;
    unsigned skipped; /* pictures that are missing, too large, or none */
};

/* Reads all of it. NULL, and `message` (SURVEY_MESSAGE_SIZE): this is no output directory, or it
 * cannot be read. Blocks. */
struct survey *survey_dir(const char *path, char *message);
void survey_free(struct survey *);

#endif
