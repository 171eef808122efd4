#include "store/store_tar_inside.h"

#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/store_tar_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scan {
    struct store_tar *tar;
    enum store_tar_state state; /* for the samples found */
    int64_t pos, begin;         /* of the sample being read; pos -1: none */
};

static bool note_member(void *arg, const struct tarfile_member *m)
{
    struct scan *s = arg;
    struct store_tar *t = s->tar;
    const struct output *output = t->base.output;
    const char *extension;
    int64_t pos = store_tar_sample_pos(output, t->base.shard, m->name, &extension);
    if (pos < 0)
        return false; /* not ours */
    if (pos != s->pos)
        s->begin = m->offset;
    s->pos = pos;
    if (strcmp(extension, store_tar_sample_last(output)) != 0)
        return true;
    int64_t blocks = (m->end - s->begin) / STORE_TAR_BLOCK;
    if (blocks > UINT32_MAX)
        return false;
    t->by_pos[pos] = (struct store_tar_row){.offset = s->begin, .blocks = (uint32_t)blocks};
    t->by_pos[pos].state = s->state;
    t->seen = pos >= t->seen ? (uint32_t)pos + 1 : t->seen;
    s->pos = -1;
    return true;
}

/* Notes the complete samples of a file, if it exists. */
static int find_samples(struct store_tar *t, enum shardfiles_kind kind, int flags,
    enum store_tar_state state, struct tarfile **file)
{
    struct scan scan = {.tar = t, .state = state, .pos = -1};
    int err = store_tar_open_file(t, kind, flags, file);
    return !err && *file ? tarfile_scan(tarfile_fd(*file), note_member, &scan) : err;
}

int store_tar_resume_open(const struct output *output, uint32_t shard, struct samples **ret)
{
    struct store_tar *t = mem_new(sizeof *t);
    t->base = (struct samples){output, shard};
    t->rows = output_row_writer(output);
    t->by_pos = mem_array((size_t)output->shard_size + 1, sizeof *t->by_pos);
    TAILQ_INIT(&t->waiting);
    /* If a sample is in two files, the last one read counts: the part was copied from the others.
     */
    int err = find_samples(t, SHARDFILES_TAR, O_RDONLY, ROW_IN_TAR, &t->whole);
    if (!err)
        err = find_samples(t, SHARDFILES_SPOOL, O_RDWR, ROW_IN_SPOOL, &t->spool);
    if (!err)
        err = find_samples(t, SHARDFILES_TAR_PART, O_RDWR, ROW_IN_PART, &t->part);
    if (err)
        store_tar_free(&t->base, NULL);
    else
        *ret = &t->base;
    return err;
}

struct tarfile *store_tar_file_of(const struct store_tar *t, const struct store_tar_row *p)
{
    return p->state == ROW_IN_TAR ? t->whole : p->state == ROW_IN_SPOOL ? t->spool : t->part;
}

struct check {
    const char *name;
    const struct manifest_file *file;
    bool is_there, is_bad;
};

/* Compares the hash of the row's file. The members without a hash in the row are text: a NUL in
 * them is a hole that a power cut left. */
static bool check_member(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct check *c = arg;
    uint8_t hash[SHA256_DIGEST_LENGTH];
    const char *dot = strchr(name, '.');
    if (!strcmp(name, c->name)) {
        mem_must(SHA256(bytes, len, hash));
        c->is_there = (int64_t)len == c->file->bytes && manifest_is_hash(hash, c->file->sha256);
    } else if (dot && (!strcmp(dot, ".json") || !strcmp(dot, ".txt"))) {
        c->is_bad = memchr(bytes, '\0', len) != NULL;
    }
    return !c->is_bad;
}

/* 1 if the sample has the file that the row names, with that hash, and no holes. 0 if not, or a
 * negative errno. */
static int is_intact(
    const struct store_tar *t, const struct store_tar_row *p, const struct manifest_file *file)
{
    struct check c = {.name = strchr(file->path, '/') + 1, .file = file};
    int err = tarfile_read(tarfile_fd(store_tar_file_of(t, p)), p->offset,
        (int64_t)p->blocks * STORE_TAR_BLOCK, check_member, &c);
    if (err)
        return err == -EBADMSG ? 0 : err;
    return c.is_there && !c.is_bad;
}

