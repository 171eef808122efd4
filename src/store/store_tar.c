#include "store/store_tar.h"

#include "base/beneath.h"
#include "base/mem.h"
#include "store/store_tar_inside.h"
#include "store/store_tar_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAITING_MAX = 4096 };

/* ---- files ---- */

int store_tar_open_file(
    struct store_tar *t, enum shardfiles_kind kind, int flags, struct tarfile **file)
{
    char name[SHARDFILES_NAME_SIZE];
    if (*file)
        return 0;
    if (!tarfile_ready())
        return -ELIBACC;
    shardfiles_name(t->base.shard, t->base.output->digits.shard, kind, name);
    int fd = beneath_open(t->base.output->dir, name, flags);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    *file = tarfile_new(fd, 0);
    return 0;
}

static int need_part(struct store_tar *t)
{
    return store_tar_open_file(t, SHARDFILES_TAR_PART, O_RDWR | O_CREAT, &t->part);
}

int store_tar_need_spool(struct store_tar *t)
{
    return store_tar_open_file(t, SHARDFILES_SPOOL, O_RDWR | O_CREAT, &t->spool);
}

static int remove_file(struct store_tar *t, enum shardfiles_kind kind)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(t->base.shard, t->base.output->digits.shard, kind, name);
    int err = beneath_remove(t->base.output->dir, name);
    return err == -ENOENT ? 0 : err;
}

/* ---- the order ---- */

static size_t size_of(const struct job *j)
{
    size_t size = j->response.body.len + (j->n_thumbs ? j->thumbs[0].size : 0);
    return size > j->memory.bytes ? size : j->memory.bytes;
}

static void wait_for_turn(struct store_tar *t, struct job *j)
{
    t->by_pos[j->pos] = (struct store_tar_row){.job = j, .state = ROW_WAITS};
    TAILQ_INSERT_TAIL(&t->waiting, j, link);
    t->n_waiting++;
    t->waiting_size += size_of(j);
}

static void stop_waiting(struct store_tar *t, struct job *j)
{
    TAILQ_REMOVE(&t->waiting, j, link);
    t->n_waiting--;
    t->waiting_size -= size_of(j);
}

/* Adds the job's sample to a file and notes its offset. */
static int add_sample(
    struct store_tar *t, struct job *j, struct tarfile *to, enum store_tar_state state)
{
    int64_t offset = tarfile_size(to);
    int err = store_tar_sample_add(t->base.output, t->rows, to, j);
    t->by_pos[j->pos] = (struct store_tar_row){.offset = offset, .state = state};
    t->by_pos[j->pos].blocks = (uint32_t)((tarfile_size(to) - offset) / STORE_TAR_BLOCK);
    return err;
}

static int add_in_turn(struct store_tar *t, struct job *j, struct job_queue *ready)
{
    int err = need_part(t);
    if (!err)
        err = add_sample(t, j, t->part, ROW_CLOSED);
    TAILQ_INSERT_TAIL(ready, j, link);
    return err;
}

static int copy_in_turn(struct store_tar *t, struct store_tar_row *p)
{
    struct tarfile *from = p->state == ROW_IN_SPOOL ? t->spool : t->whole;
    int err = need_part(t);
    if (err)
        return err;
    int64_t offset = tarfile_size(t->part);
    err = tarfile_copy(t->part, tarfile_fd(from), p->offset, (int64_t)p->blocks * STORE_TAR_BLOCK);
    p->offset = offset;
    p->state = ROW_CLOSED;
    return err;
}

/* Adds all samples whose turn has come to the part. */
static int advance(struct store_tar *t, struct job_queue *ready)
{
    int err = 0;
    for (; !err && t->next < t->base.output->shard_size; t->next++) {
        struct store_tar_row *p = &t->by_pos[t->next];
        if (p->state == ROW_OPEN)
            break;
        if (p->state == ROW_WAITS) {
            struct job *j = p->job;
            stop_waiting(t, j);
            err = add_in_turn(t, j, ready);
        } else if (p->state != ROW_CLOSED) {
            err = copy_in_turn(t, p);
        }
    }
    return !err && t->part ? tarfile_flush(t->part) : err;
}

static int spool(struct store_tar *t, struct job *j, struct job_queue *ready)
{
    int err = store_tar_need_spool(t);
    if (err)
        return err;
    stop_waiting(t, j);
    TAILQ_INSERT_TAIL(ready, j, link);
    return add_sample(t, j, t->spool, ROW_IN_SPOOL);
}

