/* An output directory for a test, created before it and removed after it; it can be put on a
 * small disk, to test what happens when that is full. */
#ifndef BASE_TEST_SCRATCH_H
#define BASE_TEST_SCRATCH_H

#include "base/buf.h"
#include "base/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_path[32];
static int scratch_dir = -1; /* open on scratch_path */
static bool scratch_is_mounted;

static inline void scratch_open(void)
{
    scratch_dir = open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(scratch_dir, 0);
}

/* For tcase_add_checked_fixture(), like scratch_remove(). Uses /dev/shm if there is one: tmpfs
 * supports everything that commit.h needs, but the file system of a container's /tmp may not. */
static inline void scratch_make(void)
{
    strcpy(scratch_path, "/dev/shm/imgfetch-test.XXXXXX");
    if (!mkdtemp(scratch_path)) {
        strcpy(scratch_path, "/tmp/imgfetch-test.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(scratch_path));
    }
    scratch_open();
}

static inline int scratch_remove_one(
    const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline void scratch_limit_files(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN); /* write(2) answers EFBIG */
}

static inline void scratch_remove(void)
{
    scratch_limit_files(RLIM_INFINITY);
    close(scratch_dir);
    if (scratch_is_mounted)
        ck_assert_int_eq(umount2(scratch_path, MNT_DETACH), 0);
    scratch_is_mounted = false;
    ck_assert_int_eq(nftw(scratch_path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Moves the scratch directory, empty, to a disk of 64 KiB; or, without the right to mount,
 * limits files to that size. Returns the error of a write that does not fit, as a negative
 * errno. */
enum { SCRATCH_SMALL_DISK = 64 * 1024 };
static inline int scratch_on_small_disk(void)
{
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", scratch_path, "tmpfs", 0, "size=64k")) {
        scratch_limit_files(SCRATCH_SMALL_DISK);
        return -EFBIG;
    }
    scratch_is_mounted = true;
    close(scratch_dir);
    scratch_open();
    return -ENOSPC;
}

/* Makes room on the small disk. */
static inline void scratch_make_room(void)
{
    scratch_limit_files(RLIM_INFINITY);
    if (scratch_is_mounted)
        ck_assert_int_eq(mount("none", scratch_path, "tmpfs", MS_REMOUNT, "size=16m"), 0);
}

static inline void scratch_mkdir(const char *name)
{
    ck_assert_int_eq(mkdirat(scratch_dir, name, 0777), 0);
}

static inline void scratch_write(const char *name, const void *bytes, size_t len)
{
    int fd = openat(scratch_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static inline bool scratch_has(const char *name)
{
    return !faccessat(scratch_dir, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* Bytes of the file; -1: it is not there. */
static inline int64_t scratch_size(const char *name)
{
    struct stat st;
    return fstatat(scratch_dir, name, &st, AT_SYMLINK_NOFOLLOW) ? -1 : st.st_size;
}

/* The file as text, with a NUL behind it. free() it. */
static inline char *scratch_read(const char *name)
{
    int64_t size = scratch_size(name);
    ck_assert_msg(size >= 0, "%s is not there", name);
    char *text = calloc(1, (size_t)size + 1);
    int fd = openat(scratch_dir, name, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, text, (size_t)size), size);
    close(fd);
    return text;
}

/* How many entries the directory has. */
static inline unsigned scratch_count(void)
{
    unsigned n = 0;
    DIR *d = opendir(scratch_path);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    closedir(d);
    return n;
}

static inline void expect_file(const char *name, const char *text)
{
    char *found = scratch_read(name);
    ck_assert_str_eq(found, text);
    free(found);
}

#endif
