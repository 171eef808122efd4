#include "input/job.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHARD_DIGITS = 5, PLACE_DIGITS = 4 };

struct job *job_new(void)
{
    return mem_new(sizeof(struct job));
}

static void free_thumbs(struct job *j)
{
    for (unsigned i = 0; i < j->n_thumbs; i++) {
        free(j->thumbs[i].path);
        free(j->thumbs[i].data);
    }
    free(j->thumbs);
}

void job_free(struct job *j, struct budget *budget)
{
    if (!j)
        return;
    job_clear_response(j, budget);
    free_thumbs(j);
    url_fini(&j->request.url);
    url_fini(&j->origin);
    free(j->source);
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
    free(j->response.redirect);
    buf_fini(&j->response.body);
    j->response = (struct response){0};
    j->err = ERR_OK;
    j->message[0] = '\0';
    if (budget)
        budget_set(budget, &j->reserved, 0);
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

void job_key(uint32_t shard, uint32_t pos, unsigned width, char out[JOB_KEY_SIZE])
{
    char *at = put_number(out, shard, SHARD_DIGITS);
    at = put_number(at, pos, width);
    *at = '\0';
}

unsigned job_key_width(uint32_t shard_size)
{
    unsigned width = 1;
    for (uint32_t last = shard_size - 1; last >= 10; last /= 10)
        width++;
    return width < PLACE_DIGITS ? PLACE_DIGITS : width;
}
