/*
 * Reads a list as UTF-8: undoes its encoding, and refuses files that are no lists by their first
 * bytes (input/listkind.h).
 *
 * A byte order mark (UTF-8, UTF-16, UTF-32) decides the encoding and is dropped. A file without one
 * has the encoding given; UTF-8 is passed on as it is, malformed bytes too. Bytes that are
 * malformed in another encoding become the byte 0xFF, which no UTF-8 has.
 *
 * Text can be read ahead: it is looked at and then read again. Memory is bounded by
 * LISTTEXT_AHEAD_MAX and two chunks of 64 KiB.
 *
 * Reading blocks. One thread reads; listtext_interrupt() may come from another.
 */
#ifndef INPUT_LISTTEXT_H
#define INPUT_LISTTEXT_H

#include "input/listkind.h"
#include "input/liststream.h"

#include <stdbool.h>

enum { LISTTEXT_AHEAD_MAX = 64 << 10 };

struct listtext;

/* True if this system can read the encoding. */
bool listtext_knows(const char *encoding);

/* encoding: NULL for UTF-8; borrowed. The others are for liststream_new(). NULL: errno says why. */
struct listtext *listtext_new(const char *encoding, void (*on_wait)(void *arg), void *arg);

/* Opens a file and closes the previous one. The path is borrowed. LISTSTREAM_REFUSED: it is no
 * list. */
enum liststream_status listtext_open(struct listtext *, const char *path);

/* As liststream_open_rows() has it: their text is UTF-8. */
void listtext_open_rows(struct listtext *, const char *path, const int pipes[2]);

/* After LISTSTREAM_REFUSED: what it is. */
const struct listkind *listtext_kind(const struct listtext *);

/* Returns the next text, at least one byte; valid until the next call. */
enum liststream_status listtext_read(struct listtext *, const char **ret, size_t *ret_len);

/* The text that has been read ahead. Valid until the next call. */
const char *listtext_ahead(const struct listtext *, size_t *ret_len);

/* Reads more of it ahead, but at most about LISTTEXT_AHEAD_MAX. LISTSTREAM_END: there is no more.
 * Not after listtext_read(). */
enum liststream_status listtext_more(struct listtext *);

/* True if listtext_more() has met the end of the file. */
bool listtext_is_all(const struct listtext *);

/* True if reading more would wait for whoever writes the file: it is a pipe. */
bool listtext_would_wait(const struct listtext *);

/* The open file: its name, errors and compression. */
const struct liststream *listtext_stream(const struct listtext *);

/* As liststream_fail_at() has it. */
enum liststream_status listtext_fail_at(struct listtext *, const char *path, const char *why);

/* Makes a blocked or later call return LISTSTREAM_INTERRUPTED. Any thread. */
void listtext_interrupt(struct listtext *);

void listtext_free(struct listtext *);

#endif
