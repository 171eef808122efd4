#include "manifest/row.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

struct row_writer {
    yajl_gen gen;
    unsigned key_width;
    const char *const *spec_names;
    const struct columns *columns; /* NULL: none */
};

enum { SHA256_SIZE = 32 };

struct row_writer *row_writer_new(
    unsigned key_width, const char *const *spec_names, const struct columns *columns)
{
    struct row_writer *w = mem_new(sizeof *w);
    w->gen = yajl_gen_alloc(NULL);
    if (!w->gen)
        abort();
    w->key_width = key_width;
    w->spec_names = spec_names;
    w->columns = columns;
    return w;
}

void row_writer_free(struct row_writer *w)
{
    if (!w)
        return;
    yajl_gen_free(w->gen);
    free(w);
}

static void put_text_n(yajl_gen g, const char *text, size_t len)
{
    yajl_gen_string(g, (const unsigned char *)text, len);
}

/* Our own text: ASCII. NULL is null. */
static void put_text(yajl_gen g, const char *text)
{
    if (text)
        put_text_n(g, text, strlen(text));
    else
        yajl_gen_null(g);
}

/* Text that came from elsewhere. */
static void put_foreign(yajl_gen g, const char *text)
{
    if (!text || utf8_is_valid(text, strlen(text))) {
        put_text(g, text);
        return;
    }
    char *clean = utf8_clean(text, strlen(text));
    put_text(g, clean);
    free(clean);
}

#define PUT_KEY(g, name) put_text_n(g, name, sizeof(name) - 1)

static void put_int_or_null(yajl_gen g, uint64_t n, bool is_there)
{
    if (is_there)
        yajl_gen_integer(g, (long long)n);
    else
        yajl_gen_null(g);
}

/* Milliseconds with three decimals. Six of them in every row: no printf. */
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

static void put_outcome(yajl_gen g, const struct job *j, bool is_sidecar)
{
    bool failed = j->err != ERR_OK;
    PUT_KEY(g, "status");
    put_text(g, err_status(j->err));
    PUT_KEY(g, "error");
    put_text(g, failed ? err_name(j->err) : NULL);
    PUT_KEY(g, "message");
    put_foreign(g, failed ? j->message : NULL);
    PUT_KEY(g, "http_status");
    put_int_or_null(g, (uint64_t)j->response.http_status, j->response.http_status != 0);
    if (!is_sidecar) {
        PUT_KEY(g, "attempts");
        yajl_gen_integer(g, j->attempts);
        PUT_KEY(g, "ip");
        put_text(g, j->response.ip[0] ? j->response.ip : NULL);
    }
    PUT_KEY(g, "content_type");
    put_foreign(g, j->response.content_type);
    if (is_sidecar) /* they may differ where bodies are the same */
        return;
    PUT_KEY(g, "etag");
    put_foreign(g, j->response.etag);
    PUT_KEY(g, "last_modified");
    put_foreign(g, j->response.last_modified);
}

static void put_size(yajl_gen g, const struct job_image *image, const struct row_stored *stored)
{
    bool has_size = image->width > 0 && image->height > 0;
    PUT_KEY(g, "width");
    put_int_or_null(g, stored ? stored->width : image->width, has_size);
    PUT_KEY(g, "height");
    put_int_or_null(g, stored ? stored->height : image->height, has_size);
    if (!stored)
        return;
    PUT_KEY(g, "original_width");
    put_int_or_null(g, image->width, has_size);
    PUT_KEY(g, "original_height");
    put_int_or_null(g, image->height, has_size);
}

static void put_image(yajl_gen g, const struct job *j, const struct row_stored *stored)
{
    const struct job_image *image = &j->image;
    bool has_size = image->width > 0 && image->height > 0;
    PUT_KEY(g, "format");
    put_text(g, image->format);
    PUT_KEY(g, "bytes");
    put_int_or_null(g, j->bytes, j->has_sha256 || j->err == ERR_OK);
    PUT_KEY(g, "sha256");
    put_sha256(g, j->sha256, j->has_sha256);
    put_size(g, image, stored);
    PUT_KEY(g, "orientation");
    put_int_or_null(g, image->orientation, has_size);
    PUT_KEY(g, "truncated");
    yajl_gen_bool(g, image->truncated);
    PUT_KEY(g, "path");
    put_text(g, j->path);
}

static void put_thumbs(struct row_writer *w, const struct job *j)
{
    yajl_gen g = w->gen;
    PUT_KEY(g, "thumbs");
    yajl_gen_array_open(g);
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        const struct job_thumb *t = &j->thumbs[i];
        yajl_gen_map_open(g);
        PUT_KEY(g, "spec");
        put_text(g, w->spec_names[i]);
        PUT_KEY(g, "path");
        put_text(g, t->path);
        PUT_KEY(g, "width");
        yajl_gen_integer(g, t->width);
        PUT_KEY(g, "height");
        yajl_gen_integer(g, t->height);
        PUT_KEY(g, "bytes");
        yajl_gen_integer(g, t->size);
        PUT_KEY(g, "sha256");
        put_sha256(g, t->sha256, t->has_sha256);
        yajl_gen_map_close(g);
    }
    yajl_gen_array_close(g);
}

