#include "store/fresh.h"

#include "base/buf.h"
#include "base/descriptor.h"
#include "base/mem.h"
#include "manifest/manifest.h"
#include "manifest/row.h"
#include "manifest/shardfiles.h"
#include "store/commit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_DIGITS_MIN = 9 };

struct fresh {
    int dir;
    char *what;
};

static int remove_file(struct fresh *f, const char *path)
{
    if (!unlinkat(f->dir, path, 0) || errno == ENOENT || errno == ENOTDIR)
        return 0;
    int err = -errno;
    snprintf(f->what, FRESH_NAME_SIZE, "%s", path);
    return err;
}

/* Calls `entry` for the names in dir/path that do not begin with a dot, until it fails. A missing
 * folder has none, nor has a symbolic link, which is not ours. */
static int walk(struct fresh *f, const char *path,
    int (*entry)(struct fresh *, const char *path, const char *name))
{
    DIR *folder = descriptor_opendirat(f->dir, path, O_NOFOLLOW);
    if (!folder) {
        int err = errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
        snprintf(f->what, FRESH_NAME_SIZE, "%s", path);
        return err;
    }
    int err = 0;
    for (struct dirent *e; !err && (e = readdir(folder));)
        if (e->d_name[0] != '.')
            err = entry(f, path, e->d_name);
    closedir(folder);
    return err;
}

/* Removes a file in a folder of the shard that no row names, if it is named like one of ours: a
 * run was killed before it wrote the row. */
static int remove_unnamed(struct fresh *f, const char *path, const char *name)
{
    char file[FRESH_NAME_SIZE];
    const char *shard = strrchr(path, '/') + 1;
    size_t digits = strspn(name, "0123456789");
    if (strncmp(name, shard, strlen(shard)) != 0 || digits < KEY_DIGITS_MIN || name[digits] != '.')
        return 0;
    snprintf(file, sizeof file, "%s/%s", path, name);
    return remove_file(f, file);
}

static int remove_folder(struct fresh *f, const char *above, const char *name)
{
    char folder[FRESH_NAME_SIZE];
    uint32_t shard;
    const char *end = shardfiles_number(name, &shard);
    if (!end || *end)
        return 0;
    snprintf(folder, sizeof folder, "%s/%s", above, name);
    int err = walk(f, folder, remove_unnamed);
    unlinkat(f->dir, folder, AT_REMOVEDIR); /* fails if it is not empty */
    return err;
}

static int remove_spec(struct fresh *f, const char *thumbs, const char *spec)
{
    char folder[FRESH_NAME_SIZE];
    snprintf(folder, sizeof folder, "%s/%s", thumbs, spec);
    int err = walk(f, folder, remove_folder);
    unlinkat(f->dir, folder, AT_REMOVEDIR);
    return err;
}

/* Removes the folders that --name made for this path, as far as they are empty. */
static void remove_folders_of(struct fresh *f, const char *path)
{
    char *folder = mem_dup(path);
    do
        *strrchr(folder, '/') = '\0';
    while (!unlinkat(f->dir, folder, AT_REMOVEDIR) && strchr(folder, '/'));
    free(folder);
}

static int remove_files_of(struct fresh *f, const struct manifest_row *row)
{
    int err = 0;
    for (unsigned i = 0; i < row->n_files && !err; i++) {
        err = remove_file(f, row->files[i].path);
        remove_folders_of(f, row->files[i].path);
    }
    return err;
}

static int remove_named(struct fresh *f, const char *manifest)
{
    struct buf text = {0};
    int err = manifest_read_file(f->dir, manifest, &text);
    char *line = (char *)text.data, *end = line + text.len, *newline;
    if (err)
        snprintf(f->what, FRESH_NAME_SIZE, "%s", manifest);
    for (; !err && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        struct manifest_row row;
        *newline = '\0';
        if (!manifest_row_parse(line, &row))
            continue;
        err = remove_files_of(f, &row);
        manifest_row_fini(&row);
    }
    buf_fini(&text);
    return err;
}

