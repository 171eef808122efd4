/* Monotonic time and wall-clock time. Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void); /* CLOCK_MONOTONIC: for durations and deadlines */

double clock_wall(void); /* seconds since 1970-01-01 UTC, for people and files */

/* "2026-11-21T09:05:31.123Z" (RFC 3339, UTC, milliseconds) into `out`. */
enum { CLOCK_RFC3339_SIZE = 25 };
void clock_rfc3339(double wall, char out[CLOCK_RFC3339_SIZE]);

/* Parses such a text into milliseconds since 1970-01-01 UTC; -1: malformed. */
int64_t clock_parse_rfc3339(const char *text);

#endif
