#include "store/store_tar_inside.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "image/image.h"
#include "store/store_tar_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 64 };

/* The sample of the first row, while it is being read. */
struct sample {
    const struct output *output;
    const struct job_first *first;
    struct buf image, original;
    const char *extension; /* of `image`; static text */
    bool is_bad;
};

static const char *static_extension(const char *extension)
{
    for (int f = 0; f < IMAGE_FORMAT_COUNT; f++) {
        const char *known = image_format_extension((enum image_format)f);
        if (known && !strcmp(extension, known))
            return known;
    }
    return NULL; /* the extension of an unrecognised body */
}

static bool copy_member(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct sample *s = arg;
    const char *extension = "";
    struct buf *to = &s->original;
    int64_t pos = store_tar_sample_pos(s->output, s->first->shard, name, &extension);
    if (!strcmp(extension, "txt") || !strcmp(extension, "json")) /* the duplicate has its own */
        return true;
    if (strcmp(extension, "orig") != 0) {
        s->extension = static_extension(extension);
        to = &s->image;
    }
    s->is_bad = pos != s->first->pos || to->len || !buf_append(to, bytes, len);
    return !s->is_bad;
}

static void print_path(const struct output *output, uint32_t shard, uint32_t pos, char *out)
{
    char key[JOB_KEY_SIZE];
    job_key(shard, pos, output->digits, key);
    snprintf(out, PATH_SIZE, "\"path\":\"" SHARDFILES_OF_TAR "%s.", (int)output->digits.shard,
        shard, key);
}

/* Replaces the first row's paths in the fields by those of the job's own sample. A value cannot
 * match, because quotes in values are escaped. */
static char *rename_paths(const struct output *output, const struct job *j, const char *fields)
{
    char from[PATH_SIZE], to[PATH_SIZE];
    print_path(output, j->first->shard, j->first->pos, from);
    print_path(output, j->shard, j->pos, to);
    size_t n = 0, len = strlen(fields);
    for (const char *at = fields; (at = strstr(at, from)); at += strlen(from))
        n++;
    char *renamed = mem_new(len + n * strlen(to) + 1), *end = renamed;
    for (const char *at; (at = strstr(fields, from)); fields = at + strlen(from))
        end = stpcpy(mempcpy(end, fields, (size_t)(at - fields)), to);
    stpcpy(end, fields);
    return renamed;
}

static void rename_fields(const struct output *output, const struct job *j, char **fields)
{
    char *renamed = rename_paths(output, j, *fields);
    free(*fields);
    *fields = renamed;
}

/* Moves the buffers to the job. */
static void give(struct sample *s, struct job *j)
{
    if (s->output->conf->n_specs) {
        j->thumbs = mem_new(sizeof *j->thumbs);
        j->n_thumbs = 1;
        j->thumbs[0].data = s->image.data;
        j->thumbs[0].size = (uint32_t)s->image.len;
        j->response.body = s->original;
        s->original = (struct buf){0};
    } else {
        j->response.body = s->image;
        j->image.extension = s->extension;
    }
    s->image = (struct buf){0};
    rename_fields(s->output, j, &j->first->fields);
}

/* True if the sample has all members that the options ask for. */
static bool is_whole(const struct sample *s)
{
    const struct store_conf *conf = s->output->conf;
    bool has_original = !conf->n_specs || !conf->originals || s->original.len;
    return s->image.len && s->image.len <= UINT32_MAX && has_original && !s->is_bad;
}

/* Copies the sample that is at this piece of a tar. */
static int copy_from(
    const struct output *output, int fd, int64_t offset, int64_t len, struct job *j)
{
    struct sample sample = {.output = output, .first = j->first};
    int err = tarfile_read(fd, offset, len, copy_member, &sample);
    if (!err && is_whole(&sample))
        give(&sample, j);
    else if (!err)
        err = -EBADMSG;
    buf_fini(&sample.image);
    buf_fini(&sample.original);
    return err;
}

int store_tar_copy(struct samples *samples, struct job *j)
{
    const struct store_tar *t = (struct store_tar *)samples;
    const struct store_tar_row *p = &t->by_pos[j->first->pos];
    struct tarfile *file = store_tar_file_of(t, p);
    if (!p->blocks || !file)
        return -ENOENT;
    return copy_from(
        samples->output, tarfile_fd(file), p->offset, (int64_t)p->blocks * STORE_TAR_BLOCK, j);
}

/* ---- closed shards ---- */

/* Offsets are in blocks of STORE_TAR_BLOCK, so up to 2 TB. The samples are in row order; each ends
 * where the next one begins. */
struct sample_index {
    uint32_t shard, n;
    uint32_t end;     /* the end of the last sample */
    uint32_t begin[]; /* [n], by position; NO_SAMPLE: the row has none */
};

enum { NO_SAMPLE = UINT32_MAX };

struct scan {
    const struct output *output;
    struct sample_index *index;
};

static bool note_begin(void *arg, const struct tarfile_member *m)
{
    const struct scan *s = arg;
    const char *extension;
    int64_t pos = store_tar_sample_pos(s->output, s->index->shard, m->name, &extension);
    if (pos < 0 || m->end / STORE_TAR_BLOCK >= NO_SAMPLE)
        return false;
    if (s->index->begin[pos] == NO_SAMPLE)
        s->index->begin[pos] = (uint32_t)(m->offset / STORE_TAR_BLOCK);
    s->index->end = (uint32_t)(m->end / STORE_TAR_BLOCK);
    return true;
}

static int open_whole(const struct output *output, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, output->digits.shard, SHARDFILES_TAR, name);
    return beneath_open(output->dir, name, O_RDONLY);
}

int store_tar_copy_index(const struct output *output, uint32_t shard, struct sample_index **ret)
{
    int fd = open_whole(output, shard);
    if (fd < 0)
        return fd;
    struct sample_index *index = mem_new(sizeof *index + output->shard_size * sizeof *index->begin);
    *index = (struct sample_index){.shard = shard, .n = output->shard_size};
    memset(index->begin, 0xFF, index->n * sizeof *index->begin);
    struct scan scan = {output, index};
    int err = tarfile_scan(fd, note_begin, &scan);
    close(fd);
    if (err)
        free(index);
    else
        *ret = index;
    return err;
}

int store_tar_copy_closed(
    const struct output *output, const struct sample_index *index, struct job *j)
{
    uint32_t pos = j->first->pos;
    uint32_t begin = index->begin[pos], end = NO_SAMPLE;
    while (end == NO_SAMPLE && ++pos < index->n)
        end = index->begin[pos];
    end = end == NO_SAMPLE ? index->end : end;
    if (end <= begin)
        return -ENOENT;
    int fd = open_whole(output, index->shard);
    if (fd < 0)
        return fd;
    int err = copy_from(
        output, fd, (int64_t)begin * STORE_TAR_BLOCK, (int64_t)(end - begin) * STORE_TAR_BLOCK, j);
    close(fd);
    return err;
}
