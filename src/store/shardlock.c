#include "store/shardlock.h"

#include "base/beneath.h"
#include "base/descriptor.h"
#include "base/filelock.h"
#include "base/mem.h"
#include "input/job.h"
#include "manifest/shardfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NOTE_SIZE = 21,  /* 20 digits and a line feed */
    TRIES_MAX = 100, /* more than as many runs can close a shard while we open its lock file */
};

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

/* 0 if the name still belongs to the open file. -ENOENT: a run that has closed the shard has
 * removed the file, and another run may have made a new one. Or another negative errno. */
static int check_name(int dir, const char *name, int fd)
{
    struct stat named, open;
    int err = beneath_stat(dir, name, &named);
    if (!err && fstat(fd, &open))
        err = -errno;
    if (err)
        return err;
    return named.st_ino == open.st_ino && named.st_dev == open.st_dev ? 0 : -ENOENT;
}

/* Locks the open file. -ENOENT: it is not the one with that name any more. */
static int lock_file(int dir, const char *name, int fd)
{
    int err = filelock_try(fd, FILELOCK_EXCLUSIVE, 0);
    return err && err != -ENOLCK ? err : check_name(dir, name, fd);
}

/* Opens and locks the file. A descriptor or a negative errno. -ESTALE: it has another number each
 * time one looks, as on some network file systems. */
static int open_locked(int dir, const char *name, int flags)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        int fd = beneath_open(dir, name, O_RDWR | flags);
        int err = fd < 0 ? fd : lock_file(dir, name, fd);
        if (!err)
            return fd;
        if (fd >= 0)
            close(fd);
        if (fd < 0 || err != -ENOENT)
            return err;
    }
    return -ESTALE;
}

int shardlock_take(int dir, uint32_t shard, struct shardlock **ret)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_LOCK, name);
    int err = beneath_make_folder(dir, SHARDFILES_OWN);
    int fd = err ? err : open_locked(dir, name, O_CREAT);
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
        beneath_remove(
            l->dir, l->name); /* while we hold the lock: later it might be another run's */
    close(l->fd);
    free(l);
}

void shardlock_sweep(int dir, uint32_t shard)
{
    char name[SHARDFILES_NAME_SIZE];
    shardfiles_name(shard, JOB_SHARD_DIGITS, SHARDFILES_LOCK, name);
    int fd = open_locked(dir, name, 0);
    if (fd < 0)
        return; /* there is no file, as a rule; or another run is closing the shard */
    beneath_remove(dir, name);
    close(fd);
}
