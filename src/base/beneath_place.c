#include "base/beneath_place.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *beneath_place_path(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    char *ret = mem_dup(path);
    ret[len] = '\0';
    const char *slash = strrchr(ret, '/'), *last = slash ? slash + 1 : ret;
    if (*last && strcmp(last, ".") != 0 && strcmp(last, "..") != 0)
        return ret;
    char *resolved = realpath(ret, NULL);
    free(ret);
    return resolved;
}

int beneath_place_find(const char *path, struct beneath_place *ret)
{
    char *own = beneath_place_path(path);
    if (!own)
        return -errno;
    char *parent = mem_dup(own), *slash = strrchr(parent, '/');
    const char *name = slash ? own + (slash - parent) + 1 : own;
    if (slash)
        slash[slash == parent] = '\0';
    int fd = *name ? open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int err = !*name ? -EBUSY : fd < 0 ? -errno : 0;
    free(parent);
    if (err)
        free(own);
    else
        *ret = (struct beneath_place){own, name, fd};
    return err;
}

void beneath_place_fini(struct beneath_place *p)
{
    if (p->path)
        close(p->parent);
    free(p->path);
    *p = (struct beneath_place){0};
}

/* True for the root of what is mounted. Before Linux 5.8 only another file system tells. */
static bool is_mount(
    const struct beneath_place *p, const struct stat *parent, const struct stat *st)
{
    struct statx x;
    if (!statx(p->parent, p->name, AT_SYMLINK_NOFOLLOW, 0, &x) &&
        x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
        return x.stx_attributes & STATX_ATTR_MOUNT_ROOT;
    return st->st_dev != parent->st_dev;
}

const char *beneath_place_why_fixed(const struct beneath_place *p)
{
    struct stat st, parent;
    if (fstatat(p->parent, p->name, &st, AT_SYMLINK_NOFOLLOW) || fstat(p->parent, &parent))
        return strerror(errno);
    if (S_ISLNK(st.st_mode))
        return "it is a symbolic link";
    if (is_mount(p, &parent, &st))
        return "it is a mount point";
    uid_t me = geteuid();
    bool is_sticky = parent.st_mode & S_ISVTX;
    return is_sticky && me && st.st_uid != me && parent.st_uid != me
               ? "it is another user's, in a folder where each may rename only his own"
               : NULL;
}

int beneath_place_exchange(int dir, const char *a, const char *b)
{
    return renameat2(dir, a, dir, b, RENAME_EXCHANGE) ? -errno : 0;
}
