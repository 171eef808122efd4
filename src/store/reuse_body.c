#include "store/reuse_body.h"

#include "base/beneath.h"
#include "base/descriptor.h"
#include "base/mem.h"
#include "manifest/rowindex.h"
#include "manifest/rowscan.h"
#include "manifest/shardfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHA256_SIZE = 32 };

/* ---- the row ---- */

static int read_row(int dir, const struct reuse_place *p, struct buf *line)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(p->shard, p->shard_digits,
        p->is_root ? SHARDFILES_ROOT_MANIFEST : SHARDFILES_MANIFEST, name);
    int fd = beneath_open(dir, name, O_RDONLY);
    int err = fd < 0 ? fd : rowindex_line(fd, p->offset, line);
    if (fd >= 0)
        close(fd);
    return err;
}

/* ---- the body ---- */

/* Opens the file that has the body, of this size. A descriptor or a negative errno. */
static int open_file(int dir, const char *path, int64_t size, struct stat *ret)
{
    int fd = beneath_open(dir, path, O_RDONLY);
    if (fd < 0)
        return fd;
    int err = fstat(fd, ret) ? -errno : ret->st_size == size ? 0 : -EBADMSG;
    if (!err)
        return fd;
    close(fd);
    return err;
}

/* A tar that is not whole yet has another name. */
static int open_tar(int dir, const struct reuse_place *p)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(p->shard, p->shard_digits, SHARDFILES_TAR, name);
    int fd = beneath_open(dir, name, O_RDONLY);
    if (fd != -ENOENT)
        return fd;
    shardfiles_name(p->shard, p->shard_digits, SHARDFILES_TAR_PART, name);
    return beneath_open(dir, name, O_RDONLY);
}

/* Reads the body; -EBADMSG: it is shorter. ret_as: what the file is like, if it is no tar. */
static int read_body(int dir, const struct reuse_place *p, const char *path, size_t size,
    struct stat *ret_as, struct buf *ret)
{
    int fd = p->tar ? open_tar(dir, p) : open_file(dir, path, (int64_t)size, ret_as);
    if (fd < 0)
        return fd;
    ssize_t n = buf_reserve(ret, size) ? descriptor_read_at(fd, ret->data, size, p->tar) : -ENOMEM;
    close(fd);
    ret->len = n > 0 ? (size_t)n : 0;
    return n < 0 ? (int)n : ret->len < size ? -EBADMSG : 0;
}

static bool has_hash(const struct buf *body, const EVP_MD *md, const uint8_t *hash)
{
    uint8_t is[EVP_MAX_MD_SIZE];
    unsigned len;
    return EVP_Digest(body->data, body->len, is, &len, md, NULL) && !memcmp(is, hash, len);
}

static bool is_expected(const struct buf *body, const struct job_columns *c)
{
    const EVP_MD *const algorithms[] = {EVP_md5(), EVP_sha1(), EVP_sha256(), EVP_sha512()};
    for (size_t i = 0; c && c->hash_len && i < sizeof algorithms / sizeof *algorithms; i++)
        if (EVP_MD_get_size(algorithms[i]) == c->hash_len)
            return has_hash(body, algorithms[i], c->hash);
    return !c || !c->hash_len;
}

/* Returns what is wrong with the body, or NULL. */
static const char *check_body(const struct buf *body, const char *sha256, const struct job *j)
{
    uint8_t hash[SHA256_SIZE];
    mem_must(EVP_Digest(body->data, body->len, hash, NULL, EVP_sha256(), NULL));
    if (!manifest_is_hash(hash, sha256))
        return "has another SHA-256 than its row says";
    return is_expected(body, j->columns) ? NULL : "has not the hash that the list expects";
}

/* Returns what is wrong with what the row says, or NULL. */
static const char *check_row(
    const struct reuse_conf *conf, const struct reuse_place *p, const struct rowscan *s)
{
    int64_t size = manifest_number(&s->row, ROW_BYTES);
    uint32_t shard;
    const char *behind = shardfiles_number(s->path, &shard);
    bool is_in_tar = behind && shard == p->shard && !strncmp(behind, ".tar/", 5);
    if (!manifest_path_is_ours(s->path) || (p->tar && !is_in_tar))
        return "is no path of an image";
    if (size <= 0 || !manifest_text(&s->row, ROW_SHA256))
        return "is named by a row without its size and SHA-256";
    return (uint64_t)size > conf->max_size ? "is larger than --max-size" : NULL;
}

