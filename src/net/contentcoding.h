/*
 * Undoes the Content-Encoding of a body (RFC 9110, section 8.4): gzip, deflate, br and zstd, one or
 * several.
 *
 * Images need no coding and none is asked for, so what servers say here is often wrong. A token
 * that names no coding ("utf-8", "none", "image/jpeg") counts as identity. A body that does not
 * begin as its coding must is taken as it is. Any thread.
 */
#ifndef NET_CONTENTCODING_H
#define NET_CONTENTCODING_H

#include "base/buf.h"

enum { CONTENTCODING_MAX = 4 };

/* The codings of a response, in the order in which they were applied. Starts zeroed. */
struct contentcoding {
    unsigned n; /* more than CONTENTCODING_MAX: too many; only so many are in `at` */
    const struct contentcoding_kind *at[CONTENTCODING_MAX];
};

/* Adds the codings of a field's value. */
void contentcoding_add(struct contentcoding *, const char *value);

enum contentcoding_status {
    CONTENTCODING_OK,
    CONTENTCODING_CUT, /* the body ends early; what there was of it is decoded */
    CONTENTCODING_TOO_LARGE,
    CONTENTCODING_BROKEN, /* the bytes are damaged, or there are too many codings */
    CONTENTCODING_NO_MEMORY,
};

/*
 * Decodes the body in place. No step makes more than max_size bytes of it, so it takes at most
 * twice as many, and time in proportion. With the last three, the body is empty afterwards.
 */
enum contentcoding_status contentcoding_undo(
    const struct contentcoding *, struct buf *body, uint64_t max_size);

#endif
