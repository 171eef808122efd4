/*
 * Finds the rows of a manifest whose body was kept, fast: the few fields that an index needs are
 * found without parsing a line, unless they have escapes. So they are not to be trusted before the
 * row has been parsed (rowscan_read()).
 *
 * The content may be anybody's. Any thread.
 */
#ifndef MANIFEST_ROWSCAN_H
#define MANIFEST_ROWSCAN_H

#include "manifest/manifest.h"

/* A row whose body was kept. */
struct rowscan {
    const char
        *url; /* normalised (input/url.h): where its body came from, or was redirected from */
    size_t url_len;
    const char *path; /* of the body, below its directory */
    size_t path_len;
    struct url parsed; /* owns what the texts above point to, as the next one does */
    struct manifest_row row;
};

enum rowscan_result {
    ROWSCAN_BODY,   /* ret is filled: rowscan_fini() it */
    ROWSCAN_NONE,   /* it has failed, or its body was not kept */
    ROWSCAN_NO_ROW, /* it is torn, or was never a row */
};

/* The texts point into the line, which has no line feed. */
enum rowscan_result rowscan_line(const char *line, size_t len, struct rowscan *ret);

/* The same by parsing the whole line, which ends with a NUL: ret->row is filled, too. */
enum rowscan_result rowscan_read(const char *line, struct rowscan *ret);

void rowscan_fini(struct rowscan *);

/* Calls `take` with each line of a file and its offset, until it returns false. Lines longer than
 * ROWSCAN_LINE_MAX bytes are passed as empty ones, and so is a last one without a line feed. 0 or a
 * negative errno. Blocks. */
enum { ROWSCAN_LINE_MAX = 1 << 20 };
typedef bool rowscan_take(void *arg, int64_t offset, const char *line, size_t len);
int rowscan_lines(int fd, rowscan_take *take, void *arg);

#endif
