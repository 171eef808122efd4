/*
 * The threads of the program.
 *
 * Always true:
 * - All signals are blocked in them: they are for the thread of main().
 * - Each has a name, for top, perf and gdb.
 *
 * Any thread.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* Starts a thread that calls run(arg); pthread_join() it. `name`: static text of 15 bytes at most.
 * `stack`: bytes; 0: as large as is usual. 0; or a negative errno, and there is no thread: -EAGAIN
 * where the user may have no more of them (ulimit -u). */
int thread_start(pthread_t *ret, const char *name, size_t stack, void (*run)(void *arg), void *arg);

#endif
