/*
 * The bytes of a list: a file or standard input ("-"), inflated on the way.
 *
 * gzip (RFC 1952) and zstd (RFC 8878) are recognised by their first bytes, whatever the
 * name; both may have several members or frames. Memory is that of the decoder: at most
 * 128 MiB, for a zstd frame that asks for it.
 *
 * Reading blocks. One thread reads; liststream_interrupt() may come from another.
 */
#ifndef INPUT_LISTSTREAM_H
#define INPUT_LISTSTREAM_H

#include <stdbool.h>
#include <stddef.h>

struct liststream;

enum { LISTSTREAM_MESSAGE_SIZE = 256 };

enum liststream_status {
    LISTSTREAM_OK,
    LISTSTREAM_END,         /* of the file */
    LISTSTREAM_ERROR,       /* it cannot be read, or its compressed data is broken */
    LISTSTREAM_INTERRUPTED, /* liststream_interrupt() was called */
};

/* on_wait is called before each read, which may block; may be NULL. NULL: errno says why. */
struct liststream *liststream_new(void (*on_wait)(void *arg), void *arg);

/* Begins with a file; the one before is closed. The path is borrowed. */
enum liststream_status liststream_open(struct liststream *, const char *path);

/* The next bytes, at least one; valid until the next call. */
enum liststream_status liststream_read(struct liststream *, const char **ret, size_t *ret_len);

/* "standard input" for "-". */
const char *liststream_name(const struct liststream *);

/* After LISTSTREAM_ERROR: what happened. */
const char *liststream_error(const struct liststream *);

/* Makes a blocked or later call answer LISTSTREAM_INTERRUPTED. Any thread. */
void liststream_interrupt(struct liststream *);

void liststream_free(struct liststream *);

#endif
