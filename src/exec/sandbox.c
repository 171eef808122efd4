#include "exec/sandbox.h"

#include "base/mem.h"
#include "exec/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

enum {
    STACK = 8 << 20,     /* Linux's usual limit */
    AS_SLACK = 16 << 20, /* the stack may still grow by STACK, malloc rounds up */
};

const char *sandbox_name(enum sandbox_level level)
{
    switch (level) {
    case SANDBOX_SECCOMP:
        return "seccomp";
    case SANDBOX_LIMITS:
        return "limits";
    default:
        return "none";
    }
}

/* Both limits of the resource become `value`, or stay where they are lower. */
static bool limit(int resource, rlim_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now) < 0)
        return false;
    rlim_t most = now.rlim_max < value ? now.rlim_max : value;
    return setrlimit(resource, &(struct rlimit){most, most}) == 0;
}

static bool limit_all(unsigned descriptors)
{
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, descriptors) &&
           limit(RLIMIT_NPROC, 0) && limit(RLIMIT_STACK, STACK) &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* The size of the address space in bytes, 0 if /proc does not tell. Without stdio, whose first use
 * would cost each worker page faults. */
static size_t address_space(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

/* All memory of the worker comes from there from now on. */
static bool reserve_heap(size_t max_memory)
{
    mallopt(M_ARENA_MAX, 1);
    bool is_reserved = mem_reserve_heap(max_memory);
    if (is_reserved)
        mallopt(M_MMAP_MAX, 0);
    return is_reserved;
}

#ifdef ARCH

#define CALL(name, action) IF_EQUAL(SYS_##name), RETURN(action)
#define CALL_ON_FD(name, fd)                                                                       \
    SKIP_UNLESS_EQUAL(SYS_##name, 4), LOAD(args[0]), IF_EQUAL(fd), RETURN(SECCOMP_RET_ALLOW),      \
        RETURN(SECCOMP_RET_TRAP)

/*
 * An x32 call has a number of its own (bit 30 set), so it equals none of these
 * and is trapped like the rest. brk answers 0: glibc takes any other answer,
 * -ENOMEM too, for the new break and would write there.
 */
static bool filter_calls(int fd)
{
    struct sock_filter code[] = {
        LOAD(arch),
        IF_EQUAL(ARCH),
        BPF_STMT(BPF_JMP | BPF_JA, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        CALL_ON_FD(read, (unsigned)fd),
        CALL_ON_FD(write, (unsigned)fd),
        CALL(exit, SECCOMP_RET_ALLOW),
        CALL(exit_group, SECCOMP_RET_ALLOW),
        CALL(rt_sigreturn, SECCOMP_RET_ALLOW),
        CALL(mmap, SECCOMP_RET_ERRNO | ENOMEM),
        CALL(mremap, SECCOMP_RET_ERRNO | ENOMEM),
        CALL(munmap, SECCOMP_RET_ERRNO | ENOMEM),
        CALL(madvise, SECCOMP_RET_ERRNO | ENOMEM),
        CALL(brk, SECCOMP_RET_ERRNO | 0),
        RETURN(SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#else

static bool filter_calls(int fd)
{
    (void)fd;
    return false;
}

#endif

void sandbox_prepare(size_t max_memory)
{
    if (!SANITIZED && max_memory)
        (void)mem_reserve_heap(max_memory); /* those who enter find out whether it is there */
}

enum sandbox_level sandbox_enter(size_t max_memory, int fd)
{
    if (SANITIZED || !max_memory)
        return limit_all(0) ? SANDBOX_LIMITS : SANDBOX_NONE;

    bool heap = reserve_heap(max_memory);
    size_t now = address_space();
    size_t more = heap ? AS_SLACK : max_memory + AS_SLACK;
    bool bounded = now && limit(RLIMIT_AS, now + more);
    if (!limit_all(0))
        return SANDBOX_NONE;
    if (heap && filter_calls(fd))
        return SANDBOX_SECCOMP;
    return bounded ? SANDBOX_LIMITS : SANDBOX_NONE;
}

bool sandbox_limit(size_t max_memory, unsigned descriptors)
{
    size_t now = address_space();
    bool bounded = SANITIZED || (now && limit(RLIMIT_AS, now + max_memory));
    return limit_all(descriptors) && bounded;
}

bool sandbox_has_room(size_t max_memory)
{
    if (SANITIZED || !max_memory)
        return true;
    void *half = malloc(max_memory / 2);
    free(half);
    return half;
}
