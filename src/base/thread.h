/*
 * The threads of the program.
 *
 * Always true:
 * - All signals are blocked in them but SIGSYS, which a refused system call sends to its own
 *   thread (exec/trap.h): one thread of the command waits for the others.
 * - Each has a name, for top, perf and gdb.
 *
 * Any thread.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* Starts a thread that calls run(arg); pthread_join() it. `name`: static text of 15 bytes at
 * most. `stack`: bytes; 0: the default size. Returns 0, or a negative errno when no thread was
 * started: -EAGAIN if the user's limit is reached (ulimit -u). */
int thread_start(pthread_t *ret, const char *name, size_t stack, void (*run)(void *arg), void *arg);

#endif
