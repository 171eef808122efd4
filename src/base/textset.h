/*
 * A set of texts, of which only 64-bit hashes are kept: 8 bytes each, and twice that while it
 * grows. First all are added, then they are asked for. One thread.
 */
#ifndef BASE_TEXTSET_H
#define BASE_TEXTSET_H

#include <stdbool.h>
#include <stddef.h>

struct textset;
struct textset *textset_new(void);
void textset_free(struct textset *);

void textset_add(struct textset *, const char *text, size_t len);

/* To be called once, after the last textset_add(). */
void textset_finish(struct textset *);

/* True for a text that was added, and with a chance of one in 2^64/n for another one. */
bool textset_has(const struct textset *, const char *text, size_t len);

size_t textset_count(const struct textset *); /* of what was added */

#endif
