#include "store/store_files.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "store/name.h"
#include "store/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_MODE = 0777, FOLDER_SIZE = 128, PATH_SIZE = FOLDER_SIZE + NAME_SIZE };

struct files {
    struct samples base;
    int images;                 /* a folder, -1 until needed */
    int thumbs[JOB_MAX_THUMBS]; /* folders, likewise */
};

static int files_open(const struct output *output, uint32_t shard, struct samples **ret)
{
    struct files *f = mem_new(sizeof *f);
    f->base = (struct samples){output, shard};
    f->images = -1;
    for (unsigned i = 0; i < JOB_MAX_THUMBS; i++)
        f->thumbs[i] = -1;
    *ret = &f->base;
    return 0;
}

static bool files_has(struct samples *samples, const struct manifest_file *file, bool hash)
{
    return manifest_check(samples->output->dir, file, hash) == MANIFEST_GOOD;
}

static int files_settle(struct samples *samples, const struct resume *resume)
{
    const struct output *output = samples->output;
    return orphans_remove(output, samples->shard, resume);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void files_free(struct samples *samples, struct job_queue *back)
{
    struct files *f = (struct files *)samples;
    (void)back; /* no job waits */
    close_fd(f->images);
    for (unsigned i = 0; i < JOB_MAX_THUMBS; i++)
        close_fd(f->thumbs[i]);
    free(f);
}

/* Makes the folders in the path. */
static int make_parents(int dir, const char *path)
{
    char part[PATH_SIZE];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdirat(dir, part, DIR_MODE) && errno != EEXIST)
            return -errno;
    }
    return 0;
}

/* Opens a folder below dir; makes it and its parents if missing. */
static int open_folder(int dir, const char *path, int *fd)
{
    if (*fd >= 0)
        return 0;
    int err = make_parents(dir, path);
    if (err)
        return err;
    if (mkdirat(dir, path, DIR_MODE) && errno != EEXIST)
        return -errno;
    *fd = descriptor_openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return *fd < 0 ? -errno : 0;
}

/* Writes `folder`/NAME.extension; *ret_path is relative to the output directory. */
static int put_file(const struct output *output, const char *folder, int *fd, const struct job *j,
    const char *extension, const void *bytes, size_t len, char **ret_path)
{
    char name[NAME_SIZE], path[PATH_SIZE];
    name_make(output->conf->name, j, output->key_width, extension, name);
    int err = open_folder(output->dir, folder, fd);
    if (!err)
        err = make_parents(*fd, name);
    if (err)
        return err;
    struct commit_part part = {bytes, len};
    err = commit_file(output->way, *fd, name, &part, 1, false);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!err)
        *ret_path = mem_dup(path);
    return err;
}

static bool is_kept(const struct store_conf *conf, const struct job *j)
{
    return conf->originals && j->response.body.len > 0 && j->err != ERR_NOT_AN_IMAGE &&
           (j->err == ERR_OK || err_is_resize(j->err));
}

static int files_put(struct samples *samples, struct job *j, struct job_queue *ready)
{
    struct files *f = (struct files *)samples;
    const struct output *output = f->base.output;
    const struct store_conf *conf = output->conf;
    char folder[FOLDER_SIZE];
    int err = 0;
    TAILQ_INSERT_TAIL(ready, j, link);
    if (is_kept(conf, j)) {
        snprintf(folder, sizeof folder, SHARDFILES_OF_IMAGES, f->base.shard);
        const char *extension = j->image.extension ? j->image.extension : "bin";
        err = put_file(output, folder, &f->images, j, extension, j->response.body.data,
            j->response.body.len, &j->path);
    }
    for (unsigned i = 0; i < j->n_thumbs && !err; i++) {
        struct job_thumb *t = &j->thumbs[i];
        snprintf(folder, sizeof folder, SHARDFILES_OF_THUMBS, conf->spec_names[i], f->base.shard);
        err = put_file(
            output, folder, &f->thumbs[i], j, conf->thumb_extension, t->data, t->size, &t->path);
    }
    return err;
}

static int files_close(struct samples *samples)
{
    (void)samples; /* every file is whole already */
    return 0;
}

const struct layout store_files = {
    .manifest = SHARDFILES_MANIFEST,
    .open = files_open,
    .has = files_has,
    .settle = files_settle,
    .put = files_put,
    .close = files_close,
    .free = files_free,
};
