/*
 * Cuts a response into pieces of bytes to write, in order: head, body, chunk
 * frames. Knows nothing of sockets and clocks.
 */
#ifndef IMGSERVE_WIRE_H
#define IMGSERVE_WIRE_H

#include "cmd/imgserve/response.h"

#include <uv.h>

enum { WIRE_PARTS = 4 };

struct wire_piece {
    uv_buf_t parts[WIRE_PARTS];
    unsigned n;
    size_t len; /* of all parts together */
};

/*
 * Returns the next piece, with at most `allowance` bytes of those the rate
 * counts (the head is not counted unless slow_head). The bytes are valid until
 * the next call. An empty piece: done, or the allowance was 0, or a file could
 * not be read (false). response->done says whether this piece is the last.
 */
bool wire_next(struct response *, uint64_t allowance, struct wire_piece *ret);

/* Takes away what has been written of a piece. */
void wire_drop(struct wire_piece *, size_t len);

/* How many more bytes the rate allows, this long after the start. */
uint64_t wire_allowance(const struct response *, uint64_t elapsed_ms);

/* How long to wait before the next piece; 0 when there is no rate. */
uint64_t wire_tick_ms(const struct response *);

#endif
