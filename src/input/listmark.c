#include "input/listmark.h"

#include "base/descriptor.h"
#include "base/hex.h"
#include "base/mem.h"
#include "input/urllist.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a path that is not absolute; links in it stay, since they may be set to a newer list. */
static char *make_absolute(const char *path)
{
    char folder[PATH_MAX];
    if (*path == '/' || !strcmp(path, "-") || urllist_is_url(path) ||
        !getcwd(folder, sizeof folder))
        return mem_dup(path);
    size_t size = strlen(folder) + strlen(path) + 2;
    char *absolute = mem_new(size);
    snprintf(absolute, size, "%s/%s", strcmp(folder, "/") ? folder : "", path);
    return absolute;
}

/* A regular file's descriptor, and its size. -ENODEV: it is none; or another negative errno. */
static int open_file(const char *path, int64_t *ret_size)
{
    struct stat st;
    if (!strcmp(path, "-") || urllist_is_url(path))
        return -ENODEV;
    if (stat(path, &st))
        return -errno;
    if (!S_ISREG(st.st_mode)) /* to open a pipe would wait for its writer */
        return -ENODEV;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *ret_size = st.st_size;
    return fd < 0 ? -errno : fd;
}

static bool hash_head(int fd, int64_t size, char ret[LISTMARK_HASH_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t len = size < LISTMARK_HEAD ? (size_t)size : LISTMARK_HEAD;
    unsigned char *head = mem_new(LISTMARK_HEAD);
    bool good = descriptor_read_at(fd, head, len, 0) == (ssize_t)len;
    if (good)
        mem_must(EVP_Digest(head, len, hash, NULL, EVP_sha256(), NULL));
    free(head);
    if (good)
        hex_print(hash, (LISTMARK_HASH_SIZE - 1) / 2, ret);
    return good;
}

void listmark_take(const char *path, struct listmark *ret)
{
    *ret = (struct listmark){.path = make_absolute(path), .size = -1};
    int64_t size = 0;
    int fd = open_file(path, &size);
    if (fd < 0)
        return;
    if (hash_head(fd, size, ret->head))
        ret->size = size;
    close(fd);
}

void listmark_fini(struct listmark *m)
{
    free(m->path);
    *m = (struct listmark){0};
}

enum listmark_change listmark_compare(const struct listmark *m, const char *path)
{
    char head[LISTMARK_HASH_SIZE];
    int64_t size = 0;
    if (urllist_is_url(m->path) || urllist_is_url(path))
        return strcmp(m->path, path) ? LISTMARK_OTHER : LISTMARK_SAME;
    int fd = open_file(path, &size);
    if (fd < 0)
        return fd == -ENODEV ? LISTMARK_UNKNOWN : LISTMARK_GONE;
    bool is_alike = size >= m->size && hash_head(fd, m->size, head) && !strcmp(head, m->head);
    close(fd);
    if (m->size < 0)
        return LISTMARK_UNKNOWN;
    return !is_alike ? LISTMARK_OTHER : size > m->size ? LISTMARK_GROWN : LISTMARK_SAME;
}
