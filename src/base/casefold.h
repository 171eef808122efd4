/*
 * Text without the difference of upper and lower case: Unicode's simple case folding, one character
 * for one, in no language ("I" is "i", also in Turkish). Two texts that a file system which ignores
 * case takes for the same name are the same when folded, if both are composed alike. Any thread.
 */
#ifndef BASE_CASEFOLD_H
#define BASE_CASEFOLD_H

#include <stdbool.h>
#include <stddef.h>

/* Folds UTF-8 of `len` bytes; malformed bytes stay. `out` has room for 2 * len bytes. Returns the
 * length. */
size_t casefold(const char *text, size_t len, char *out);

/* True if the texts are the same when folded. */
bool casefold_same(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
