#include "store/commit.h"

#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    FILE_MODE = 0666,
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

/* Links by the descriptor (AT_EMPTY_PATH, see linkat(2)). That needs CAP_DAC_READ_SEARCH or, from
 * Linux 6.10 on, a descriptor that the same credentials opened. Otherwise links through /proc,
 * which takes half as long again. */
static int link_fd(int fd, int dir, const char *name)
{
    if (!linkat(fd, "", dir, name, AT_EMPTY_PATH))
        return 0;
    if (errno != ENOENT)
        return -errno;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* rename(2) replaces a file of that name, so that the name never disappears. */
static int replace(int fd, int dir, const char *name)
{
    char part[PATH_SIZE];
    if (snprintf(part, sizeof part, "%s" COMMIT_PART, name) >= (int)sizeof part)
        return -ENAMETOOLONG;
    unlinkat(dir, part, 0);
    int err = link_fd(fd, dir, part);
    if (err)
        return err;
    if (!renameat(dir, part, dir, name))
        return 0;
    err = -errno;
    unlinkat(dir, part, 0);
    return err;
}

struct how {
    bool sync, is_new;
};

static int commit_by_link(
    int dir, const char *name, const struct commit_part *parts, size_t n, struct how how)
{
    int fd = descriptor_openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -errno;
    int err = write_parts(fd, parts, n, how.sync);
    if (!err)
        err = link_fd(fd, dir, name);
    if (err == -EEXIST && !how.is_new)
        err = replace(fd, dir, name);
    if (close(fd) && !err)
        err = -errno;
    return err;
}

/* Where the file system cannot rename exclusively, checks first whether the name exists. That is
 * a race, but only a second line of defence: the shard lock (store/shardlock.h) excludes other
 * writers. */
static int rename_new(int dir, const char *part, const char *name)
{
    if (!renameat2(dir, part, dir, name, RENAME_NOREPLACE))
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (!faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW))
        return -EEXIST;
    return renameat(dir, part, dir, name) ? -errno : 0;
}

static int commit_by_rename(
    int dir, const char *name, const struct commit_part *parts, size_t n, struct how how)
{
    char part[PATH_SIZE];
    if (snprintf(part, sizeof part, "%s" COMMIT_PART, name) >= (int)sizeof part)
        return -ENAMETOOLONG;
    int fd = descriptor_openat(dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -errno;
    int err = write_parts(fd, parts, n, how.sync);
    if (close(fd) && !err)
        err = -errno;
    if (!err && how.is_new)
        err = rename_new(dir, part, name);
    else if (!err && renameat(dir, part, dir, name))
        err = -errno;
    if (err)
        unlinkat(dir, part, 0);
    return err;
}

static int commit(enum commit_way way, int dir, const char *name, const struct commit_part *parts,
    size_t n, struct how how)
{
    return way == COMMIT_LINK ? commit_by_link(dir, name, parts, n, how)
                              : commit_by_rename(dir, name, parts, n, how);
}

int commit_file(enum commit_way way, int dir, const char *name, const struct commit_part *parts,
    size_t n, bool sync)
{
    return commit(way, dir, name, parts, n, (struct how){.sync = sync});
}

int commit_new_file(
    enum commit_way way, int dir, const char *name, const struct commit_part *parts, size_t n)
{
    return commit(way, dir, name, parts, n, (struct how){.sync = true, .is_new = true});
}

int commit_probe(int dir)
{
    static const char name[] = ".imgfetch-probe";
    enum commit_way way = COMMIT_LINK;
    int err = commit_file(way, dir, name, NULL, 0, false);
    if (err) {
        way = COMMIT_RENAME;
        err = commit_file(way, dir, name, NULL, 0, false);
    }
    if (!err)
        unlinkat(dir, name, 0);
    return err ? err : (int)way;
}
