#include "base/clock.h"

#include <time.h>

uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void clock_timespec(uint64_t ns, struct timespec *ret)
{
    *ret = (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

double clock_wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *two_digits(char *at, int n)
{
    *at++ = (char)('0' + n / 10 % 10);
    *at++ = (char)('0' + n % 10);
    return at;
}

/* Written by hand: one of these goes into every manifest row. */
void clock_rfc3339(double wall, char out[CLOCK_RFC3339_SIZE])
{
    time_t seconds = (time_t)wall;
    int ms = (int)((wall - (double)seconds) * 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char *at = two_digits(out, (tm.tm_year + 1900) / 100);
    at = two_digits(at, (tm.tm_year + 1900) % 100);
    *at++ = '-';
    at = two_digits(at, tm.tm_mon + 1);
    *at++ = '-';
    at = two_digits(at, tm.tm_mday);
    *at++ = 'T';
    at = two_digits(at, tm.tm_hour);
    *at++ = ':';
    at = two_digits(at, tm.tm_min);
    *at++ = ':';
    at = two_digits(at, tm.tm_sec);
    *at++ = '.';
    *at++ = (char)('0' + ms / 100);
    at = two_digits(at, ms % 100);
    *at++ = 'Z';
    *at = '\0';
}
