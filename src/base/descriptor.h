/* Opening files on a machine that is short of descriptors. Blocks; any thread. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <sys/types.h>

/* How long it waits for one, in ms: connections and files are closed all the time. */
enum { DESCRIPTOR_PATIENCE_MS = 30000 };

/* openat(2), which waits while there is no descriptor to be had (EMFILE, ENFILE). */
int descriptor_openat(int dir, const char *path, int flags, mode_t mode);

#endif
