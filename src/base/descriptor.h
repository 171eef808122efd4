/* Opens files when descriptors are scarce, and reads them without short reads. Blocks; any
 * thread. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How long to wait for a free descriptor, in ms: connections and files are closed all the time. */
enum { DESCRIPTOR_PATIENCE_MS = 30000 };

/* openat(2), but waits while no descriptor is free (EMFILE, ENFILE). */
int descriptor_openat(int dir, const char *path, int flags, mode_t mode);

/* opendir(3) of a path below a folder, with the flags of openat(2): O_NOFOLLOW or none. NULL: errno
 * says why. */
DIR *descriptor_opendirat(int dir, const char *path, int flags);

/* pread(2) until `len` bytes are read or the file ends. Returns the number of bytes, or a
 * negative errno. */
ssize_t descriptor_read_at(int fd, void *bytes, size_t len, int64_t offset);

#endif
