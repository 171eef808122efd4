#include "base/beneath.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    PAUSE_MS = 10,
    FILE_MODE = 0666,
    DIR_MODE = 0777,
    LINK_SIZE = 1100, /* of a link's path in a message; a name has at most 1000 bytes */
};

static _Thread_local char last_link[LINK_SIZE];

/* Notes the path of a link, `len` bytes, for beneath_why(). The name may be anybody's, so that
 * nothing but ASCII reaches a terminal. */
static void note_link(const char *path, size_t len)
{
    size_t n = len < LINK_SIZE - 1 ? len : LINK_SIZE - 1;
    for (size_t i = 0; i < n; i++)
        last_link[i] = path[i] >= ' ' && path[i] <= '~' ? path[i] : '?';
    last_link[n] = '\0';
}

const char *beneath_why(int err)
{
    static _Thread_local char text[LINK_SIZE + 100];
    if (err == -ENXIO)
        return "not a regular file";
    if (err != -ELOOP || !last_link[0])
        return strerror(-err);
    snprintf(text, sizeof text,
        "%s is a symbolic link; links below an output directory are not followed", last_link);
    return text;
}

bool beneath_is_plain(const char *path)
{
    for (const char *part = path;; part++) {
        size_t len = strcspn(part, "/");
        if (!len || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += len;
        if (!*part)
            return true;
    }
}

/* ---- finding the way ---- */

static int open_beneath(int dir, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC};
    how.mode = flags & O_CREAT ? FILE_MODE : 0; /* openat2(2) accepts no other */
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
    return fd < 0 ? -errno : (int)fd;
}

/* True if the kernel resolves paths. Asked with a call that cannot fail otherwise, because a filter
 * may say EPERM, as do files that may not be written. */
static bool has_openat2(void)
{
    enum { UNKNOWN, YES, NO };
    static atomic_int answer;
    int known = atomic_load_explicit(&answer, memory_order_relaxed);
    if (known != UNKNOWN)
        return known == YES;
    int fd = open_beneath(AT_FDCWD, ".", O_PATH | O_DIRECTORY);
    if (fd >= 0)
        close(fd);
    if (fd != -EMFILE && fd != -ENFILE)
        atomic_store_explicit(&answer, fd >= 0 ? YES : NO, memory_order_relaxed);
    return fd >= 0;
}

static bool is_link(int folder, const char *name)
{
    struct stat st;
    return !fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode);
}

