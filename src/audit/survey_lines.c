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
    char text[LINE_MAX_BYTES + 1];
    int64_t offset; /* in the file, of the last line */
};

enum status { LINE, NO_LINE /* too long, without a line feed, or with a NUL */, END };

/* Reads a line into r->text. A NUL replaces its line feed. */
static enum status next(struct reader *r)
{
    r->offset = ftello(r->file);
    if (!fgets(r->text, sizeof r->text, r->file))
        return END;
    size_t len = (size_t)(ftello(r->file) - r->offset);
    bool has_end = r->text[len - 1] == '\n';
    for (int c = 0; !has_end && c != '\n' && c != EOF;)
        c = getc(r->file); /* skips the rest */
    if (!has_end || strlen(r->text) != len)
        return NO_LINE;
    r->text[len - 1] = '\0';
    return LINE;
}

/* ---- the rows of a shard ---- */

int64_t survey_position(const struct shardfiles *s, const char *line)
{
    char shard[16];
    size_t prefix = sizeof ROW_BEGIN - 1;
    if (strncmp(line, ROW_BEGIN, prefix) != 0)
        return -1;
    const char *key = line + prefix;
    size_t digits = strspn(key, "0123456789");
    size_t shard_digits = (size_t)snprintf(shard, sizeof shard, "%0*u", (int)s->digits, s->number);
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
    for (enum status status = next(r); status != END; status = next(r)) {
        int64_t pos = status == LINE ? survey_position(s, r->text) : -1;
        if (pos >= 0)
            note(last, pos, r->offset);
    }
    rewind(r->file);
}

uint64_t survey_lines(FILE *file, const struct shardfiles *s, survey_take *take, void *arg)
{
    struct reader *r = mem_new(sizeof *r);
    struct last last = {0};
    bool is_complete = s->kinds & SHARDFILES_STATS;
    uint64_t others = 0;
    r->file = file;
    if (!is_complete)
        find_last(r, s, &last);
    for (enum status status = next(r); status != END; status = next(r)) {
        int64_t pos = status == LINE ? survey_position(s, r->text) : -1;
        if (pos < 0)
            others++;
        else if (is_complete || ((size_t)pos < last.n && last.at[pos] == r->offset))
            take(arg, r->text);
    }
    free(last.at);
    free(r);
    return others;
}

FILE *survey_open_manifest(int dir, const struct shardfiles *s)
{
    char name[SHARDFILES_NAME_SIZE];
    bool is_in_root = s->kinds & SHARDFILES_ROOT_MANIFEST;
    shardfiles_name(
        s->number, s->digits, is_in_root ? SHARDFILES_ROOT_MANIFEST : SHARDFILES_MANIFEST, name);
    return manifest_open_file(dir, name);
}
