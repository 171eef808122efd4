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

/*
 * Characters that a terminal, a pager or an editor obeys instead of showing them are escaped, also
 * where JSON allows them: the controls C0 and C1 and DEL, the marks and controls of writing
 * direction (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), and the separators U+2028
 * and U+2029.
 */

/* Bytes in front of the first such character, or of the first malformed byte. */
size_t utf8_shown_length(const char *text, size_t len);

/* Writes the first character of a text of `len` (at least 1) bytes: such a character as \uXXXX, a
 * malformed byte as U+FFFD. Returns the length of what it wrote; *ret_taken: bytes of the text. */
enum { UTF8_SHOWN_MAX = 6 };
size_t utf8_show_one(const char *text, size_t len, char out[UTF8_SHOWN_MAX], size_t *ret_taken);

/* Writes the whole text so. `out` has room for UTF8_SHOWN_MAX * len bytes. Returns the length. */
size_t utf8_show(const char *text, size_t len, char *out);

#endif
