#include "store/intents.h"

#include "base/beneath.h"
#include "manifest/manifest.h"
#include "manifest/shardfiles.h"
#include "store/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_SIZE = 600 };

void intents_init(struct intents *i, int dir, uint32_t shard)
{
    *i = (struct intents){.dir = dir, .shard = shard, .fd = -1};
}

void intents_fini(struct intents *i)
{
    if (i->fd >= 0)
        close(i->fd);
    buf_fini(&i->new);
}

static int add_line(struct intents *i, const char *sign, uint32_t pos, const char *path)
{
    char line[LINE_SIZE];
    int len = snprintf(line, sizeof line, "%s%u %s\n", sign, pos, path);
    if (len >= (int)sizeof line)
        return -ENAMETOOLONG;
    return buf_append(&i->new, line, (size_t)len) ? 0 : -ENOMEM;
}

int intents_add(struct intents *i, uint32_t pos, const char *path)
{
    return add_line(i, "", pos, path);
}

int intents_withdraw(struct intents *i, uint32_t pos, const char *path)
{
    return add_line(i, "-", pos, path);
}

static int open_file(struct intents *i)
{
    char name[SHARDFILES_NAME_SIZE];
    struct stat st;
    shardfiles_name(i->shard, JOB_SHARD_DIGITS, SHARDFILES_FILES, name);
    i->fd = beneath_open(i->dir, name, O_WRONLY | O_CREAT | O_APPEND);
    if (i->fd < 0)
        return i->fd;
    if (fstat(i->fd, &st))
        return -errno;
    /* The last line of an earlier run may be torn. After a power cut a new file is there only if
     * its folder was synced. */
    return st.st_size ? commit_write(i->fd, "\n", 1) : beneath_sync_folder(i->dir, SHARDFILES_OWN);
}

int intents_sync(struct intents *i)
{
    if (!i->new.len)
        return 0;
    int err = i->fd < 0 ? open_file(i) : 0;
    if (!err)
        err = commit_write(i->fd, i->new.data, i->new.len);
    if (!err && fdatasync(i->fd))
        err = -errno;
    i->new.len = 0;
    return err;
}

/* True if a later line withdraws this one. */
static bool is_withdrawn(const char *rest, size_t len, const char *line)
{
    char sought[LINE_SIZE + 3];
    int n = snprintf(sought, sizeof sought, "\n-%s\n", line);
    return n < (int)sizeof sought && memmem(rest, len, sought, (size_t)n);
}

/* Parses a line; NULL: it is no note. A path that is not ours would be another's file. */
static const char *parse(const char *line, uint32_t *ret_pos)
{
    char *end;
    if (*line < '0' || *line > '9')
        return NULL;
    unsigned long pos = strtoul(line, &end, 10);
    *ret_pos = (uint32_t)pos;
    return *end == ' ' && pos <= UINT32_MAX && manifest_path_is_ours(end + 1) ? end + 1 : NULL;
}

int intents_read(int dir, uint32_t shard, intents_take *take, void *arg)
{
    char name[SHARDFILES_NAME_SIZE], *newline;
    struct buf text = {0};
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_FILES, name);
    int err = manifest_read_file(dir, name, &text);
    if (err)
        return err == -ENOENT ? 0 : err;
    char *line = (char *)text.data, *end = line + text.len;
    bool any_withdrawn = text.len && memmem(line, text.len, "\n-", 2);
    for (; !err && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        uint32_t pos;
        char copy[LINE_SIZE];
        size_t len = (size_t)(newline - line);
        if (len >= LINE_SIZE || memchr(line, '\0', len)) /* a power cut leaves NULs */
            continue;
        snprintf(copy, sizeof copy, "%.*s", (int)len, line);
        const char *path = parse(copy, &pos);
        if (path && !(any_withdrawn && is_withdrawn(newline, (size_t)(end - newline), copy)))
            err = take(arg, pos, path);
    }
    buf_fini(&text);
    return err;
}

int intents_remove(int dir, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_FILES, name);
    int err = beneath_remove(dir, name);
    return err == -ENOENT ? 0 : err;
}
