#include "audit/verify_inside.h"

#include "base/descriptor.h"
#include "manifest/shardfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PATH_SIZE = 2048,
    DEPTH_MAX = 16, /* more folders than any name has (store/name.h) */
};

struct walk {
    struct verify_shard *shard;
    unsigned depth;
    /* True for a folder to skip; NULL: none is skipped. */
    bool (*skip)(struct walk *, const char *name);
    bool (*is_shard)(void *arg, uint32_t);
    void *arg;
    char path[PATH_SIZE]; /* of the current entry */
};

static void walk(struct walk *w, int parent, const char *name);

static void look_at(struct walk *w, int folder, const char *name)
{
    struct verify_file *file = NULL;
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
        return; /* it was removed meanwhile */
    if (S_ISDIR(st.st_mode)) {
        if (!w->skip || !w->skip(w, name))
            walk(w, folder, name);
        return;
    }
    HASH_FIND_STR(w->shard->files, w->path, file);
    if (!file)
        verify_fault(w->shard, w->path, "no row names it");
}

static void walk_open(struct walk *w, DIR *folder)
{
    size_t len = strlen(w->path);
    for (struct dirent *e; (e = readdir(folder));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        size_t room = sizeof w->path - len;
        if (snprintf(w->path + len, room, "/%s", e->d_name) < (int)room)
            look_at(w, dirfd(folder), e->d_name);
        w->path[len] = '\0';
    }
}

/* Walks through the folder `name`, with which w->path ends. A missing folder is empty. */
static void walk(struct walk *w, int parent, const char *name)
{
    if (w->depth == DEPTH_MAX) {
        verify_fault(w->shard, w->path, "no row names what is in it");
        return;
    }
    DIR *folder = descriptor_opendirat(parent, name, 0);
    if (!folder) {
        if (errno != ENOENT && errno != ENOTDIR)
            verify_fault(w->shard, w->path, "%s", strerror(errno));
        return;
    }
    w->depth++;
    walk_open(w, folder);
    w->depth--;
    closedir(folder);
}

static void walk_path(struct walk *w, const char *path)
{
    snprintf(w->path, sizeof w->path, "%s", path);
    walk(w, w->shard->dir, path);
}

/* True for images/00000 and thumbs/SPEC/00000, which belong to shards. */
static bool is_of_a_shard(struct walk *w, const char *name)
{
    uint32_t number;
    unsigned above = !strncmp(w->path, SHARDFILES_THUMBS "/", sizeof SHARDFILES_THUMBS) ? 2 : 1;
    const char *end = w->depth == above ? shardfiles_number(name, &number) : NULL;
    return end && !*end && w->is_shard(w->arg, number);
}

void verify_extra_folders(struct verify_shard *s, bool (*is_shard)(void *arg, uint32_t), void *arg)
{
    struct walk w = {.shard = s, .skip = is_of_a_shard, .is_shard = is_shard, .arg = arg};
    walk_path(&w, SHARDFILES_IMAGES);
    walk_path(&w, SHARDFILES_THUMBS);
}

void verify_extra(struct verify_shard *s)
{
    char path[PATH_SIZE];
    struct walk w = {.shard = s};
    snprintf(path, sizeof path, SHARDFILES_OF_IMAGES, s->number);
    walk_path(&w, path);
    DIR *thumbs = descriptor_opendirat(s->dir, SHARDFILES_THUMBS, 0);
    if (!thumbs) /* verify_extra_folders() reports it if it matters */
        return;
    for (struct dirent *e; (e = readdir(thumbs));)
        if (e->d_name[0] != '.') {
            snprintf(path, sizeof path, SHARDFILES_OF_THUMBS, e->d_name, s->number);
            walk_path(&w, path);
        }
    closedir(thumbs);
}
