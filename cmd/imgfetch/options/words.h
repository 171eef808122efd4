/* Lists of words that end with NULL: for messages about a word that is not among them. */
#ifndef CMD_WORDS_H
#define CMD_WORDS_H

#include <stddef.h>

/* The one that is nearest (base/nearest.h); NULL: none is near. */
const char *words_nearest(const char *const *words, const char *text, size_t len);

/* "unknown backend (async, null or auto); did you mean auto?" Valid until the next call. */
const char *words_unknown(const char *what, const char *const *words, const char *text, size_t len);

#endif
