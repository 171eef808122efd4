/* Reads files without short reads, and closes what a new process does not need. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* pread(2) until `len` bytes are read or the file ends. Blocks; any thread. Returns the number of
 * bytes, or a negative errno. */
ssize_t descriptor_read_at(int fd, void *bytes, size_t len, int64_t offset);

/* For a process that was just forked: moves `kept` to the descriptor `to`, closes all above that,
 * and opens /dev/null in place of the first `nulls`, so that it keeps no pipe of the user open.
 * `to` is at least `nulls`; those between keep what they are. */
void descriptor_keep_only(int kept, int to, int nulls);

#endif
