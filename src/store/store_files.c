#include "store/store_files.h"

#include "base/beneath.h"
#include "base/beneath_folders.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/name.h"
#include "store/orphans.h"
#include "store/reuse_body.h"
#include "store/sidecars.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_SIZE = 128, PATH_SIZE = FOLDER_SIZE + NAME_SIZE };

struct files {
    struct samples samples;    /* the first member */
    struct sidecars *sidecars; /* NULL until needed */
};

static int files_open(const struct output *output, uint32_t shard, struct samples **ret)
{
    struct files *f = mem_new(sizeof *f);
    f->samples = (struct samples){output, shard};
    *ret = &f->samples;
    return 0;
}

int store_files_has(struct samples *samples, const struct manifest_file *file, bool hash)
{
    enum manifest_status status = manifest_check(samples->output->dir, file, hash);
    return status == MANIFEST_UNREADABLE ? -errno : status == MANIFEST_GOOD;
}

static int files_settle(struct samples *samples, const struct resume *resume)
{
    const struct output *output = samples->output;
    return orphans_remove(output, samples->shard, resume);
}

static void files_free(struct samples *samples, struct job_queue *back)
{
    (void)back; /* no job waits */
    sidecars_free(((struct files *)samples)->sidecars);
    free(samples);
}

/* `folder`/NAME.extension, relative to the output directory. */
static void print_path(const struct output *output, const char *folder, const struct job *j,
    const char *extension, char path[PATH_SIZE])
{
    char name[NAME_SIZE];
    name_make(output->conf->name, j, output->digits, extension, name);
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
}

int store_files_commit(const struct output *output, const char *path,
    const struct commit_part *part, const struct commit_how *how)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (!slash)
        return commit_file_as(output->way, output->dir, path, part, 1, how);
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    int fd = beneath_folders_open(output->folders, output->dir, folder);
    return fd < 0 ? fd : commit_file_as(output->way, fd, slash + 1, part, 1, how);
}

static int put_at(const struct output *output, const struct job *j, const char *path,
    const void *bytes, size_t len)
{
    struct commit_how how = {.modified = store_modified(output->conf, j)};
    how.twin = bytes == j->response.body.data ? reuse_body_twin(j) : 0;
    struct commit_part part = {bytes, len};
    int err = store_files_commit(output, path, &part, &how);
    if (how.twin)
        close(how.twin);
    return err;
}

/* Writes `folder`/NAME.extension; *ret_path is relative to the output directory. */
static int put_file(const struct output *output, const char *folder, const struct job *j,
    const char *extension, const void *bytes, size_t len, char **ret_path)
{
    char path[PATH_SIZE];
    print_path(output, folder, j, extension, path);
    int err = put_at(output, j, path, bytes, len);
    if (!err)
        *ret_path = mem_dup(path);
    return err;
}

static int put_sidecar(void *arg, const struct job *j, const struct sidecars_file *file)
{
    char path[SIDECARS_PATH_SIZE];
    snprintf(path, sizeof path, "%s", file->path);
    return put_at(arg, j, path, file->bytes, file->len);
}

static int put_sidecars(struct files *f, struct job *j)
{
    if (!f->sidecars)
        f->sidecars = sidecars_new(f->samples.output);
    return sidecars_write(f->sidecars, j, put_sidecar, (void *)f->samples.output);
}

bool store_files_keeps(const struct store_conf *conf, const struct job *j)
{
    /* With sidecars the images of a folder are samples, so bodies of failed rows are not kept. */
    if (conf->sidecars && j->err != ERR_OK)
        return false;
    bool is_refused = j->err == ERR_NOT_AN_IMAGE || j->err == ERR_UNWANTED_FORMAT;
    return conf->originals && j->response.body.len > 0 && !is_refused &&
           (j->err == ERR_OK || err_is_resize(j->err));
}

