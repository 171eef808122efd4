#include "store/store_files.h"

#include "base/beneath_folders.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/name.h"
#include "store/orphans.h"
#include "store/reuse_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_SIZE = 128, PATH_SIZE = FOLDER_SIZE + NAME_SIZE };

static int files_open(const struct output *output, uint32_t shard, struct samples **ret)
{
    struct samples *s = mem_new(sizeof *s);
    *s = (struct samples){output, shard};
    *ret = s;
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
    free(samples);
}

/* Writes `folder`/NAME.extension; *ret_path is relative to the output directory. */
static int put_file(const struct output *output, const char *folder, const struct job *j,
    const char *extension, const void *bytes, size_t len, char **ret_path)
{
    char name[NAME_SIZE], path[PATH_SIZE];
    name_make(output->conf->name, j, output->key_width, extension, name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    int fd = beneath_folders_open(output->folders, output->dir, path);
    *slash = '/';
    if (fd < 0)
        return fd;
    struct commit_how how = {.modified = store_modified(output->conf, j)};
    how.twin = bytes == j->response.body.data ? reuse_body_twin(j) : 0;
    struct commit_part part = {bytes, len};
    int err = commit_file_as(output->way, fd, slash + 1, &part, 1, &how);
    if (how.twin)
        close(how.twin);
    if (!err)
        *ret_path = mem_dup(path);
    return err;
}

bool store_files_keeps(const struct store_conf *conf, const struct job *j)
{
    return conf->originals && j->response.body.len > 0 && j->err != ERR_NOT_AN_IMAGE &&
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
        snprintf(folder, sizeof folder, SHARDFILES_OF_IMAGES, samples->shard);
        const char *extension = j->image.extension ? j->image.extension : "bin";
        err = put_file(
            output, folder, j, extension, j->response.body.data, j->response.body.len, &j->path);
    }
    for (unsigned i = 0; i < j->n_thumbs && !err; i++) {
        struct job_thumb *t = &j->thumbs[i];
        snprintf(folder, sizeof folder, SHARDFILES_OF_THUMBS, conf->spec_names[i], samples->shard);
        err = put_file(output, folder, j, conf->thumb_extension, t->data, t->size, &t->path);
    }
    return err;
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
    .close = files_close,
    .free = files_free,
};
