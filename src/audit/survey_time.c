#include "audit/survey_inside.h"

#include <string.h>

enum { NARROWEST = 10 /* ms */ };

static void add_cell(struct survey_cell *to, const struct survey_cell *from)
{
    to->rows += from->rows;
    to->failed += from->failed;
    to->bytes += from->bytes;
}

/* Makes the cells twice as wide, and half as many. */
static void widen(struct survey_time *t)
{
    struct survey_cell cells[SURVEY_CELLS] = {0};
    int64_t low = t->low / 2;
    unsigned n = 0;
    for (unsigned i = 0; i < t->n; i++) {
        n = (unsigned)((t->low + i) / 2 - low);
        add_cell(&cells[n], &t->cells[i]);
    }
    memcpy(t->cells, cells, sizeof cells);
    t->low = low;
    t->n = n + 1;
    t->width *= 2;
}

/* Adds empty cells before the first. */
static void move_up(struct survey_time *t, int64_t low)
{
    size_t by = (size_t)(t->low - low);
    memmove(t->cells + by, t->cells, t->n * sizeof *t->cells);
    memset(t->cells, 0, by * sizeof *t->cells);
    t->n += (unsigned)by;
    t->low = low;
}

static struct survey_cell *cell_at(struct survey_time *t, int64_t when)
{
    if (!t->width) {
        t->width = NARROWEST;
        t->low = when / NARROWEST;
    }
    int64_t low, high;
    for (;; widen(t)) {
        int64_t i = when / t->width;
        low = i < t->low ? i : t->low;
        high = i < t->low + t->n ? t->low + t->n : i + 1;
        if (high - low <= SURVEY_CELLS)
            break;
    }
    if (low < t->low)
        move_up(t, low);
    t->n = (unsigned)(high - low);
    return &t->cells[when / t->width - t->low];
}

void survey_add_span(struct survey_time *t, int64_t started, int64_t ended)
{
    if (!t->is_known || started < t->first)
        t->first = started;
    if (!t->is_known || ended > t->last)
        t->last = ended;
    t->is_known = true;
}

void survey_add_time(
    struct survey_time *t, int64_t started, int64_t ended, const struct survey_cell *row)
{
    survey_add_span(t, started, ended);
    add_cell(cell_at(t, ended), row);
}
