#include "cmd/imgserve/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void text_add(struct buf *b, struct span s)
{
    if (s.len && !buf_append(b, s.at, s.len))
        abort();
}

void text_adds(struct buf *b, const char *text)
{
    text_add(b, span_of(text));
}

void text_addu(struct buf *b, uint64_t number)
{
    char digits[20]; /* of UINT64_MAX */
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    text_add(b, (struct span){digits + at, sizeof digits - at});
}

void text_addf(struct buf *b, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        abort();
    text_add(b, (struct span){text, (size_t)len});
    free(text);
}

/* Not strftime(): its names of days and months follow the locale. */
void text_date(int64_t seconds, char out[TEXT_DATE_SIZE])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || tm.tm_year < 0 || tm.tm_year > 9999 - 1900)
        gmtime_r(&(time_t){0}, &tm);
    char text[80];
    snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + tm.tm_wday * 3,
        tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    text[TEXT_DATE_SIZE - 1] = '\0';
    memcpy(out, text, TEXT_DATE_SIZE);
}
