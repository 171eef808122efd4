/* Bytes as hexadecimal digits. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* out: 2 * len digits, in lower case, and a NUL. */
void hex_print(const uint8_t *bytes, size_t len, char *out);

/* The value of two hex digits, in either case; -1: not hex digits. If the first is none, the
 * second is not read. */
int hex_byte(const char digits[2]);

/* True if `text` is exactly len bytes in hex digits, in either case. NULL is not. */
bool hex_read(const char *text, uint8_t *ret, size_t len);

#endif
