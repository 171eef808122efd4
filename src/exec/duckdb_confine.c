#include "exec/duckdb_inside.h"

#include "exec/filter.h"
#include "exec/sandbox.h"
#include "exec/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#if defined ARCH && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__

/* The descriptor of a path, or -1: there is no such file. */
static int descriptor_of(const char *path)
{
    if (!strcmp(path, DUCKDB_IN))
        return DUCKDB_IN_FD;
    return strcmp(path, DUCKDB_OUT) ? -1 : DUCKDB_OUT_FD;
}

static long result_of(long result)
{
    return result < 0 ? -errno : result;
}

/* Answers a call that takes a path, in the handler of SIGSYS. The kernel does not make it. */
static long answer_path(int call, const long *args)
{
    enum { OPEN, LOOK, DESCRIBE } kind = LOOK;
    unsigned at = 1; /* the path's argument, behind the directory's */
#ifdef __x86_64__
    if (call == SYS_open || call == SYS_access || call == SYS_stat || call == SYS_lstat)
        at = 0;
    if (call == SYS_open)
        kind = OPEN;
    if (call == SYS_stat || call == SYS_lstat)
        kind = DESCRIBE;
#endif
    if (call == SYS_openat)
        kind = OPEN;
    if (call == SYS_newfstatat)
        kind = DESCRIBE;
    const char *path = (const char *)args[at];
    int fd = *path ? descriptor_of(path) : (int)args[0]; /* AT_EMPTY_PATH */
    if (fd < 0)
        return -ENOENT;
    if (kind == DESCRIBE)
        return result_of(syscall(SYS_fstat, fd, args[at + 1]));
    return kind == OPEN ? result_of(syscall(SYS_dup, fd)) : 0;
}

#define CALL(name, action) IF_EQUAL(SYS_##name), RETURN(action)
#define ALLOW(name) CALL(name, SECCOMP_RET_ALLOW)
#define PRETEND(name) CALL(name, SECCOMP_RET_ERRNO | 0)
#define ANSWER(name) CALL(name, SECCOMP_RET_TRAP)
/* Refuses memory that can be executed. */
#define NO_CODE(name)                                                                              \
    SKIP_UNLESS_EQUAL(SYS_##name, 4), LOAD(args[2]),                                               \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), RETURN(SECCOMP_RET_ERRNO | EACCES), \
        RETURN(SECCOMP_RET_ALLOW)

/* A call of x32 has a number of its own (bit 30 set), so it equals none of these. */
static bool filter_calls(void)
{
    struct sock_filter code[] = {
        LOAD(arch),
        IF_EQUAL(ARCH),
        BPF_STMT(BPF_JMP | BPF_JA, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        /* its descriptors */
        ALLOW(read),
        ALLOW(pread64),
        ALLOW(write),
        ALLOW(pwrite64),
        ALLOW(lseek),
        ALLOW(fstat),
        ALLOW(dup),
        ALLOW(close),
        PRETEND(fcntl), /* locks */
        PRETEND(ftruncate),
        PRETEND(fsync),
        PRETEND(fdatasync),
        PRETEND(fadvise64),
        /* paths */
        ANSWER(openat),
        ANSWER(newfstatat),
        ANSWER(faccessat),
#ifdef SYS_open
        ANSWER(open),
        ANSWER(stat),
        ANSWER(lstat),
        ANSWER(access),
#endif
        /* memory */
        ALLOW(brk),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(madvise),
        NO_CODE(mmap),
        NO_CODE(mprotect),
        /* itself */
        ALLOW(futex),
        ALLOW(getrandom),
        ALLOW(getpid),
        ALLOW(gettid),
        ALLOW(sysinfo),
        ALLOW(getrusage),
        ALLOW(sched_yield),
        ALLOW(sched_getaffinity),
        ALLOW(clock_gettime),
        ALLOW(clock_getres),
        ALLOW(gettimeofday),
        ALLOW(rt_sigprocmask),
        ALLOW(rt_sigreturn),
        ALLOW(exit),
        ALLOW(exit_group),
        RETURN(SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    trap_answer(answer_path);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#else

static bool filter_calls(void)
{
    return false;
}

#endif

bool duckdb_confine(void)
{
    return sandbox_limit(DUCKDB_MEMORY, DUCKDB_DESCRIPTORS) && filter_calls();
}
