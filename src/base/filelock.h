/*
 * Locks between processes, on single bytes of a file (fcntl(2), open file description locks).
 *
 * A lock belongs to the open file description it was taken through. It is released when the last
 * descriptor of that is closed, also by kill -9. A forked child that still has the descriptor keeps
 * the lock.
 */
#ifndef BASE_FILELOCK_H
#define BASE_FILELOCK_H

#include <stdbool.h>
#include <stdint.h>

enum filelock { FILELOCK_SHARED, FILELOCK_EXCLUSIVE, FILELOCK_NONE /* releases it */ };

/* Takes or releases the lock. 0; -EAGAIN: another process holds a conflicting lock; -ENOLCK:
 * this file system has no locks (Lustre without -o flock, for example). */
int filelock_try(int fd, enum filelock, int64_t byte);

/* The same, but waits; blocks. Never -EAGAIN. */
int filelock_wait(int fd, enum filelock, int64_t byte);

/* True if that byte is locked through another open file description. `fd` may be read-only. */
bool filelock_is_taken(int fd, int64_t byte);

#endif
