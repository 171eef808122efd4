#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

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
