#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Weak, so that a test program can define its own clock (base/test_clock.h). */
__attribute__((weak)) uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
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

/* Formatted by hand, not with strftime(), for speed: every manifest row has one. */
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

int64_t clock_parse_rfc3339(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    if (strlen(text) != sizeof form - 1)
        return -1;
    for (unsigned i = 0; i < sizeof form - 1; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return -1;
    struct tm tm = {0};
    int ms;
    sscanf(text, "%d-%d-%dT%d:%d:%d.%dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
        &tm.tm_min, &tm.tm_sec, &ms);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    int64_t seconds = timegm(&tm);
    return seconds < 0 ? -1 : seconds * 1000 + ms;
}
