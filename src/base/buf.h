/*
 * A growing byte buffer, for data whose size comes from the network. Nothing here aborts: a call
 * that cannot get memory returns false and leaves the buffer as it was.
 *
 * A zeroed struct is an empty buffer. The struct owns its bytes.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* NULL when cap is 0 */
    size_t len;    /* bytes in use */
    size_t cap;    /* bytes allocated */
};

/* Makes room for at least `cap` bytes in all; large buffers use huge pages (mem_want_huge()).
 * False: no memory. */
bool buf_reserve(struct buf *, size_t cap);

/* Appends; the capacity doubles, so appending costs amortized linear time. False: no memory. */
bool buf_append(struct buf *, const void *bytes, size_t len);

void buf_fini(struct buf *); /* frees the bytes; the buffer is empty again */

#endif
