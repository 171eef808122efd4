#include "input/listjsonl.h"

#include "base/buf.h"
#include "base/casefold.h"
#include "base/jsonmem.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

enum { WHY_SIZE = 100 };

struct value {
    enum urllist_kind kind;
    size_t at, len; /* in `text` */
};

/* How the field of a column was named. */
enum match { MATCH_NONE, MATCH_ANY_CASE, MATCH_TWO, MATCH_EXACT };

struct listjsonl {
    const struct columns *columns;
    unsigned used[COLUMNS_MAX]; /* n_used of them: the columns that have a name */
    unsigned n_used;
    struct value values[COLUMNS_MAX];
    enum match matches[COLUMNS_MAX];
    bool is_next[COLUMNS_MAX]; /* the columns that the next value is for */
    bool any_next;
    void (*on_field)(void *arg, const char *name, size_t len); /* NULL: none */
    void *on_field_arg;
    unsigned depth; /* of objects and arrays; 1: in the line's own object */
    struct buf text;
    yajl_gen gen; /* makes text of the arrays and objects that are wanted */
    const char *bad;
    char why[WHY_SIZE];
};

static int refuse(struct listjsonl *l, const char *why)
{
    l->bad = why;
    return 0; /* yajl_parse(3): ends the parsing */
}

static int put(struct listjsonl *l, const char *text, size_t len, enum urllist_kind kind)
{
    struct value value = {kind, l->text.len, len};
    if (l->depth == 0)
        return refuse(l, "not an object");
    if (!l->any_next)
        return 1;
    if (!buf_append(&l->text, text, len))
        return refuse(l, "out of memory for the line");
    for (unsigned i = 0; i < l->n_used; i++)
        if (l->is_next[l->used[i]])
            l->values[l->used[i]] = value;
    l->any_next = false;
    return 1;
}

/* True inside an array or object that belongs to a wanted column. */
static bool is_nested(const struct listjsonl *l)
{
    return l->depth > 1 && l->any_next;
}

static int generated(struct listjsonl *l, yajl_gen_status status)
{
    return status == yajl_gen_status_ok || refuse(l, "nested too deeply");
}

static int on_null(void *arg)
{
    struct listjsonl *l = arg;
    return is_nested(l) ? generated(l, yajl_gen_null(l->gen)) : put(l, "", 0, URLLIST_NULL);
}

static int on_bool(void *arg, int value)
{
    struct listjsonl *l = arg;
    if (is_nested(l))
        return generated(l, yajl_gen_bool(l->gen, value));
    return put(l, value ? "true" : "false", value ? 4 : 5, URLLIST_JSON);
}

static int on_number(void *arg, const char *text, size_t len)
{
    struct listjsonl *l = arg;
    if (is_nested(l))
        return generated(l, yajl_gen_number(l->gen, text, len));
    return put(l, text, len, URLLIST_JSON);
}

static int on_string(void *arg, const unsigned char *text, size_t len)
{
    struct listjsonl *l = arg;
    if (is_nested(l))
        return generated(l, yajl_gen_string(l->gen, text, len));
    return put(l, (const char *)text, len, URLLIST_TEXT);
}

/* True if the field is the column's, as far as is known. A second one that differs in case takes
 * away the value of the first. */
static bool match(struct listjsonl *l, unsigned i, const char *name, size_t len)
{
    const struct column *c = &l->columns->at[i];
    if (c->len == len && !memcmp(c->name, name, len)) {
        l->matches[i] = MATCH_EXACT;
        return true;
    }
    if (l->matches[i] == MATCH_EXACT || !casefold_same(c->name, c->len, name, len))
        return false;
    if (l->matches[i] == MATCH_NONE) {
        l->matches[i] = MATCH_ANY_CASE;
        return true;
    }
    l->matches[i] = MATCH_TWO;
    l->values[i] = (struct value){0};
    return false;
}

