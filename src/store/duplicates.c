#include "store/duplicates.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "image/image.h"
#include "manifest/manifest.h"
#include "store/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The limits of a cache of sample indexes of closed shards. Reading an index takes some 20 ms for
 * 10,000 rows. The cache usually holds every shard that dedupe.h looks back to: that remembers up
 * to 2 * DEDUPE_GENERATION rows, and the index of ROWS_MAX rows takes 16 MB. */
enum { CLOSED_MAX = 512, ROWS_MAX = 4 << 20 };

struct closed {
    uint32_t shard;
    struct sample_index *index; /* NULL: this entry is free */
    uint64_t used;              /* a counter: larger is later */
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
    struct duplicates *d = mem_new(sizeof *d);
    unsigned fit = ROWS_MAX / output->shard_size;
    d->output = output;
    d->n_closed = fit < 1 ? 1 : fit < CLOSED_MAX ? fit : CLOSED_MAX;
    return d;
}

void duplicates_free(struct duplicates *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < d->n_closed; i++)
        free(d->closed[i].index);
    buf_fini(&d->line);
    free(d);
}

/* The cache entry of a shard; if it has none, the least recently used entry, emptied for it. */
static struct closed *closed_of(struct duplicates *d, uint32_t shard)
{
    struct closed *oldest = &d->closed[0];
    for (struct closed *c = d->closed; c < d->closed + d->n_closed; c++) {
        if (c->index && c->shard == shard)
            return c;
        if (c->used < oldest->used)
            oldest = c;
    }
    free(oldest->index);
    *oldest = (struct closed){.shard = shard};
    return oldest;
}

static int index_of(struct duplicates *d, uint32_t shard, const struct sample_index **ret)
{
    struct closed *c = closed_of(d, shard);
    int err = c->index ? 0 : d->output->layout->index(d->output, shard, &c->index);
    if (err)
        return err;
    c->used = ++d->n_used;
    *ret = c->index;
    return 0;
}

static int read_closed(struct duplicates *d, const struct job_first *first)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(first->shard, d->output->digits.shard, d->output->layout->manifest, name);
    int fd = beneath_open(d->output->dir, name, O_RDONLY);
    if (fd < 0)
        return fd;
    int64_t offset = rowindex_ordered(fd, first->shard, d->output->digits, first->pos);
    int err = offset < 0 ? (int)offset : rowindex_line(fd, offset, &d->line);
    close(fd);
    return err;
}

static int read_line(struct duplicates *d, struct shard *open, const struct job_first *first)
{
    return open ? shard_read_row(open, first->pos, &d->line) : read_closed(d, first);
}

/* Parses the fields as a row of their own, so that only what can be read back is written to a
 * manifest. */
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

static void set_text(char **to, const char *text)
{
    free(*to);
    *to = mem_dup(text);
}

/* Of what the row says, the job takes what is not copied as text: how it went, and the time that a
 * copy of its files gets. */
static bool take_outcome(struct job *j, bool *ret_has_files)
{
    struct manifest_row row;
    if (!parse(j->first->fields, &row))
        return false;
    bool is_good = row.code >= 0 && row.code != ERR_CANCELLED && !row.has_files_elsewhere;
    const char *message = manifest_text(&row, ROW_MESSAGE);
    if (is_good && row.code != ERR_OK)
        job_fail(j, (enum err)row.code, "%s", message ? message : "");
    j->image.format = image_format_name(image_format_named(manifest_text(&row, ROW_FORMAT)));
    if (is_good)
        set_text(&j->response.last_modified, manifest_text(&row, ROW_LAST_MODIFIED));
    *ret_has_files = row.n_files > 0;
    manifest_row_fini(&row);
    return is_good;
}

static int copy_sample(struct duplicates *d, struct shard *open, struct job *j)
{
    const struct layout *layout = d->output->layout;
    const struct sample_index *index;
    if (!layout->copy || d->output->conf->shares)
        return 0; /* it names the first row's */
    if (open)
        return layout->copy(open->samples, j);
    int err = index_of(d, j->first->shard, &index);
    return err ? err : layout->copy_closed(d->output, index, j);
}

int duplicates_fill(struct duplicates *d, struct shard *open, struct job *j)
{
    bool has_files = false;
    int err = read_line(d, open, j->first);
    if (!err) {
        j->first->fields = row_shared_fields((const char *)d->line.data, d->line.len);
        err = j->first->fields && take_outcome(j, &has_files) ? 0 : -ENOENT;
    }
    if (!err && has_files)
        err = copy_sample(d, open, j);
    if (err) {
        j->err = ERR_OK;
        j->image.format = NULL;
        set_text(&j->response.last_modified, NULL);
    }
    return err == -EBADMSG ? -ENOENT : err; /* no run of ours has written it */
}
