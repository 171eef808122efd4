#include "cmd/imgfetch/compare/compare_lists.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_SIZE = 65536 };

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

/* False: errno says why; EINTR after a signal. */
static bool copy_list(int from, int to, struct signals *s)
{
    static char bytes[COPY_SIZE];
    struct pollfd fds[] = {{.fd = from, .events = POLLIN}, {.fd = s->fd, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0)
            return false;
        compare_signals_read(s);
        if (s->caught) {
            errno = EINTR;
            return false;
        }
        if (!fds[0].revents)
            continue;
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got <= 0)
            return got == 0;
        if (!write_all(to, bytes, (size_t)got))
            return false;
    }
}

static bool tell(const char *path)
{
    if (errno != EINTR)
        fprintf(stderr, "imgfetch: %s: %s\n", path, strerror(errno));
    return false;
}

/* The copy's name ends like the list's own, which determines the format. */
static bool add_copy(
    struct lists *l, const char *name, int from, const char *dir, struct signals *s)
{
    char path[PATH_MAX + 32 + NAME_MAX];
    const char *slash = strrchr(name, '/'), *end = strchr(slash ? slash : name, '.');
    snprintf(path, sizeof path, "%s/list.%zu%.*s", dir, l->n, NAME_MAX, end ? end : "");
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return tell(path);
    bool good = copy_list(from, to, s) || tell(path);
    close(to);
    l->copies[l->n_copies] = mem_dup(path);
    l->paths[l->n++] = l->copies[l->n_copies++];
    return good;
}

static bool add_list(struct lists *l, const char *path, const char *dir, struct signals *s)
{
    struct stat st;
    bool is_input = !strcmp(path, "-");
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st))
        return tell(path);
    bool good = true;
    if (S_ISREG(st.st_mode) && !is_input)
        l->paths[l->n++] = path;
    else
        good = add_copy(l, path, fd, dir, s);
    if (!is_input)
        close(fd);
    return good;
}

bool compare_lists_open(
    struct lists *l, const struct options *o, const char *dir, struct signals *s)
{
    *l = (struct lists){.paths = mem_array(o->pipeline.n_lists + 1, sizeof *l->paths)};
    l->copies = mem_array(o->pipeline.n_lists + 1, sizeof *l->copies);
    for (size_t i = 0; i < o->pipeline.n_lists; i++)
        if (!add_list(l, o->pipeline.lists[i], dir, s))
            return false;
    return true;
}

void compare_lists_close(struct lists *l)
{
    for (size_t i = 0; i < l->n_copies; i++)
        free(l->copies[i]);
    free(l->copies);
    free(l->paths);
    *l = (struct lists){0};
}