static void put_times(yajl_gen g, const struct job *j)
{
    char started[CLOCK_RFC3339_SIZE];
    PUT_KEY(g, "started");
    if (j->started > 0)
        clock_rfc3339(j->started, started);
    put_text(g, j->started > 0 ? started : NULL);
    PUT_KEY(g, "ms");
    yajl_gen_map_open(g);
    PUT_KEY(g, "dns");
    put_ms(g, j->ms.dns);
    PUT_KEY(g, "connect");
    put_ms(g, j->ms.connect);
    PUT_KEY(g, "tls");
    put_ms(g, j->ms.tls);
    PUT_KEY(g, "first_byte");
    put_ms(g, j->ms.first_byte);
    PUT_KEY(g, "total");
    put_ms(g, j->ms.total);
    PUT_KEY(g, "decode");
    put_ms(g, j->ms.decode);
    yajl_gen_map_close(g);
}

static void put_columns(struct row_writer *w, const struct job *j)
{
    yajl_gen g = w->gen;
    if (w->columns->at[COLUMN_CAPTION].name) {
        PUT_KEY(g, "caption");
        put_text(g, j->columns ? j->columns->caption : NULL);
    }
    for (unsigned i = 0; i < w->columns->n - COLUMN_KEPT; i++) {
        const struct column *column = &w->columns->at[COLUMN_KEPT + i];
        const struct job_value *v = j->columns ? &j->columns->kept[i] : &(struct job_value){0};
        put_text_n(g, column->name, column->len);
        if (v->is_json)
            yajl_gen_number(g, v->text, strlen(v->text)); /* which puts it as it is */
        else
            put_text(g, v->text);
    }
}

bool row_is_field(const char *name, size_t len)
{
    static const char *const names[] = {"key", "index", "line", "url", "final_url", "status",
        "error", "message", "http_status", "attempts", "ip", "content_type", "etag",
        "last_modified", "format", "bytes", "sha256", "width", "height", "orientation", "truncated",
        "path", "thumbs", "duplicate_of", "started", "ms", "caption", "original_width",
        "original_height"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && !memcmp(names[i], name, len))
            return true;
    return false;
}

/* What is the same for all rows with this URL; but for the first one's name, which is there. */
static void put_result(struct row_writer *w, const struct job *j, const struct row_stored *stored)
{
    put_text(w->gen, j->request.url.text);
    put_outcome(w->gen, j, stored);
    put_image(w->gen, j, stored);
    put_thumbs(w, j);
}

/* The same from another row, as row_shared_fields() has found it. */
static void put_shared_fields(yajl_gen g, const char *fields)
{
    yajl_gen_number(g, fields, strlen(fields)); /* which puts it as it is */
}

/* stored: NULL for a row of the manifest. */
static void put_row(struct row_writer *w, const struct job *j, const struct row_stored *stored)
{
    yajl_gen g = w->gen;
    char key[JOB_KEY_SIZE];
    job_key(j->shard, j->pos, w->key_width, key);
    yajl_gen_clear(g);
    yajl_gen_reset(g, NULL);
    yajl_gen_map_open(g);
    PUT_KEY(g, "key");
    put_text(g, key);
    PUT_KEY(g, "index");
    yajl_gen_integer(g, (long long)j->index);
    PUT_KEY(g, "line");
    yajl_gen_integer(g, (long long)j->line);
    PUT_KEY(g, "url");
    put_text(g, j->source);
    PUT_KEY(g, "final_url");
    if (j->first)
        put_shared_fields(g, stored ? j->first->sidecar : j->first->fields);
    else
        put_result(w, j, stored);
    PUT_KEY(g, "duplicate_of");
    if (j->first)
        job_key(j->first->shard, j->first->pos, w->key_width, key);
    put_text(g, j->first ? key : NULL);
    if (!stored)
        put_times(g, j);
    if (w->columns)
        put_columns(w, j);
    yajl_gen_map_close(g);
}

static const char *text_of(const struct row_writer *w, size_t *ret_len)
{
    const unsigned char *text;
    yajl_gen_get_buf(w->gen, &text, ret_len);
    return (const char *)text;
}

const char *row_write(struct row_writer *w, const struct job *j, size_t *ret_len)
{
    put_row(w, j, NULL);
    yajl_gen_reset(w->gen, "\n");
    return text_of(w, ret_len);
}

const char *row_write_sidecar(
    struct row_writer *w, const struct job *j, const struct row_stored *stored, size_t *ret_len)
{
    put_row(w, j, stored);
    return text_of(w, ret_len);
}

/* A quote inside a text has a backslash before it: what is looked for is in no text. */
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

int64_t row_pos(const char *line, size_t left, uint32_t shard, unsigned key_width)
{
    size_t prefix = sizeof ROW_BEGIN - 1;
    if (left < prefix || memcmp(line, ROW_BEGIN, prefix))
        return -1;
    const char *key = line + prefix, *end = memchr(key, '"', left - prefix);
    return end ? job_key_pos(key, (size_t)(end - key), shard, key_width) : -1;
}