/* Spools the waiting samples: all of them, or those that have waited through a flush. */
static int spool_waiting(struct store_tar *t, bool all, struct job_queue *ready)
{
    struct job *j, *next;
    int err = 0;
    for (j = TAILQ_FIRST(&t->waiting); j && !err; j = next) {
        struct store_tar_row *p = &t->by_pos[j->pos];
        next = TAILQ_NEXT(j, link);
        if (all || p->has_waited)
            err = spool(t, j, ready);
        else
            p->has_waited = true;
    }
    return !err && t->spool ? tarfile_flush(t->spool) : err;
}

static int tar_put(struct samples *samples, struct job *j, struct job_queue *ready)
{
    struct store_tar *t = (struct store_tar *)samples;
    const struct store_conf *conf = t->base.output->conf;
    if (store_tar_sample_is_kept(t->base.output, j)) {
        store_tar_sample_set_paths(t->base.output, j);
        wait_for_turn(t, j);
    } else {
        t->by_pos[j->pos] = (struct store_tar_row){.state = ROW_CLOSED};
        TAILQ_INSERT_TAIL(ready, j, link);
    }
    if (t->by_pos[t->next].state != ROW_OPEN)
        return advance(t, ready);
    if (t->waiting_size > conf->waiting_max || t->n_waiting > WAITING_MAX)
        return spool_waiting(t, true, ready);
    return 0;
}

static int tar_keep(struct samples *samples, uint32_t pos, struct job_queue *ready)
{
    struct store_tar *t = (struct store_tar *)samples;
    struct store_tar_row *p = &t->by_pos[pos];
    p->state = p->was == ROW_OPEN ? ROW_CLOSED : p->was;
    return pos == t->next ? advance(t, ready) : 0;
}

static int tar_flush(struct samples *samples, bool all, struct job_queue *ready)
{
    return spool_waiting((struct store_tar *)samples, all, ready);
}

/* Gives the finished tar its name, and removes the file that it was not made of. */
static int finish_tar(struct store_tar *t, struct tarfile *tar, enum shardfiles_kind kind)
{
    char name[SHARDFILES_NAME_SIZE], whole[SHARDFILES_NAME_SIZE];
    int err = tarfile_end(tar);
    if (!err)
        err = tarfile_flush(tar);
    if (!err && fsync(tarfile_fd(tar)))
        err = -errno;
    shardfiles_name(t->base.shard, t->base.output->digits.shard, kind, name);
    shardfiles_name(t->base.shard, t->base.output->digits.shard, SHARDFILES_TAR, whole);
    if (!err)
        err = beneath_rename(t->base.output->dir, name, whole, false);
    bool is_part = kind == SHARDFILES_TAR_PART;
    return err ? err : remove_file(t, is_part ? SHARDFILES_SPOOL : SHARDFILES_TAR_PART);
}

static int tar_close(struct samples *samples)
{
    struct store_tar *t = (struct store_tar *)samples;
    int err = advance(t, NULL); /* samples that earlier runs spooled */
    if (!err)
        err = need_part(t);
    if (!err && t->has_dropped) {
        err = store_tar_write_rest(t);
        return err ? err : finish_tar(t, t->spool, SHARDFILES_SPOOL);
    }
    return err ? err : finish_tar(t, t->part, SHARDFILES_TAR_PART);
}

void store_tar_free(struct samples *samples, struct job_queue *back)
{
    struct store_tar *t = (struct store_tar *)samples;
    if (back)
        TAILQ_CONCAT(back, &t->waiting, link);
    tarfile_free(t->part);
    tarfile_free(t->spool);
    tarfile_free(t->whole);
    row_writer_free(t->rows);
    free(t->by_pos);
    free(t);
}

const struct layout store_tar = {
    .name = "webdataset",
    .template = "{key}",
    .manifest = SHARDFILES_ROOT_MANIFEST,
    .open = store_tar_resume_open,
    .has = store_tar_resume_has,
    .settle = store_tar_resume_settle,
    .put = tar_put,
    .copy = store_tar_copy,
    .index = store_tar_copy_index,
    .copy_closed = store_tar_copy_closed,
    .keep = tar_keep,
    .flush = tar_flush,
    .drop = store_tar_drop,
    .name_heir = store_tar_name_heir,
    .pass_on = store_tar_pass_on,
    .close = tar_close,
    .free = store_tar_free,
};
