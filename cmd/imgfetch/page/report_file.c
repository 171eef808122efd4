#include "cmd/imgfetch/page/report_file.h"

#include "store/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a path: it ends with a slash, or is ".". */
static void folder_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
}

bool report_file_is_writable(const char *path)
{
    char folder[4096];
    if (!strcmp(path, "-"))
        return true;
    struct stat st;
    if (!stat(path, &st)) {
        errno = EISDIR;
        return !S_ISDIR(st.st_mode) && !access(path, W_OK);
    }
    folder_of(path, folder, sizeof folder);
    return !access(folder, W_OK);
}

static int write_to(int fd, const struct commit_part *page)
{
    int err = fd < 0 ? -errno : commit_write(fd, page->bytes, page->len);
    if (fd >= 0 && close(fd) && !err)
        err = -errno;
    return err;
}

/* Follows a link: the file it points to is replaced, and the link stays. */
static int replace_file(const char *path, const struct commit_part *page)
{
    char folder[4096], *real = realpath(path, NULL);
    const char *name = real ? real : path, *slash = strrchr(name, '/');
    folder_of(name, folder, sizeof folder);
    int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int err = dir < 0 ? -errno : 0;
    name = slash ? slash + 1 : name;
    if (!err && commit_file(COMMIT_LINK, dir, name, page, 1, true))
        err = commit_file(COMMIT_RENAME, dir, name, page, 1, true);
    if (dir >= 0)
        close(dir);
    free(real);
    return err;
}

static int write_page(const char *path, const struct commit_part *page)
{
    struct stat st;
    if (!strcmp(path, "-"))
        return commit_write(STDOUT_FILENO, page->bytes, page->len);
    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        return write_to(open(path, O_WRONLY | O_CLOEXEC), page);
    return replace_file(path, page);
}

bool report_file_write(const char *path, void (*put)(FILE *, const void *arg), const void *arg)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return false;
    put(out, arg);
    int err = ferror(out) ? -ENOMEM : 0;
    if (fclose(out) && !err)
        err = -errno;
    if (!err)
        err = write_page(path, &(struct commit_part){text, len});
    free(text);
    errno = -err;
    return !err;
}
