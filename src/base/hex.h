/* Bytes as hexadecimal digits, for hashes. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* out: 2 * len digits, in lower case, and a NUL. */
void hex_print(const uint8_t *bytes, size_t len, char *out);

#endif
