/* How many columns text takes on a terminal: wcwidth(3), whatever the locale. Any thread. */
#ifndef CMD_WIDTH_H
#define CMD_WIDTH_H

#include <stddef.h>

/* Loads what the others need: before the program is confined. Without it, or where the system has
 * no locale with UTF-8, every character beyond ASCII counts as two columns. */
void width_load(void);

/* Columns of UTF-8 text of `len` bytes without controls. A malformed byte takes one. */
unsigned width_of(const char *text, size_t len);

/* The most bytes at the beginning, in whole characters, that take at most `columns`. */
size_t width_fit(const char *text, size_t len, unsigned columns);

#endif
