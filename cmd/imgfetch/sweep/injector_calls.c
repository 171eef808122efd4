/*
 * The calls that can be made to fail, each under libc's name. Those that libc makes inside itself
 * do not come here, except for memory.
 */
#include "cmd/imgfetch/sweep/injector.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DECLARE_NEXT(name)                                                                         \
    static __typeof__(&(name)) next;                                                               \
    if (!next)                                                                                     \
    next = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name)

/* What is to be returned at once for a verdict; `next` is the call that is DONE first. */
#define RETURN_IF_JUDGED(kind, failure, call)                                                      \
    enum verdict verdict = injector_judge(kind);                                                   \
    if (verdict == DONE) {                                                                         \
        __typeof__(call) ignored = (call);                                                         \
        (void)ignored;                                                                             \
        injector_set_errno();                                                                      \
    }                                                                                              \
    if (verdict != PASS)                                                                           \
    return verdict == END ? 0 : (failure)

/* A call that fails as a whole, and says so with `failure`. */
#define WRAP(kind, type, failure, name, params, args)                                              \
    type name params                                                                               \
    {                                                                                              \
        DECLARE_NEXT(name);                                                                        \
        RETURN_IF_JUDGED(kind, failure, next args);                                                \
        return next args;                                                                          \
    }

/* ---- reading and writing ---- */

/* One that moves `size` bytes at most, or half of them. */
#define MOVE(of_file, writes, name, params, args)                                                  \
    ssize_t name params                                                                            \
    {                                                                                              \
        DECLARE_NEXT(name);                                                                        \
        enum verdict verdict = injector_judge(injector_kind_of(fd, of_file, writes));              \
        if (verdict == FAIL || verdict == END)                                                     \
            return verdict == FAIL ? -1 : 0;                                                       \
        size = verdict == SHORT ? (size + 1) / 2 : size;                                           \
        ssize_t moved = next args;                                                                 \
        if (verdict == DONE)                                                                       \
            injector_set_errno();                                                                  \
        return verdict == DONE ? -1 : moved;                                                       \
    }

MOVE(K_read, false, read, (int fd, void *p, size_t size), (fd, p, size))
MOVE(K_pread, false, pread, (int fd, void *p, size_t size, off_t at), (fd, p, size, at))
MOVE(K_pread, false, pread64, (int fd, void *p, size_t size, off_t at), (fd, p, size, at))
MOVE(K_write, true, write, (int fd, const void *p, size_t size), (fd, p, size))
MOVE(K_pwrite, true, pwrite, (int fd, const void *p, size_t size, off_t at), (fd, p, size, at))
MOVE(K_pwrite, true, pwrite64, (int fd, const void *p, size_t size, off_t at), (fd, p, size, at))
MOVE(K_recv, false, recv, (int fd, void *p, size_t size, int flags), (fd, p, size, flags))
MOVE(K_recv, false, recvfrom,
    (int fd, void *restrict p, size_t size, int flags, struct sockaddr *restrict from,
        socklen_t *restrict from_len),
    (fd, p, size, flags, from, from_len))
MOVE(K_send, true, send, (int fd, const void *p, size_t size, int flags), (fd, p, size, flags))
MOVE(K_send, true, sendto,
    (int fd, const void *p, size_t size, int flags, const struct sockaddr *to, socklen_t to_len),
    (fd, p, size, flags, to, to_len))

/* One that moves `n` pieces; half of them is half of the first. */
#define MOVE_PIECES(of_file, writes, name, params, args)                                           \
    ssize_t name params                                                                            \
    {                                                                                              \
        DECLARE_NEXT(name);                                                                        \
        enum verdict verdict = injector_judge(injector_kind_of(fd, of_file, writes));              \
        if (verdict == FAIL || verdict == END)                                                     \
            return verdict == FAIL ? -1 : 0;                                                       \
        struct iovec half = {n ? v->iov_base : NULL, n ? (v->iov_len + 1) / 2 : 0};                \
        if (verdict == SHORT) {                                                                    \
            v = &half;                                                                             \
            n = 1;                                                                                 \
        }                                                                                          \
        ssize_t moved = next args;                                                                 \
        if (verdict == DONE)                                                                       \
            injector_set_errno();                                                                  \
        return verdict == DONE ? -1 : moved;                                                       \
    }

MOVE_PIECES(K_read, false, readv, (int fd, const struct iovec *v, int n), (fd, v, n))
MOVE_PIECES(K_write, true, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
MOVE_PIECES(
    K_pwrite, true, pwritev, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))

WRAP(injector_kind_of(fd, K_send, true), ssize_t, -1, sendmsg,
    (int fd, const struct msghdr *m, int flags), (fd, m, flags))
WRAP(injector_kind_of(fd, K_recv, false), ssize_t, -1, recvmsg,
    (int fd, struct msghdr *m, int flags), (fd, m, flags))

