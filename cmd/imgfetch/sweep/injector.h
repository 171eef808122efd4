/*
 * The heart of the fault injector: counts calls by kind, and says which of them fails.
 *
 * Calls of the main process and of its children are counted apart, those of all children together,
 * in memory that sweep.py reads. A worker is confined when it calls: nothing here makes a system
 * call in a child.
 */
#ifndef SWEEP_INJECTOR_H
#define SWEEP_INJECTOR_H

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
#define INJECTOR_KINDS(X) \
    X(open) X(read) X(pread) X(write) X(pwrite) X(fsync) X(syncfs) X(close) X(rename) \
    X(link) X(unlink) X(mkdir) X(stat) X(statfs) X(readlink) X(opendir) X(readdir) \
    X(truncate) X(fallocate) X(lock) X(dup) X(mmap) X(mprotect) X(fork) X(thread) X(socket) \
    X(connect) X(bind) X(setsockopt) X(send) X(recv) X(local_send) X(local_recv) \
    X(pipe_read) X(pipe_write) X(epoll_create) X(epoll_ctl) X(wait) X(waitpid) X(eventfd) \
    X(pipe) X(socketpair) X(memfd) X(signalfd) X(pidfd) X(getrandom) X(dlopen) X(malloc)
/* clang-format on */

#define INJECTOR_ENUM(name) K_##name,
enum kind { INJECTOR_KINDS(INJECTOR_ENUM) N_KINDS /* not counted */ };

/* FAIL: errno is set. DONE: the call is made, and then fails likewise. SHORT: half of it is done.
 * END: it succeeds with 0 bytes. */
enum verdict { PASS, FAIL, DONE, SHORT, END };

/* Counts a call. PASS leaves errno alone. */
enum verdict injector_judge(enum kind);

/* After a call that is DONE. */
void injector_set_errno(void);

/* What reading or writing this descriptor is: `of_file` for a regular file; sockets, and all else
 * (pipes, eventfds), have kinds of their own. In a child only sockets are told apart, by `of_file`
 * being K_send or K_recv. */
enum kind injector_kind_of(int fd, enum kind of_file, bool writes);

/* The file system is to have no O_TMPFILE, no links and no flags of renameat2(). */
bool injector_is_old(void);

/* Seconds that the wall clock is wrong by, now. */
long injector_clock_error(void);

#endif
