#include "store/shard.h"

#include "base/beneath.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mem.h"
#include "manifest/rowscan.h"
#include "store/handover.h"
#include "store/metadata.h"
#include "store/name.h"
#include "store/shardlock.h"
#include "store/shardorder.h"
#include "store/sidecars.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reserves disk space for rows, if the file system can: when images have filled the disk, their
 * rows can still be written. */
static void reserve(struct shard *s)
{
    if (s->reserved - s->size >= SHARD_RESERVE / 2)
        return;
    fallocate(s->manifest, FALLOC_FL_KEEP_SIZE, s->size, SHARD_RESERVE);
    s->reserved = s->size + SHARD_RESERVE;
}

int shard_open(
    const struct output *output, uint32_t number, struct resume *resume, struct shard **ret)
{
    char name[SHARDFILES_NAME_SIZE];
    struct stat st = {0};
    shardfiles_name(number, output->digits.shard, output->layout->manifest, name);
    int fd = beneath_open(output->dir, name, O_RDWR | O_CREAT | O_APPEND);
    int err = fd < 0 ? fd : fstat(fd, &st) ? -errno : 0;
    if (!err && !resume->samples)
        err = output->layout->open(output, number, &resume->samples);
    if (err) {
        if (fd >= 0)
            close(fd);
        return err;
    }
    struct shard *s = mem_new(sizeof *s);
    s->number = number;
    s->output = output;
    s->samples = resume->samples;
    resume->samples = NULL;
    s->lock = resume->lock;
    resume->lock = NULL;
    s->replaces = resume->replaces;
    s->manifest = fd;
    s->tally = resume->tally;
    s->rows = resume->rows;
    s->expected = UINT32_MAX;
    s->size = st.st_size;
    s->in_order = st.st_size == 0;
    s->started = clock_wall();
    s->begun_ns = clock_ns();
    reserve(s);
    err = s->replaces ? handover_open(s, &s->handover) : 0;
    if (err)
        shard_free(s, NULL);
    else
        *ret = s;
    return err;
}

void shard_free(struct shard *s, struct job_queue *back)
{
    if (!s)
        return;
    samples_free(s->samples, back);
    close(s->manifest);
    shardlock_free(s->lock, s->is_closed);
    for (size_t i = 0; i < s->n_obsolete; i++)
        free(s->obsolete[i]);
    free(s->obsolete);
    buf_fini(&s->pending);
    rowindex_free(s->index);
    handover_free(s->handover);
    free(s);
}

static bool names(const struct job *j, const char *path)
{
    if (j->path && !strcmp(j->path, path))
        return true;
    for (unsigned i = 0; i < j->n_thumbs; i++)
        if (j->thumbs[i].path && !strcmp(j->thumbs[i].path, path))
            return true;
    for (unsigned i = 0; i < j->n_sidecars; i++)
        if (!strcmp(j->sidecars[i].path, path))
            return true;
    return false;
}

static void note_obsolete(struct shard *s, const struct job *j)
{
    if (name_is_shared(s->output->conf->name))
        return; /* another row may name them */
    for (unsigned i = 0; j->before && i < j->before->n_paths; i++) {
        const char *path = j->before->paths[i];
        if (names(j, path))
            continue;
        s->obsolete = mem_grow(s->obsolete, (s->n_obsolete + 1) * sizeof *s->obsolete);
        s->obsolete[s->n_obsolete++] = mem_dup(path);
    }
}

static int remove_obsolete(struct shard *s)
{
    int err = 0;
    for (; s->n_obsolete; s->n_obsolete--) {
        char *path = s->obsolete[s->n_obsolete - 1];
        int failed = beneath_remove(s->output->dir, path);
        if (failed && failed != -ENOENT && failed != -ENOTDIR)
            err = failed;
        free(path);
    }
    return err;
}

int shard_add_row(struct shard *s, const struct job *j, const char *row, size_t len)
{
    if (!buf_append(&s->pending, row, len))
        return -ENOMEM;
    s->in_order = s->in_order && j->pos == s->rows;
    s->tally.by_code[j->err]++;
    s->rows++;
    note_obsolete(s, j);
    return 0;
}

int shard_change_row(struct shard *s, const struct buf *row)
{
    s->in_order = false;
    return buf_append(&s->pending, row->data, row->len) && buf_append(&s->pending, "\n", 1)
               ? 0
               : -ENOMEM;
}

void shard_keep_row(struct shard *s, const struct job *j)
{
    s->tally.by_code[j->before->err]++;
    s->rows++;
}

