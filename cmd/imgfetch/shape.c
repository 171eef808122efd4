#include "cmd/imgfetch/shape.h"

#include "cmd/imgfetch/choice.h"

#include <stdio.h>
#include <string.h>

typedef void print(const struct options *, char *out);

/* Adds to a list; what does not fit is cut. */
static void add(char *out, const char *text, size_t text_len)
{
    size_t len = strlen(out);
    snprintf(out + len, SHAPE_TEXT_SIZE - len, "%s%.*s", len ? "," : "", (int)text_len, text);
}

static void print_text(const char *text, char *out)
{
    add(out, text, strlen(text));
}

static void print_bool(bool yes, char *out)
{
    print_text(yes ? "yes" : "no", out);
}

static void print_number(double n, char *out)
{
    snprintf(out, SHAPE_TEXT_SIZE, "%.15g", n);
}

static void print_column(const struct options *o, unsigned column, char *out)
{
    if (o->columns.at[column].name)
        add(out, o->columns.at[column].name, o->columns.at[column].len);
}

static void print_url_col(const struct options *o, char *out)
{
    print_column(o, COLUMN_URL, out);
}

static void print_caption_col(const struct options *o, char *out)
{
    print_column(o, COLUMN_CAPTION, out);
}

static void print_hash_col(const struct options *o, char *out)
{
    print_column(o, COLUMN_HASH, out);
}

static void print_keep_cols(const struct options *o, char *out)
{
    for (unsigned i = COLUMN_KEPT; i < o->columns.n; i++)
        print_column(o, i, out);
}

static void print_shard_size(const struct options *o, char *out)
{
    print_number(o->shard_size, out);
}

static void print_layout(const struct options *o, char *out)
{
    print_text(o->webdataset ? "webdataset" : "files", out);
}

static void print_name(const struct options *o, char *out)
{
    add(out, o->template, strlen(o->template));
}

static void print_originals(const struct options *o, char *out)
{
    print_bool(o->originals, out);
}

static void print_thumbs(const struct options *o, char *out)
{
    for (unsigned i = 0; o->thumbs && i < o->make.n_specs; i++)
        print_text(o->make.specs[i].name, out);
}

static void print_thumb_format(const struct options *o, char *out)
{
    print_text(o->thumb_extension, out);
}

static void print_quality(const struct options *o, char *out)
{
    print_number(o->quality, out);
}

static void print_background(const struct options *o, char *out)
{
    const uint8_t *rgb = o->make.background;
    sprintf(out, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

static void print_upscale(const struct options *o, char *out)
{
    print_bool(o->make.upscale, out);
}

static void print_filter(const struct options *o, char *out)
{
    print_text(choice_filter_name(o->make.filter), out);
}

static void print_progressive(const struct options *o, char *out)
{
    print_bool(o->make.progressive, out);
}

static void print_max_pixels(const struct options *o, char *out)
{
    print_number((double)o->make.limits.max_pixels, out);
}

static void print_min_side(const struct options *o, char *out)
{
    print_number(o->min_side, out);
}

static void print_max_aspect(const struct options *o, char *out)
{
    if (o->make.limits.max_aspect > 0)
        print_number(o->make.limits.max_aspect, out);
}

static void print_strict(const struct options *o, char *out)
{
    print_bool(o->strict, out);
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

void shape_fill(const struct options *o, const struct options *initial, struct shape *ret)
{
    _Static_assert(sizeof table / sizeof *table <= SHAPE_MAX, "room for all of them");
    memset(ret, 0, sizeof *ret);
    for (ret->n = 0; ret->n < sizeof table / sizeof *table; ret->n++) {
        size_t i = ret->n;
        table[i].print(o, ret->values[i]);
        table[i].print(initial, ret->initials[i]);
        ret->at[i] = (struct outdir_option){
            table[i].name, ret->values[i], ret->initials[i], table[i].is_limit};
    }
}
