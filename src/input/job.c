#include "input/job.h"

#include "base/hex.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POS_DIGITS = 4 };

struct job *job_new(void)
{
    return mem_new(sizeof(struct job));
}

void job_free_thumbs(struct job *j)
{
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        free(j->thumbs[i].path);
        free(j->thumbs[i].data);
    }
    free(j->thumbs);
    j->thumbs = NULL;
    j->n_thumbs = 0;
}

void job_free_sidecars(struct job *j)
{
    for (unsigned i = 0; i < j->n_sidecars; i++)
        free(j->sidecars[i].path);
    free(j->sidecars);
    j->sidecars = NULL;
    j->n_sidecars = 0;
}

void job_forget_image(struct job *j)
{
    free(j->image.exif);
    j->image = (struct job_image){0};
}

void job_forget_body(struct job *j)
{
    j->bytes = 0;
    j->has_sha256 = false;
    free(j->hash);
    j->hash = NULL;
    job_forget_image(j);
    job_free_thumbs(j);
    job_free_sidecars(j);
    buf_fini(&j->response.body);
}

static void free_columns(struct job_columns *c)
{
    for (unsigned i = 0; c && i < c->n_kept; i++)
        free(c->kept[i].text);
    for (unsigned i = 0; c && i < c->n_fallbacks; i++)
        free(c->fallbacks[i].text);
    if (c) {
        free(c->fallbacks);
        free(c->boxes);
        free(c->caption);
    }
    free(c);
}

void job_before_free(struct job_before *b)
{
    if (!b)
        return;
    for (unsigned i = 0; i < b->n_paths; i++)
        free(b->paths[i]);
    free(b->final_url);
    free(b->etag);
    free(b->last_modified);
    free(b);
}

void job_first_free(struct job_first *f)
{
    if (!f)
        return;
    free(f->fields);
    free(f);
}

void job_free(struct job *j, struct budget *budget)
{
    if (!j)
        return;
    job_clear_response(j, budget);
    budget_host_unref(j->memory.host);
    job_free_thumbs(j);
    job_free_sidecars(j);
    free_columns(j->columns);
    job_before_free(j->before);
    job_first_free(j->first);
    url_fini(&j->request.url);
    free(j->request.etag);
    free(j->request.last_modified);
    free(j->request.referer);
    url_fini(&j->origin);
    free(j->image.exif);
    free(j->twin);
    free(j->source);
    free(j->name);
    free(j->hash);
    free(j->path);
    free(j);
}

void job_fail(struct job *j, enum err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(j->message, sizeof j->message, format, args);
    va_end(args);
    j->err = err;
}

void job_clear_response(struct job *j, struct budget *budget)
{
    free(j->response.content_type);
    free(j->response.etag);
    free(j->response.last_modified);
    free(j->response.redirect);
    buf_fini(&j->response.body);
    j->response = (struct response){0};
    j->err = ERR_OK;
    j->message[0] = '\0';
    if (budget)
        budget_set(budget, &j->memory, 0);
}

bool job_set_hash(struct job_columns *columns, const char *hex, size_t len)
{
    if (len && len != 2 * 16 && len != 2 * 20 && len != 2 * 32 && len != 2 * 64)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int byte = hex_byte(hex + i);
        if (byte < 0)
            return false;
        columns->hash[i / 2] = (uint8_t)byte;
    }
    columns->hash_len = (uint8_t)(len / 2);
    return true;
}

void job_set_fallback(struct job_fallback *f, const char *text, size_t len)
{
    size_t blank = 0;
    while (blank < len && (unsigned char)text[blank] <= ' ')
        blank++;
    if (blank == len)
        return;
    f->text = mem_array(len + 1, 1);
    memcpy(f->text, text, len);
    f->len = len;
}

unsigned job_next_url(const struct job *j)
{
    for (unsigned i = j->url_index; j->columns && i < j->columns->n_fallbacks; i++)
        if (j->columns->fallbacks[i].text)
            return i + 1;
    return 0;
}

bool job_set_referer(struct job *j, const char *text, size_t len)
{
    struct url url = {0};
    const char *why;
    if (url_parse(text, len, &url, &why) != ERR_OK)
        return false;
    bool is_short = strlen(url.text) <= URL_MAX;
    if (is_short)
        j->request.referer = mem_dup(url.text);
    url_fini(&url);
    return is_short;
}

static char *put_number(char *at, uint32_t n, unsigned width)
{
    char digits[10];
    unsigned len = 0;
    do
        digits[len++] = (char)('0' + n % 10);
    while ((n /= 10));
    for (; width > len; width--)
        *at++ = '0';
    while (len)
        *at++ = digits[--len];
    return at;
}

void job_key(uint32_t shard, uint32_t pos, struct job_digits digits, char out[JOB_KEY_SIZE])
{
    char *at = put_number(out, shard, digits.shard);
    at = put_number(at, pos, digits.pos);
    *at = '\0';
}

int64_t job_key_pos(const char *key, size_t len, uint32_t shard, struct job_digits digits)
{
    char first[JOB_KEY_SIZE];
    job_key(shard, 0, digits, first);
    size_t prefix = strlen(first) - digits.pos;
    if (len != prefix + digits.pos || memcmp(key, first, prefix))
        return -1;
    int64_t pos = 0;
    for (const char *digit = key + prefix; digit < key + len; digit++) {
        if (*digit < '0' || *digit > '9')
            return -1;
        pos = pos * 10 + (*digit - '0');
    }
    return pos;
}

struct job_digits job_digits(unsigned shard_digits, uint32_t shard_size)
{
    unsigned width = 1;
    for (uint32_t last = shard_size - 1; last >= 10; last /= 10)
        width++;
    return (struct job_digits){shard_digits, width < POS_DIGITS ? POS_DIGITS : width};
}
