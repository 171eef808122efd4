/*
 * A list cut into lines.
 *
 * A line is kept only up to `cap` bytes, and the rest of it is skipped, so memory does not grow
 * with the input. Lines end with LF. One thread.
 */
#ifndef INPUT_LISTLINES_H
#define INPUT_LISTLINES_H

#include "base/buf.h"
#include "input/listtext.h"

#include <stdint.h>

struct listlines {
    struct listtext *file; /* borrowed */
    size_t cap;
    uint64_t number;  /* of the line returned last, from 1 */
    const char *text; /* text[at..len) of the file is not split yet */
    size_t at, len;
    struct buf kept; /* a line that spans several reads */
};

struct listlines_line {
    const char *text; /* any bytes, including NUL, except LF; valid until the next call */
    size_t len;       /* `cap` means "at least that long" */
};

/* Begins with the file that has just been opened. The struct is zeroed, or still set from the
 * previous file. */
void listlines_begin(struct listlines *, struct listtext *file, size_t cap);

/* LISTSTREAM_OK, or the file's status. */
enum liststream_status listlines_next(struct listlines *, struct listlines_line *ret);

void listlines_fini(struct listlines *);

/* True if the line has only white space, including the CR of a CRLF. */
bool listlines_is_blank(const char *text, size_t len);

#endif