static int on_key(void *arg, const unsigned char *text, size_t len)
{
    struct listjsonl *l = arg;
    if (is_nested(l))
        return generated(l, yajl_gen_string(l->gen, text, len));
    if (l->depth != 1)
        return 1;
    for (unsigned i = 0; i < l->n_used; i++) {
        unsigned column = l->used[i];
        l->is_next[column] = match(l, column, (const char *)text, len);
        l->any_next |= l->is_next[column];
    }
    if (l->on_field)
        l->on_field(l->on_field_arg, (const char *)text, len);
    return 1;
}

static int open_nested(struct listjsonl *l, yajl_gen_status (*open)(yajl_gen))
{
    if (l->depth++ == 1 && l->any_next) {
        yajl_gen_clear(l->gen);
        yajl_gen_reset(l->gen, NULL);
    }
    return is_nested(l) ? generated(l, open(l->gen)) : 1;
}

static int close_nested(struct listjsonl *l, yajl_gen_status (*close)(yajl_gen))
{
    const unsigned char *text;
    size_t len;
    if (is_nested(l) && !generated(l, close(l->gen)))
        return 0;
    if (--l->depth != 1 || !l->any_next)
        return 1;
    yajl_gen_get_buf(l->gen, &text, &len);
    return put(l, (const char *)text, len, URLLIST_JSON);
}

static int on_map(void *arg)
{
    return open_nested(arg, yajl_gen_map_open);
}

static int on_map_end(void *arg)
{
    return close_nested(arg, yajl_gen_map_close);
}

static int on_array(void *arg)
{
    struct listjsonl *l = arg;
    return l->depth ? open_nested(l, yajl_gen_array_open) : refuse(l, "not an object");
}

static int on_array_end(void *arg)
{
    return close_nested(arg, yajl_gen_array_close);
}

static const yajl_callbacks callbacks = {.yajl_null = on_null,
    .yajl_boolean = on_bool,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_map_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_array_end};

struct listjsonl *listjsonl_new(const struct columns *columns)
{
    struct listjsonl *l = mem_new(sizeof *l);
    l->columns = columns;
    for (unsigned i = 0; i < columns->n; i++)
        if (columns->at[i].name)
            l->used[l->n_used++] = i;
    l->gen = yajl_gen_alloc(&jsonmem);
    return l;
}

void listjsonl_watch(
    struct listjsonl *l, void (*on_field)(void *arg, const char *name, size_t len), void *arg)
{
    l->on_field = on_field;
    l->on_field_arg = arg;
}

void listjsonl_free(struct listjsonl *l)
{
    if (!l)
        return;
    yajl_gen_free(l->gen);
    buf_fini(&l->text);
    free(l);
}

/* Formats yajl's error as one line. */
static const char *error_of(struct listjsonl *l, yajl_handle parser)
{
    unsigned char *text = yajl_get_error(parser, 0, NULL, 0);
    snprintf(l->why, sizeof l->why, "no JSON: %.*s", (int)strcspn((char *)text, "\n"), text);
    yajl_free_error(parser, text);
    return l->why;
}

const char *listjsonl_parse(
    struct listjsonl *l, const char *line, size_t len, struct urllist_value *values)
{
    yajl_handle parser = yajl_alloc(&callbacks, &jsonmem, l);
    /* Malformed UTF-8 is repaired later, as in other lists. */
    yajl_config(parser, yajl_dont_validate_strings, 1);
    l->bad = NULL;
    l->depth = 0;
    l->any_next = false;
    l->text.len = 0;
    memset(l->values, 0, l->columns->n * sizeof *l->values);
    memset(l->matches, 0, l->columns->n * sizeof *l->matches);
    yajl_status status = yajl_parse(parser, (const unsigned char *)line, len);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    if (status != yajl_status_ok && !l->bad)
        l->bad = error_of(l, parser);
    yajl_free(parser);
    /* No line has had any text so far: there is no buffer to point into. */
    const char *text = l->text.data ? (const char *)l->text.data : "";
    for (unsigned i = 0; i < l->columns->n; i++) {
        const struct value *v = &l->values[i];
        values[i] = (struct urllist_value){text + v->at, v->len, v->kind};
    }
    return l->bad;
}
