/* Bytes as hexadecimal digits. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* out: 2 * len digits, in lower case, and a NUL. */
void hex_print(const uint8_t *bytes, size_t len, char *out);

/* The byte that two digits, in either case, stand for; -1: they are none. If the first is none, the
 * second is not looked at. */
int hex_byte(const char digits[2]);

#endif