/* True if it begins with a row of that shard, or is empty and the shard has a lock file. */
static bool is_our_manifest(struct fresh *f, const char *path, const struct shardfiles *s)
{
    char begin[32], expected[32];
    int fd = openat(f->dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, begin, sizeof begin);
    int len = snprintf(expected, sizeof expected, ROW_BEGIN "%05u", s->number);
    if (fd >= 0)
        close(fd);
    return n ? n >= len && !memcmp(begin, expected, (size_t)len) : s->kinds & SHARDFILES_LOCK;
}

/* Removes the shard's files of these kinds, a set of enum shardfiles_kind. */
static int remove_kinds(struct fresh *f, uint32_t shard, unsigned kinds)
{
    char name[SHARDFILES_NAME_SIZE];
    int err = 0;
    for (unsigned kind = 1; kind <= kinds && !err; kind <<= 1)
        if (kinds & kind) {
            shardfiles_name(shard, kind, name);
            err = remove_file(f, name);
        }
    return err;
}

/* Removes a manifest and its .part. In the webdataset layout the manifest is in the root, and the
 * tar, its .part and the spool go with it. */
static int remove_manifest(
    struct fresh *f, const struct shardfiles *s, enum shardfiles_kind kind, const char *part)
{
    char name[SHARDFILES_NAME_SIZE], path[FRESH_NAME_SIZE];
    unsigned beside = SHARDFILES_STATS;
    if (kind == SHARDFILES_ROOT_MANIFEST)
        beside |= SHARDFILES_TAR | SHARDFILES_TAR_PART | SHARDFILES_SPOOL;
    shardfiles_name(s->number, kind, name);
    snprintf(path, sizeof path, "%s%s", name, part);
    if (!is_our_manifest(f, path, s))
        return 0;
    int err = remove_kinds(f, s->number, beside);
    if (!err && kind == SHARDFILES_MANIFEST)
        err = remove_named(f, path);
    return err ? err : remove_file(f, path);
}

static int remove_shards(struct fresh *f)
{
    static const enum shardfiles_kind manifests[] = {SHARDFILES_MANIFEST, SHARDFILES_ROOT_MANIFEST};
    struct shardfiles *shards = NULL;
    size_t n = 0;
    const char *where;
    int err = shardfiles_find(f->dir, NULL, NULL, &shards, &n, &where);
    if (err)
        snprintf(f->what, FRESH_NAME_SIZE, "%s", where);
    for (size_t i = 0; i < 2 * n && !err; i++) {
        const struct shardfiles *s = &shards[i / 2];
        enum shardfiles_kind kind = manifests[i % 2];
        if (s->kinds & kind)
            err = remove_manifest(f, s, kind, COMMIT_PART);
        if (s->kinds & kind && !err)
            err = remove_manifest(f, s, kind, "");
    }
    free(shards);
    return err;
}

static int remove_note(struct fresh *f, const char *folder, const char *name)
{
    char path[FRESH_NAME_SIZE];
    if (!strcmp(name, "lock")) /* we hold a lock on it */
        return 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return remove_file(f, path);
}

int fresh_remove(int dir, char *what)
{
    struct fresh f = {dir, what};
    static const char *const folders[] = {
        SHARDFILES_IMAGES, SHARDFILES_THUMBS, SHARDFILES_MANIFESTS};
    int err = remove_shards(&f);
    if (!err)
        err = walk(&f, SHARDFILES_IMAGES, remove_folder);
    if (!err)
        err = walk(&f, SHARDFILES_THUMBS, remove_spec);
    if (!err)
        err = walk(&f, SHARDFILES_OWN, remove_note);
    for (int i = 0; i < 3 && !err; i++)
        unlinkat(dir, folders[i], AT_REMOVEDIR);
    return err;
}
