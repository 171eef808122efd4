#include "store/store_flat.h"

#include "base/beneath.h"
#include "base/beneath_folders.h"
#include "base/hex.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/intents.h"
#include "store/reuse_body.h"
#include "store/name.h"
#include "store/resume.h"
#include "store/shardlock.h"
#include "store/store_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FOLDER_SIZE = 128,
    PATH_SIZE = FOLDER_SIZE + NAME_SIZE,
    /* What else than an error can become of a file: */
    THE_SAME = 1, /* it is there already */
    IN_THE_WAY,   /* somebody else's file has its name */
};

struct flat {
    struct samples samples; /* the first member */
    struct intents intents;
};

static int flat_open(const struct output *output, uint32_t shard, struct samples **ret)
{
    struct flat *f = mem_new(sizeof *f);
    f->samples = (struct samples){output, shard};
    intents_init(&f->intents, output->dir, shard);
    *ret = &f->samples;
    return 0;
}

static bool has_file(const struct output *output, uint32_t shard, enum shardfiles_kind kind)
{
    char name[SHARDFILES_NAME_SIZE];
    struct stat st;
    shardfiles_name(shard, kind, name);
    return !beneath_stat(output->dir, name, &st);
}

/* By who holds the lock. The stats file is there only after the shard has been closed. */
static void remove_notes_if_closed(const struct output *output, uint32_t shard)
{
    if (has_file(output, shard, SHARDFILES_STATS))
        intents_remove(output->dir, shard);
}

static void flat_tidy(const struct output *output, uint32_t shard)
{
    struct shardlock *lock;
    if (!has_file(output, shard, SHARDFILES_FILES) || shardlock_take(output->dir, shard, &lock))
        return; /* there are none, as a rule; or another run is writing the shard */
    remove_notes_if_closed(output, shard);
    shardlock_free(lock, has_file(output, shard, SHARDFILES_STATS));
}

static void flat_free(struct samples *samples, struct job_queue *back)
{
    (void)back; /* no job waits */
    struct flat *f = (struct flat *)samples;
    intents_fini(&f->intents);
    remove_notes_if_closed(samples->output, samples->shard);
    free(f);
}

/* ---- what a killed run left ---- */

struct settling {
    struct flat *flat;
    const struct resume *resume;
    bool removed; /* something */
};

/* Whatever is not a plain file is somebody else's, and will be in the way. */
static int remove_file(int dir, const char *path)
{
    struct stat st;
    int err = beneath_stat(dir, path, &st);
    if (!err && S_ISREG(st.st_mode))
        err = beneath_remove(dir, path);
    return err == -ENOENT || err == -ENOTDIR ? 0 : err;
}

static int remove_unnamed(void *arg, uint32_t pos, const char *path)
{
    struct settling *s = arg;
    char part[PATH_SIZE + sizeof STORE_FLAT_PART + sizeof COMMIT_PART];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (resume_names(s->resume, pos, "", path))
        return 0;
    snprintf(
        part, sizeof part, "%.*s" STORE_FLAT_PART "%s" COMMIT_PART, (int)(name - path), path, name);
    int dir = s->flat->samples.output->dir, err = remove_file(dir, path);
    if (!err)
        err = remove_file(dir, part);
    s->removed = true;
    /* From now on a file of that name may be somebody else's. */
    return err ? err : intents_withdraw(&s->flat->intents, pos, path);
}

static int flat_settle(struct samples *samples, const struct resume *resume)
{
    struct settling s = {.flat = (struct flat *)samples, .resume = resume};
    int err = intents_read(samples->output->dir, samples->shard, remove_unnamed, &s);
    /* No power cut may bring back what has no note any more. */
    if (!err && s.removed && syncfs(samples->output->dir))
        err = -errno;
    return err ? err : intents_sync(&s.flat->intents);
}

/* ---- one file of a row ---- */

struct file {
    const struct job *job;
    const uint8_t *bytes;
    size_t len;
    const uint8_t *sha256;
    char path[PATH_SIZE];
};

static void print_path(const struct output *output, const char *spec, const struct job *j,
    const char *extension, char path[PATH_SIZE])
{
    size_t len = 0;
    if (spec)
        len = (size_t)snprintf(path, FOLDER_SIZE, SHARDFILES_THUMBS "/%s/", spec);
    name_make(output->conf->name, j, output->key_width, extension, path + len);
}

static struct file original_of(const struct output *output, const struct job *j)
{
    struct file f = {.job = j, .bytes = j->response.body.data, .len = j->response.body.len};
    f.sha256 = j->sha256;
    print_path(output, NULL, j, j->image.extension ? j->image.extension : "bin", f.path);
    return f;
}

static struct file thumb_of(const struct output *output, const struct job *j, unsigned i)
{
    const struct job_thumb *t = &j->thumbs[i];
    struct file f = {.job = j, .bytes = t->data, .len = t->size, .sha256 = t->sha256};
    print_path(output, output->conf->spec_names[i], j, output->conf->thumb_extension, f.path);
    return f;
}

/* True if the row had this file before it was done again. */
static bool had(const struct job *j, const char *path)
{
    for (unsigned i = 0; j->before && i < j->before->n_paths; i++)
        if (!strcmp(j->before->paths[i], path))
            return true;
    return false;
}

static int commit_as(
    const struct output *output, const struct file *f, const struct commit_how *how)
{
    struct commit_part part = {f->bytes, f->len};
    const char *slash = strrchr(f->path, '/');
    if (!slash)
        return commit_file_as(output->way, output->dir, f->path, &part, 1, how);
    char folder[PATH_SIZE];
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - f->path), f->path);
    int fd = beneath_folders_open(output->folders, output->dir, folder);
    return fd < 0 ? fd : commit_file_as(output->way, fd, slash + 1, &part, 1, how);
}

