#include "store/duplicates.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where samples lie in the closed shards that were asked for last. To find that out takes some
 * 20 ms for 10,000 rows, so all are remembered that dedupe.h looks back to, as a rule: it knows up
 * to 2 * DEDUPE_GENERATION rows, and these take 16 MB. */
enum { CLOSED_MAX = 512, ROWS_MAX = 4 << 20 };

struct closed {
    uint32_t shard;
    struct sample_index *index; /* NULL: the place is free */
    uint64_t used;              /* the larger the later */
};

struct duplicates {
    const struct output *output;
    struct buf line;
    uint64_t n_used;
    unsigned n_closed;
    struct closed closed[CLOSED_MAX];
};

struct duplicates *duplicates_new(const struct output *output)
{
    struct duplicates *a = mem_new(sizeof *a);
    unsigned fit = ROWS_MAX / output->shard_size;
    a->output = output;
    a->n_closed = fit < 1 ? 1 : fit < CLOSED_MAX ? fit : CLOSED_MAX;
    return a;
}

void duplicates_free(struct duplicates *a)
{
    if (!a)
        return;
    for (unsigned i = 0; i < a->n_closed; i++)
        free(a->closed[i].index);
    buf_fini(&a->line);
    free(a);
}

/* Where a shard is, or else where the one was that has not been used for longest. */
static struct closed *closed_of(struct duplicates *a, uint32_t shard)
{
    struct closed *oldest = &a->closed[0];
    for (struct closed *c = a->closed; c < a->closed + a->n_closed; c++) {
        if (c->index && c->shard == shard)
            return c;
        if (c->used < oldest->used)
            oldest = c;
    }
    free(oldest->index);
    *oldest = (struct closed){.shard = shard};
    return oldest;
}

/* NULL: its tar cannot be read. */
static const struct sample_index *index_of(struct duplicates *a, uint32_t shard)
{
    struct closed *c = closed_of(a, shard);
    if (!c->index && a->output->layout->index(a->output, shard, &c->index))
        return NULL;
    c->used = ++a->n_used;
    return c->index;
}

static int read_closed(struct duplicates *a, const struct job_first *first)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(first->shard, a->output->layout->manifest, name);
    int fd = descriptor_openat(a->output->dir, name, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int64_t offset = rowindex_ordered(fd, first->shard, a->output->shard_size, first->pos);
    int err = offset < 0 ? (int)offset : rowindex_line(fd, offset, &a->line);
    close(fd);
    return err;
}

static int read_line(struct duplicates *a, struct shard *open, const struct job_first *first)
{
    return open ? shard_read_row(open, first->pos, &a->line) : read_closed(a, first);
}

/* As a row of its own, so that nothing gets into a manifest that does not come out of it. */
static bool parse(const char *fields, struct manifest_row *ret)
{
    static const char before[] = "{\"final_url\":", behind[] = "}";
    size_t len = strlen(fields);
    char *text = mem_new(sizeof before + len + sizeof behind);
    stpcpy(stpcpy(stpcpy(text, before), fields), behind);
    bool is_row = manifest_row_parse(text, ret);
    free(text);
    return is_row;
}

static bool take_outcome(struct job *j, bool *ret_has_files)
{
    struct manifest_row row;
    if (!parse(j->first->fields, &row))
        return false;
    bool is_good = row.code >= 0 && row.code != ERR_CANCELLED && !row.has_files_elsewhere;
    const char *message = manifest_text(&row, ROW_MESSAGE);
    if (is_good && row.code != ERR_OK)
        job_fail(j, (enum err)row.code, "%s", message ? message : "");
    *ret_has_files = row.n_files > 0;
    manifest_row_fini(&row);
    return is_good;
}

static bool copy_sample(struct duplicates *a, struct shard *open, struct job *j)
{
    const struct layout *layout = a->output->layout;
    if (!layout->copy)
        return true;
    if (open)
        return !layout->copy(open->samples, j);
    const struct sample_index *index = index_of(a, j->first->shard);
    return index && !layout->copy_closed(a->output, index, j);
}

bool duplicates_fill(struct duplicates *a, struct shard *open, struct job *j)
{
    if (!read_line(a, open, j->first))
        j->first->fields = row_shared_fields((const char *)a->line.data, a->line.len);
    bool has_files = false;
    bool is_read = j->first->fields && take_outcome(j, &has_files);
    if (is_read && (!has_files || copy_sample(a, open, j)))
        return true;
    j->err = ERR_OK;
    return false;
}