int shard_flush(struct shard *s)
{
    if (!s->pending.len)
        return 0;
    int err = commit_write(s->manifest, s->pending.data, s->pending.len);
    if (!err && s->index)
        rowindex_add(s->index, s->size, (const char *)s->pending.data, s->pending.len);
    if (!err)
        s->size += (int64_t)s->pending.len;
    else if (ftruncate(s->manifest, s->size)) /* leave no half row */
        err = -errno;
    s->pending.len = 0;
    if (!err)
        reserve(s);
    return err ? err : remove_obsolete(s);
}

static int read_manifest(const struct shard *s, struct buf *text)
{
    struct stat st;
    if (fstat(s->manifest, &st))
        return -errno;
    if (!buf_reserve(text, (size_t)st.st_size + 1))
        return -ENOMEM;
    ssize_t n = descriptor_read_at(s->manifest, text->data, (size_t)st.st_size, 0);
    text->len = n > 0 ? (size_t)n : 0;
    return n < 0 ? (int)n : n == st.st_size ? 0 : -EIO;
}

int shard_text(struct shard *s, struct buf *text)
{
    int err = read_manifest(s, text);
    if (!err && !s->index) {
        s->index = rowindex_new(s->number, s->output->shard_size, s->output->digits);
        rowindex_add(s->index, 0, (const char *)text->data, text->len);
    }
    return err;
}

int shard_read_row(struct shard *s, uint32_t pos, struct buf *ret)
{
    struct buf text = {0};
    int err = s->index ? 0 : shard_text(s, &text);
    buf_fini(&text);
    if (err)
        return err;
    int64_t offset = rowindex_offset(s->index, pos);
    return offset < 0 ? (int)offset : rowindex_line(s->manifest, offset, ret);
}

static bool take_line(void *arg, int64_t offset, const char *line, size_t len)
{
    (void)offset;
    rowstats_add_lines(arg, line, len);
    return true;
}

/* Counts the rows of the last version of the manifest, which may be another file than ours. */
static int count_rows(const struct shard *s, struct rowstats *stats)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(s->number, s->output->digits.shard, s->output->layout->manifest, name);
    int fd = beneath_open(s->output->dir, name, O_RDONLY);
    int err = fd < 0 ? fd : rowscan_lines(fd, take_line, stats);
    if (fd >= 0)
        close(fd);
    return err;
}

static int write_stats(const struct shard *s, struct rowstats *rows)
{
    const struct store_conf *conf = s->output->conf;
    struct statsfile stats = {.tally = s->tally, .start_time = s->started, .rows = rows};
    /* The wall clock may have been set meanwhile. */
    stats.end_time = s->started + (double)(clock_ns() - s->begun_ns) / 1e9;
    if (conf->sandbox)
        stats.sandbox = conf->sandbox(conf->sandbox_arg);
    memcpy(stats.fingerprint, s->fingerprint, sizeof stats.fingerprint);
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(s->number, s->output->digits.shard, SHARDFILES_STATS, name);
    struct buf text = {0};
    int err = -ENOMEM;
    if (statsfile_format(&stats, &text)) {
        struct commit_part part = {text.data, text.len};
        err = commit_new_file(s->output->way, s->output->dir, name, &part, 1);
    }
    buf_fini(&text);
    return err;
}

/* Leaves the manifest sorted, and counts its rows. */
static int finish_manifest(struct shard *s, struct rowstats *stats)
{
    int err = 0;
    /* The checkpoint counts bytes of the unsorted manifest. After sorting, these bytes may hold
     * rows whose files are not on disk yet, so sync them first. */
    if (!s->in_order && syncfs(s->output->dir))
        err = -errno;
    if (!err && !s->in_order)
        err = shardorder_sort(s);
    if (!err && s->output->conf->sidecars & SIDECARS_METADATA)
        err = metadata_write(s->output, s->number);
    if (!err && s->output->conf->parquet && s->rows)
        err = parquetfile_write(s->output, s->number, s->why);
    return err ? err : count_rows(s, stats);
}

int shard_close(struct shard *s)
{
    struct rowstats *stats = rowstats_new();
    int err = shard_flush(s);
    if (!err && ftruncate(s->manifest, s->size)) /* release the reserved space */
        err = -errno;
    if (!err && s->output->conf->shares)
        err = shardorder_share(s);
    if (!err)
        err = s->output->layout->close(s->samples);
    if (!err)
        err = finish_manifest(s, stats);
    /* Samples and manifest must be on disk before the stats file says so. */
    if (!err && syncfs(s->output->dir))
        err = -errno;
    if (!err)
        err = write_stats(s, stats);
    if (!err && fsync(s->output->dir))
        err = -errno;
    rowstats_free(stats);
    s->is_closed = !err;
    return err;
}
