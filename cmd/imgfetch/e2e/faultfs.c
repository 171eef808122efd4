/*
 * faultfs DIR SCRIPT MOUNTPOINT: a file system that shows DIR, and fails by a script.
 *
 * SCRIPT is read at every call. It is empty, or has one line, "CALL ERRNO AFTER": once CALL was
 * done AFTER times since the script was last changed, it fails. Like NFS it has no O_TMPFILE and no
 * flags of renameat2(2). With "link EPERM 0" it has no hard links.
 *
 * Runs until it is unmounted.
 */
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SCRIPT_SIZE = 100, ERRNO_MAX = 133 };

static int root;
static char script_path[PATH_MAX];

/* One thread (-s). */
static struct {
    char text[SCRIPT_SIZE];
    char call[SCRIPT_SIZE];
    int error;
    unsigned left; /* calls that still succeed */
} script;

static void read_script(void)
{
    char text[SCRIPT_SIZE] = "", name[SCRIPT_SIZE] = "";
    int fd = open(script_path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    if (strcmp(text, script.text) == 0)
        return;
    memcpy(script.text, text, sizeof text);
    script.call[0] = '\0';
    if (sscanf(text, "%99s %99s %u", script.call, name, &script.left) != 3)
        return;
    for (script.error = 1; script.error < ERRNO_MAX; script.error++) {
        const char *known = strerrorname_np(script.error);
        if (known && strcmp(known, name) == 0)
            return;
    }
}

/* A negative errno if the call is to fail. */
static int fault(const char *call)
{
    read_script();
    if (strcmp(call, script.call) != 0)
        return 0;
    if (!script.left)
        return -script.error;
    script.left--;
    return 0;
}

static const char *below(const char *path)
{
    return path[1] ? path + 1 : ".";
}

/* What a call that returns -1 comes to. */
static int outcome(int result)
{
    return result < 0 ? -errno : result;
}

#define RETURN_FAULT(call)                                                                         \
    do {                                                                                           \
        int injected = fault(call);                                                                \
        if (injected)                                                                              \
            return injected;                                                                       \
    } while (0)

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
    RETURN_FAULT("stat");
    return outcome(
        fi ? fstat((int)fi->fh, st) : fstatat(root, below(path), st, AT_SYMLINK_NOFOLLOW));
}

static int fs_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t at,
    struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
    (void)at, (void)fi, (void)flags;
    RETURN_FAULT("readdir");
    int fd = openat(root, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -errno;
    for (struct dirent *e; (e = readdir(dir));)
        fill(buf, e->d_name, NULL, 0, 0);
    closedir(dir);
    return 0;
}

static int fs_open(const char *path, struct fuse_file_info *fi)
{
    RETURN_FAULT("open");
    int fd = openat(root, below(path), fi->flags | O_CLOEXEC);
    fi->fh = (uint64_t)fd;
    return fd < 0 ? -errno : 0;
}

static int fs_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
    RETURN_FAULT("create");
    int fd = openat(root, below(path), fi->flags | O_CREAT | O_CLOEXEC, mode);
    fi->fh = (uint64_t)fd;
    return fd < 0 ? -errno : 0;
}

static int fs_read(const char *path, char *buf, size_t len, off_t at, struct fuse_file_info *fi)
{
    (void)path;
    RETURN_FAULT("read");
    return outcome((int)pread((int)fi->fh, buf, len, at));
}

static int fs_write(
    const char *path, const char *buf, size_t len, off_t at, struct fuse_file_info *fi)
{
    (void)path;
    RETURN_FAULT("write");
    return outcome((int)pwrite((int)fi->fh, buf, len, at));
}

/* Comes with each close(2) of a descriptor, as where NFS says that a write has failed. */
static int fs_flush(const char *path, struct fuse_file_info *fi)
{
    (void)path, (void)fi;
    return fault("close");
}

static int fs_release(const char *path, struct fuse_file_info *fi)
{
    (void)path;
    return outcome(close((int)fi->fh));
}

static int fs_fsync(const char *path, int data_only, struct fuse_file_info *fi)
{
    (void)path, (void)data_only, (void)fi;
    return fault("fsync");
}

static int fs_mkdir(const char *path, mode_t mode)
{
    RETURN_FAULT("mkdir");
    return outcome(mkdirat(root, below(path), mode));
}

static int fs_unlink(const char *path)
{
    RETURN_FAULT("unlink");
    return outcome(unlinkat(root, below(path), 0));
}

static int fs_rmdir(const char *path)
{
    RETURN_FAULT("unlink");
    return outcome(unlinkat(root, below(path), AT_REMOVEDIR));
}

static int fs_rename(const char *from, const char *to, unsigned flags)
{
    RETURN_FAULT("rename");
    return flags ? -EINVAL : outcome(renameat(root, below(from), root, below(to)));
}

static int fs_link(const char *from, const char *to)
{
    RETURN_FAULT("link");
    return outcome(linkat(root, below(from), root, below(to), 0));
}

static int fs_truncate(const char *path, off_t len, struct fuse_file_info *fi)
{
    RETURN_FAULT("truncate");
    if (fi)
        return outcome(ftruncate((int)fi->fh, len));
    int fd = openat(root, below(path), O_WRONLY | O_CLOEXEC);
    int err = fd < 0 || ftruncate(fd, len) ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return err;
}

static int fs_statfs(const char *path, struct statvfs *st)
{
    (void)path;
    return outcome(fstatvfs(root, st));
}

static const struct fuse_operations operations = {
    .getattr = fs_getattr,
    .readdir = fs_readdir,
    .open = fs_open,
    .create = fs_create,
    .read = fs_read,
    .write = fs_write,
    .flush = fs_flush,
    .release = fs_release,
    .fsync = fs_fsync,
    .fsyncdir = fs_fsync,
    .mkdir = fs_mkdir,
    .unlink = fs_unlink,
    .rmdir = fs_rmdir,
    .rename = fs_rename,
    .link = fs_link,
    .truncate = fs_truncate,
    .statfs = fs_statfs,
};

int main(int argc, char **argv)
{
    if (argc != 4 || !realpath(argv[2], script_path)) {
        fprintf(stderr, "usage: faultfs DIR SCRIPT MOUNTPOINT\n");
        return 2;
    }
    root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        perror(argv[1]);
        return 2;
    }
    /* In the foreground, on one thread; nothing is cached, so that every call comes here. */
    char foreground[] = "-f", single[] = "-s", option[] = "-oattr_timeout=0,entry_timeout=0";
    char *arguments[] = {argv[0], foreground, single, option, argv[3], NULL};
    return fuse_main(5, arguments, &operations, NULL);
}
