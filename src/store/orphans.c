#include "store/orphans.h"

#include "base/descriptor.h"
#include "store/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 300, NAMES_SIZE = NAME_DEPTH_MAX * 256 /* NAME_MAX of limits.h, and a slash */ };

struct search {
    const struct output *output;
    uint32_t shard;
    const struct resume *resume;
    unsigned folders; /* in a name of the template */
    unsigned depth;   /* the present folder's */
    bool removed;     /* something in the present folder */
    char folder[PATH_SIZE +
                16];       /* of the shard; relative to the output directory; ends with a slash */
    char path[NAMES_SIZE]; /* of the entry, relative to `folder` */
};

/* Handles the entry at search->path. 0 or a negative errno. */
typedef int look(struct search *, int folder, const char *name);
static look look_at_name;

/* Calls `entry` for each name in dir/name. What is missing or not a folder counts as empty. */
static int walk(struct search *s, int dir, const char *name, look *entry)
{
    int err = 0;
    DIR *folder = descriptor_opendirat(dir, name, O_NOFOLLOW);
    if (!folder)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
    size_t len = strlen(s->path), room = sizeof s->path - len;
    const char *slash = s->depth < s->folders ? "/" : "";
    for (struct dirent *e; !err && (e = readdir(folder));) {
        if (e->d_name[0] == '.' ||
            snprintf(s->path + len, room, "%s%s", e->d_name, slash) >= (int)room)
            continue; /* not one of ours */
        err = entry(s, dirfd(folder), e->d_name);
        s->path[len] = '\0';
    }
    closedir(folder);
    return err;
}

static int look_at_folder(struct search *s, int parent, const char *name)
{
    s->depth++;
    s->removed = false;
    int err = walk(s, parent, name, look_at_name);
    s->depth--;
    if (s->removed) /* it may be empty now */
        unlinkat(parent, name, AT_REMOVEDIR);
    return err;
}

static int look_at_name(struct search *s, int folder, const char *name)
{
    const struct output *output = s->output;
    if (s->depth < s->folders)
        return look_at_folder(s, folder, name);
    int64_t pos = name_position(output->conf->name, s->path, s->shard, output->shard_size);
    if (pos < 0 || resume_names(s->resume, (uint32_t)pos, s->folder, s->path))
        return 0;
    if (unlinkat(folder, name, 0) && errno != ENOENT)
        return -errno;
    s->removed = true;
    return 0;
}

static int look_at_spec(struct search *s, int folder, const char *name)
{
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%05u", name, s->shard) >= (int)sizeof path)
        return 0; /* not one of ours */
    snprintf(s->folder, sizeof s->folder, SHARDFILES_THUMBS "/%s/", path);
    s->path[0] = '\0';
    return walk(s, folder, path, look_at_name);
}

int orphans_remove(const struct output *output, uint32_t shard, const struct resume *resume)
{
    struct search search = {.output = output, .shard = shard, .resume = resume};
    const struct name *template = output->conf->name;
    for (unsigned i = 0; i < template->n; i++)
        search.folders += template->at[i].kind == NAME_SLASH;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, SHARDFILES_OF_IMAGES, shard);
    snprintf(search.folder, sizeof search.folder, "%s/", path);
    int err = walk(&search, output->dir, path, look_at_name);
    return err ? err : walk(&search, output->dir, SHARDFILES_THUMBS, look_at_spec);
}
