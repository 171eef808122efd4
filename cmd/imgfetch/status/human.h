/* Numbers and text for people. A call with `out` fills `out` (of HUMAN_SIZE) and returns it. */
#ifndef CMD_HUMAN_H
#define CMD_HUMAN_H

#include <stdint.h>
#include <stdio.h>

enum { HUMAN_SIZE = 32, HUMAN_TEXT_SIZE = 256 };

const char *human_bytes(uint64_t bytes, char *out);   /* "12.3 MB" (1000-based) */
const char *human_count(uint64_t n, char *out);       /* "1,234,567" */
const char *human_seconds(double seconds, char *out); /* "0.8 s", "3:07", "2:03:07" */
const char *human_clock(double seconds, char *out); /* whole: "8 s", "3:07", "2:03:07", "12 days" */
const char *human_ns(uint64_t ns, char *out);       /* "12 ms", "1.3 s" */

/* Untrusted text for a terminal, escaped as utf8_show() does it. Text that does not fit into
 * HUMAN_TEXT_SIZE is cut and ends with "...". */
const char *human_text(const char *text, char out[HUMAN_TEXT_SIZE]);

/* Prints a line of text, some of which may be untrusted: escapes the whole as utf8_show() does it,
 * and adds the line feed. */
void human_line(FILE *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints text in lines of `width` columns that begin at `indent`. `column`: where the cursor is.
 * Returns where it is afterwards: behind the last word. A longer word has a line of its own. */
int human_wrap(FILE *, const char *text, int column, int indent, int width);

/* The same on standard output. */
int human_print_wrapped(const char *text, int column, int indent, int width);

#endif
