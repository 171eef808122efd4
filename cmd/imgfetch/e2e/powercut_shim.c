/*
 * For LD_PRELOAD into imgfetch: remembers what a power cut would leave of the directory
 * $POWERCUT_DIR. See powercut.c, which then cuts.
 *
 * At every sync of the file system, before it is done, what is in the directory is copied to
 * $POWERCUT_DIR.synced: that much is sure to be on disk. Bytes that are synced alone (fsync) are
 * sure, too, but not the file's name, before its folder is synced: such files are noted in
 * $POWERCUT_DIR.fsynced, an inode number and a size a line. $POWERCUT_DIR is absolute.
 *
 * Images and thumbnails are linked instead of copied, because they never change.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *dir; /* set while its tree is walked */

static void fail(const char *what)
{
    perror(what);
    _exit(99);
}

/* An image or a thumbnail, of any layout. */
static bool never_changes(const char *path)
{
    const char *dot = strrchr(path, '.');
    return strstr(path, "/images/") || strstr(path, "/thumbs/") ||
           (dot && (!strcmp(dot, ".jpg") || !strcmp(dot, ".png") || !strcmp(dot, ".gif") ||
                       !strcmp(dot, ".bmp")));
}

/* Whole or not at all: we are about to be killed, too. */
static void copy(const char *from, const char *to)
{
    char part[PATH_SIZE];
    snprintf(part, sizeof part, "%s.copy", dir);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0 && errno == ENOENT)
        return; /* another thread has just removed it */
    int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (in < 0 || out < 0)
        fail(to);
    while (sendfile(out, in, NULL, 1 << 20) > 0)
        ;
    close(in);
    close(out);
    if (rename(part, to))
        fail(to);
}

/* Likewise: `to` is never missing. */
static void link_whole(const char *from, const char *to)
{
    char part[PATH_SIZE];
    snprintf(part, sizeof part, "%s.copy", dir);
    unlink(part);
    if ((link(from, part) || rename(part, to)) && access(from, F_OK) == 0)
        fail(to);
}

static void synced_path(const char *path, char *out)
{
    snprintf(out, PATH_SIZE, "%s.synced%s", dir, path + strlen(dir));
}

static int save(const char *path, const struct stat *st, int type, struct FTW *where)
{
    char to[PATH_SIZE];
    (void)where;
    synced_path(path, to);
    if (type == FTW_D) {
        mkdir(to, 0777);
    } else if (type == FTW_F && never_changes(path)) {
        struct stat old;
        if (stat(to, &old) || old.st_ino != st->st_ino) {
            link_whole(path, to);
        }
    } else if (type == FTW_F && access(path, F_OK) == 0) {
        copy(path, to);
    }
    return 0;
}

/* What is gone since then. */
static int forget(const char *path, const struct stat *st, int type, struct FTW *where)
{
    char now[PATH_SIZE];
    size_t len = strlen(dir) + strlen(".synced");
    (void)st, (void)where;
    snprintf(now, sizeof now, "%s%s", dir, path + len);
    if (type == FTW_F && access(now, F_OK))
        unlink(path);
    return 0;
}

static void save_all(void)
{
    char synced[PATH_SIZE];
    dir = getenv("POWERCUT_DIR");
    if (!dir)
        return;
    snprintf(synced, sizeof synced, "%s.synced", dir);
    nftw(dir, save, 16, FTW_PHYS);
    nftw(synced, forget, 16, FTW_PHYS);
}

/* What there is after a power cut is on disk. */
__attribute__((constructor)) static void begin(void)
{
    if (!strcmp(program_invocation_short_name, "imgfetch"))
        save_all();
}

int syncfs(int fd)
{
    static int (*next)(int);
    pthread_mutex_lock(&lock);
    save_all();
    if (!next)
        next = (int (*)(int))dlsym(RTLD_NEXT, "syncfs");
    pthread_mutex_unlock(&lock);
    return next(fd);
}

static void note_fsynced(const struct stat *st)
{
    char name[PATH_SIZE], line[64];
    snprintf(name, sizeof name, "%s.fsynced", dir);
    int len = snprintf(line, sizeof line, "%llu %llu\n", (unsigned long long)st->st_ino,
        (unsigned long long)st->st_size);
    int list = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (list < 0 || write(list, line, (size_t)len) != len)
        fail(name);
    close(list);
}

/* The names that a folder has now; their files were synced before, and so was the folder's own. */
static void save_names(int fd)
{
    struct stat st;
    char link[64], folder[PATH_SIZE] = "", path[PATH_SIZE];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, folder, sizeof folder - 1) < 0 || strncmp(folder, dir, strlen(dir)) != 0)
        return;
    synced_path(folder, path);
    mkdir(path, 0777);
    DIR *now = opendir(folder), *then = opendir(path);
    for (struct dirent *e; now && (e = readdir(now));) {
        int len = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (len < (int)sizeof path && !stat(path, &st) && S_ISREG(st.st_mode))
            save(path, &st, FTW_F, NULL);
    }
    for (struct dirent *e; then && (e = readdir(then));) {
        int len =
            snprintf(path, sizeof path, "%s.synced%s/%s", dir, folder + strlen(dir), e->d_name);
        if (len < (int)sizeof path && !stat(path, &st) && S_ISREG(st.st_mode))
            forget(path, &st, FTW_F, NULL);
    }
    if (now)
        closedir(now);
    if (then)
        closedir(then);
}

static void note_sync(int fd)
{
    struct stat st;
    dir = getenv("POWERCUT_DIR");
    if (!dir || fstat(fd, &st))
        return;
    if (S_ISREG(st.st_mode))
        note_fsynced(&st);
    else if (S_ISDIR(st.st_mode))
        save_names(fd);
}

static int note_and_call(const char *call, int fd)
{
    pthread_mutex_lock(&lock);
    note_sync(fd);
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);
    pthread_mutex_unlock(&lock);
    return next(fd);
}

int fsync(int fd)
{
    return note_and_call("fsync", fd);
}

int fdatasync(int fd)
{
    return note_and_call("fdatasync", fd);
}

/* A machine without Landlock: this library writes beside the output directory. */
long syscall(long number, ...)
{
    static long (*next)(long, ...);
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_landlock_create_ruleset) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (!next)
        next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
