/*
 * Connections: reading heads, answering them one after the other, closing.
 *
 * Always true: at most one response of a connection is in flight; pipelined
 * requests wait for it in a bounded buffer, and beyond that in the kernel.
 * A connection frees itself. All calls from the loop's thread.
 */
#ifndef IMGSERVE_CONN_H
#define IMGSERVE_CONN_H

#include "cmd/imgserve/request.h"
#include "cmd/imgserve/site.h"

#include <sys/queue.h>
#include <uv.h>

struct conn;

/* All connections of one loop. They read into one buffer: most reads are
 * consumed at once, so few connections need memory of their own. */
struct conn_set {
    struct site *site;
    TAILQ_HEAD(conn_list, conn) list;
    char read_buffer[REQUEST_HEAD_MAX];
};

void conn_set_init(struct conn_set *, struct site *);

/* Accepts the next connection of the listener, and drops it unless it was made
 * to a loopback address. */
void conn_accept(struct conn_set *, uv_stream_t *listener);

void conn_close_all(struct conn_set *); /* then let the loop run out */

#endif
