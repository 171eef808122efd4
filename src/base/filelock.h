/*
 * Locks between processes, on single bytes of a file (fcntl(2), open file description locks).
 *
 * A lock goes with the descriptor it was taken through: it ends when that is closed, also by
 * kill -9. A forked child that has the descriptor keeps the lock alive.
 */
#ifndef BASE_FILELOCK_H
#define BASE_FILELOCK_H

#include <stdbool.h>
#include <stdint.h>

enum filelock { FILELOCK_SHARED, FILELOCK_EXCLUSIVE, FILELOCK_NONE /* gives it back */ };

/* 0; -EAGAIN: another process is in the way; -ENOLCK: this file system has no locks (Lustre without
 * -o flock, for one). */
int filelock_try(int fd, enum filelock, int64_t byte);

/* The same, but waits; blocks. Never -EAGAIN. */
int filelock_wait(int fd, enum filelock, int64_t byte);

/* Somebody has a lock on that byte, through another descriptor. `fd` may be for reading only. */
bool filelock_is_taken(int fd, int64_t byte);

#endif
