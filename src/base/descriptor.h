/* Reads files without short reads. Blocks; any thread. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* pread(2) until `len` bytes are read or the file ends. Returns the number of bytes, or a
 * negative errno. */
ssize_t descriptor_read_at(int fd, void *bytes, size_t len, int64_t offset);

#endif
