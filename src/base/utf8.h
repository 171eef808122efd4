/* Makes untrusted text safe for JSON and terminals. Any thread. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at `text`, of which `len` (at least 1) bytes are there; 0: it is not
 * well-formed. */
size_t utf8_length(const char *text, size_t len);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF). */
bool utf8_is_valid(const char *text, size_t len);

/* Copies the text as valid UTF-8 without NULs: malformed bytes and NULs become U+FFFD. `text`
 * may be NULL when `len` is 0. free() it. */
char *utf8_clean(const char *text, size_t len);

#endif
