#include "manifest/row.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/jsonmem.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "manifest/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row_writer {
    yajl_gen gen;
    struct job_digits digits;
    const char *const *spec_names;
    const struct columns *columns; /* NULL: none */
    bool exif, phash, sidecars;    /* rows have that field */
    enum job_hash hash;
    char *shown; /* the last row that had to be escaped */
    size_t shown_room;
};

enum { SHA256_SIZE = 32 };

struct row_writer *row_writer_new(
    struct job_digits digits, const char *const *spec_names, const struct columns *columns)
{
    struct row_writer *w = mem_new(sizeof *w);
    w->gen = yajl_gen_alloc(&jsonmem);
    w->digits = digits;
    w->spec_names = spec_names;
    w->columns = columns;
    return w;
}

void row_writer_add_exif(struct row_writer *w)
{
    w->exif = true;
}

void row_writer_add_phash(struct row_writer *w)
{
    w->phash = true;
}

void row_writer_add_sidecars(struct row_writer *w)
{
    w->sidecars = true;
}

void row_writer_add_hash(struct row_writer *w, enum job_hash hash)
{
    w->hash = hash;
}

void row_writer_free(struct row_writer *w)
{
    if (!w)
        return;
    yajl_gen_free(w->gen);
    free(w->shown);
    free(w);
}

static void put_text_n(yajl_gen g, const char *text, size_t len)
{
    yajl_gen_string(g, (const unsigned char *)text, len);
}

/* Text from the list or a server, which may not be UTF-8. */
static void put_foreign(yajl_gen g, const char *text)
{
    if (!text || utf8_is_valid(text, strlen(text))) {
        json_text(g, text);
        return;
    }
    char *clean = utf8_clean(text, strlen(text));
    json_text(g, clean);
    free(clean);
}

static void put_number(yajl_gen g, uint64_t n, bool is_there)
{
    if (is_there)
        yajl_gen_integer(g, (long long)n);
    else
        yajl_gen_null(g);
}

/* Milliseconds with three decimals. Without printf, which is slow: every row has six of these. */
static void put_ms(yajl_gen g, uint64_t ns)
{
    char text[32], *at = text + sizeof text;
    uint64_t us = (ns + 500) / 1000;
    for (int i = 0; i < 3; i++, us /= 10)
        *--at = (char)('0' + us % 10);
    *--at = '.';
    do
        *--at = (char)('0' + us % 10);
    while ((us /= 10));
    yajl_gen_number(g, at, (size_t)(text + sizeof text - at));
}

static void put_sha256(yajl_gen g, const uint8_t hash[SHA256_SIZE], bool is_there)
{
    char text[2 * SHA256_SIZE + 1];
    if (!is_there) {
        yajl_gen_null(g);
        return;
    }
    hex_print(hash, SHA256_SIZE, text);
    put_text_n(g, text, 2 * SHA256_SIZE);
}

static void put_phash(yajl_gen g, const struct job_image *i)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, i->phash);
    json_text(g, i->has_phash ? text : NULL);
}

static void put_key(const struct row_writer *w, uint32_t shard, uint32_t pos)
{
    char key[JOB_KEY_SIZE];
    job_key(shard, pos, w->digits, key);
    json_text(w->gen, key);
}

/* In a duplicate row, the text from row_shared_fields() stands in for final_url and all fields up
 * to thumbs. */
static void put_final_url(yajl_gen g, const struct job *j)
{
    if (j->first)
        yajl_gen_number(g, j->first->fields, strlen(j->first->fields)); /* copied verbatim */
    else
        json_text(g, j->request.url.text);
}

/* A property of the picture: all of them are known, or none. */
static void put_size(yajl_gen g, const struct job *j, uint32_t n)
{
    put_number(g, n, j->image.width > 0 && j->image.height > 0);
}

static void put_known_text(yajl_gen g, const char *text)
{
    json_text(g, *text ? text : NULL);
}

static void put_real(yajl_gen g, double n, bool is_there)
{
    enum { DIGITS = 10 /* enough for a place on Earth to the centimetre */ };
    char text[32];
    if (!is_there) {
        yajl_gen_null(g);
        return;
    }
    int len = snprintf(text, sizeof text, "%.*g", DIGITS, n);
    yajl_gen_number(g, text, (size_t)len);
}

