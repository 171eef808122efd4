#include "store/orphans.h"

#include "base/beneath.h"
#include "store/name.h"

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
    unsigned folders;       /* in a name of the template */
    unsigned depth;         /* the present folder's */
    bool removed;           /* something in the present folder */
    char folder[PATH_SIZE]; /* of the shard; relative to the output directory; ends with a slash */
    char path[NAMES_SIZE];  /* of the entry, relative to `folder` */
    char full[PATH_SIZE + NAMES_SIZE]; /* both; set by full_path() */
};

/* The path relative to the output directory, without a slash at its end. */
static const char *full_path(struct search *s)
{
    int len = snprintf(s->full, sizeof s->full, "%s%s", s->folder, s->path);
    if (len && s->full[len - 1] == '/')
        s->full[len - 1] = '\0';
    return s->full;
}

static int look_at_name(void *arg, const char *name);

/* Looks at all names in the folder. What is missing or not a folder counts as empty. */
static int walk(struct search *s)
{
    int err = beneath_list(s->output->dir, full_path(s), look_at_name, s);
    return err == -ENOENT || err == -ENOTDIR ? 0 : err;
}

static int look_at_folder(struct search *s)
{
    s->depth++;
    s->removed = false;
    int err = walk(s);
    s->depth--;
    if (s->removed) /* it may be empty now */
        beneath_remove_folder(s->output->dir, full_path(s));
    return err;
}

/* A link with one of our names is not ours either, but this run would take its place. */
static int refuse_link(int dir, const char *path)
{
    int fd = beneath_open(dir, path, O_RDONLY);
    if (fd >= 0)
        close(fd);
    return fd == -ELOOP ? fd : 0;
}

static int look_at_file(struct search *s)
{
    const struct output *output = s->output;
    int64_t pos =
        name_position(output->conf->name, s->path, s->shard, output->shard_size, output->digits);
    if (pos < 0 || resume_names(s->resume, (uint32_t)pos, s->folder, s->path))
        return 0;
    int err = refuse_link(output->dir, full_path(s));
    if (!err)
        err = beneath_remove(output->dir, full_path(s));
    s->removed = s->removed || !err;
    return err == -ENOENT ? 0 : err;
}

static int look_at_name(void *arg, const char *name)
{
    struct search *s = arg;
    bool is_folder = s->depth < s->folders;
    size_t len = strlen(s->path), room = sizeof s->path - len;
    int err = 0;
    if (name[0] != '.' &&
        snprintf(s->path + len, room, "%s%s", name, is_folder ? "/" : "") < (int)room)
        err = is_folder ? look_at_folder(s) : look_at_file(s);
    s->path[len] = '\0';
    return err; /* 0 also for what is not one of ours */
}

static int look_at_spec(void *arg, const char *name)
{
    struct search *s = arg;
    int len = snprintf(s->folder, sizeof s->folder, SHARDFILES_OF_THUMBS "/", name,
        (int)s->output->digits.shard, s->shard);
    s->path[0] = '\0';
    return name[0] == '.' || len >= (int)sizeof s->folder ? 0 : walk(s);
}

int orphans_remove(const struct output *output, uint32_t shard, const struct resume *resume)
{
    struct search search = {.output = output, .shard = shard, .resume = resume};
    const struct name *template = output->conf->name;
    for (unsigned i = 0; i < template->n; i++)
        search.folders += template->at[i].kind == NAME_SLASH;
    snprintf(search.folder, sizeof search.folder, SHARDFILES_OF_IMAGES "/",
        (int)output->digits.shard, shard);
    int err = walk(&search);
    if (!err)
        err = beneath_list(output->dir, SHARDFILES_THUMBS, look_at_spec, &search);
    return err == -ENOENT || err == -ENOTDIR ? 0 : err;
}
