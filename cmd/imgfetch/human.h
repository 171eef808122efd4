/* Numbers for people. Each call fills `out` (of HUMAN_SIZE) and returns it. */
#ifndef CMD_HUMAN_H
#define CMD_HUMAN_H

#include <stdint.h>

enum { HUMAN_SIZE = 32 };

const char *human_bytes(uint64_t bytes, char *out);   /* "12.3 MB" (1000-based) */
const char *human_count(uint64_t n, char *out);       /* "1,234,567" */
const char *human_seconds(double seconds, char *out); /* "0.8 s", "3:07", "2:03:07" */
const char *human_ns(uint64_t ns, char *out);         /* "12 ms", "1.3 s" */

#endif