static void put_gps(yajl_gen g, const struct exiftags *t)
{
    if (!t->has_gps) {
        yajl_gen_null(g);
        return;
    }
    yajl_gen_map_open(g);
    JSON_FIELD(g, "lat", put_real(g, t->latitude, true));
    JSON_FIELD(g, "lon", put_real(g, t->longitude, true));
    yajl_gen_map_close(g);
}

static void put_exif(yajl_gen g, const struct exiftags *t)
{
    if (!t) {
        yajl_gen_null(g);
        return;
    }
    yajl_gen_map_open(g);
    JSON_FIELD(g, "make", put_known_text(g, t->make));
    JSON_FIELD(g, "model", put_known_text(g, t->model));
    JSON_FIELD(g, "datetime_original", put_known_text(g, t->datetime_original));
    JSON_FIELD(g, "exposure_time", put_real(g, t->exposure_time, t->exposure_time > 0));
    JSON_FIELD(g, "f_number", put_real(g, t->f_number, t->f_number > 0));
    JSON_FIELD(g, "iso", put_number(g, t->iso, t->iso > 0));
    JSON_FIELD(g, "focal_length", put_real(g, t->focal_length, t->focal_length > 0));
    JSON_FIELD(g, "gps", put_gps(g, t));
    yajl_gen_map_close(g);
}

static void put_thumbs(struct row_writer *w, const struct job *j)
{
    yajl_gen g = w->gen;
    yajl_gen_array_open(g);
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        const struct job_thumb *t = &j->thumbs[i];
        yajl_gen_map_open(g);
        JSON_FIELD(g, "spec", json_text(g, w->spec_names[i]));
        JSON_FIELD(g, "path", json_text(g, t->path));
        JSON_FIELD(g, "width", yajl_gen_integer(g, t->width));
        JSON_FIELD(g, "height", yajl_gen_integer(g, t->height));
        JSON_FIELD(g, "bytes", yajl_gen_integer(g, t->size));
        JSON_FIELD(g, "sha256", put_sha256(g, t->sha256, t->has_sha256));
        yajl_gen_map_close(g);
    }
    yajl_gen_array_close(g);
}

static void put_sidecars(yajl_gen g, const struct job *j)
{
    yajl_gen_array_open(g);
    for (unsigned i = 0; i < j->n_sidecars; i++) {
        const struct job_sidecar *s = &j->sidecars[i];
        yajl_gen_map_open(g);
        JSON_FIELD(g, "path", json_text(g, s->path));
        JSON_FIELD(g, "bytes", yajl_gen_integer(g, (long long)s->size));
        JSON_FIELD(g, "sha256", put_sha256(g, s->sha256, true));
        yajl_gen_map_close(g);
    }
    yajl_gen_array_close(g);
}

static void put_duplicate_of(const struct row_writer *w, const struct job *j)
{
    if (j->first)
        put_key(w, j->first->shard, j->first->pos);
    else
        yajl_gen_null(w->gen);
}

/* wall: 0 if it has not happened. */
static void put_when(yajl_gen g, double wall)
{
    char text[CLOCK_RFC3339_SIZE];
    if (wall > 0)
        clock_rfc3339(wall, text);
    json_text(g, wall > 0 ? text : NULL);
}

static void put_times(yajl_gen g, const struct job *j)
{
    yajl_gen_map_open(g);
    JSON_FIELD(g, "dns", put_ms(g, j->ms.dns));
    JSON_FIELD(g, "connect", put_ms(g, j->ms.connect));
    JSON_FIELD(g, "tls", put_ms(g, j->ms.tls));
    JSON_FIELD(g, "first_byte", put_ms(g, j->ms.first_byte));
    JSON_FIELD(g, "total", put_ms(g, j->ms.total));
    JSON_FIELD(g, "decode", put_ms(g, j->ms.decode));
    yajl_gen_map_close(g);
}

static void put_caption(yajl_gen g, const struct job *j)
{
    json_text(g, j->columns ? j->columns->caption : NULL);
}

static void put_kept_columns(struct row_writer *w, const struct job *j)
{
    yajl_gen g = w->gen;
    for (unsigned i = 0; w->columns && i < w->columns->n - COLUMN_KEPT; i++) {
        const struct job_value *v = j->columns ? &j->columns->kept[i] : &(struct job_value){0};
        struct span field = columns_field(w->columns, COLUMN_KEPT + i);
        put_text_n(g, field.at, field.len);
        if (v->is_json)
            yajl_gen_number(g, v->text, strlen(v->text)); /* copied verbatim */
        else
            json_text(g, v->text);
    }
}

