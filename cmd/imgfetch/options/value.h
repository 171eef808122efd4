/*
 * Reads the values of options, in the ways in which people write them: units in capitals or small
 * letters, also behind a space. Each call returns NULL, or why the text is invalid (to be printed
 * after "--name=text: "; valid until the next call). One thread.
 */
#ifndef CMD_VALUE_H
#define CMD_VALUE_H

#include "input/columns.h"

#include <stdint.h>

const char *value_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
/* bytes; K M G T, also KB or KiB, are 1024-based */
const char *value_size(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
/* bytes a second: the same, and "/s" if wanted */
const char *value_speed(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
const char *value_pixels(const char *text, uint64_t *ret); /* K M G, also MP, are 1000-based */
/* "90", "1.5s", "500ms", "5m", "1h30m": above 0 */
const char *value_time(const char *text, uint64_t *ret_ms);
const char *value_real(const char *text, double min, double max, double *ret);
/* a second: "5", "5/s", "30/m" */
const char *value_rate(const char *text, double min, double max, double *ret);
const char *value_percent(const char *text, double *ret);  /* "95", "95%" */
const char *value_color(const char *text, uint8_t ret[3]); /* "white", "black", "#rrggbb" */
/* One of `words`, which end with NULL: *ret is its index. */
const char *value_word(const char *text, const char *const *words, unsigned *ret);
/* Some of `words`, with commas between: *ret has a bit for each, by its index. */
const char *value_words(const char *text, const char *const *words, unsigned *ret);
const char *value_column(const char *name, size_t len, struct column *ret); /* borrows the name */

#endif
