/*
 * powercut DIR SEED: what a power cut makes of a directory, once its writer is dead.
 *
 * DIR.synced has what was sure to be on disk (powercut_shim.c). Of all that has happened since,
 * any part may have reached the disk, or none, in any order. So for each file, by chance:
 * - one that is new may be there, be missing, or be there with bytes missing: it is empty, or
 *   shorter, or has NULs in the place of a part of its bytes or all of them, at its full length;
 * - one that was appended to may have any length from the old one on, with NULs at its end;
 * - one that was replaced is the old one or the new one;
 * - one that was removed may be there again.
 * Bytes that were synced alone are never missing.
 *
 * Prints how many files it has changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, FSYNCED_MAX = 100000, PATHS_MAX = 200000 };

static const char *dir;
static struct {
    unsigned long long inode, size;
} fsynced[FSYNCED_MAX];
static size_t n_fsynced, n_changed, n_paths;
static char *paths[PATHS_MAX];

static void fail(const char *what)
{
    fprintf(stderr, "powercut: %s: %s\n", what, strerror(errno));
    exit(1);
}

static unsigned chance(unsigned n)
{
    return (unsigned)(random() % n);
}

static void read_fsynced(void)
{
    char name[PATH_SIZE];
    snprintf(name, sizeof name, "%s.fsynced", dir);
    FILE *f = fopen(name, "r");
    while (f && n_fsynced < FSYNCED_MAX &&
           fscanf(f, "%llu %llu", &fsynced[n_fsynced].inode, &fsynced[n_fsynced].size) == 2)
        n_fsynced++;
    if (f)
        fclose(f);
    unlink(name);
}

/* Bytes at its beginning that were synced alone. */
static size_t fsynced_size(const char *path)
{
    struct stat st;
    if (stat(path, &st))
        fail(path);
    for (size_t i = n_fsynced; i-- > 0;)
        if (fsynced[i].inode == st.st_ino)
            return fsynced[i].size < (size_t)st.st_size ? fsynced[i].size : (size_t)st.st_size;
    return 0;
}

static char *read_all(const char *path, size_t *ret_len)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st))
        fail(path);
    char *bytes = malloc((size_t)st.st_size + 1);
    if (!bytes || read(fd, bytes, (size_t)st.st_size) != st.st_size)
        fail(path);
    close(fd);
    *ret_len = (size_t)st.st_size;
    return bytes;
}

/* Always a new file: the old one may be linked from DIR.synced. */
static void write_all(const char *path, const char *bytes, size_t len)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
        fail(path);
    close(fd);
    n_changed++;
}

/* sure: so many bytes at the beginning are on disk. */
static void tear(const char *path, size_t sure)
{
    size_t len, at;
    char *bytes = read_all(path, &len);
    at = sure + (len > sure ? chance((unsigned)(len - sure) + 1) : 0);
    switch (chance(3)) {
    case 0: /* not all of it has come */
        len = at;
        break;
    case 1: /* the length has, and not all bytes */
        memset(bytes + at, 0, len - at);
        break;
    default: /* later bytes, but not the earlier ones */
        memset(bytes + sure, 0, at - sure);
        break;
    }
    write_all(path, bytes, len);
    free(bytes);
}

static bool is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && !memcmp(a, b, a_len);
}

static void cut_changed(const char *path, const char *old_path)
{
    size_t len, old_len, sure = fsynced_size(path);
    char *bytes = read_all(path, &len), *old = read_all(old_path, &old_len);
    if (is_same(bytes, len, old, old_len)) {
        /* nothing has happened to it */
    } else if (len > old_len && !memcmp(bytes, old, old_len)) {
        tear(path, sure > old_len ? sure : old_len);
    } else if (chance(2)) {
        write_all(path, old, old_len);
    }
    free(bytes);
    free(old);
}

static void cut_new(const char *path)
{
    switch (chance(3)) {
    case 0:
        break; /* all of it has come */
    case 1:
        unlink(path);
        n_changed++;
        break;
    default:
        tear(path, fsynced_size(path));
        break;
    }
}

/* Only remembered: a file that is written anew would be met again. */
static int remember(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where, (void)st;
    if (type != FTW_F)
        return 0;
    if (n_paths == PATHS_MAX || !(paths[n_paths++] = strdup(path)))
        fail(path);
    return 0;
}

static int bring_back(const char *old, const struct stat *st, int type, struct FTW *where)
{
    char path[PATH_SIZE];
    (void)where, (void)st;
    snprintf(path, sizeof path, "%s%s", dir, old + strlen(dir) + strlen(".synced"));
    if (type == FTW_D)
        mkdir(path, 0777);
    else if (type == FTW_F && access(path, F_OK) && chance(2)) {
        if (link(old, path))
            fail(path);
        n_changed++;
    }
    return 0;
}

int main(int argc, char **argv)
{
    char synced[PATH_SIZE], old[PATH_SIZE];
    if (argc != 3) {
        fprintf(stderr, "usage: powercut DIR SEED\n");
        return 2;
    }
    dir = argv[1];
    srandom((unsigned)atoi(argv[2]));
    snprintf(synced, sizeof synced, "%s.synced", dir);
    read_fsynced();
    if (nftw(dir, remember, 16, FTW_PHYS))
        fail(dir);
    for (size_t i = 0; i < n_paths; i++) {
        struct stat st;
        snprintf(old, sizeof old, "%s%s", synced, paths[i] + strlen(dir));
        if (!access(old, F_OK))
            cut_changed(paths[i], old);
        else if (!stat(paths[i], &st))
            cut_new(paths[i]);
    }
    if (!access(synced, F_OK) && nftw(synced, bring_back, 16, FTW_PHYS))
        fail(synced);
    printf("%zu\n", n_changed);
    return 0;
}