static int commit(const struct output *output, const struct file *f, bool is_new)
{
    struct commit_how how = {.is_new = is_new,
        .modified = store_modified(output->conf, f->job),
        .part_prefix = STORE_FLAT_PART};
    how.twin = f->bytes == f->job->response.body.data ? reuse_body_twin(f->job) : 0;
    int err = commit_as(output, f, &how);
    if (how.twin)
        close(how.twin);
    return err;
}

/* What to do about a file that is there already. */
static int look_at_other(const struct output *output, const struct file *f)
{
    char sha256[65];
    struct stat st;
    hex_print(f->sha256, 32, sha256);
    const struct manifest_file wanted = {f->path, (int64_t)f->len, sha256};
    enum manifest_status status = manifest_check(output->dir, &wanted, true);
    if (status == MANIFEST_GOOD)
        return THE_SAME;
    bool is_theirs = errno == ELOOP || errno == EACCES || errno == EPERM;
    if (status == MANIFEST_UNREADABLE && !is_theirs)
        return -errno;
    bool is_file = !beneath_stat(output->dir, f->path, &st) && S_ISREG(st.st_mode);
    return is_file && name_is_shared(output->conf->name) ? commit(output, f, false) : IN_THE_WAY;
}

/* 0: it was written. *ret_path is set if it is there now. */
static int put_file(struct flat *flat, const struct file *f, char **ret_path)
{
    const struct output *output = flat->samples.output;
    bool is_new = !had(f->job, f->path);
    int err = commit(output, f, is_new);
    if (is_new && err == -EEXIST)
        err = look_at_other(output, f);
    if (err == IN_THE_WAY) { /* it may have come after it was announced */
        int failed = intents_withdraw(&flat->intents, f->job->pos, f->path);
        if (!failed)
            failed = intents_sync(&flat->intents);
        return failed ? failed : IN_THE_WAY;
    }
    if (err >= 0)
        *ret_path = mem_dup(f->path);
    return err;
}

/* ---- a row ---- */

/* Notes the file, unless something has its name: that is not ours, or it is named already. */
static int announce_file(struct flat *flat, const struct file *f)
{
    struct stat st;
    int err = beneath_stat(flat->samples.output->dir, f->path, &st);
    if (err == -ENOENT || err == -ENOTDIR)
        err = intents_add(&flat->intents, f->job->pos, f->path);
    return err;
}

static int flat_announce(struct samples *samples, const struct job *j)
{
    struct flat *flat = (struct flat *)samples;
    const struct output *output = samples->output;
    int err = 0;
    if (!j)
        return intents_sync(&flat->intents);
    if (name_is_shared(output->conf->name))
        return 0;
    if (store_files_keeps(output->conf, j)) {
        struct file f = original_of(output, j);
        err = announce_file(flat, &f);
    }
    for (unsigned i = 0; i < j->n_thumbs && !err; i++) {
        struct file f = thumb_of(output, j, i);
        err = announce_file(flat, &f);
    }
    /* The old files of the row: the new one may not name them. */
    for (unsigned i = 0; j->before && i < j->before->n_paths && !err; i++)
        err = intents_add(&flat->intents, j->pos, j->before->paths[i]);
    return err;
}

/* A row is all or nothing: another's file has one of its names, so it keeps none. Its old files are
 * removed with its old row. written: a bit for each of its files. */
static int fail_row(
    const struct output *output, struct job *j, const char *in_the_way, unsigned written)
{
    int err = 0;
    for (unsigned i = 0; i <= j->n_thumbs && !err; i++) {
        const char *path = i ? j->thumbs[i - 1].path : j->path;
        bool is_shared = name_is_shared(output->conf->name);
        if ((written & 1u << i) && !had(j, path) && !is_shared)
            err = remove_file(output->dir, path);
    }
    job_fail(j, ERR_NAME_TAKEN, "not overwritten: %s", in_the_way);
    free(j->path);
    j->path = NULL;
    job_forget_body(j);
    return err;
}

static int flat_put(struct samples *samples, struct job *j, struct job_queue *ready)
{
    struct flat *flat = (struct flat *)samples;
    const struct output *output = samples->output;
    struct file f;
    int err = THE_SAME;
    unsigned written = 0;
    TAILQ_INSERT_TAIL(ready, j, link);
    if (store_files_keeps(output->conf, j)) {
        f = original_of(output, j);
        err = put_file(flat, &f, &j->path);
        written = !err;
    }
    for (unsigned i = 0; i < j->n_thumbs && err >= 0 && err != IN_THE_WAY; i++) {
        f = thumb_of(output, j, i);
        err = put_file(flat, &f, &j->thumbs[i].path);
        written |= (unsigned)!err << (i + 1);
    }
    return err == IN_THE_WAY ? fail_row(output, j, f.path, written) : err < 0 ? err : 0;
}

static int flat_close(struct samples *samples)
{
    (void)samples; /* every file is whole already */
    return 0;
}

const struct layout store_flat = {
    .name = "flat",
    .template = "{basename}",
    .manifest = SHARDFILES_MANIFEST,
    .open = flat_open,
    .has = store_files_has,
    .settle = flat_settle,
    .announce = flat_announce,
    .put = flat_put,
    .close = flat_close,
    .tidy = flat_tidy,
    .free = flat_free,
};
