/*
 * A list cut into lines.
 *
 * A line is kept only up to `cap` bytes, the rest of a longer one is skipped: memory does not
 * grow with what comes. Lines end with LF; a UTF-8 byte order mark at the beginning of the
 * file is dropped. One thread.
 */
#ifndef INPUT_LISTLINES_H
#define INPUT_LISTLINES_H

#include "base/buf.h"
#include "input/liststream.h"

#include <stdint.h>

struct listlines {
    struct liststream *stream; /* borrowed */
    size_t cap;
    uint64_t number;  /* of the line given last, from 1 */
    const char *text; /* text[at..len) of the stream is still to be cut */
    size_t at, len;
    struct buf kept; /* a line that lies in several pieces */
};

struct listlines_line {
    const char *text; /* any bytes, NUL too, but no LF; valid until the next call */
    size_t len;       /* `cap` stands for "longer, or just as long" */
};

/* For the file that the stream has just opened. Zeroed, or of the file before. */
void listlines_begin(struct listlines *, struct liststream *, size_t cap);

/* LISTSTREAM_OK, or what the stream answered. */
enum liststream_status listlines_next(struct listlines *, struct listlines_line *ret);

void listlines_fini(struct listlines *);

/* Nothing in it but spaces and what is left of a CRLF. */
bool listlines_is_blank(const char *text, size_t len);

#endif
