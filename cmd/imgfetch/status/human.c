#include "cmd/imgfetch/status/human.h"

#include <stdbool.h>
#include <stdio.h>
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
    size_t len = strlen(text), keep = len < HUMAN_TEXT_SIZE ? len : ROOM;
    while (keep < len && keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
        keep--; /* not in the middle of a character */
    for (size_t i = 0; i < keep; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        bool c1 = c == 0xc2 && next < 0xa0; /* U+0080 to U+009F: controls, too */
        out[i] = (char)(c < ' ' || c == 0x7f || c1 ? '?' : c);
        if (c1)
            out[++i] = '?';
    }
    snprintf(out + keep, HUMAN_TEXT_SIZE - keep, "%s", keep < len ? "..." : "");
    return out;
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

int human_print_wrapped(const char *text, int column, int indent, int width)
{
    bool begins = true; /* a line */
    while (*text) {
        int word = (int)strcspn(text, " ");
        if (!begins && column + 1 + word > width) {
            putchar('\n');
            column = 0;
            begins = true;
        }
        column += printf("%*s%.*s", begins ? indent - column : 1, "", word, text);
        begins = false;
        text += word;
        text += strspn(text, " ");
    }
    return column;
}
