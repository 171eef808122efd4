#include "store/store_flat.h"

#include "base/beneath.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/intents.h"
#include "store/reuse_body.h"
#include "store/name.h"
#include "store/name_text.h"
#include "store/resume.h"
#include "store/shardlock.h"
#include "store/sidecars.h"
#include "store/store_files.h"
#include "store/store_flat_heir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /* What else than an error can become of a file: */
    THE_SAME = 1, /* it is there already */
    IN_THE_WAY,   /* somebody else's file has its name */
};

/* A file that was noted: no other one is removed while its row lasts. */
struct noted {
    UT_hash_handle hh; /* by `path` */
    char path[];
};

struct flat {
    struct samples samples; /* the first member */
    struct intents intents;
    struct noted *noted;       /* where rows share files; else NULL */
    struct sidecars *sidecars; /* NULL until needed */
};

/* ---- notes ---- */

static void remember_note(struct flat *flat, const char *path)
{
    struct noted *n;
    HASH_FIND_STR(flat->noted, path, n);
    if (n || !flat->samples.output->conf->shares)
        return;
    size_t len = strlen(path);
    n = mem_new(sizeof *n + len + 1);
    memcpy(n->path, path, len + 1);
    HASH_ADD_KEYPTR(hh, flat->noted, n->path, len, n);
}

static void forget_note(struct flat *flat, const char *path)
{
    struct noted *n;
    HASH_FIND_STR(flat->noted, path, n);
    if (n)
        HASH_DEL(flat->noted, n);
    free(n);
}

static int note_file(struct flat *flat, uint32_t pos, const char *path)
{
    remember_note(flat, path);
    return intents_add(&flat->intents, pos, path);
}

/* Files that are there already with the row's bytes may be somebody else's. */
static bool flat_may_drop(void *samples, const struct manifest_row *row)
{
    const struct flat *flat = samples;
    if (name_is_shared(flat->samples.output->conf->name))
        return true; /* it has none of its own */
    for (unsigned i = 0; i < row->n_files; i++) {
        struct noted *n;
        HASH_FIND_STR(flat->noted, row->files[i].path, n);
        if (!n)
            return false;
    }
    return true;
}

/* ---- opening ---- */

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
    shardfiles_name(shard, output->digits.shard, kind, name);
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
    struct noted *noted, *next;
    HASH_ITER (hh, f->noted, noted, next)
        forget_note(f, noted->path);
    sidecars_free(f->sidecars);
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
    char part[SIDECARS_PATH_SIZE + sizeof STORE_FLAT_PART + sizeof COMMIT_PART];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (resume_names(s->resume, pos, "", path)) {
        remember_note(s->flat, path);
        return 0;
    }
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
    char path[SIDECARS_PATH_SIZE];
};

static struct file original_of(const struct output *output, const struct job *j)
{
    struct file f = {.job = j, .bytes = j->response.body.data, .len = j->response.body.len};
    f.sha256 = j->sha256;
    store_flat_path(output, NULL, j, j->image.extension ? j->image.extension : "bin", f.path);
    return f;
}

