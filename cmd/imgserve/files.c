#include "cmd/imgserve/files.h"

#include "base/descriptor.h"
#include "base/hash.h"
#include "base/mem.h"
#include "cmd/imgserve/request.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
    struct file file; /* first: a struct file is its entry */
    unsigned refs;    /* one of them the cache's */
    char *path;
    uint8_t *bytes;
    struct stat status;
    UT_hash_handle hh;
};

struct files {
    int dir;
    struct entry *cache;
    uint64_t cached; /* bytes */
};

static void unref(struct entry *e)
{
    if (--e->refs)
        return;
    if (e->file.fd >= 0)
        close(e->file.fd);
    free(e->bytes);
    free(e->path);
    free(e);
}

static void forget_file(struct files *f, struct entry *e)
{
    HASH_DEL(f->cache, e);
    f->cached -= e->file.size;
    unref(e);
}

static void forget_all(struct files *f)
{
    struct entry *e, *next;
    HASH_ITER (hh, f->cache, e, next) {
        forget_file(f, e);
    }
}

struct files *files_new(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct files *f = mem_new(sizeof *f);
    f->dir = fd;
    return f;
}

void files_free(struct files *f)
{
    if (!f)
        return;
    forget_all(f);
    close(f->dir);
    free(f);
}

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"png", "image/png"},
        {"gif", "image/gif"},
        {"webp", "image/webp"},
        {"avif", "image/avif"},
        {"bmp", "image/bmp"},
        {"tif", "image/tiff"},
        {"tiff", "image/tiff"},
        {"ico", "image/x-icon"},
        {"svg", "image/svg+xml"},
        {"html", "text/html"},
        {"txt", "text/plain"},
        {"json", "application/json"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot + 1, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/* The path below the directory, decoded into `out` with a NUL; 0, or a status. */
static int decode_path(struct span path, char *out)
{
    size_t len;
    if (!span_decode(path, out, &len) || memchr(out, '\0', len))
        return 400;
    out[len] = '\0';
    struct span rest = {out, len};
    while (rest.len)
        if (span_is(span_cut(&rest, '/'), ".."))
            return 404;
    return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int status_of_errno(void)
{
    switch (errno) {
    case EACCES:
    case EPERM:
        return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
        return 500;
    default:
        return 404;
    }
}

static void describe(struct entry *e)
{
    const struct stat *s = &e->status;
    e->file.size = (uint64_t)s->st_size;
    e->file.type = type_of(e->path);
    snprintf(e->file.etag, sizeof e->file.etag, "\"%" PRIx64 "-%" PRIx64 "\"", e->file.size,
        (uint64_t)s->st_mtim.tv_sec * 1000000000u + (uint64_t)s->st_mtim.tv_nsec);
    text_date(s->st_mtim.tv_sec, e->file.modified);
}

/* NULL: *status is set. Small files give back their descriptor. */
static struct entry *load_file(int dir, const char *path, int *status)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat s;
    if (fd < 0) {
        *status = status_of_errno();
        return NULL;
    }
    struct entry *e = mem_new(sizeof *e);
    e->refs = 1;
    e->file.fd = fd;
    if (fstat(fd, &s) || !S_ISREG(s.st_mode)) {
        *status = 404;
        unref(e);
        return NULL;
    }
    e->path = mem_dup(path);
    e->status = s;
    describe(e);
    if (e->file.size > FILES_SMALL_MAX)
        return e;
    e->bytes = malloc(e->file.size ? e->file.size : 1);
    if (!e->bytes || descriptor_read_at(fd, e->bytes, e->file.size, 0) != (ssize_t)e->file.size) {
        *status = 500;
        unref(e);
        return NULL;
    }
    e->file.bytes = e->bytes;
    e->file.fd = -1;
    close(fd);
    return e;
}

static void keep_file(struct files *f, struct entry *e)
{
    /* Crude, but it never happens if all files fit together. */
    if (f->cached + e->file.size > FILES_CACHE_MAX)
        forget_all(f);
    HASH_ADD_KEYPTR(hh, f->cache, e->path, strlen(e->path), e);
    f->cached += e->file.size;
    e->refs++;
}

int files_get(struct files *f, struct span path, struct file **ret)
{
    char decoded[REQUEST_TARGET_MAX + 1];
    int status = decode_path(path, decoded);
    if (status)
        return status;
    const char *name = decoded + strspn(decoded, "/");
    if (!*name)
        return 404;

    struct entry *e;
    struct stat now;
    HASH_FIND(hh, f->cache, name, strlen(name), e);
    if (e && (fstatat(f->dir, name, &now, 0) || !is_same(&now, &e->status))) {
        forget_file(f, e);
        e = NULL;
    }
    if (e) {
        e->refs++;
    } else {
        e = load_file(f->dir, name, &status);
        if (!e)
            return status;
        if (e->bytes)
            keep_file(f, e);
    }
    *ret = &e->file;
    return 0;
}

void files_release(struct file *file)
{
    if (file)
        unref((struct entry *)file);
}
