#include "input/listfields.h"

#include "base/buf.h"
#include "base/mem.h"
#include "input/listlines.h"
#include "input/listtable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the first objects have. */
struct seen {
    struct buf text; /* of the names */
    struct listtable_cells names;
    struct urllist_value values[COLUMNS_MAX];
    unsigned objects;
    char bad[LISTTABLE_WHY_SIZE]; /* why the first line that is no object is none; "": all are */
    uint64_t bad_line;
};

static void on_field(void *arg, const char *name, size_t len)
{
    struct seen *s = arg;
    struct listtable_cells *names = &s->names;
    for (unsigned i = 0; i < names->n; i++)
        if (names->cell[i].len == len && !memcmp(names->base + names->cell[i].at, name, len))
            return;
    if (names->n == LISTTABLE_MAX_CELLS)
        return;
    listtable_add_cell(names, s->text.len, len);
    if (!buf_append(&s->text, name, len))
        abort(); /* it is not larger than the text read ahead */
    names->base = (const char *)s->text.data;
}

static bool has(const struct seen *s, const struct column *c)
{
    return !c->name || listtable_find(c, &s->names) >= 0;
}

static bool has_all(const struct seen *s, const struct columns *columns)
{
    for (unsigned i = 0; i < columns->n; i++)
        if (!has(s, &columns->at[i]))
            return false;
    return true;
}

static void look_at_line(
    struct seen *s, struct listjsonl *parser, uint64_t number, const char *line, size_t len)
{
    if (listlines_is_blank(line, len))
        return;
    unsigned n = s->names.n;
    const char *why = listjsonl_parse(parser, line, len, s->values);
    s->objects += !why;
    if (!why)
        return;
    s->names.n = n; /* what a broken line has does not count */
    if (!*s->bad) {
        snprintf(s->bad, sizeof s->bad, "%s", why);
        s->bad_line = number;
    }
}

static bool may_stop(const struct seen *s, const struct listtext *file, const struct columns *c)
{
    return has_all(s, c) || s->names.n == LISTTABLE_MAX_CELLS ||
           (s->objects && has(s, &c->at[COLUMN_URL]) && listtext_would_wait(file));
}

/* Looks at the lines until one tells enough. *ret_enough: one did. */
static enum liststream_status look(struct seen *s, struct listtext *file, struct listjsonl *parser,
    const struct columns *columns, bool *ret_enough)
{
    uint64_t number = 0;
    enum liststream_status status = LISTSTREAM_OK;
    for (size_t at = 0, len;;) {
        const char *text = listtext_ahead(file, &len) + at, *end = memchr(text, '\n', len - at);
        bool is_last = !end && listtext_is_all(file) && at < len;
        if (end || is_last) {
            size_t n = end ? (size_t)(end - text) : len - at;
            look_at_line(s, parser, ++number, text, n);
            at += n + (end != NULL);
        } else if (status != LISTSTREAM_OK) {
            return status;
        }
        *ret_enough = may_stop(s, file, columns);
        if (*ret_enough)
            return LISTSTREAM_OK;
        if (!end && !is_last)
            status = listtext_more(file);
    }
}

static void tell(const struct seen *s, const struct columns *columns, char *why, size_t size)
{
    if (!s->objects) {
        snprintf(why, size, "no line is a JSON object; line %llu: %s",
            (unsigned long long)s->bad_line, s->bad);
        return;
    }
    unsigned i = 0;
    while (has(s, &columns->at[i]))
        i++;
    listtable_tell(&columns->at[i], &s->names, why, size);
}

enum liststream_status listfields_check(struct listtext *file, struct listjsonl *parser,
    const struct columns *columns, char *why, size_t size)
{
    struct seen *s = mem_new(sizeof *s);
    bool enough = false;
    s->names.base = "";
    listjsonl_watch(parser, on_field, s);
    enum liststream_status status = look(s, file, parser, columns, &enough);
    listjsonl_watch(parser, NULL, NULL);
    bool refused = status == LISTSTREAM_END && !enough && (s->objects || *s->bad);
    if (refused)
        tell(s, columns, why, size);
    buf_fini(&s->text);
    free(s);
    return refused ? LISTSTREAM_REFUSED : status == LISTSTREAM_END ? LISTSTREAM_OK : status;
}
