#include "cmd/imgfetch/options/layoutopts.h"

#include "base/utf8.h"
#include "cmd/imgfetch/options/options_table.h"
#include "store/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends to a list. */
static void add_item(struct buf *out, const char *text, size_t len)
{
    if ((out->len && !buf_append(out, ",", 1)) || !buf_append(out, text, len))
        abort();
}

static void print_text(const char *text, struct buf *out)
{
    add_item(out, text, strlen(text));
}

static void print_bool(bool yes, struct buf *out)
{
    print_text(yes ? "yes" : "no", out);
}

static void print_number(double n, struct buf *out)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", n);
    print_text(text, out);
}

static void print_column(const struct column *c, struct buf *out)
{
    if (c->name)
        add_item(out, c->name, c->len);
}

void layoutopts_fallback_cols(const struct options *o, struct buf *out)
{
    for (unsigned i = 0; i < COLUMNS_FALLBACKS_MAX; i++)
        print_column(&o->columns.at[COLUMN_FALLBACK + i], out);
}

void layoutopts_keep_cols(const struct options *o, struct buf *out)
{
    for (unsigned i = COLUMN_KEPT; i < o->columns.n; i++)
        print_column(&o->columns.at[i], out);
}

void layoutopts_layout(const struct options *o, struct buf *out)
{
    print_text(o->pipeline.store.layout->name, out);
}

void layoutopts_name(const struct options *o, struct buf *out)
{
    print_text(o->template ? o->template : o->pipeline.store.layout->template, out);
}

void layoutopts_originals(const struct options *o, struct buf *out)
{
    print_bool(o->pipeline.store.originals, out);
}

void layoutopts_thumb(const struct options *o, struct buf *out)
{
    for (unsigned i = 0; o->thumbs && i < o->make.n_specs; i++)
        print_text(o->make.specs[i].name, out);
}

void layoutopts_background(const struct options *o, struct buf *out)
{
    const uint8_t *rgb = o->make.background;
    char text[8];
    snprintf(text, sizeof text, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    print_text(text, out);
}

static void print_row(const struct options *o, const struct options_row *row, struct buf *out)
{
    const void *field = (const char *)o + row->field;
    if (row->print)
        row->print(o, out);
    else if (row->kind == KIND_ON)
        print_bool(*(const bool *)field, out);
    else if (row->kind == KIND_NUMBER)
        print_number(*(const unsigned *)field, out);
    else if (row->kind == KIND_PIXELS)
        print_number((double)*(const uint64_t *)field, out);
    else if (row->kind == KIND_TEXT)
        print_text(*(const char *const *)field, out);
    else if (row->kind == KIND_WORD)
        print_text(row->words[*(const unsigned *)field], out);
    else if (row->kind == KIND_COLUMN)
        print_column(field, out);
    else if (row->kind == KIND_REAL && *(const double *)field > 0)
        print_number(*(const double *)field, out);
}

/* Makes the text valid in JSON. */
static char *text_of(const struct options *o, const struct options_row *row)
{
    struct buf text = {0};
    print_row(o, row, &text);
    char *clean = utf8_clean((const char *)text.data, text.len);
    buf_fini(&text);
    return clean;
}

void layoutopts_fill(const struct options *o, const struct options *initial, struct layoutopts *ret)
{
    memset(ret, 0, sizeof *ret);
    for (const struct options_row *row = options_table; row->name; row++) {
        size_t i = ret->n;
        if (row->shape == SHAPE_NOT)
            continue;
        if (++ret->n > LAYOUTOPTS_MAX)
            abort();
        ret->values[i] = text_of(o, row);
        ret->initials[i] = text_of(initial, row);
        ret->at[i] = (struct outdir_option){
            row->name, ret->values[i], ret->initials[i], row->shape == SHAPE_BY_LIMIT};
    }
}

void layoutopts_fini(struct layoutopts *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->values[i]);
        free(s->initials[i]);
    }
}