/* Closed in any case, as Linux does it. */
int close(int fd)
{
    DECLARE_NEXT(close);
    enum verdict verdict =
        injector_judge(injector_kind_of(fd, K_close, true) == K_close ? K_close : N_KINDS);
    int result = next(fd);
    if (verdict == PASS)
        return result;
    injector_set_errno();
    return -1;
}

/* ---- opening ---- */

static bool wants_mode(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

static bool is_refused(int flags)
{
    if (!injector_is_old() || (flags & O_TMPFILE) != O_TMPFILE)
        return false;
    errno = EOPNOTSUPP;
    return true;
}

#define TAKE_MODE(flags)                                                                           \
    mode_t mode = 0;                                                                               \
    if (wants_mode(flags)) {                                                                       \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        DECLARE_NEXT(name);                                                                        \
        TAKE_MODE(flags)                                                                           \
        if (is_refused(flags))                                                                     \
            return -1;                                                                             \
        RETURN_IF_JUDGED(K_open, -1, -1);                                                          \
        return next(path, flags, mode);                                                            \
    }
#define OPEN_AT(name)                                                                              \
    int name(int dir, const char *path, int flags, ...)                                            \
    {                                                                                              \
        DECLARE_NEXT(name);                                                                        \
        TAKE_MODE(flags)                                                                           \
        if (is_refused(flags))                                                                     \
            return -1;                                                                             \
        RETURN_IF_JUDGED(K_open, -1, -1);                                                          \
        return next(dir, path, flags, mode);                                                       \
    }
OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

/* With FORTIFY, calls without a mode come under these names. */
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
WRAP(K_open, int, -1, __open_2, (const char *path, int flags), (path, flags))
WRAP(K_open, int, -1, __open64_2, (const char *path, int flags), (path, flags))
WRAP(K_open, int, -1, __openat_2, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(K_open, int, -1, __openat64_2, (int dir, const char *path, int flags), (dir, path, flags))

WRAP(K_open, FILE *, NULL, fopen, (const char *restrict path, const char *restrict mode),
    (path, mode))
WRAP(K_open, FILE *, NULL, fopen64, (const char *restrict path, const char *restrict mode),
    (path, mode))
WRAP(K_opendir, DIR *, NULL, opendir, (const char *path), (path))
WRAP(K_opendir, DIR *, NULL, fdopendir, (int fd), (fd))
WRAP(K_readdir, struct dirent *, NULL, readdir, (DIR * d), (d))
WRAP(K_readdir, struct dirent64 *, NULL, readdir64, (DIR * d), (d))

/* ---- files and folders ---- */

WRAP(K_fsync, int, -1, fsync, (int fd), (fd))
WRAP(K_fsync, int, -1, fdatasync, (int fd), (fd))
WRAP(K_syncfs, int, -1, syncfs, (int fd), (fd))
WRAP(K_rename, int, -1, rename, (const char *from, const char *to), (from, to))
WRAP(
    K_rename, int, -1, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(K_link, int, -1, link, (const char *from, const char *to), (from, to))
WRAP(K_unlink, int, -1, unlink, (const char *path), (path))
WRAP(K_unlink, int, -1, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(K_mkdir, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(K_mkdir, int, -1, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(K_stat, int, -1, stat, (const char *restrict path, struct stat *restrict st), (path, st))
WRAP(K_stat, int, -1, stat64, (const char *restrict path, struct stat64 *restrict st), (path, st))
WRAP(K_stat, int, -1, lstat, (const char *restrict path, struct stat *restrict st), (path, st))
WRAP(K_stat, int, -1, fstat, (int fd, struct stat *st), (fd, st))
WRAP(K_stat, int, -1, fstat64, (int fd, struct stat64 *st), (fd, st))
WRAP(K_stat, int, -1, fstatat,
    (int dir, const char *restrict path, struct stat *restrict st, int flags),
    (dir, path, st, flags))
WRAP(K_stat, int, -1, access, (const char *path, int mode), (path, mode))
WRAP(K_stat, int, -1, faccessat, (int dir, const char *path, int mode, int flags),
    (dir, path, mode, flags))
WRAP(K_statfs, int, -1, statvfs, (const char *restrict path, struct statvfs *restrict st),
    (path, st))
WRAP(K_statfs, int, -1, fstatvfs, (int fd, struct statvfs *st), (fd, st))
WRAP(K_statfs, int, -1, fstatfs, (int fd, struct statfs *st), (fd, st))
WRAP(K_readlink, ssize_t, -1, readlink, (const char *restrict path, char *restrict to, size_t size),
    (path, to, size))
WRAP(K_truncate, int, -1, ftruncate, (int fd, off_t len), (fd, len))
WRAP(K_truncate, int, -1, ftruncate64, (int fd, off_t len), (fd, len))
WRAP(K_fallocate, int, -1, fallocate, (int fd, int mode, off_t at, off_t len), (fd, mode, at, len))

int linkat(int a, const char *from, int b, const char *to, int flags)
{
    DECLARE_NEXT(linkat);
    if (injector_is_old()) {
        errno = EPERM;
        return -1;
    }
    RETURN_IF_JUDGED(K_link, -1, next(a, from, b, to, flags));
    return next(a, from, b, to, flags);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    DECLARE_NEXT(renameat2);
    if (injector_is_old() && flags) {
        errno = EINVAL;
        return -1;
    }
    RETURN_IF_JUDGED(K_rename, -1, next(a, from, b, to, flags));
    return next(a, from, b, to, flags);
}

static enum kind kind_of_fcntl(int command)
{
    switch (command) {
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
    case F_OFD_GETLK:
        return K_lock;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return K_dup;
    default:
        return N_KINDS;
    }
}

/* The argument is a number or a pointer. */
#define FCNTL(name)                                                                                \
    int name(int fd, int command, ...)                                                             \
    {                                                                                              \
        DECLARE_NEXT(name);                                                                        \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        RETURN_IF_JUDGED(kind_of_fcntl(command), -1, -1);                                          \
        return next(fd, command, argument);                                                        \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

/* ---- processes, threads, descriptors ---- */

WRAP(K_fork, pid_t, -1, fork, (void), ())
WRAP(K_thread, int, errno, pthread_create,
    (pthread_t *restrict t, const pthread_attr_t *restrict a, void *(*f)(void *),
        void *restrict arg),
    (t, a, f, arg))
WRAP(K_waitpid, pid_t, -1, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags))
WRAP(K_waitpid, pid_t, -1, wait4, (pid_t pid, int *status, int flags, struct rusage *usage),
    (pid, status, flags, usage))
WRAP(K_dup, int, -1, dup, (int fd), (fd))
WRAP(K_eventfd, int, -1, eventfd, (unsigned n, int flags), (n, flags))
WRAP(K_pipe, int, -1, pipe2, (int ends[2], int flags), (ends, flags))
WRAP(K_socketpair, int, -1, socketpair, (int domain, int type, int protocol, int ends[2]),
    (domain, type, protocol, ends))
WRAP(K_memfd, int, -1, memfd_create, (const char *name, unsigned flags), (name, flags))
WRAP(K_signalfd, int, -1, signalfd, (int fd, const sigset_t *mask, int flags), (fd, mask, flags))
WRAP(K_pidfd, int, -1, pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
WRAP(K_epoll_create, int, -1, epoll_create1, (int flags), (flags))
WRAP(K_epoll_ctl, int, -1, epoll_ctl, (int fd, int op, int of, struct epoll_event *e),
    (fd, op, of, e))
WRAP(K_wait, int, -1, epoll_wait, (int fd, struct epoll_event *e, int n, int ms), (fd, e, n, ms))
WRAP(K_wait, int, -1, epoll_pwait,
    (int fd, struct epoll_event *e, int n, int ms, const sigset_t *mask), (fd, e, n, ms, mask))
WRAP(K_wait, int, -1, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms))
WRAP(K_getrandom, int, -1, getentropy, (void *p, size_t size), (p, size))
WRAP(K_dlopen, void *, NULL, dlopen, (const char *path, int flags), (path, flags))

/* ---- network ---- */

WRAP(K_socket, int, -1, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(K_connect, int, -1, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
WRAP(K_bind, int, -1, bind, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
WRAP(K_setsockopt, int, -1, setsockopt,
    (int fd, int level, int option, const void *p, socklen_t len), (fd, level, option, p, len))

/* ---- memory ---- */

WRAP(K_mmap, void *, MAP_FAILED, mmap,
    (void *at, size_t len, int access, int flags, int fd, off_t offset),
    (at, len, access, flags, fd, offset))
WRAP(K_mprotect, int, -1, mprotect, (void *at, size_t len, int access), (at, len, access))

/* Found without dlsym(), which allocates. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static bool has_no_memory(void)
{
    return injector_judge(K_malloc) != PASS;
}

void *malloc(size_t size)
{
    return has_no_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return has_no_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return has_no_memory() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    return has_no_memory() ? NULL : __libc_memalign(align, size);
}

/* ---- the wall clock, which does not fail, but may be wrong ---- */

int clock_gettime(clockid_t id, struct timespec *ret)
{
    DECLARE_NEXT(clock_gettime);
    int result = next(id, ret);
    if (!result && id == CLOCK_REALTIME)
        ret->tv_sec += injector_clock_error();
    return result;
}

time_t time(time_t *ret)
{
    DECLARE_NEXT(time);
    time_t now = next(NULL) + injector_clock_error();
    if (ret)
        *ret = now;
    return now;
}

/* ---- calls without a name in libc ---- */

static enum kind kind_of_syscall(long number)
{
    switch (number) {
    case SYS_openat2:
        return K_open;
    case SYS_statx:
        return K_stat;
    case SYS_getrandom:
        return K_getrandom;
    default:
        return N_KINDS;
    }
}

long syscall(long number, ...)
{
    DECLARE_NEXT(syscall);
    enum { ARGUMENTS = 6 };
    long a[ARGUMENTS];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < ARGUMENTS; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    RETURN_IF_JUDGED(kind_of_syscall(number), -1, -1);
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
