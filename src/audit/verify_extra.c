#include "audit/verify_inside.h"

#include "base/beneath.h"
#include "manifest/shardfiles.h"
#include "store/metadata.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PATH_SIZE = 2048,
    DEPTH_MAX = 16, /* more folders than any name has (store/name.h) */
};

static const char unnamed[] = "no row names it";

struct walk {
    struct verify_shard *shard;
    unsigned depth;
    /* True for a folder to skip; NULL: none is skipped. */
    bool (*skip)(struct walk *, const char *name);
    bool (*is_shard)(void *arg, uint32_t); /* NULL: the walk is through a shard's own folders */
    void *arg;
    char path[PATH_SIZE]; /* of the current entry */
};

static void walk(struct walk *w);

/* Looks at what w->path names. */
static void look_at(struct walk *w, const char *name)
{
    struct verify_file *file = NULL;
    struct stat st;
    if (beneath_stat(w->shard->dir, w->path, &st))
        return; /* it was removed meanwhile */
    if (S_ISDIR(st.st_mode)) {
        if (!w->skip || !w->skip(w, name))
            walk(w);
        return;
    }
    if (w->shard->has_metadata && w->depth == 1 && !w->is_shard && !strcmp(name, METADATA_NAME))
        return; /* verify_metadata() looks at it */
    HASH_FIND_STR(w->shard->files, w->path, file);
    if (w->is_shard)
        verify_add_loose(w->shard, w->path, unnamed);
    else if (!file)
        verify_fault(w->shard, w->path, "%s", unnamed);
}

static int look_at_name(void *arg, const char *name)
{
    struct walk *w = arg;
    size_t len = strlen(w->path), room = sizeof w->path - len;
    if (snprintf(w->path + len, room, "/%s", name) < (int)room)
        look_at(w, name);
    w->path[len] = '\0';
    return 0;
}

/* Walks through the folder w->path. A missing folder is empty. */
static void walk(struct walk *w)
{
    if (w->depth == DEPTH_MAX) {
        verify_fault(w->shard, w->path, "no row names what is in it");
        return;
    }
    w->depth++;
    int err = beneath_list(w->shard->dir, w->path, look_at_name, w);
    w->depth--;
    if (err && err != -ENOENT && err != -ENOTDIR)
        verify_fault(w->shard, w->path, "%s", beneath_why(err));
}

static void walk_path(struct walk *w, const char *path)
{
    snprintf(w->path, sizeof w->path, "%s", path);
    walk(w);
}

static void walk_images(struct walk *w, const char *folder)
{
    walk_path(w, folder);
    if (w->shard->has_metadata && verify_is_closed(w->shard))
        verify_metadata(w->shard, folder);
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

static int look_at_spec(void *arg, const char *name)
{
    struct walk *w = arg;
    char path[PATH_SIZE];
    snprintf(
        path, sizeof path, SHARDFILES_OF_THUMBS, name, (int)w->shard->digits, w->shard->number);
    if (name[0] != '.')
        walk_images(w, path);
    return 0;
}

void verify_extra(struct verify_shard *s)
{
    char path[PATH_SIZE];
    struct walk w = {.shard = s};
    snprintf(path, sizeof path, SHARDFILES_OF_IMAGES, (int)s->digits, s->number);
    walk_images(&w, path);
    /* If it cannot be listed, verify_extra_folders() reports it. */
    (void)beneath_list(s->dir, SHARDFILES_THUMBS, look_at_spec, &w);
}