static int files_put(struct samples *samples, struct job *j, struct job_queue *ready)
{
    const struct output *output = samples->output;
    const struct store_conf *conf = output->conf;
    char folder[FOLDER_SIZE];
    int err = 0;
    TAILQ_INSERT_TAIL(ready, j, link);
    if (store_files_keeps(conf, j)) {
        snprintf(
            folder, sizeof folder, SHARDFILES_OF_IMAGES, (int)output->digits.shard, samples->shard);
        const char *extension = j->image.extension ? j->image.extension : "bin";
        err = put_file(
            output, folder, j, extension, j->response.body.data, j->response.body.len, &j->path);
    }
    for (unsigned i = 0; i < j->n_thumbs && !err; i++) {
        struct job_thumb *t = &j->thumbs[i];
        snprintf(folder, sizeof folder, SHARDFILES_OF_THUMBS, conf->spec_names[i],
            (int)output->digits.shard, samples->shard);
        err = put_file(output, folder, j, conf->thumb_extension, t->data, t->size, &t->path);
    }
    if (!err && conf->sidecars)
        err = put_sidecars((struct files *)samples, j);
    return err;
}

/* ---- files that rows share ---- */

const char *store_files_extension(const struct manifest_row *row)
{
    const char *path = manifest_text(row, ROW_PATH), *dot = path ? strrchr(path, '.') : NULL;
    return dot && !strchr(dot, '/') ? dot + 1 : "bin";
}

static void files_name_heir(
    struct samples *samples, const struct manifest_row *row, struct job *heir)
{
    const struct output *output = samples->output;
    const struct store_conf *conf = output->conf;
    char folder[FOLDER_SIZE], path[PATH_SIZE];
    if (manifest_text(row, ROW_PATH)) {
        snprintf(
            folder, sizeof folder, SHARDFILES_OF_IMAGES, (int)output->digits.shard, samples->shard);
        print_path(output, folder, heir, store_files_extension(row), path);
        heir->path = mem_dup(path);
    }
    for (unsigned i = 0; i < heir->n_thumbs; i++) {
        snprintf(folder, sizeof folder, SHARDFILES_OF_THUMBS, conf->spec_names[i],
            (int)output->digits.shard, samples->shard);
        print_path(output, folder, heir, conf->thumb_extension, path);
        heir->thumbs[i].path = mem_dup(path);
    }
}

static int copy_file(
    const struct output *output, const char *from, const char *to, const struct commit_how *how)
{
    struct commit_how copy = *how;
    struct buf bytes = {0};
    int err = manifest_read_file(output->dir, from, &bytes);
    if (err)
        return err;
    int fd = beneath_open(output->dir, from, O_RDONLY);
    copy.twin = fd > 0 ? fd : 0;
    struct commit_part part = {bytes.data, bytes.len};
    err = store_files_commit(output, to, &part, &copy);
    if (fd >= 0)
        close(fd);
    buf_fini(&bytes);
    return err;
}

int store_files_pass_on(const struct output *output, const struct manifest_row *row,
    const struct job *heir, const struct commit_how *how)
{
    unsigned n = 0;
    int err = heir->path ? copy_file(output, row->files[n++].path, heir->path, how) : 0;
    for (unsigned i = 0; i < heir->n_thumbs && !err; i++)
        err = copy_file(output, row->files[n++].path, heir->thumbs[i].path, how);
    return err;
}

static int files_pass_on(struct samples *samples, const struct manifest_row *row,
    const struct job *heir, const char *line)
{
    (void)line;
    struct commit_how how = {.modified = store_modified(samples->output->conf, heir)};
    return store_files_pass_on(samples->output, row, heir, &how);
}

static int files_close(struct samples *samples)
{
    (void)samples; /* every file is whole already */
    return 0;
}

const struct layout store_files = {
    .name = "files",
    .template = "{key}",
    .manifest = SHARDFILES_MANIFEST,
    .open = files_open,
    .has = store_files_has,
    .settle = files_settle,
    .put = files_put,
    .name_heir = files_name_heir,
    .pass_on = files_pass_on,
    .close = files_close,
    .free = files_free,
};
