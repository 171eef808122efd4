/* Makes text from lists and URLs fit for a file name. Part of store/name.h. Any thread. */
#ifndef STORE_NAME_TEXT_H
#define STORE_NAME_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The length in bytes of the character at `text`, if a name may contain it; else 0. */
size_t name_text_is_good(const char *text, size_t len);

/* Copies the text, with '_' for each character that a name may not contain, and '_' for empty text.
 * Writes at most `room` bytes, cut between two characters, and no NUL. Returns the length. */
size_t name_text_put(const char *text, size_t len, char *out, size_t room);

/* Finds the last part of a URL's path, without query and without the extension of an image. Sets
 * *ret to where it begins in the URL and returns its length. */
size_t name_text_base(const char *url, const char **ret);

/* Percent-decodes (%41 becomes A). Writes at most `room` bytes; returns the length. */
size_t name_text_decode(const char *text, size_t len, char *out, size_t room);

/* True for a device name of Windows, in any case and with any extension. */
bool name_text_is_device(const char *text, size_t len);

#endif
