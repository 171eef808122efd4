/* Content-Encodings of a body: gzip (RFC 1952) and deflate, which is zlib's format
 * (RFC 9110, section 8.4.1). */
#ifndef IMGSERVE_ENCODE_H
#define IMGSERVE_ENCODE_H

#include "base/span.h"
#include "cmd/imgserve/body.h"

#include <stdbool.h>

enum { ENCODE_MAX = 64 << 20 }; /* bytes of a body: it is encoded in memory */

/* The name as a header has it, or NULL if it is neither of the two. Static text. */
const char *encode_find(struct span name);

/* Replaces the body by its encoding. False: it is too large. */
bool encode_body(struct body *, const char *name);

/* A gzip body without end. bomb: inflates to zeros, a thousand times the bytes sent. hollow:
 * inflates to nothing. */
void encode_bomb(struct body *);
void encode_hollow(struct body *);

#endif
