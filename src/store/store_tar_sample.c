#include "store/store_tar_sample.h"

#include "base/mem.h"
#include "manifest/sample.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { TAR_NAME_SIZE = 64 };

bool store_tar_sample_is_kept(const struct output *output, const struct job *j)
{
    bool thumbs = output->conf->n_specs > 0;
    return j->err == ERR_OK && (thumbs ? j->n_thumbs > 0 : j->response.body.len > 0);
}

static const char *image_extension(const struct store_conf *conf, const struct job *j)
{
    if (conf->n_specs)
        return conf->thumb_extension;
    return j->image.extension ? j->image.extension : "bin";
}

static bool has_captions(const struct store_conf *conf)
{
    return conf->columns && conf->columns->at[COLUMN_CAPTION].name;
}

const char *store_tar_sample_last(const struct output *output)
{
    return has_captions(output->conf) ? "txt" : "json";
}

static void member_name(
    const struct output *output, const struct job *j, const char *extension, char *out)
{
    char key[JOB_KEY_SIZE];
    job_key(j->shard, j->pos, output->digits, key);
    snprintf(out, TAR_NAME_SIZE, "%s.%s", key, extension);
}

static char *path_of(const struct output *output, const struct job *j, const char *extension)
{
    char name[TAR_NAME_SIZE], path[2 * TAR_NAME_SIZE];
    member_name(output, j, extension, name);
    snprintf(path, sizeof path, SHARDFILES_OF_TAR "%s", (int)output->digits.shard, j->shard, name);
    return mem_dup(path);
}

void store_tar_sample_set_paths(const struct output *output, struct job *j)
{
    const struct store_conf *conf = output->conf;
    char *image = path_of(output, j, image_extension(conf, j));
    if (!conf->n_specs) {
        j->path = image;
        return;
    }
    j->thumbs[0].path = image;
    if (conf->originals)
        j->path = path_of(output, j, "orig");
}

int store_tar_sample_add_member(const struct output *output, struct tarfile *to,
    const struct job *j, const char *extension, const void *bytes, size_t len)
{
    char name[TAR_NAME_SIZE];
    int64_t modified = store_modified(output->conf, j);
    member_name(output, j, extension, name);
    return tarfile_add(to, name, bytes, len, modified < 0 ? 0 : modified);
}

static int add_images(const struct output *output, struct tarfile *to, const struct job *j)
{
    const struct store_conf *conf = output->conf;
    const struct buf *body = &j->response.body;
    const char *extension = image_extension(conf, j);
    if (!conf->n_specs)
        return store_tar_sample_add_member(output, to, j, extension, body->data, body->len);
    int err =
        store_tar_sample_add_member(output, to, j, extension, j->thumbs[0].data, j->thumbs[0].size);
    if (!err && conf->originals)
        err = store_tar_sample_add_member(output, to, j, "orig", body->data, body->len);
    return err;
}

int store_tar_sample_add(
    const struct output *output, struct row_writer *rows, struct tarfile *to, const struct job *j)
{
    struct sample sample = {.columns = output->conf->columns};
    struct buf json = {0};
    sample.row = row_write(rows, j, &sample.len);
    sample.image = output->conf->n_specs ? 0 : SAMPLE_ORIGINAL;
    int err = sample_write(&sample, &json);
    if (!err)
        err = add_images(output, to, j);
    if (!err)
        err = store_tar_sample_add_member(output, to, j, "json", json.data, json.len);
    buf_fini(&json);
    if (!err && has_captions(output->conf)) {
        /* An empty caption is written, too: loaders expect the same members in all samples. */
        const char *caption = j->columns && j->columns->caption ? j->columns->caption : "";
        err = store_tar_sample_add_member(output, to, j, "txt", caption, strlen(caption));
    }
    return err;
}

int64_t store_tar_sample_pos(
    const struct output *output, uint32_t shard, const char *name, const char **ret_extension)
{
    const char *dot = strchr(name, '.');
    int64_t pos = dot ? job_key_pos(name, (size_t)(dot - name), shard, output->digits) : -1;
    if (pos < 0 || pos >= output->shard_size)
        return -1;
    *ret_extension = dot + 1;
    return pos;
}

int64_t store_tar_sample_pos_of_path(const struct output *output, uint32_t shard, const char *path)
{
    char folder[TAR_NAME_SIZE];
    const char *extension;
    snprintf(folder, sizeof folder, SHARDFILES_OF_TAR, (int)output->digits.shard, shard);
    size_t len = strlen(folder);
    return strncmp(path, folder, len) ? -1
                                      : store_tar_sample_pos(output, shard, path + len, &extension);
}
