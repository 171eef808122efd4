#include "base/nearest.h"

#include <string.h>
#include <strings.h>

enum { PART_MIN = 3 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters at the end of the two that are swapped count once (optimal string alignment). */
static unsigned distance(struct span a, struct span b)
{
    unsigned rows[3][NEAREST_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (unsigned j = 0; j <= b.len; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        char c = lower(a.at[i - 1]);
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            char d = lower(b.at[j - 1]);
            row[j] = least(last[j - 1] + (c != d), least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && c == lower(b.at[j - 2]) && d == lower(a.at[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b.len];
}

static bool contains(struct span whole, struct span part)
{
    for (size_t i = 0; i + part.len <= whole.len; i++)
        if (!strncasecmp(whole.at + i, part.at, part.len))
            return true;
    return false;
}

static bool is_part(struct span a, struct span b)
{
    return (a.len >= PART_MIN && contains(b, a)) || (b.len >= PART_MIN && contains(a, b));
}

void nearest_begin(struct nearest *n, struct span given)
{
    *n = (struct nearest){.given = given};
}

void nearest_try(struct nearest *n, struct span word)
{
    if (!n->given.len || n->given.len > NEAREST_MAX || !word.len || word.len > NEAREST_MAX)
        return;
    unsigned near = n->given.len < 6 ? 1 : (unsigned)n->given.len / 3;
    unsigned is = distance(n->given, word);
    if (is > near && is_part(n->given, word))
        is = near + 1;
    else if (is > near)
        return;
    if (!n->word.at || is < n->distance) {
        n->word = word;
        n->distance = is;
    }
}
