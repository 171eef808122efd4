/*
 * A list of URLs, read as a stream, row by row.
 *
 * Reads files, standard input ("-"), or a URL in place of a file, one after another, each file in
 * the format txt, csv, tsv, jsonl or parquet. Compressed files are decompressed
 * (input/liststream.h), other encodings than UTF-8 undone (input/listtext.h). The name determines
 * the format unless the user does: .csv, .tsv, .jsonl or .ndjson, optionally followed by .gz, .zst
 * or .zstd, or .parquet; otherwise txt. Parquet is recognised by its first bytes, too.
 *
 * Before the first row all files are opened, their headers read, and those refused that are no
 * lists or lack a column. Pipes can be read only once: they are looked at when their turn comes.
 *
 * Memory does not grow with the list: a line longer than URLLIST_LINE_MAX bytes is a bad row, and
 * so is one with more than URLLIST_COLUMNS_MAX bytes of columns. In every format blank lines are
 * skipped, CRLF and a UTF-8 byte order mark are accepted, and white space around a URL is dropped.
 *
 * txt:   one URL a line; `#` begins a comment line.
 * csv:   RFC 4180; misplaced quotes are accepted. If the header has the columns only between
 *        semicolons, tabs or bars, these are what its fields are between. A quoted field that is
 * not closed within URLLIST_QUOTE_MAX bytes makes its line a bad row, and reading continues with
 * the next line. tsv:   cells between tabs; quotes have no special meaning. jsonl: one object a
 * line; a missing field is null; of duplicate names the last one counts.
 *
 * parquet: only regular files; another process reads them (input/listparquet.h). A line is a row.
 *
 * Columns are found in any case, if that is unique. A txt list and a URL have none: all columns but
 * the URL are null.
 *
 * Reading blocks. One thread reads; urllist_interrupt() may come from another.
 */
#ifndef INPUT_URLLIST_H
#define INPUT_URLLIST_H

#include "base/span.h"
#include "input/columns.h"
#include "input/listparquet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct urllist;

enum {
    URLLIST_MESSAGE_SIZE = 400,
    URLLIST_LINE_MAX = 1 << 20,
    URLLIST_QUOTE_MAX = 64 << 10,
    URLLIST_COLUMNS_MAX = 64 << 10, /* bytes of all columns of a row, without the URL */
};

enum urllist_format {
    URLLIST_AUTO,
    URLLIST_TXT,
    URLLIST_CSV,
    URLLIST_TSV,
    URLLIST_JSONL,
    URLLIST_PARQUET
};

struct urllist_conf {
    const char *const *paths;
    size_t n_paths;
    enum urllist_format format;
    const char *encoding; /* of files without a byte order mark; NULL: UTF-8 */
    const struct columns *columns;
    const struct listparquet_engine *parquet; /* NULL: no list is Parquet */
    bool is_part; /* of a longer list: its first jsonl objects need not have the columns */
    void (*on_wait)(void *arg); /* before each read, which may block; may be NULL */
    void *arg;
};

enum urllist_status {
    URLLIST_ROW,
    URLLIST_END,
    URLLIST_ERROR,       /* a file cannot be read, or its compressed data is corrupt */
    URLLIST_MISUSE,      /* a file is no list, or lacks a column that is used */
    URLLIST_INTERRUPTED, /* urllist_interrupt() was called */
};

struct urllist_value {
    const char *text; /* may hold any byte, including NUL */
    size_t len;
    enum urllist_kind {
        URLLIST_NULL, /* missing; no text */
        URLLIST_TEXT,
        URLLIST_JSON, /* a number, true, false, an array or an object, as JSON */
    } kind;
};

struct urllist_row {
    uint64_t line;    /* where the row begins in its file, from 1; of a URL: its place in `paths` */
    bool is_argument; /* the row is a URL in place of a file */
    const char *bad;  /* NULL, or why the row is bad; then the URL is what is known of it */
    struct span raw;  /* the row as it stands in the list, without its last line end; in UTF-8, and
                         at  most URLLIST_LINE_MAX bytes of a line */
    bool is_torn;     /* the row is bad, and `raw` is only the first line of a csv record */
    /* One for each column. The URL is URLLIST_TEXT and has at most URL_MAX + 1 bytes, which
     * means "longer than URL_MAX". */
    const struct urllist_value *values;
};

/* True if the LIST is a URL: its scheme is http or https. */
bool urllist_is_url(const char *path);

/* True if any of the lists has columns, or is a file that will be refused for what it is. */
bool urllist_has_columns(const struct urllist_conf *);

/* The format of one of the lists: as the user or its name says, or, if it is Parquet, its bytes. */
enum urllist_format urllist_format(const struct urllist_conf *, const char *path);

/* True if any of the lists is Parquet: a file is looked at, but not a pipe. */
bool urllist_has_parquet(const struct urllist_conf *);

/* NULL, or why these lists cannot have these columns (a user error): static text. */
const char *urllist_check(const struct urllist_conf *);

/* Checks that all files exist; reads nothing yet. urllist_check() has accepted conf. Everything
 * conf points to is borrowed until urllist_free(). NULL: `message` (URLLIST_MESSAGE_SIZE) says
 * why. */
struct urllist *urllist_open(const struct urllist_conf *, char *message);

/* *ret and all it points to are valid until the next call. */
enum urllist_status urllist_next(struct urllist *, struct urllist_row *ret);

/* The format of the file of the row returned last, and the header of that file as `raw` of a row;
 * empty: it has none. Valid until the next call of urllist_next(). */
enum urllist_format urllist_read_format(const struct urllist *);
struct span urllist_header(const struct urllist *);
/* The same, but passes the row: it is counted as urllist_next() would, good or bad, and has no
 * values. Quicker, as it is parsed only as far as it takes to find its end. */
enum urllist_status urllist_skip(struct urllist *);

/* How far the lists are read, in bytes as they lie on disk. */
struct urllist_reach {
    uint64_t taken;
    uint64_t size; /* of all files; 0: unknown, as one is no regular file */
};

/* Exact only in on_wait, when all that was read has become rows. The reading thread. */
struct urllist_reach urllist_reach(const struct urllist *);

/* After URLLIST_ERROR and URLLIST_MISUSE: what happened. Valid until urllist_free(). */
const char *urllist_error(const struct urllist *);

/* Makes a blocked or later urllist_next() return URLLIST_INTERRUPTED. Any thread. */
void urllist_interrupt(struct urllist *);

void urllist_free(struct urllist *);

#endif
