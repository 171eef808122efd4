#include "audit/survey_inside.h"

#include "base/mem.h"
#include "manifest/row.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE_MAX_BYTES = 1 << 20,     /* longer than any row: URLLIST_COLUMNS_MAX, escaped */
    POSITIONS_MAX = 10 * 1000000, /* the largest --shard-size */
};

/* ---- the lines of a file ---- */

struct reader {
    FILE *file;
    char *text; /* LINE_MAX_BYTES, and a NUL */
    size_t at, len;
    int64_t offset; /* in the file, of the last line returned */
    int64_t next;   /* of the line after it */
};

static void begin_reading(struct reader *r)
{
    rewind(r->file);
    r->at = r->len = 0;
    r->next = 0;
}

/* Moves the unread bytes to the front and reads more after them. */
static bool fill_reader(struct reader *r)
{
    memmove(r->text, r->text + r->at, r->len - r->at);
    r->len -= r->at;
    r->at = 0;
    size_t n = fread(r->text + r->len, 1, LINE_MAX_BYTES - r->len, r->file);
    r->len += n;
    return n > 0;
}

static char *end_of_line(const struct reader *r, size_t from)
{
    return memchr(r->text + from, '\n', r->len - from);
}

/* Skips a line that does not fit. */
static void skip(struct reader *r)
{
    char *end = NULL;
    do {
        r->next += (int64_t)(r->len - r->at);
        r->at = r->len;
    } while (fill_reader(r) && !(end = end_of_line(r, 0)));
    if (end) {
        r->at = (size_t)(end - r->text) + 1;
        r->next += (int64_t)r->at;
    }
}

enum status { LINE, NO_LINE /* too long, or without a line feed */, END };

static enum status next(struct reader *r, char **ret, size_t *ret_len)
{
    char *end = end_of_line(r, r->at);
    while (!end) {
        size_t had = r->len - r->at;
        if (had == LINE_MAX_BYTES) {
            skip(r);
            return NO_LINE;
        }
        if (!fill_reader(r)) {
            r->at = r->len;
            return had ? NO_LINE : END;
        }
        end = end_of_line(r, had);
    }
    *end = '\0';
    *ret = r->text + r->at;
    *ret_len = (size_t)(end - *ret);
    r->offset = r->next;
    r->at += *ret_len + 1;
    r->next += (int64_t)*ret_len + 1;
    return LINE;
}

/* ---- the rows of a shard ---- */

/* The position of the row, from its key; -1: it is no row of this shard. */
static int64_t position_of(const struct shardfiles *s, const char *line, size_t len)
{
    char shard[16];
    size_t prefix = sizeof ROW_BEGIN - 1;
    if (strlen(line) != len || strncmp(line, ROW_BEGIN, prefix) != 0)
        return -1;
    const char *key = line + prefix;
    size_t digits = strspn(key, "0123456789");
    size_t shard_digits = (size_t)snprintf(shard, sizeof shard, "%05u", s->number);
    if (key[digits] != '"' || digits <= shard_digits || digits > shard_digits + 8 ||
        strncmp(key, shard, shard_digits) != 0)
        return -1;
    int64_t pos = strtol(key + shard_digits, NULL, 10);
    return pos < POSITIONS_MAX ? pos : -1;
}

/* For each position, where its last line begins. */
struct last {
    int64_t *at;
    size_t n;
};

static void note(struct last *last, int64_t pos, int64_t offset)
{
    if ((size_t)pos >= last->n) {
        size_t n = last->n ? last->n : 1024;
        while (n <= (size_t)pos)
            n *= 2;
        last->at = mem_grow(last->at, n * sizeof *last->at);
        memset(last->at + last->n, 0, (n - last->n) * sizeof *last->at);
        last->n = n;
    }
    last->at[pos] = offset;
}

static void find_last(struct reader *r, const struct shardfiles *s, struct last *last)
{
    enum status status;
    char *line;
    size_t len;
    begin_reading(r);
    while ((status = next(r, &line, &len)) != END) {
        int64_t pos = status == LINE ? position_of(s, line, len) : -1;
        if (pos >= 0)
            note(last, pos, r->offset);
    }
}

uint64_t survey_lines(FILE *file, const struct shardfiles *s, survey_take *take, void *arg)
{
    struct reader r = {.file = file, .text = mem_array(LINE_MAX_BYTES + 1, 1)};
    struct last last = {0};
    bool is_complete = s->kinds & SHARDFILES_STATS;
    uint64_t others = 0;
    enum status status;
    char *line;
    size_t len;
    if (!is_complete)
        find_last(&r, s, &last);
    begin_reading(&r);
    while ((status = next(&r, &line, &len)) != END) {
        int64_t pos = status == LINE ? position_of(s, line, len) : -1;
        if (pos < 0)
            others++;
        else if (is_complete || ((size_t)pos < last.n && last.at[pos] == r.offset))
            take(arg, line);
    }
    free(last.at);
    free(r.text);
    return others;
}
