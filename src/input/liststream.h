/*
 * Reads the bytes of a list from a file or standard input ("-") and decompresses them.
 *
 * gzip (RFC 1952) and zstd (RFC 8878) are recognised by their first bytes, not by the name. Several
 * members or frames are read one after another. Memory is bounded by the decoder: at most 128 MiB,
 * for a zstd frame with such a window.
 *
 * Reading blocks. One thread reads; liststream_interrupt() may come from another.
 */
#ifndef INPUT_LISTSTREAM_H
#define INPUT_LISTSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct liststream;

enum { LISTSTREAM_MESSAGE_SIZE = 256 };

enum liststream_status {
    LISTSTREAM_OK,
    LISTSTREAM_END,         /* of the file */
    LISTSTREAM_ERROR,       /* cannot be read, or its compressed data is corrupt */
    LISTSTREAM_INTERRUPTED, /* liststream_interrupt() was called */
    LISTSTREAM_REFUSED,     /* the file is no list; only from input/listtext.h */
};

/* on_wait is called before each read, which may block; may be NULL. NULL: errno says why. */
struct liststream *liststream_new(void (*on_wait)(void *arg), void *arg);

/* Opens a file and closes the previous one. The path is borrowed. */
enum liststream_status liststream_open(struct liststream *, const char *path);

/* Reads what another process makes of the file at `path`: in place of the file the pipe `rows`, and
 * when that has ended, `status`, as input/listparquet.h has it. Takes both, and closes the previous
 * file. */
void liststream_open_rows(struct liststream *, const char *path, const int pipes[2]);

/* Readable once the list is interrupted. */
int liststream_stop(const struct liststream *);

/* Returns the next bytes, at least one; valid until the next call. */
enum liststream_status liststream_read(struct liststream *, const char **ret, size_t *ret_len);

/* Bytes of the open file that were used so far, as they lie in it: compressed ones, if it is. */
uint64_t liststream_taken(const struct liststream *);

/* True if reading would wait for whoever writes the file: it is a pipe. */
bool liststream_would_wait(const struct liststream *);

/* "standard input" for "-". */
const char *liststream_name(const struct liststream *);

/* The command that decompresses the open file, as "gzip -dc"; NULL: it is not compressed. */
const char *liststream_unpacker(const struct liststream *);

/* Gives up the open file for that reason. Returns LISTSTREAM_ERROR. */
enum liststream_status liststream_fail(struct liststream *, const char *why);

/* The same, of a file that is not open. The path is borrowed. */
enum liststream_status liststream_fail_at(struct liststream *, const char *path, const char *why);

/* After LISTSTREAM_ERROR: what happened. */
const char *liststream_error(const struct liststream *);

/* Makes a blocked or later call return LISTSTREAM_INTERRUPTED. Any thread. */
void liststream_interrupt(struct liststream *);

void liststream_free(struct liststream *);

#endif
