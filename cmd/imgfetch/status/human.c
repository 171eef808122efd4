#include "cmd/imgfetch/status/human.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/imgfetch/status/width.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *human_bytes(uint64_t bytes, char *out)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double n = (double)bytes;
    unsigned unit = 0;
    for (; n >= 999.5 && unit < 5; n /= 1000)
        unit++;
    snprintf(out, HUMAN_SIZE, unit && n < 99.95 ? "%.1f %s" : "%.0f %s", n, units[unit]);
    return out;
}

const char *human_count(uint64_t n, char *out)
{
    char digits[HUMAN_SIZE];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    char *at = out;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

const char *human_text(const char *text, char out[HUMAN_TEXT_SIZE])
{
    enum { ROOM = HUMAN_TEXT_SIZE - sizeof "..." };
    size_t len = strlen(text), used = 0, fits = 0;
    for (size_t i = 0, taken; i < len; i += taken) {
        char one[UTF8_SHOWN_MAX];
        size_t n = utf8_show_one(text + i, len - i, one, &taken);
        if (used + n >= HUMAN_TEXT_SIZE) {
            memcpy(out + fits, "...", sizeof "...");
            return out;
        }
        memcpy(out + used, one, n);
        used += n;
        if (used <= ROOM)
            fits = used;
    }
    out[used] = '\0';
    return out;
}

void human_line(FILE *out, const char *format, ...)
{
    char *text = NULL, *shown;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    shown = mem_new(UTF8_SHOWN_MAX * (size_t)len + 1);
    size_t n = utf8_show(text, (size_t)len, shown);
    shown[n++] = '\n';
    fwrite(shown, 1, n, out); /* in one piece, as other processes may write there, too */
    free(shown);
    free(text);
}

const char *human_seconds(double seconds, char *out)
{
    unsigned s = (unsigned)(seconds + 0.5);
    if (seconds < 60)
        snprintf(out, HUMAN_SIZE, "%.1f s", seconds);
    else if (s < 3600)
        snprintf(out, HUMAN_SIZE, "%u:%02u", s / 60, s % 60);
    else
        snprintf(out, HUMAN_SIZE, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    return out;
}

const char *human_clock(double seconds, char *out)
{
    const double days = seconds / (24 * 60 * 60);
    if (seconds < 59.5)
        snprintf(out, HUMAN_SIZE, "%.0f s", seconds);
    else if (days < 4)
        human_seconds(seconds < 60 ? 60 : seconds, out);
    else
        snprintf(out, HUMAN_SIZE, "%.0f days", days < 1e9 ? days : 1e9);
    return out;
}

const char *human_ns(uint64_t ns, char *out)
{
    double ms = (double)ns / 1e6;
    if (ms < 10)
        snprintf(out, HUMAN_SIZE, "%.1f ms", ms);
    else if (ms < 1000)
        snprintf(out, HUMAN_SIZE, "%.0f ms", ms);
    else
        snprintf(out, HUMAN_SIZE, "%.1f s", ms / 1000);
    return out;
}

int human_wrap(FILE *out, const char *text, int column, int indent, int width)
{
    bool begins = true; /* a line */
    while (*text) {
        size_t len = strcspn(text, " ");
        int word = (int)width_of(text, len);
        if (!begins && column + 1 + word > width) {
            fputc('\n', out);
            column = 0;
            begins = true;
        }
        int gap = begins ? indent - column : 1;
        gap = gap > 0 ? gap : 0;
        fprintf(out, "%*s%.*s", gap, "", (int)len, text);
        column += gap + word;
        begins = false;
        text += len;
        text += strspn(text, " ");
    }
    return column;
}

int human_print_wrapped(const char *text, int column, int indent, int width)
{
    return human_wrap(stdout, text, column, indent, width);
}
