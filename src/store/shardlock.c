#include "store/shardlock.h"

#include "base/descriptor.h"
#include "base/filelock.h"
#include "base/mem.h"
#include "manifest/shardfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTE_SIZE = 21 /* 20 digits and a line feed */ };

struct shardlock {
    int dir, fd;
    char name[SHARDFILES_NAME_SIZE];
    int64_t checkpoint;
};

static int64_t read_checkpoint(int fd)
{
    char text[NOTE_SIZE + 1] = "";
    if (descriptor_read_at(fd, text, NOTE_SIZE, 0) != NOTE_SIZE || text[NOTE_SIZE - 1] != '\n' ||
        strspn(text, "0123456789") != NOTE_SIZE - 1)
        return 0;
    errno = 0;
    long long n = strtoll(text, NULL, 10);
    return errno ? 0 : n;
}

/* True if the name still belongs to the open file. A run that closes the shard removes the file,
 * and another run may create a new one. */
static bool is_still_there(int dir, const char *name, int fd)
{
    struct stat named, open;
    return !fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) && !fstat(fd, &open) &&
           named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

/* Opens and locks the file. A descriptor or a negative errno. */
static int open_locked(int dir, const char *name, int flags)
{
    for (;;) {
        int fd = descriptor_openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0666);
        if (fd < 0)
            return -errno;
        int err = filelock_try(fd, FILELOCK_EXCLUSIVE, 0);
        if ((!err || err == -ENOLCK) && is_still_there(dir, name, fd))
            return fd;
        close(fd);
        if (err && err != -ENOLCK)
            return err;
    }
}

int shardlock_take(int dir, uint32_t shard, struct shardlock **ret)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, SHARDFILES_LOCK, name);
    if (mkdirat(dir, SHARDFILES_OWN, 0777) && errno != EEXIST)
        return -errno;
    int fd = open_locked(dir, name, O_CREAT);
    if (fd < 0)
        return fd;
    struct shardlock *l = mem_new(sizeof *l);
    *l = (struct shardlock){.dir = dir, .fd = fd, .checkpoint = read_checkpoint(fd)};
    memcpy(l->name, name, sizeof name);
    *ret = l;
    return 0;
}

int64_t shardlock_checkpoint(const struct shardlock *l)
{
    return l->checkpoint;
}

int shardlock_note(struct shardlock *l, int64_t bytes)
{
    char text[NOTE_SIZE + 1];
    if (bytes == l->checkpoint)
        return 0;
    snprintf(text, sizeof text, "%020lld\n", (long long)bytes);
    ssize_t n = pwrite(l->fd, text, NOTE_SIZE, 0);
    if (n != NOTE_SIZE)
        return n < 0 ? -errno : -ENOSPC;
    l->checkpoint = bytes;
    return 0;
}

int shardlock_forget(struct shardlock *l)
{
    int err = shardlock_note(l, 0);
    return !err && fsync(l->fd) ? -errno : err;
}

void shardlock_free(struct shardlock *l, bool closed)
{
    if (!l)
        return;
    if (closed)
        unlinkat(l->dir, l->name, 0); /* while we hold the lock: later it might be another run's */
    close(l->fd);
    free(l);
}

void shardlock_sweep(int dir, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, SHARDFILES_LOCK, name);
    int fd = open_locked(dir, name, 0);
    if (fd < 0)
        return; /* there is no file, as a rule; or another run is closing the shard */
    unlinkat(dir, name, 0);
    close(fd);
}
