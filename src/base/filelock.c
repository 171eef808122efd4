#include "base/filelock.h"

#include <errno.h>
#include <fcntl.h>

static int lock(int fd, enum filelock how, int64_t byte, int command)
{
    static const short types[] = {F_RDLCK, F_WRLCK, F_UNLCK};
    struct flock l = {.l_type = types[how], .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    while (fcntl(fd, command, &l)) {
        switch (errno) {
        case EINTR:
            break;
        case EACCES:
        case EAGAIN:
            return -EAGAIN;
        case ENOLCK:
        case ENOSYS:
        case EOPNOTSUPP:
        case EINVAL:
            return -ENOLCK;
        default:
            return -errno;
        }
    }
    return 0;
}

int filelock_try(int fd, enum filelock how, int64_t byte)
{
    return lock(fd, how, byte, F_OFD_SETLK);
}

int filelock_wait(int fd, enum filelock how, int64_t byte)
{
    return lock(fd, how, byte, F_OFD_SETLKW);
}

bool filelock_is_taken(int fd, int64_t byte)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return !fcntl(fd, F_OFD_GETLK, &l) && l.l_type != F_UNLCK;
}
