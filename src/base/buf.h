/*
 * A growing run of bytes whose size strangers decide. Nothing here aborts:
 * a call that cannot get memory says so and leaves the buffer as it was.
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

/* Room for at least `cap` bytes in all, in huge pages where it is that large. False: no memory. */
bool buf_reserve(struct buf *, size_t cap);

/* Doubles as it grows, so appending is linear in the end. False: no memory. */
bool buf_append(struct buf *, const void *bytes, size_t len);

void buf_fini(struct buf *); /* frees the bytes; the buffer is empty again */

#endif
