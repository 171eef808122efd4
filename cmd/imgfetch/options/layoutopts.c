#include "cmd/imgfetch/options/layoutopts.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "cmd/imgfetch/options/choice.h"
#include "store/store_tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void print(const struct options *, struct buf *out);

/* Adds to a list. */
static void add(struct buf *out, const char *text, size_t len)
{
    if ((out->len && !buf_append(out, ",", 1)) || !buf_append(out, text, len))
        abort();
}

static void print_text(const char *text, struct buf *out)
{
    add(out, text, strlen(text));
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

static void print_column(const struct options *o, unsigned column, struct buf *out)
{
    if (o->columns.at[column].name)
        add(out, o->columns.at[column].name, o->columns.at[column].len);
}

static void print_url_col(const struct options *o, struct buf *out)
{
    print_column(o, COLUMN_URL, out);
}

static void print_caption_col(const struct options *o, struct buf *out)
{
    print_column(o, COLUMN_CAPTION, out);
}

static void print_hash_col(const struct options *o, struct buf *out)
{
    print_column(o, COLUMN_HASH, out);
}

static void print_keep_cols(const struct options *o, struct buf *out)
{
    for (unsigned i = COLUMN_KEPT; i < o->columns.n; i++)
        print_column(o, i, out);
}

static void print_shard_size(const struct options *o, struct buf *out)
{
    print_number(o->pipeline.store.shard_size, out);
}

static void print_layout(const struct options *o, struct buf *out)
{
    print_text(o->pipeline.store.layout == &store_tar ? "webdataset" : "files", out);
}

static void print_name(const struct options *o, struct buf *out)
{
    print_text(o->template, out);
}

static void print_originals(const struct options *o, struct buf *out)
{
    print_bool(o->pipeline.store.originals, out);
}

static void print_thumbs(const struct options *o, struct buf *out)
{
    for (unsigned i = 0; o->thumbs && i < o->make.n_specs; i++)
        print_text(o->make.specs[i].name, out);
}

static void print_thumb_format(const struct options *o, struct buf *out)
{
    print_text(o->pipeline.store.thumb_extension, out);
}

static void print_quality(const struct options *o, struct buf *out)
{
    print_number(o->make.quality, out);
}

static void print_background(const struct options *o, struct buf *out)
{
    const uint8_t *rgb = o->make.background;
    char text[8];
    snprintf(text, sizeof text, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    print_text(text, out);
}

static void print_upscale(const struct options *o, struct buf *out)
{
    print_bool(o->make.upscale, out);
}

static void print_filter(const struct options *o, struct buf *out)
{
    print_text(choice_filter_name(o->make.filter), out);
}

static void print_progressive(const struct options *o, struct buf *out)
{
    print_bool(o->make.progressive, out);
}

static void print_max_pixels(const struct options *o, struct buf *out)
{
    print_number((double)o->make.limits.max_pixels, out);
}

static void print_min_side(const struct options *o, struct buf *out)
{
    print_number(o->make.limits.min_side, out);
}

static void print_max_aspect(const struct options *o, struct buf *out)
{
    if (o->make.limits.max_aspect > 0)
        print_number(o->make.limits.max_aspect, out);
}

static void print_strict(const struct options *o, struct buf *out)
{
    print_bool(o->pipeline.strict, out);
}

static const struct {
    const char *name;
    print *print;
    bool is_limit;
} table[] = {
    {"url-col", print_url_col, false},
    {"caption-col", print_caption_col, false},
    {"hash-col", print_hash_col, false},
    {"keep-cols", print_keep_cols, false},
    {"shard-size", print_shard_size, false},
    {"layout", print_layout, false},
    {"name", print_name, false},
    {"originals", print_originals, false},
    {"thumb", print_thumbs, false},
    {"thumb-format", print_thumb_format, false},
    {"quality", print_quality, false},
    {"background", print_background, false},
    {"upscale", print_upscale, false},
    {"filter", print_filter, false},
    {"progressive", print_progressive, false},
    {"max-pixels", print_max_pixels, true},
    {"min-side", print_min_side, true},
    {"max-aspect", print_max_aspect, true},
    {"strict", print_strict, true},
};

/* As it can stand in JSON. */
static char *text_of(print *printer, const struct options *o)
{
    struct buf text = {0};
    printer(o, &text);
    char *clean = utf8_clean((const char *)text.data, text.len);
    buf_fini(&text);
    return clean;
}

void shape_fill(const struct options *o, const struct options *initial, struct shape *ret)
{
    _Static_assert(sizeof table / sizeof *table <= SHAPE_MAX, "room for all of them");
    memset(ret, 0, sizeof *ret);
    for (ret->n = 0; ret->n < sizeof table / sizeof *table; ret->n++) {
        size_t i = ret->n;
        ret->values[i] = text_of(table[i].print, o);
        ret->initials[i] = text_of(table[i].print, initial);
        ret->at[i] = (struct outdir_option){
            table[i].name, ret->values[i], ret->initials[i], table[i].is_limit};
    }
}

void shape_fini(struct shape *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->values[i]);
        free(s->initials[i]);
    }
}
