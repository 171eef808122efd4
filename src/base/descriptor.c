#include "base/descriptor.h"

#include <errno.h>
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
