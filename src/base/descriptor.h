/* Opening files on a machine that is short of descriptors, and reading them whole. Blocks; any
 * thread. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How long it waits for one, in ms: connections and files are closed all the time. */
enum { DESCRIPTOR_PATIENCE_MS = 30000 };

/* openat(2), which waits while there is no descriptor to be had (EMFILE, ENFILE). */
int descriptor_openat(int dir, const char *path, int flags, mode_t mode);

/* opendir(3) of a path below a folder, with the flags of openat(2): O_NOFOLLOW or none. NULL: errno
 * says why. */
DIR *descriptor_opendirat(int dir, const char *path, int flags);

/* pread(2) until `len` bytes are there, or there are no more. How many; or a negative errno. */
ssize_t descriptor_read_at(int fd, void *bytes, size_t len, int64_t offset);

#endif