/* ---- the job ---- */

static void set_text(char **to, const struct manifest_row *row, enum row_field field)
{
    *to = mem_dup(manifest_text(row, field));
}

/* The row came by a redirect, as if the job had just followed it. */
static void set_final_url(struct job *j, const struct manifest_row *row)
{
    const char *final = manifest_text(row, ROW_FINAL_URL), *why;
    struct url url;
    if (!strcmp(final, j->request.url.text) ||
        url_parse(final, strlen(final), &url, &why) != ERR_OK)
        return;
    j->origin = j->request.url;
    j->request.url = url;
    j->request.is_elsewhere = !url_is_same_site(&j->origin, &url);
    j->hops = 1;
}

static void set_twin(struct job *j, int dir, const char *path, const struct stat *as)
{
    size_t size = strlen(path) + 1;
    j->twin = mem_new(sizeof *j->twin + size);
    j->twin->dir = dir;
    j->twin->as = *as;
    memcpy(j->twin->path, path, size);
}

static void fill_job(struct job *j, const struct manifest_row *row, struct buf *body)
{
    int64_t status = manifest_number(row, ROW_HTTP_STATUS);
    set_final_url(j, row);
    j->response.http_status = status >= 200 && status <= 299 ? (int)status : 0;
    set_text(&j->response.content_type, row, ROW_CONTENT_TYPE);
    set_text(&j->response.etag, row, ROW_ETAG);
    set_text(&j->response.last_modified, row, ROW_LAST_MODIFIED);
    j->response.body = *body;
    j->reused = true;
}

static enum reuse_body take(const struct reuse_conf *conf, const struct reuse_place *p,
    const struct rowscan *s, struct job *j, char *why)
{
    const struct reuse_dir *dir = &conf->dirs->at[p->which];
    struct buf body = {0};
    struct stat as;
    const char *wrong = check_row(conf, p, s);
    if (!wrong) {
        size_t size = (size_t)manifest_number(&s->row, ROW_BYTES);
        budget_set(conf->budget, &j->memory, size);
        int err = read_body(dir->fd, p, s->path, size, &as, &body);
        wrong = err == -EBADMSG ? "has another size than its row says"
                : err           ? beneath_why(err)
                                : check_body(&body, manifest_text(&s->row, ROW_SHA256), j);
    }
    if (!wrong) {
        fill_job(j, &s->row, &body);
        if (!p->tar)
            set_twin(j, dir->fd, s->path, &as);
        return REUSE_BODY_TAKEN;
    }
    snprintf(why, JOB_MESSAGE_SIZE, "%.60s: %s", s->path, wrong);
    buf_fini(&body);
    budget_set(conf->budget, &j->memory, 0);
    return REUSE_BODY_BAD;
}

enum reuse_body reuse_body_take(const struct reuse_conf *conf, const struct reuse_place *p,
    struct buf *line, struct job *j, char *why)
{
    struct rowscan s;
    int err = read_row(conf->dirs->at[p->which].fd, p, line);
    if (err) {
        snprintf(why, JOB_MESSAGE_SIZE, "the manifest of shard %05u: %s", p->shard,
            err == -ENOENT ? "it has changed" : beneath_why(err));
        return REUSE_BODY_BAD;
    }
    if (rowscan_read((const char *)line->data, &s) != ROWSCAN_BODY)
        return REUSE_BODY_OTHER; /* it has changed meanwhile */
    bool is_same = !strcmp(s.url, j->request.url.text);
    enum reuse_body result = is_same ? take(conf, p, &s, j, why) : REUSE_BODY_OTHER;
    rowscan_fini(&s);
    return result;
}

static bool is_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_as(int fd, const struct stat *as)
{
    struct stat now;
    return !fstat(fd, &now) && now.st_dev == as->st_dev && now.st_ino == as->st_ino &&
           now.st_size == as->st_size && is_time(&now.st_mtim, &as->st_mtim) &&
           is_time(&now.st_ctim, &as->st_ctim);
}

int reuse_body_twin(const struct job *j)
{
    int fd = j->twin ? beneath_open(j->twin->dir, j->twin->path, O_RDONLY) : -ENOENT;
    if (fd > 0 && is_as(fd, &j->twin->as))
        return fd;
    if (fd >= 0)
        close(fd);
    return 0;
}
