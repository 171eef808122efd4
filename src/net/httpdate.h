/* Dates in headers. Any thread. */
#ifndef NET_HTTPDATE_H
#define NET_HTTPDATE_H

#include <stdint.h>

/* Parses a date as curl does, which takes more than HTTP allows: seconds since 1970. -1: it is no
 * date, one before 1970, or one that a tar cannot hold (after the year 2242). NULL is no date. */
int64_t httpdate_parse(const char *text);

#endif