int store_tar_resume_has(struct samples *samples, const struct manifest_file *file, bool hash)
{
    const struct store_tar *t = (struct store_tar *)samples;
    int64_t pos = store_tar_sample_pos_of_path(samples->output, samples->shard, file->path);
    if (pos < 0 || t->by_pos[pos].state == ROW_OPEN)
        return false;
    /* Only complete samples were noted, so the size need not be checked. */
    return !hash || is_intact(t, &t->by_pos[pos], file);
}

/* Keeps the samples at the beginning of the part that are in row order and without a gap, as an
 * uninterrupted run would have written them. Moves `next` past them and returns where they end. */
static int64_t keep_beginning(struct store_tar *t, uint32_t n)
{
    int64_t end = 0;
    for (; t->next < n; t->next++) {
        struct store_tar_row *p = &t->by_pos[t->next];
        bool stays = p->state == ROW_IN_PART && p->offset == end;
        if (p->state != ROW_CLOSED && !stays)
            break;
        if (stays)
            end += (int64_t)p->blocks * STORE_TAR_BLOCK;
        p->state = ROW_CLOSED;
    }
    return end;
}

/* Where the sample of a row is, even if the row is to be done again. */
static enum store_tar_state where(const struct store_tar_row *p)
{
    return p->state == ROW_OPEN ? p->was : p->state;
}

/* Moves samples from the part to the spool that are early now, because rows before them are to be
 * done. */
static int move_to_spool(struct store_tar *t, uint32_t n)
{
    int err = 0;
    bool moved = false;
    for (uint32_t pos = t->next; pos < n && !err; pos++) {
        struct store_tar_row *p = &t->by_pos[pos];
        if (where(p) != ROW_IN_PART)
            continue;
        err = store_tar_need_spool(t);
        if (err)
            break;
        int64_t offset = tarfile_size(t->spool);
        err = tarfile_copy(
            t->spool, tarfile_fd(t->part), p->offset, (int64_t)p->blocks * STORE_TAR_BLOCK);
        p->offset = offset;
        *(p->state == ROW_OPEN ? &p->was : &p->state) = ROW_IN_SPOOL;
        moved = true;
    }
    if (!err && moved)
        err = tarfile_flush(t->spool);
    return !err && moved && fdatasync(tarfile_fd(t->spool)) ? -errno : err;
}

static int64_t end_of_spool(const struct store_tar *t, uint32_t n)
{
    int64_t end = 0;
    for (uint32_t pos = 0; pos < n; pos++) {
        const struct store_tar_row *p = &t->by_pos[pos];
        int64_t after = p->offset + (int64_t)p->blocks * STORE_TAR_BLOCK;
        if (where(p) == ROW_IN_SPOOL && after > end)
            end = after;
    }
    return end;
}

/* False: the row has no sample, or shares that of another row. */
static bool has_sample(const struct store_tar *t, const struct resume *resume, uint32_t pos)
{
    return resume_keeps(resume, pos) && store_tar_sample_pos_of_path(t->base.output, t->base.shard,
                                            resume->at[pos].files) == pos;
}

/* Marks a row as not done; is_kept: it may still keep its old sample. */
static void open_row(struct store_tar_row *p, bool is_kept)
{
    p->was = is_kept ? p->state : ROW_OPEN;
    p->state = ROW_OPEN;
}

int store_tar_resume_settle(struct samples *samples, const struct resume *resume)
{
    struct store_tar *t = (struct store_tar *)samples;
    uint32_t n = resume->capacity > t->seen ? resume->capacity : t->seen;
    for (uint32_t pos = 0; pos < n; pos++)
        if (!resume_is_done(resume, pos))
            open_row(&t->by_pos[pos], has_sample(t, resume, pos));
        else if (!has_sample(t, resume, pos))
            t->by_pos[pos] = (struct store_tar_row){.state = ROW_CLOSED};
    int64_t end = keep_beginning(t, n);
    int err = t->spool ? tarfile_cut(t->spool, end_of_spool(t, n)) : 0;
    if (!err)
        err = move_to_spool(t, n);
    return !err && t->part ? tarfile_cut(t->part, end) : err;
}