/* Opens one folder in another; make: also if it is missing. */
static int enter_folder(int parent, const char *name, bool make)
{
    enum { FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    int fd = openat(parent, name, FLAGS);
    if (fd < 0 && errno == ENOENT && make) {
        if (mkdirat(parent, name, DIR_MODE) && errno != EEXIST)
            return -errno;
        fd = openat(parent, name, FLAGS);
    }
    if (fd >= 0)
        return fd;
    int err = -errno;
    return err == -ENOTDIR && is_link(parent, name) ? -ELOOP : err;
}

static void close_folder(int folder, int dir)
{
    if (folder != dir)
        close(folder);
}

/* Opens the folders in the first `len` bytes of the path, each in the one before it. Returns the
 * last one, which is `dir` if len is 0. */
static int walk_folders(int dir, const char *path, size_t len, bool make)
{
    char part[NAME_MAX + 1];
    int at = dir;
    for (size_t begin = 0, end; begin < len; begin = end + 1) {
        size_t n = strcspn(path + begin, "/");
        int next = -ENAMETOOLONG;
        end = begin + n;
        if (n < sizeof part) {
            memcpy(part, path + begin, n);
            part[n] = '\0';
            next = enter_folder(at, part, make);
        }
        if (next == -ELOOP)
            note_link(path, end);
        close_folder(at, dir);
        if (next < 0)
            return next;
        at = next;
    }
    return at;
}

/* Finds out which part of the path is the link that the kernel has met. */
static void find_link(int dir, const char *path)
{
    note_link(path, strlen(path)); /* if it has changed meanwhile */
    int folder = walk_folders(dir, path, strlen(path), false);
    if (folder >= 0)
        close_folder(folder, dir);
}

/* The length of the path without its last part and the slash before that. */
static size_t parent_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

static int walk_to(int dir, const char *path, int flags)
{
    size_t len = parent_length(path);
    const char *name = len ? path + len + 1 : path;
    int folder = walk_folders(dir, path, len, false);
    if (folder < 0)
        return folder;
    int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    int err = fd < 0 ? -errno : 0;
    if (err == -ENOTDIR && is_link(folder, name))
        err = -ELOOP;
    if (err == -ELOOP)
        note_link(path, strlen(path));
    close_folder(folder, dir);
    return err ? err : fd;
}

/* A path of one part leads through no folder: there O_NOFOLLOW is all it takes. */
static int open_once(int dir, const char *path, int flags)
{
    if (!parent_length(path) || !has_openat2())
        return walk_to(dir, path, flags);
    int fd = open_beneath(dir, path, flags);
    if (fd == -ELOOP)
        find_link(dir, path);
    return fd;
}

/* True if a call failed because no descriptor was free, and should be tried again: it has waited a
 * while. *ms: how long it has waited so far. */
static bool has_waited(int fd, int *ms)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    if ((fd != -EMFILE && fd != -ENFILE) || *ms >= BENEATH_PATIENCE_MS)
        return false;
    nanosleep(&pause, NULL);
    *ms += PAUSE_MS;
    return true;
}

static int open_waiting(int dir, const char *path, int flags)
{
    int fd, ms = 0;
    do
        fd = open_once(dir, path, flags);
    while (has_waited(fd, &ms));
    return fd;
}

/* Opens the folder that the path's last part is in; `dir` if there is no other. */
static int open_parent(int dir, const char *path, const char **ret_name)
{
    char folder[PATH_MAX];
    size_t len = parent_length(path);
    if (!beneath_is_plain(path))
        return -EXDEV;
    *ret_name = len ? path + len + 1 : path;
    if (!len)
        return dir;
    if (len >= sizeof folder)
        return -ENAMETOOLONG;
    memcpy(folder, path, len);
    folder[len] = '\0';
    return open_waiting(dir, folder, O_PATH | O_DIRECTORY);
}

/* ---- the calls ---- */

