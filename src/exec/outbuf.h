/* Memory for a task's output: address space, whose pages take memory when they are written. */
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

/* The output is no longer needed: gives the memory beyond a usual result's size back to the
 * system. */
void outbuf_release(struct outbuf *);

#endif
