#include "input/listtable.h"

#include "base/casefold.h"
#include "base/nearest.h"
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

/* ---- names ---- */

/* A name, without the spaces around it. */
static struct span name_at(const struct listtable_cells *cells, unsigned i)
{
    struct span name = {cells->base + cells->cell[i].at, cells->cell[i].len};
    for (; name.len && *name.at == ' '; name.len--)
        name.at++;
    while (name.len && name.at[name.len - 1] == ' ')
        name.len--;
    return name;
}

/* Appends to a message that holds `len` bytes; returns what it would hold with enough room. */
static size_t put_name(char *why, size_t size, size_t len, const char *before, struct span name)
{
    char *text = utf8_clean(name.at, name.len);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    if (len < size)
        len += (size_t)snprintf(why + len, size - len, "%s%s", before, text);
    free(text);
    return len;
}

static bool is_url(struct span s)
{
    return span_starts(s, "http://") || span_starts(s, "https://");
}

enum { HINT_SIZE = NEAREST_MAX * 3 + 64 };

/* What may be meant: a column with a name that is near, one by number, or another format. */
static void put_hint(const struct column *missing, const struct listtable_cells *cells, char *hint)
{
    struct nearest nearest;
    nearest_begin(&nearest, (struct span){missing->name, missing->len});
    *hint = '\0';
    for (unsigned i = 0; i < cells->n; i++) {
        struct span name = name_at(cells, i);
        if (is_url(name)) {
            snprintf(
                hint, HINT_SIZE, "; without a header columns have numbers: --url-col=%u", i + 1);
            return;
        }
        nearest_try(&nearest, name);
    }
    if (cells->n == 1 && memchr(name_at(cells, 0).at, ',', name_at(cells, 0).len)) {
        snprintf(hint, HINT_SIZE, "; fields between commas: --format=csv");
    } else if (nearest.word.at) {
        put_name(hint, HINT_SIZE, 0, "; did you mean \"", nearest.word);
        memcpy(hint + strlen(hint), "\"?", sizeof "\"?");
    }
}

/* Writes "no column "a"; the list has: b, aa; did you mean "aa"?", safe for a terminal. */
static void tell_names(
    const struct column *missing, const struct listtable_cells *cells, char *why, size_t size)
{
    char hint[HINT_SIZE];
    put_hint(missing, cells, hint);
    size_t room = size > strlen(hint) ? size - strlen(hint) : size;
    size_t len = (size_t)snprintf(
        why, room, "no column \"%.*s\"; the list has: ", (int)missing->len, missing->name);
    for (unsigned i = 0; i < cells->n && len < room; i++)
        len = put_name(why, room, len, i ? ", " : "", name_at(cells, i));
    if (len >= room)
        memcpy(why + room - sizeof "...", "...", sizeof "...");
    if (room < size)
        memcpy(why + strlen(why), hint, strlen(hint) + 1);
}

static bool is_name(const struct column *c, struct span name, bool any_case)
{
    if (any_case)
        return casefold_same(c->name, c->len, name.at, name.len);
    return name.len == c->len && !memcmp(name.at, c->name, c->len);
}

/* The index of the first such name from `i` on; cells->n: there is none. */
static unsigned find_name(
    const struct column *c, const struct listtable_cells *cells, unsigned i, bool any_case)
{
    while (i < cells->n && !is_name(c, name_at(cells, i), any_case))
        i++;
    return i;
}

int listtable_find(const struct column *c, const struct listtable_cells *names)
{
    bool any_case = find_name(c, names, 0, false) == names->n;
    unsigned first = find_name(c, names, 0, any_case);
    bool is_unique = first < names->n && find_name(c, names, first + 1, any_case) == names->n;
    return is_unique ? (int)first : -1;
}

void listtable_tell(
    const struct column *c, const struct listtable_cells *names, char *why, size_t size)
{
    bool any_case = find_name(c, names, 0, false) == names->n;
    unsigned first = find_name(c, names, 0, any_case);
    if (first == names->n) {
        tell_names(c, names, why, size);
    } else if (any_case) { /* which one is meant? */
        unsigned second = find_name(c, names, first + 1, any_case);
        size_t len = (size_t)snprintf(why, size, "no column \"%.*s\", but ", (int)c->len, c->name);
        len = put_name(why, size, len, "", name_at(names, first));
        put_name(why, size, len, " and ", name_at(names, second));
    } else {
        snprintf(why, size, "two columns are named \"%.*s\"", (int)c->len, c->name);
    }
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
        int field = c->name ? listtable_find(c, cells) : 0;
        if (field < 0) {
            listtable_tell(c, cells, why, size);
            return false;
        }
        t->field[i] = (unsigned)field;
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