int beneath_root(const char *path, bool make)
{
    if (make && mkdir(path, DIR_MODE) && errno != EEXIST)
        return -errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int beneath_open(int dir, const char *path, int flags)
{
    struct stat st;
    if (!beneath_is_plain(path))
        return -EXDEV;
    int fd = open_waiting(dir, path, flags | O_NONBLOCK | O_NOCTTY); /* it may be a pipe */
    if (fd < 0 || flags & O_EXCL)
        return fd;
    int err = fstat(fd, &st)        ? -errno
              : S_ISREG(st.st_mode) ? 0
              : S_ISDIR(st.st_mode) ? -EISDIR
                                    : -ENXIO;
    if (!err)
        return fd;
    close(fd);
    return err;
}

int beneath_open_unnamed(int dir)
{
    return open_waiting(dir, ".", O_TMPFILE | O_WRONLY);
}

int beneath_open_folder(int dir, const char *path)
{
    return beneath_is_plain(path) ? open_waiting(dir, path, O_RDONLY | O_DIRECTORY) : -EXDEV;
}

int beneath_sync_folder(int dir, const char *path)
{
    int folder = beneath_open_folder(dir, path);
    int err = folder < 0 ? folder : fsync(folder) ? -errno : 0;
    if (folder >= 0)
        close(folder);
    return err;
}

int beneath_make_folder(int dir, const char *path)
{
    const char *name;
    int folder = open_parent(dir, path, &name);
    bool is_made = folder >= 0 && !mkdirat(folder, name, DIR_MODE); /* the usual case */
    if (folder >= 0)
        close_folder(folder, dir);
    if (is_made || folder == -EXDEV)
        return is_made ? 0 : folder;
    int ms = 0;
    do
        folder = walk_folders(dir, path, strlen(path), true);
    while (has_waited(folder, &ms));
    if (folder >= 0)
        close_folder(folder, dir);
    return folder < 0 ? folder : 0;
}

static int list_open(DIR *folder, beneath_entry *entry, void *arg)
{
    for (;;) {
        errno = 0;
        struct dirent *e = readdir(folder);
        if (!e)
            return -errno;
        bool is_dots = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
        int end = is_dots ? 0 : entry(arg, e->d_name);
        if (end)
            return end;
    }
}

int beneath_list(int dir, const char *path, beneath_entry *entry, void *arg)
{
    bool is_self = !strcmp(path, ".");
    int fd =
        is_self ? open_waiting(dir, path, O_RDONLY | O_DIRECTORY) : beneath_open_folder(dir, path);
    if (fd < 0)
        return fd;
    DIR *folder = fdopendir(fd);
    if (!folder) {
        int err = -errno;
        close(fd);
        return err;
    }
    int err = list_open(folder, entry, arg);
    closedir(folder);
    return err;
}

int beneath_stat(int dir, const char *path, struct stat *ret)
{
    const char *name;
    int folder = open_parent(dir, path, &name);
    if (folder < 0)
        return folder;
    int err = fstatat(folder, name, ret, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
    close_folder(folder, dir);
    return err;
}

/* Links by the descriptor (AT_EMPTY_PATH, see linkat(2)). That needs CAP_DAC_READ_SEARCH or, from
 * Linux 6.10 on, a descriptor that the same credentials opened. Otherwise links through /proc,
 * which takes half as long again. */
static int link_as(int fd, int folder, const char *name)
{
    char path[32];
    if (!linkat(fd, "", folder, name, AT_EMPTY_PATH))
        return 0;
    if (errno != ENOENT)
        return -errno;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

int beneath_link(int fd, int dir, const char *path)
{
    const char *name;
    int folder = open_parent(dir, path, &name);
    int err = folder < 0 ? folder : link_as(fd, folder, name);
    if (folder >= 0)
        close_folder(folder, dir);
    return err;
}

/* Where the file system cannot rename exclusively, checks first whether the name exists. That is
 * a race, but only a second line of defence: the shard lock (store/shardlock.h) excludes other
 * writers. */
static int rename_new(int folder, const char *from, const char *to)
{
    struct stat st;
    if (!renameat2(folder, from, folder, to, RENAME_NOREPLACE))
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (!fstatat(folder, to, &st, AT_SYMLINK_NOFOLLOW))
        return -EEXIST;
    return renameat(folder, from, folder, to) ? -errno : 0;
}

int beneath_rename(int dir, const char *from, const char *to, bool is_new)
{
    const char *new_name, *old_name = from + parent_length(from);
    assert(parent_length(from) == parent_length(to) && !strncmp(from, to, parent_length(to)));
    if (!beneath_is_plain(from))
        return -EXDEV;
    old_name += *old_name == '/';
    int folder = open_parent(dir, to, &new_name);
    if (folder < 0)
        return folder;
    int err;
    if (is_new)
        err = rename_new(folder, old_name, new_name);
    else
        err = renameat(folder, old_name, folder, new_name) ? -errno : 0;
    close_folder(folder, dir);
    return err;
}

static int remove_with(int dir, const char *path, int flags)
{
    const char *name;
    int folder = open_parent(dir, path, &name);
    if (folder < 0)
        return folder;
    int err = unlinkat(folder, name, flags) ? -errno : 0;
    close_folder(folder, dir);
    return err;
}

int beneath_remove(int dir, const char *path)
{
    return remove_with(dir, path, 0);
}

int beneath_remove_folder(int dir, const char *path)
{
    return remove_with(dir, path, AT_REMOVEDIR);
}