static struct file thumb_of(const struct output *output, const struct job *j, unsigned i)
{
    const struct job_thumb *t = &j->thumbs[i];
    struct file f = {.job = j, .bytes = t->data, .len = t->size, .sha256 = t->sha256};
    store_flat_path(output, output->conf->spec_names[i], j, output->conf->thumb_extension, f.path);
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

static int commit(const struct output *output, const struct file *f, bool is_new)
{
    struct commit_how how = {.is_new = is_new,
        .modified = store_modified(output->conf, f->job),
        .part_prefix = STORE_FLAT_PART};
    how.twin = f->bytes == f->job->response.body.data ? reuse_body_twin(f->job) : 0;
    struct commit_part part = {f->bytes, f->len};
    int err = store_files_commit(output, f->path, &part, &how);
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
    if (!manifest_path_is_ours(f->path)) /* a sidecar can be called as a file of a shard */
        return IN_THE_WAY;
    int err = commit(output, f, is_new);
    if (is_new && err == -EEXIST) {
        err = look_at_other(output, f);
        forget_note(flat, f->path);
    }
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
static int announce_path(struct flat *flat, const struct job *j, const char *path)
{
    struct stat st;
    int err = beneath_stat(flat->samples.output->dir, path, &st);
    if ((err == -ENOENT || err == -ENOTDIR) && manifest_path_is_ours(path))
        return note_file(flat, j->pos, path);
    return err == -ENOENT ? 0 : err;
}

/* An image and its sidecars. */
static int announce_file(struct flat *flat, const struct file *f)
{
    static const enum sidecars_kind kinds[] = {SIDECARS_JSON, SIDECARS_TXT};
    char path[SIDECARS_PATH_SIZE];
    int err = announce_path(flat, f->job, f->path);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !err; i++)
        if (sidecars_has(flat->samples.output->conf, f->job, kinds[i])) {
            sidecars_path(f->path, kinds[i], path);
            err = announce_path(flat, f->job, path);
        }
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
        err = note_file(flat, j->pos, j->before->paths[i]);
    return err;
}

/* What a row is being given. */
struct putting {
    struct flat *flat;
    char *written[1 + JOB_MAX_THUMBS + JOB_MAX_SIDECARS]; /* the paths of what was written for it */
    unsigned n;
    char in_the_way[SIDECARS_PATH_SIZE]; /* of the file that could not be */
};

static int put_of_row(struct putting *p, const struct file *f, char **ret_path)
{
    int err = put_file(p->flat, f, ret_path);
    if (!err)
        p->written[p->n++] = mem_dup(f->path);
    if (err == IN_THE_WAY)
        snprintf(p->in_the_way, sizeof p->in_the_way, "%s", f->path);
    return err == THE_SAME ? 0 : err;
}

static int put_sidecar(void *arg, const struct job *j, const struct sidecars_file *file)
{
    struct file f = {.job = j, .bytes = file->bytes, .len = file->len, .sha256 = file->sha256};
    char *path = NULL;
    snprintf(f.path, sizeof f.path, "%s", file->path);
    int err = put_of_row(arg, &f, &path);
    free(path);
    return err;
}

static int put_sidecars(struct putting *p, struct job *j)
{
    if (!p->flat->sidecars)
        p->flat->sidecars = sidecars_new(p->flat->samples.output);
    return sidecars_write(p->flat->sidecars, j, put_sidecar, p);
}

/* A row is all or nothing: another's file has one of its names, so it keeps none. Its old files are
 * removed with its old row. */
static int fail_row(const struct output *output, struct job *j, const struct putting *p)
{
    int err = 0;
    for (unsigned i = 0; i < p->n && !err; i++)
        if (!had(j, p->written[i]) && !name_is_shared(output->conf->name))
            err = remove_file(output->dir, p->written[i]);
    job_fail(j, ERR_NAME_TAKEN, "not overwritten: %s", p->in_the_way);
    free(j->path);
    j->path = NULL;
    job_forget_body(j);
    return err;
}

static int flat_put(struct samples *samples, struct job *j, struct job_queue *ready)
{
    struct flat *flat = (struct flat *)samples;
    const struct output *output = samples->output;
    struct putting p = {.flat = flat};
    struct file f;
    int err = 0;
    TAILQ_INSERT_TAIL(ready, j, link);
    if (store_files_keeps(output->conf, j)) {
        f = original_of(output, j);
        err = put_of_row(&p, &f, &j->path);
    }
    for (unsigned i = 0; i < j->n_thumbs && !err; i++) {
        f = thumb_of(output, j, i);
        err = put_of_row(&p, &f, &j->thumbs[i].path);
    }
    if (!err && output->conf->sidecars)
        err = put_sidecars(&p, j);
    if (err == IN_THE_WAY)
        err = fail_row(output, j, &p);
    for (unsigned i = 0; i < p.n; i++)
        free(p.written[i]);
    return err;
}

/* ---- files that rows share ---- */

static int flat_pass_on(struct samples *samples, const struct manifest_row *row,
    const struct job *heir, const char *line)
{
    struct flat *flat = (struct flat *)samples;
    const struct output *output = samples->output;
    struct commit_how how = {.is_new = true,
        .modified = store_modified(output->conf, heir),
        .part_prefix = STORE_FLAT_PART};
    (void)line;
    int err = heir->path ? note_file(flat, heir->pos, heir->path) : 0;
    for (unsigned i = 0; i < heir->n_thumbs && !err; i++)
        err = note_file(flat, heir->pos, heir->thumbs[i].path);
    if (!err)
        err = intents_sync(&flat->intents);
    return err ? err : store_files_pass_on(output, row, heir, &how);
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
    .may_drop = flat_may_drop,
    .name_heir = store_flat_name_heir,
    .pass_on = flat_pass_on,
    .close = flat_close,
    .tidy = flat_tidy,
    .free = flat_free,
};