const struct row_field_info row_fields[ROW_N_FIELDS] = {
#define INFO(id, name, type, where, put) [id] = {name, type, where},
    ROW_FIELDS(INFO)
#undef INFO
};

const struct row_field_info *row_field_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ROW_N_FIELDS; i++)
        if (strlen(row_fields[i].name) == len && !memcmp(row_fields[i].name, name, len))
            return &row_fields[i];
    return NULL;
}

static bool has_hash(const struct row_writer *w, enum row_field field)
{
    return w->hash != JOB_HASH_NONE && field == ROW_MD5 + w->hash - JOB_HASH_MD5;
}

static bool has_field(
    const struct row_writer *w, const struct job *j, enum row_field field, enum row_where where)
{
    if (field == ROW_CAPTION)
        return w->columns && w->columns->at[COLUMN_CAPTION].name;
    if (field > ROW_FINAL_URL && field <= ROW_THUMBS && j->first)
        return false;
    if (field == ROW_EXIF)
        return w->exif;
    if (field == ROW_PHASH)
        return w->phash;
    if (field == ROW_SIDECARS)
        return w->sidecars;
    if (field >= ROW_MD5 && field <= ROW_SHA512)
        return has_hash(w, field);
    if (field == ROW_URL_INDEX)
        return w->columns && w->columns->at[COLUMN_FALLBACK].name;
    return where != ROW_SAMPLE;
}

static void put_row(struct row_writer *w, const struct job *j)
{
    yajl_gen g = w->gen;
    const struct response *r = &j->response;
    const struct job_image *i = &j->image;
    yajl_gen_clear(g);
    yajl_gen_reset(g, NULL);
    yajl_gen_map_open(g);
#define PUT(id, name, type, where, put)                                                            \
    if (has_field(w, j, id, where)) {                                                              \
        JSON_FIELD(g, name, put);                                                                  \
    }
    ROW_FIELDS(PUT)
#undef PUT
    put_kept_columns(w, j);
    yajl_gen_map_close(g);
}

/* What a terminal would obey is escaped: it can only stand in strings, where \uXXXX means the
 * same, for yajl writes no white space. The line feed at the end stays. */
static const char *text_of(struct row_writer *w, size_t *ret_len)
{
    const unsigned char *generated;
    size_t len;
    yajl_gen_get_buf(w->gen, &generated, &len);
    const char *text = (const char *)generated;
    *ret_len = len;
    len--;
    if (utf8_shown_length(text, len) == len)
        return text;
    size_t room = UTF8_SHOWN_MAX * len + 2;
    if (w->shown_room < room) {
        w->shown = mem_grow(w->shown, room);
        w->shown_room = room;
    }
    size_t n = utf8_show(text, len, w->shown);
    memcpy(w->shown + n, text + len, 2); /* yajl ends its text with a NUL */
    *ret_len = n + 1;
    return w->shown;
}

const char *row_write(struct row_writer *w, const struct job *j, size_t *ret_len)
{
    put_row(w, j);
    yajl_gen_reset(w->gen, "\n");
    return text_of(w, ret_len);
}

/* A search for a quoted field name cannot hit a value: quotes in values are escaped. */
char *row_shared_fields(const char *line, size_t len)
{
    static const char before[] = ",\"final_url\":", behind[] = ",\"duplicate_of\":";
    const char *begin = memmem(line, len, before, sizeof before - 1), *end = NULL;
    if (begin) {
        begin += sizeof before - 1;
        end = memmem(begin, (size_t)(line + len - begin), behind, sizeof behind - 1);
    }
    return end ? strndup(begin, (size_t)(end - begin)) : NULL;
}

int64_t row_pos(const char *line, size_t left, uint32_t shard, struct job_digits digits)
{
    size_t prefix = sizeof ROW_BEGIN - 1;
    if (left < prefix || memcmp(line, ROW_BEGIN, prefix))
        return -1;
    const char *key = line + prefix, *end = memchr(key, '"', left - prefix);
    return end ? job_key_pos(key, (size_t)(end - key), shard, digits) : -1;
}
