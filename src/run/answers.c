#include "run/answers.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "run/manifest.h"
#include "run/past.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of closed shards that were read last. What is known of their samples has 24 bytes for each row
 * there is room for, and finding it out takes some 20 ms: more of them, as long as shards are
 * small. */
enum { CLOSED_MAX = 32, ROWS_MAX = 500000 };

struct closed {
    uint32_t shard;
    int manifest;            /* -1: none yet */
    struct samples *samples; /* NULL until needed */
    uint64_t used;           /* the larger the later */
};

struct answers {
    const struct output *output;
    struct buf line;
    uint64_t n_used;
    unsigned n_closed;
    struct closed closed[CLOSED_MAX];
};

struct answers *answers_new(const struct output *output)
{
    struct answers *a = mem_new(sizeof *a);
    unsigned fit = ROWS_MAX / output->shard_size;
    a->output = output;
    a->n_closed = fit < 1 ? 1 : fit < CLOSED_MAX ? fit : CLOSED_MAX;
    for (unsigned i = 0; i < a->n_closed; i++)
        a->closed[i].manifest = -1;
    return a;
}

static void leave(struct closed *c)
{
    if (c->manifest >= 0)
        close(c->manifest);
    if (c->samples)
        samples_free(c->samples, NULL);
    *c = (struct closed){.manifest = -1};
}

void answers_free(struct answers *a)
{
    if (!a)
        return;
    for (unsigned i = 0; i < a->n_closed; i++)
        leave(&a->closed[i]);
    buf_fini(&a->line);
    free(a);
}

/* Where a shard is, or else where the one was that has not been used for longest. */
static struct closed *place_of(struct answers *a, uint32_t shard)
{
    struct closed *oldest = &a->closed[0];
    for (struct closed *c = a->closed; c < a->closed + a->n_closed; c++) {
        if (c->manifest >= 0 && c->shard == shard)
            return c;
        if (c->used < oldest->used)
            oldest = c;
    }
    leave(oldest);
    return oldest;
}

/* NULL: it cannot be opened. */
static struct closed *open_closed(struct answers *a, uint32_t shard)
{
    struct closed *c = place_of(a, shard);
    if (c->manifest < 0) {
        char name[PAST_NAME_SIZE];
        past_manifest_name(a->output, shard, name);
        c->shard = shard;
        c->manifest = descriptor_openat(a->output->dir, name, O_RDONLY | O_CLOEXEC, 0);
    }
    c->used = ++a->n_used;
    return c->manifest < 0 ? NULL : c;
}

static int read_line(struct answers *a, struct shard *open, const struct job_first *first)
{
    if (open)
        return shard_read_row(open, first->pos, &a->line);
    const struct closed *c = open_closed(a, first->shard);
    if (!c)
        return -errno;
    int64_t offset = rowfind_ordered(c->manifest, first->shard, a->output->shard_size, first->pos);
    return offset < 0 ? (int)offset : rowfind_line(c->manifest, offset, &a->line);
}

/* As a row of its own, so that nothing gets into a manifest that does not come out of it. */
static bool parse(const char *answer, struct manifest_row *ret)
{
    static const char before[] = "{\"final_url\":", behind[] = "}";
    size_t len = strlen(answer);
    char *text = mem_new(sizeof before + len + sizeof behind);
    stpcpy(stpcpy(stpcpy(text, before), answer), behind);
    bool is_row = manifest_row_parse(text, ret);
    free(text);
    return is_row;
}

static bool take_outcome(struct job *j, bool *ret_has_files)
{
    struct manifest_row row;
    if (!parse(j->first->answer, &row))
        return false;
    bool is_good = row.code >= 0 && row.code != ERR_CANCELLED && !row.has_files_elsewhere;
    if (is_good && row.code != ERR_OK)
        job_fail(j, (enum err)row.code, "%s", row.message ? row.message : "");
    *ret_has_files = row.n_files > 0;
    manifest_row_fini(&row);
    return is_good;
}

static bool recall(struct answers *a, struct shard *open, struct job *j)
{
    const struct layout *layout = a->output->layout;
    if (!layout->recall)
        return true;
    if (open)
        return !layout->recall(open->samples, j);
    struct closed *c = open_closed(a, j->first->shard);
    if (!c || (!c->samples && layout->open(a->output, c->shard, &c->samples)))
        return false;
    return !layout->recall(c->samples, j);
}

bool answers_take(struct answers *a, struct shard *open, struct job *j)
{
    if (!read_line(a, open, j->first))
        j->first->answer = row_answer((const char *)a->line.data, a->line.len);
    bool has_files = false;
    bool is_read = j->first->answer && take_outcome(j, &has_files);
    if (is_read && (!has_files || recall(a, open, j)))
        return true;
    j->err = ERR_OK;
    return false;
}
