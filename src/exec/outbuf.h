/* The room for a task's output: address space that becomes memory where it is written. */
#ifndef EXEC_OUTBUF_H
#define EXEC_OUTBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed struct has no room. */
struct outbuf {
    uint8_t *data;
    size_t size;
};

bool outbuf_init(struct outbuf *, size_t size); /* false: errno says why */
void outbuf_fini(struct outbuf *);

/* The bytes are no longer needed: what is more than a usual result takes is given back to the
 * system. */
void outbuf_release(struct outbuf *);

#endif
