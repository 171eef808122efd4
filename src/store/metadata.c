#include "store/metadata.h"

#include "base/beneath.h"
#include "base/buf.h"
#include "manifest/rowscan.h"
#include "manifest/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FOLDER_SIZE = 128 };

/* One folder of images, and what is to be written there. */
struct folder {
    const struct output *output;
    int image; /* of a row: SAMPLE_ORIGINAL, or the number of a thumbnail */
    char path[FOLDER_SIZE];
    struct buf lines;
    int err;
};

static bool take_row(void *arg, int64_t offset, const char *line, size_t len)
{
    struct folder *f = arg;
    struct sample sample = {.row = line, .len = len, .image = f->image, .folder = f->path};
    (void)offset;
    sample.columns = f->output->conf->columns;
    int err = len ? sample_write(&sample, &f->lines) : -EBADMSG;
    if (!err && !buf_append(&f->lines, "\n", 1))
        err = -ENOMEM;
    f->err = err == SAMPLE_NONE ? 0 : err;
    return !f->err;
}

static int read_manifest(struct folder *f, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, f->output->digits.shard, f->output->layout->manifest, name);
    int fd = beneath_open(f->output->dir, name, O_RDONLY);
    if (fd < 0)
        return fd;
    int err = rowscan_lines(fd, take_row, f);
    close(fd);
    return f->err ? f->err : err;
}

static int write_folder(struct folder *f, uint32_t shard)
{
    char path[FOLDER_SIZE + sizeof METADATA_NAME];
    int err = read_manifest(f, shard);
    snprintf(path, sizeof path, "%s/" METADATA_NAME, f->path);
    if (!err && f->lines.len) {
        struct commit_part part = {f->lines.data, f->lines.len};
        err = commit_file(f->output->way, f->output->dir, path, &part, 1, false);
    } else if (!err) {
        err = beneath_remove(f->output->dir, path);
        err = err == -ENOENT || err == -ENOTDIR ? 0 : err;
    }
    buf_fini(&f->lines);
    return err;
}

int metadata_write(const struct output *output, uint32_t shard)
{
    const struct store_conf *conf = output->conf;
    int err = 0;
    for (int image = SAMPLE_ORIGINAL; image < (int)conf->n_specs && !err; image++) {
        struct folder f = {.output = output, .image = image};
        if (image == SAMPLE_ORIGINAL)
            snprintf(f.path, sizeof f.path, SHARDFILES_OF_IMAGES, (int)output->digits.shard, shard);
        else
            snprintf(f.path, sizeof f.path, SHARDFILES_OF_THUMBS, conf->spec_names[image],
                (int)output->digits.shard, shard);
        err = write_folder(&f, shard);
    }
    return err;
}
