#include "store/commit.h"

#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    PATH_SIZE = 1024,
    PARTS_AT_ONCE = 64, /* a kilobyte of stack, which the compiler zeroes for each file */
};

/* writev(2) until all is written. */
static int write_pieces(int fd, struct iovec *v, int n)
{
    while (n) {
        ssize_t written = writev(fd, v, n);
        if (written < 0 && errno != EINTR)
            return -errno;
        size_t done = written < 0 ? 0 : (size_t)written;
        for (; n && done >= v->iov_len; v++, n--)
            done -= v->iov_len;
        if (n) {
            v->iov_base = (char *)v->iov_base + done;
            v->iov_len -= done;
        }
    }
    return 0;
}

int commit_write(int fd, const void *bytes, size_t len)
{
    struct iovec all = {(void *)bytes, len};
    return write_pieces(fd, &all, 1);
}

static int write_parts(int fd, const struct commit_part *parts, size_t n, bool sync)
{
    struct iovec v[PARTS_AT_ONCE];
    for (int some; n; parts += some, n -= (size_t)some) {
        some = n < PARTS_AT_ONCE ? (int)n : PARTS_AT_ONCE;
        for (int i = 0; i < some; i++)
            v[i] = (struct iovec){(void *)parts[i].bytes, parts[i].len};
        int err = write_pieces(fd, v, some);
        if (err)
            return err;
    }
    return sync && fsync(fd) ? -errno : 0;
}

/* Shares the bytes of how->twin, or writes the parts. */
static int fill(int fd, const struct commit_part *parts, size_t n, const struct commit_how *how)
{
    if (!how->twin || ioctl(fd, FICLONE, how->twin))
        return write_parts(fd, parts, n, how->sync);
    return how->sync && fsync(fd) ? -errno : 0;
}

/* Makes the name under which a file is written before it is whole. */
static int make_part_name(const char *name, const char *prefix, char part[PATH_SIZE])
{
    const char *slash = strrchr(name, '/');
    int folder = slash ? (int)(slash + 1 - name) : 0;
    int len = snprintf(
        part, PATH_SIZE, "%.*s%s%s" COMMIT_PART, folder, name, prefix ? prefix : "", name + folder);
    return len < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

/* Gives the file its name: rename(2) replaces a file of that name, so that the name never
 * disappears. */
static int rename_part(int dir, const char *part, const char *name, bool is_new)
{
    int err = beneath_rename(dir, part, name, is_new);
    if (err)
        beneath_remove(dir, part);
    return err;
}

static int replace(int fd, int dir, const char *name, const char *prefix)
{
    char part[PATH_SIZE];
    int err = make_part_name(name, prefix, part);
    if (err)
        return err;
    beneath_remove(dir, part); /* left by a killed run, perhaps */
    err = beneath_link(fd, dir, part);
    return err ? err : rename_part(dir, part, name, false);
}

/* Sets the time of the last change. Where that is not possible, the file keeps the present time. */
static void set_time(int fd, int64_t modified)
{
    const struct timespec both = {.tv_sec = (time_t)modified};
    if (modified >= 0)
        (void)futimens(fd, (const struct timespec[]){both, both});
}

static int commit_by_link(int dir, const char *name, const struct commit_part *parts, size_t n,
    const struct commit_how *how)
{
    int fd = beneath_open_unnamed(dir);
    if (fd < 0)
        return fd;
    int err = fill(fd, parts, n, how);
    if (!err)
        set_time(fd, how->modified);
    if (!err)
        err = beneath_link(fd, dir, name);
    if (err == -EEXIST && !how->is_new)
        err = replace(fd, dir, name, how->part_prefix);
    if (close(fd) && !err)
        err = -errno;
    return err;
}

static int create_part(int dir, const char *part)
{
    int fd = beneath_open(dir, part, O_WRONLY | O_CREAT | O_EXCL);
    if (fd != -EEXIST)
        return fd;
    int err = beneath_remove(dir, part); /* left by a killed run */
    return err ? err : beneath_open(dir, part, O_WRONLY | O_CREAT | O_EXCL);
}

static int commit_by_rename(int dir, const char *name, const struct commit_part *parts, size_t n,
    const struct commit_how *how)
{
    char part[PATH_SIZE];
    int err = make_part_name(name, how->part_prefix, part), fd = err ? err : create_part(dir, part);
    if (fd < 0)
        return fd;
    err = fill(fd, parts, n, how);
    if (!err)
        set_time(fd, how->modified);
    if (close(fd) && !err)
        err = -errno;
    if (!err)
        return rename_part(dir, part, name, how->is_new);
    beneath_remove(dir, part);
    return err;
}

int commit_file_as(enum commit_way way, int dir, const char *name, const struct commit_part *parts,
    size_t n, const struct commit_how *how)
{
    return way == COMMIT_LINK ? commit_by_link(dir, name, parts, n, how)
                              : commit_by_rename(dir, name, parts, n, how);
}

int commit_file(enum commit_way way, int dir, const char *name, const struct commit_part *parts,
    size_t n, bool sync)
{
    const struct commit_how how = {.sync = sync, .modified = -1};
    return commit_file_as(way, dir, name, parts, n, &how);
}

int commit_new_file(
    enum commit_way way, int dir, const char *name, const struct commit_part *parts, size_t n)
{
    const struct commit_how how = {.sync = true, .is_new = true, .modified = -1};
    return commit_file_as(way, dir, name, parts, n, &how);
}

int commit_probe(int dir, const char *name)
{
    enum commit_way way = COMMIT_LINK;
    int err = commit_file(way, dir, name, NULL, 0, false);
    if (err) {
        way = COMMIT_RENAME;
        err = commit_file(way, dir, name, NULL, 0, false);
    }
    if (!err)
        err = beneath_remove(dir, name);
    return err ? err : (int)way;
}
