/* Content-Encodings of a body: gzip (RFC 1952) and deflate, which is zlib's format
 * (RFC 9110, section 8.4.1). */
#ifndef IMGSERVE_ENCODE_H
#define IMGSERVE_ENCODE_H

#include "cmd/imgserve/body.h"
#include "cmd/imgserve/span.h"

#include <stdbool.h>

enum { ENCODE_MAX = 64 << 20 }; /* bytes of a body that can be encoded: it is done in memory */

/* The name as a header has it, or NULL: it is not one of the two. Static text. */
const char *encode_find(struct span name);

/* Replaces the body by the same in that encoding. False: it is too large. */
bool encode_body(struct body *, const char *name);

/* A gzip body without end. bomb: zeros, a thousand times as many as are sent. hollow: not a
 * byte. */
void encode_bomb(struct body *);
void encode_hollow(struct body *);

#endif
