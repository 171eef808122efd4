#include "run/shardfiles.h"

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_MODE = 0777, PATH_SIZE = 128 };

int shardfiles_open(const struct shardfiles_conf *conf, uint32_t shard, const struct past *past,
    struct shardfiles **ret)
{
    char name[PAST_NAME_SIZE];
    past_manifest_name(shard, name);
    int fd = descriptor_openat(conf->dir, name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    struct stat st;
    if (fstat(fd, &st)) {
        int err = -errno;
        close(fd);
        return err;
    }
    struct shardfiles *s = mem_new(sizeof *s);
    s->shard = shard;
    s->manifest = fd;
    s->images = -1;
    for (unsigned i = 0; i < STORE_MAX_SPECS; i++)
        s->thumbs[i] = -1;
    s->tally = past->tally;
    s->rows = past->rows;
    s->expected = UINT32_MAX;
    s->size = st.st_size;
    s->in_order = st.st_size == 0;
    s->started = clock_wall();
    *ret = s;
    return 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void shardfiles_free(struct shardfiles *s)
{
    if (!s)
        return;
    close_fd(s->manifest);
    close_fd(s->images);
    for (unsigned i = 0; i < STORE_MAX_SPECS; i++)
        close_fd(s->thumbs[i]);
    buf_fini(&s->pending);
    free(s);
}

/* Opens a folder below dir, made with its parents if need be. */
static int open_folder(int dir, const char *path, int *fd)
{
    if (*fd >= 0)
        return 0;
    char part[PATH_SIZE];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdirat(dir, part, DIR_MODE) && errno != EEXIST)
            return -errno;
    }
    if (mkdirat(dir, path, DIR_MODE) && errno != EEXIST)
        return -errno;
    *fd = descriptor_openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return *fd < 0 ? -errno : 0;
}

/* Writes `folder`/KEY.extension; *ret_path is its path below the output directory. */
static int put_file(const struct shardfiles_conf *conf, const char *folder, int *fd,
    const struct job *j, const char *extension, const void *bytes, size_t len, char **ret_path)
{
    char key[JOB_KEY_SIZE], path[PATH_SIZE];
    int err = open_folder(conf->dir, folder, fd);
    if (err)
        return err;
    job_key(j->shard, j->pos, conf->key_width, key);
    snprintf(path, sizeof path, "%s/%s.%s", folder, key, extension);
    struct commit_part part = {bytes, len};
    err = commit_file(conf->way, *fd, path + strlen(folder) + 1, &part, 1, false);
    if (!err)
        *ret_path = mem_dup(path);
    return err;
}

static bool is_kept(const struct store_conf *conf, const struct job *j)
{
    return conf->originals && j->response.body.len > 0 && j->err != ERR_NOT_AN_IMAGE &&
           (j->err == ERR_OK || err_is_resize(j->err));
}

int shardfiles_put(struct shardfiles *s, const struct shardfiles_conf *conf, struct job *j)
{
    const struct store_conf *store = conf->store;
    char folder[PATH_SIZE];
    int err = 0;
    if (is_kept(store, j)) {
        snprintf(folder, sizeof folder, "images/%05u", s->shard);
        const char *extension = j->image.extension ? j->image.extension : "bin";
        err = put_file(conf, folder, &s->images, j, extension, j->response.body.data,
            j->response.body.len, &j->path);
    }
    for (unsigned i = 0; i < j->n_thumbs && !err; i++) {
        struct job_thumb *t = &j->thumbs[i];
        snprintf(folder, sizeof folder, "thumbs/%s/%05u", store->spec_names[i], s->shard);
        err = put_file(
            conf, folder, &s->thumbs[i], j, store->thumb_extension, t->data, t->size, &t->path);
    }
    return err;
}

int shardfiles_add_row(struct shardfiles *s, const struct job *j, const char *row, size_t len)
{
    if (!buf_append(&s->pending, row, len))
        return -ENOMEM;
    s->in_order = s->in_order && j->pos == s->rows;
    s->tally.by_code[j->err]++;
    s->rows++;
    return 0;
}

int shardfiles_flush(struct shardfiles *s)
{
    if (!s->pending.len)
        return 0;
    int err = commit_write(s->manifest, s->pending.data, s->pending.len);
    if (!err)
        s->size += (int64_t)s->pending.len;
    else if (ftruncate(s->manifest, s->size)) /* no half row stays */
        err = -errno;
    s->pending.len = 0;
    return err;
}

struct line {
    const char *at;
    size_t len;
};

/* The lines of `text` by their place: the last one of a place counts. */
static void find_lines(
    const struct shardfiles *s, const struct buf *text, unsigned key_width, struct line *lines)
{
    const char *at = (const char *)text->data, *end = at + text->len, *newline;
    for (; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
        int64_t pos = row_pos(at, (size_t)(newline - at), s->shard, key_width);
        if (pos >= 0 && pos < s->expected)
            lines[pos] = (struct line){at, (size_t)(newline + 1 - at)};
    }
}

static int read_manifest(const struct shardfiles *s, struct buf *text)
{
    struct stat st;
    if (fstat(s->manifest, &st))
        return -errno;
    if (!buf_reserve(text, (size_t)st.st_size + 1))
        return -ENOMEM;
    while (text->len < (size_t)st.st_size) {
        ssize_t n = pread(
            s->manifest, text->data + text->len, (size_t)st.st_size - text->len, (off_t)text->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        text->len += (size_t)n;
    }
    return 0;
}

/* Rewrites the manifest in row order, one row a key. */
static int order_manifest(struct shardfiles *s, const struct shardfiles_conf *conf)
{
    struct buf text = {0}, ordered = {0};
    int err = read_manifest(s, &text);
    struct line *lines = mem_array(s->expected, sizeof *lines);
    if (!err && !buf_reserve(&ordered, text.len + 1))
        err = -ENOMEM;
    if (!err) {
        find_lines(s, &text, conf->key_width, lines);
        for (uint32_t i = 0; i < s->expected; i++)
            if (lines[i].len)
                buf_append(&ordered, lines[i].at, lines[i].len);
        char name[PAST_NAME_SIZE];
        past_manifest_name(s->shard, name);
        struct commit_part part = {ordered.data, ordered.len};
        err = commit_file(conf->way, conf->dir, name, &part, 1, true);
    }
    free(lines);
    buf_fini(&text);
    buf_fini(&ordered);
    return err;
}

static int write_stats(const struct shardfiles *s, const struct shardfiles_conf *conf)
{
    struct statsfile stats = {
        .tally = s->tally, .start_time = s->started, .end_time = clock_wall()};
    memcpy(stats.fingerprint, s->fingerprint, sizeof stats.fingerprint);
    char name[PAST_NAME_SIZE];
    past_stats_name(s->shard, name);
    struct buf text = {0};
    int err = -ENOMEM;
    if (statsfile_format(&stats, &text)) {
        struct commit_part part = {text.data, text.len};
        err = commit_file(conf->way, conf->dir, name, &part, 1, true);
    }
    buf_fini(&text);
    return err;
}

int shardfiles_close(struct shardfiles *s, const struct shardfiles_conf *conf)
{
    int err = shardfiles_flush(s);
    if (!err && !s->in_order)
        err = order_manifest(s, conf);
    /* Images, manifest and their names are on disk before the shard says so. */
    if (!err && syncfs(conf->dir))
        err = -errno;
    if (!err)
        err = write_stats(s, conf);
    if (!err && fsync(conf->dir))
        err = -errno;
    return err;
}
