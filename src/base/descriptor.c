#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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

void descriptor_keep_only(int kept, int to, int nulls)
{
    if (kept != to)
        dup3(kept, to, O_CLOEXEC);
    close_range((unsigned)to + 1, ~0U, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < nulls; fd++)
        if (null >= 0)
            dup2(null, fd);
        else
            close(fd);
    if (null > to)
        close(null);
}
