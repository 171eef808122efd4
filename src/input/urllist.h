/*
 * A list of URLs, read as a stream, row by row.
 *
 * Files, or standard input ("-"), one after another, each txt, csv, tsv or jsonl; compressed
 * ones are inflated on the way (input/liststream.h). What a file is, its name says, unless the
 * user does: NAME.csv, .tsv, .jsonl or .ndjson, also with .gz, .zst or .zstd behind it; else txt.
 *
 * Memory does not grow with the list: a line is kept only up to URLLIST_LINE_MAX bytes, and what
 * is longer is a bad row; so is one with more than URLLIST_COLUMNS_MAX bytes of columns. In every
 * format blank lines are skipped, CRLF and a UTF-8 byte order mark are tolerated, and white space
 * around a URL is dropped.
 *
 * txt:   one URL a line; `#` begins a comment line.
 * csv:   RFC 4180, and quotes that stand where they should not are tolerated. A quoted field
 *        that is not closed within URLLIST_QUOTE_MAX bytes makes its line a bad row, and
 *        reading goes on with the next line.
 * tsv:   cells between tabs; a quote is a character like others.
 * jsonl: one object a line; a field that is not there is null, of a name that comes twice the
 *        last one counts.
 *
 * Reading blocks. One thread reads; urllist_interrupt() may come from another.
 */
#ifndef INPUT_URLLIST_H
#define INPUT_URLLIST_H

#include "input/columns.h"

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

enum urllist_format { URLLIST_AUTO, URLLIST_TXT, URLLIST_CSV, URLLIST_TSV, URLLIST_JSONL };

struct urllist_conf {
    const char *const *paths;
    size_t n_paths;
    enum urllist_format format;
    const struct columns *columns;
    void (*on_wait)(void *arg); /* before each read, which may block; may be NULL */
    void *arg;
};

enum urllist_status {
    URLLIST_ROW,
    URLLIST_END,
    URLLIST_ERROR,       /* a file cannot be read, or its compressed data is broken */
    URLLIST_NO_COLUMN,   /* a file does not have a column that is used */
    URLLIST_INTERRUPTED, /* urllist_interrupt() was called */
};

struct urllist_value {
    const char *text; /* may hold any byte, NUL too */
    size_t len;
    enum urllist_kind {
        URLLIST_NULL, /* it is not there; no text */
        URLLIST_TEXT,
        URLLIST_JSON, /* a number, true, false, an array or an object, as JSON */
    } kind;
};

struct urllist_row {
    uint64_t line;   /* of its file, from 1: where the row begins */
    const char *bad; /* NULL, or why it is none; then the URL is as much of it as is known */
    /* For each of the columns. The URL's is URLLIST_TEXT and has at most URL_MAX + 1 bytes,
     * which stands for "longer". */
    const struct urllist_value *values;
};

/* NULL, or why these lists do not go with these columns (a mistake of the user's): static text. */
const char *urllist_check(const struct urllist_conf *);

/* Makes sure that all files are there; reads nothing yet. What conf points to is borrowed until
 * urllist_free(); urllist_check() has had no complaint.
 * NULL: `message` (URLLIST_MESSAGE_SIZE) says why. */
struct urllist *urllist_open(const struct urllist_conf *, char *message);

/* *ret is valid until the next call. */
enum urllist_status urllist_next(struct urllist *, struct urllist_row *ret);

/* After URLLIST_ERROR and URLLIST_NO_COLUMN: what happened. Valid until urllist_free(). */
const char *urllist_error(const struct urllist *);

/* Makes a blocked or later urllist_next() answer URLLIST_INTERRUPTED. Any thread. */
void urllist_interrupt(struct urllist *);

void urllist_free(struct urllist *);

#endif
