#include "cmd/imgfetch/options/layoutopts.h"

#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/imgfetch/options/options_table.h"
#include "store/layout.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_BYTES = 4 };

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

static void print_large(uint64_t n, struct buf *out)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, n);
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

/* As they were given: NAME or NAME=FIELD. */
void layoutopts_keep_cols(const struct options *o, struct buf *out)
{
    for (unsigned i = COLUMN_KEPT; i < o->columns.n; i++) {
        struct span renamed = o->columns.renamed[i - COLUMN_KEPT];
        print_column(&o->columns.at[i], out);
        if (renamed.at && (!buf_append(out, "=", 1) || !buf_append(out, renamed.at, renamed.len)))
            abort();
    }
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

/* A directory may be made with several of the others, one after another. */
void layoutopts_dedupe(const struct options *o, struct buf *out)
{
    print_text(o->pipeline.dedupe == DEDUPE_CONTENT ? "content" : "shard", out);
}

void layoutopts_exif(const struct options *o, struct buf *out)
{
    static const char *const texts[] = {
        [THUMB_EXIF_NONE] = "no", [THUMB_EXIF_CAMERA] = "yes", [THUMB_EXIF_GPS] = "gps"};
    print_text(texts[o->make.exif], out);
}

void layoutopts_thumb(const struct options *o, struct buf *out)
{
    for (unsigned i = 0; o->thumbs && i < o->make.n_specs; i++)
        print_text(o->make.specs[i].name, out);
    if (o->thumbs && !o->make.n_specs)
        print_text(OPTIONS_THUMB, out);
}

void layoutopts_background(const struct options *o, struct buf *out)
{
    const uint8_t *rgb = o->make.background;
    char text[8];
    snprintf(text, sizeof text, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    print_text(text, out);
}

/* What null leaves is like nothing that a backend fetches: its rows are successes without files. */
void layoutopts_backend(const struct options *o, struct buf *out)
{
    if (!o->pipeline.backend->needs_address)
        print_text(o->pipeline.backend->name, out);
}

bool layoutopts_has_thumbs(const struct options *o)
{
    return o->thumbs;
}

bool layoutopts_has_jpg_thumbs(const struct options *o)
{
    return o->thumbs && o->make.format == THUMB_JPG;
}

bool layoutopts_has_lossy_thumbs(const struct options *o)
{
    return o->thumbs && o->make.format != THUMB_PNG;
}

static void print_words(unsigned set, const char *const *words, struct buf *out)
{
    for (unsigned i = 0; words[i]; i++)
        if (set >> i & 1)
            print_text(words[i], out);
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
    else if (row->kind == KIND_LARGE && *(const uint64_t *)field)
        print_large(*(const uint64_t *)field, out);
    else if (row->kind == KIND_TEXT)
        print_text(*(const char *const *)field, out);
    else if (row->kind == KIND_WORD)
        print_text(row->words[*(const unsigned *)field], out);
    else if (row->kind == KIND_WORDS)
        print_words(*(const unsigned *)field, row->words, out);
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

static enum outdir_effect effect_of(const struct options_row *row)
{
    return row->shape == SHAPE_BY_LIMIT ? OUTDIR_LIMITS
           : row->shape == SHAPE_READS  ? OUTDIR_READS
                                        : OUTDIR_SHAPES;
}

/* What is to be noted of the options that may let a row succeed that has failed: enough to see that
 * they are others. */
static char *digest_tries(const struct options *o)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char hex[2 * TRIES_BYTES + 1] = "";
    struct buf words = {0};
    for (size_t i = 0; i < o->given.n; i++) {
        const struct setting *s = &o->given.at[i];
        const char *value = options_is_secret(s->name) || !s->value ? "" : s->value;
        if (options_row_named(s->name)->shape != SHAPE_TRIES)
            continue;
        add_item(&words, s->name, strlen(s->name));
        add_item(&words, value, strlen(value));
    }
    if (words.len) {
        mem_must(EVP_Digest(words.data, words.len, hash, NULL, EVP_sha256(), NULL));
        hex_print(hash, TRIES_BYTES, hex);
    }
    buf_fini(&words);
    return mem_dup(hex);
}

/* Adds an option. */
static void add_option(struct layoutopts *shape, const struct outdir_option *option)
{
    if (shape->n == LAYOUTOPTS_MAX)
        abort();
    shape->at[shape->n++] = *option;
}

void layoutopts_fill(const struct options *o, const struct options *initial, struct layoutopts *ret)
{
    memset(ret, 0, sizeof *ret);
    for (const struct options_row *row = options_table; row->name; row++) {
        if (row->shape == SHAPE_NOT || row->shape == SHAPE_TRIES)
            continue;
        bool matters = !row->matters || row->matters(o);
        size_t i = ret->n;
        add_option(ret, &(struct outdir_option){.name = row->name, .effect = effect_of(row)});
        ret->at[i].initial = ret->initials[i] = text_of(initial, row);
        ret->values[i] = text_of(o, row);
        ret->at[i].value = matters ? ret->values[i] : NULL;
    }
    size_t i = ret->n;
    add_option(ret, &(struct outdir_option){.name = "tries", .effect = OUTDIR_TRIES});
    ret->at[i].initial = ret->initials[i] = mem_dup("");
    ret->at[i].value = ret->values[i] = digest_tries(o);
}

void layoutopts_fini(struct layoutopts *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->values[i]);
        free(s->initials[i]);
    }
}
