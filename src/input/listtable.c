#include "input/listtable.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The column's name as a number; 0: it is not a number. */
static unsigned number_of(const struct column *c)
{
    unsigned number = 0;
    for (size_t i = 0; i < c->len; i++) {
        if (c->name[i] < '0' || c->name[i] > '9' || number > LISTTABLE_MAX_CELLS)
            return 0;
        number = number * 10 + (unsigned)(c->name[i] - '0');
    }
    return number;
}

const char *listtable_check(const struct columns *columns)
{
    bool by_number = number_of(&columns->at[COLUMN_URL]);
    for (unsigned i = 0; i < columns->n; i++) {
        const struct column *c = &columns->at[i];
        if (c->name && (number_of(c) != 0) != by_number)
            return "give all columns by name, or all by number (from 1)";
        if (number_of(c) > LISTTABLE_MAX_CELLS)
            return "more than 1024 columns";
    }
    return NULL;
}

void listtable_begin(struct listtable *t, const struct columns *columns)
{
    *t = (struct listtable){.columns = columns};
    t->wants_header = !number_of(&columns->at[COLUMN_URL]);
    for (unsigned i = 0; i < columns->n && !t->wants_header; i++)
        t->field[i] = number_of(&columns->at[i]) - 1;
}

void listtable_add_cell(struct listtable_cells *cells, size_t at, size_t len)
{
    if (cells->n < LISTTABLE_MAX_CELLS) {
        cells->cell[cells->n].at = at;
        cells->cell[cells->n].len = len;
    }
    cells->n++;
}

void listtable_split_tabs(struct listtable_cells *ret, const char *line, size_t len)
{
    ret->base = line;
    ret->n = 0;
    if (len && line[len - 1] == '\r')
        len--;
    for (size_t at = 0;;) {
        const char *tab = memchr(line + at, '\t', len - at);
        size_t end = tab ? (size_t)(tab - line) : len;
        listtable_add_cell(ret, at, end - at);
        if (!tab)
            return;
        at = end + 1;
    }
}

static bool is_name(const struct column *c, const struct listtable_cells *cells, unsigned i)
{
    const char *text = cells->base + cells->cell[i].at;
    size_t len = cells->cell[i].len;
    for (; len && *text == ' '; len--)
        text++;
    while (len && text[len - 1] == ' ')
        len--;
    return len == c->len && !memcmp(text, c->name, len);
}

/* Writes "no column "a"; the list has: b, c", safe for a terminal. */
static void tell_names(
    const struct column *missing, const struct listtable_cells *cells, char *why, size_t size)
{
    int len =
        snprintf(why, size, "no column \"%.*s\"; the list has: ", (int)missing->len, missing->name);
    for (unsigned i = 0; i < cells->n && i < LISTTABLE_MAX_CELLS && (size_t)len < size; i++) {
        char *name = utf8_clean(cells->base + cells->cell[i].at, cells->cell[i].len);
        for (char *c = name; *c; c++)
            if ((unsigned char)*c < ' ' || *c == 0x7f)
                *c = '?';
        len += snprintf(why + len, size - (size_t)len, "%s%s", i ? ", " : "", name);
        free(name);
    }
    if ((size_t)len >= size)
        memcpy(why + size - sizeof "...", "...", sizeof "...");
}

/* The index of the column's cell, searched from `place` on; cells->n: not found. */
static unsigned find_field(
    const struct column *c, const struct listtable_cells *cells, unsigned field)
{
    while (field < cells->n && !is_name(c, cells, field))
        field++;
    return field;
}

bool listtable_take_header(
    struct listtable *t, const struct listtable_cells *cells, char *why, size_t size)
{
    if (cells->n > LISTTABLE_MAX_CELLS) {
        snprintf(why, size, "more than %d columns", LISTTABLE_MAX_CELLS);
        return false;
    }
    for (unsigned i = 0; i < t->columns->n; i++) {
        const struct column *c = &t->columns->at[i];
        if (!c->name)
            continue;
        t->field[i] = find_field(c, cells, 0);
        if (t->field[i] == cells->n) {
            tell_names(c, cells, why, size);
            return false;
        }
        if (find_field(c, cells, t->field[i] + 1) < cells->n) { /* which one is meant? */
            snprintf(why, size, "two columns are named \"%.*s\"", (int)c->len, c->name);
            return false;
        }
    }
    t->n = cells->n;
    t->wants_header = false;
    return true;
}

bool listtable_take_row(const struct listtable *t, const struct listtable_cells *cells,
    struct urllist_value *values, char *why)
{
    if (t->n && cells->n != t->n) {
        snprintf(why, LISTTABLE_WHY_SIZE, "%u fields where the header has %u", cells->n, t->n);
        return false;
    }
    for (unsigned i = 0; i < t->columns->n; i++) {
        unsigned field = t->field[i];
        if (!t->columns->at[i].name)
            continue;
        if (field >= cells->n || field >= LISTTABLE_MAX_CELLS) {
            snprintf(why, LISTTABLE_WHY_SIZE, "no field %u: the row has %u", field + 1, cells->n);
            return false;
        }
        values[i] = (struct urllist_value){
            cells->base + cells->cell[field].at, cells->cell[field].len, URLLIST_TEXT};
    }
    return true;
}
