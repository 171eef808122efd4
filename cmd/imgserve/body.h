/* The body of a response, wherever its bytes come from. A zeroed one is empty. */
#ifndef IMGSERVE_BODY_H
#define IMGSERVE_BODY_H

#include "base/buf.h"
#include "base/span.h"
#include "cmd/imgserve/files.h"

struct body {
    enum body_kind { BODY_EMPTY, BODY_TEXT, BODY_FILE, BODY_PATTERN, BODY_REPEAT } kind;
    struct buf text;   /* BODY_TEXT, BODY_REPEAT */
    size_t again;      /* BODY_REPEAT: where in the text to go on after its end */
    struct file *file; /* BODY_FILE */
    uint64_t size;     /* BODY_PATTERN */
    uint8_t *scratch;  /* for a file that is not in memory */
};

/* Each of these replaces what was there before. */
void body_text(struct body *);                   /* then write to .text */
void body_file(struct body *, struct file *);    /* takes the file */
void body_pattern(struct body *, uint64_t size); /* the alphabet, over and over */
void body_repeat(struct body *, size_t again);   /* then write more than that to .text; no end */
void body_again(struct body *, struct span);     /* these bytes, over and over, no end */
void body_fini(struct body *);                   /* empty again */

uint64_t body_size(const struct body *);

/* Reads up to `max` bytes from `at` on: returns their number, and *ret points to
 * them until the next call. 0: there are none, or they cannot be read. */
size_t body_read(struct body *, uint64_t at, uint64_t max, const uint8_t **ret);

/* Content-Encodings: gzip (RFC 1952) and deflate, which is zlib's format (RFC 9110, section 8.4.1).
 * Returns the name as a header has it, or NULL if it is neither of the two. Static text. */
const char *body_encoding(struct span name);

/* Replaces the body by its encoding. False: it is too large. */
enum { BODY_ENCODE_MAX = 64 << 20 }; /* bytes: it is encoded in memory */
bool body_encode(struct body *, const char *name);

/* A gzip body without end. bomb: inflates to zeros, a thousand times the bytes sent. hollow:
 * inflates to nothing. */
void body_bomb(struct body *);
void body_hollow(struct body *);

#endif
