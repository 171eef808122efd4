#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 10 };

int descriptor_openat(int dir, const char *path, int flags, mode_t mode)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int fd = openat(dir, path, flags, mode);
    for (int ms = 0; fd < 0 && (errno == EMFILE || errno == ENFILE) && ms < DESCRIPTOR_PATIENCE_MS;
         ms += PAUSE_MS) {
        nanosleep(&pause, NULL);
        fd = openat(dir, path, flags, mode);
    }
    return fd;
}

DIR *descriptor_opendirat(int dir, const char *path, int flags)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    int saved = errno;
    if (fd >= 0 && !folder)
        close(fd);
    errno = saved;
    return folder;
}

ssize_t descriptor_read_at(int fd, void *bytes, size_t len, int64_t offset)
{
    size_t have = 0;
    while (have < len) {
        ssize_t n = pread(fd, (char *)bytes + have, len - have, offset + (int64_t)have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}
