#include "run/orphans.h"

#include "input/job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 300 };

/* The place in the shard from "000120034.jpg"; -1: not a name of the store's. */
static int64_t place_of(const char *name, uint32_t shard, unsigned width)
{
    char first[JOB_KEY_SIZE];
    job_key(shard, 0, width, first);
    size_t prefix = strlen(first) - width;
    if (strncmp(name, first, prefix) != 0)
        return -1;
    int64_t pos = 0;
    const char *digits = name + prefix;
    for (unsigned i = 0; i < width; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        pos = pos * 10 + (digits[i] - '0');
    }
    return digits[width] == '.' ? pos : -1;
}

/* Calls `entry` for what stands in dir/path. A folder that is not there is empty. */
static int walk(
    int dir, const char *path, int (*entry)(void *arg, int folder, const char *name), void *arg)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    DIR *folder = fdopendir(fd);
    if (!folder) {
        err = -errno;
        close(fd);
        return err;
    }
    for (struct dirent *e; !err && (e = readdir(folder));)
        if (e->d_name[0] != '.')
            err = entry(arg, dirfd(folder), e->d_name);
    closedir(folder);
    return err;
}

struct search {
    int dir;
    uint32_t shard;
    unsigned width;
    const struct past *past;
};

static int look_at_file(void *arg, int folder, const char *name)
{
    const struct search *s = arg;
    int64_t pos = place_of(name, s->shard, s->width);
    if (pos < 0 || pos > UINT32_MAX || past_is_done(s->past, (uint32_t)pos))
        return 0;
    return unlinkat(folder, name, 0) && errno != ENOENT ? -errno : 0;
}

static int look_at_spec(void *arg, int folder, const char *name)
{
    struct search *s = arg;
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%05u", name, s->shard) >= (int)sizeof path)
        return 0; /* not one of ours */
    int err = walk(folder, path, look_at_file, s);
    return err == -ENOTDIR ? 0 : err;
}

int orphans_remove(int dir, uint32_t shard, uint32_t shard_size, const struct past *past)
{
    struct search search = {dir, shard, job_key_width(shard_size), past};
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "images/%05u", shard);
    int err = walk(dir, path, look_at_file, &search);
    return err ? err : walk(dir, "thumbs", look_at_spec, &search);
}
