/*
 * A list of URLs, one a line, read as a stream.
 *
 * Files, or standard input ("-"), one after another; gzip is recognised by its
 * content and inflated on the way. Memory does not grow with the list: a line is
 * kept only up to URL_MAX + 1 bytes, the rest of a longer one is skipped.
 *
 * In a list `#` begins a comment line, blank lines are skipped, CRLF and a
 * UTF-8 byte order mark are tolerated, white space around a URL is dropped.
 *
 * Reading blocks. One thread reads; urllist_interrupt() may come from another.
 */
#ifndef INPUT_URLLIST_H
#define INPUT_URLLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct urllist;

enum { URLLIST_MESSAGE_SIZE = 256 };

enum urllist_answer {
    URLLIST_LINE,
    URLLIST_END,
    URLLIST_ERROR,       /* a file cannot be read, or its gzip data is broken */
    URLLIST_INTERRUPTED, /* urllist_interrupt() was called */
};

struct urllist_line {
    const char *text; /* no line end; may hold any byte, NUL too; valid until the next call */
    size_t len;       /* at least 1; at most URL_MAX + 1, which stands for "longer" */
    uint64_t number;  /* in its file, from 1 */
};

/* Makes sure that all files are there; reads nothing yet. paths are borrowed
 * until urllist_free(). on_wait is called before each read, which may block; may be NULL.
 * NULL: `message` (URLLIST_MESSAGE_SIZE) says why. */
struct urllist *urllist_open(
    const char *const *paths, size_t n, void (*on_wait)(void *arg), void *arg, char *message);

enum urllist_answer urllist_next(struct urllist *, struct urllist_line *ret);

/* After URLLIST_ERROR: what happened. Valid until urllist_free(). */
const char *urllist_error(const struct urllist *);

/* Makes a blocked or later urllist_next() answer URLLIST_INTERRUPTED. Any thread. */
void urllist_interrupt(struct urllist *);

void urllist_free(struct urllist *);

#endif
