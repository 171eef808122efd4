/* Text from lists and URLs, made fit for a file name. Part of store/name.h. Any thread. */
#ifndef STORE_NAME_TEXT_H
#define STORE_NAME_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the character at `text`, if a name may have it; else 0. */
size_t name_text_is_good(const char *text, size_t len);

/* Puts the text with '_' for each character that a name may not have, and '_' for no text at all.
 * At most `room` bytes, cut between two characters. The length; no NUL is added. */
size_t name_text_put(const char *text, size_t len, char *out, size_t room);

/* The last part of a URL's path, without query and without the extension of an image; it stands
 * in the URL. */
size_t name_text_base(const char *url, const char **ret);

/* %41 becomes A. At most `room` bytes. */
size_t name_text_decode(const char *text, size_t len, char *out, size_t room);

/* A name that Windows keeps for a device, whatever its case and extension. */
bool name_text_is_device(const char *text, size_t len);

#endif
