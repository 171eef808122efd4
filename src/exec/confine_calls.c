#include "exec/confine_inside.h"

#include "exec/callname.h"
#include "exec/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef ARCH

enum { STATEMENTS_MAX = 500, ANY = ~0, BLOCK = 32 /* numbers */ };

struct program {
    struct sock_filter at[STATEMENTS_MAX];
    unsigned short n;
};

#define N(array) (sizeof(array) / sizeof *(array))

static const int common_calls[] = {
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_recvfrom, SYS_sendto, SYS_recvmsg, SYS_sendmsg,
    SYS_futex, SYS_epoll_pwait, SYS_epoll_ctl, SYS_ppoll, SYS_close, SYS_connect, SYS_fcntl,
    SYS_ioctl, SYS_socket, SYS_setsockopt, SYS_getsockopt, SYS_getsockname, SYS_getpeername,
    SYS_recvmmsg, SYS_sendmmsg, SYS_shutdown, SYS_bind, SYS_socketpair,
    /* memory, threads, signals */
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_membarrier, SYS_clone,
    SYS_set_robust_list, SYS_rseq, SYS_set_tid_address, SYS_exit, SYS_exit_group, SYS_gettid,
    SYS_getpid, SYS_getppid, SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam,
    SYS_sched_getscheduler, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_rt_sigtimedwait, SYS_rt_sigpending, SYS_sigaltstack, SYS_restart_syscall, SYS_kill,
    SYS_tgkill, SYS_wait4, SYS_waitid, SYS_prctl, SYS_nanosleep, SYS_clock_nanosleep,
    /* what it may know */
    SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getrandom, SYS_getuid, SYS_geteuid,
    SYS_getgid, SYS_getegid, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_times, SYS_getrlimit,
    SYS_prlimit64, SYS_getcpu, SYS_getcwd, SYS_capget,
    /* descriptors and files */
    SYS_pselect6, SYS_epoll_create1, SYS_epoll_pwait2, SYS_eventfd2, SYS_pipe2, SYS_dup, SYS_dup3,
    SYS_close_range, SYS_lseek, SYS_pread64, SYS_preadv, SYS_fstat, SYS_newfstatat, SYS_statx,
    SYS_openat, SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_getdents64, SYS_fstatfs,
    SYS_statfs, SYS_fadvise64,
#ifdef __x86_64__
    SYS_epoll_wait, SYS_epoll_create, SYS_poll, SYS_select, SYS_pipe, SYS_dup2, SYS_eventfd,
    SYS_time, SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink
#endif
};

/* truncate, chmod, chown, setxattr are missing: Landlock does not guard them, or not in every
 * version. openat2 is: its flags are behind a pointer. */
static const int output_calls[] = {SYS_pwrite64, SYS_pwritev, SYS_pwritev2, SYS_fsync,
    SYS_fdatasync, SYS_syncfs, SYS_sync_file_range, SYS_ftruncate, SYS_fallocate,
    SYS_copy_file_range, SYS_sendfile, SYS_flock, SYS_openat2, SYS_mkdirat, SYS_renameat,
    SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_umask, SYS_pidfd_send_signal, SYS_utimensat,
#ifdef __x86_64__
    SYS_mkdir, SYS_rename, SYS_link, SYS_unlink, SYS_rmdir
#endif
};

static void add_statement(struct program *p, struct sock_filter statement)
{
    if (p->n < STATEMENTS_MAX)
        p->at[p->n++] = statement;
}

#define ADD(...) add_statement(p, (struct sock_filter)__VA_ARGS__)

static void answer(struct program *p, int call, uint32_t action)
{
    ADD(IF_EQUAL((unsigned)call));
    ADD(RETURN(action));
}

static void mark_all(bool *marks, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        marks[calls[i]] = true;
}

/* The kernel tries the filter on every number when it is installed, so going through the whole list
 * for each would take longer than all else that a process does when it starts. */
static void allow_marked(struct program *p, const bool *marks)
{
    for (int begin = 0; begin < CALLNAME_KNOWN; begin += BLOCK) {
        int end = begin + BLOCK < CALLNAME_KNOWN ? begin + BLOCK : CALLNAME_KNOWN;
        unsigned char n = 0;
        for (int call = begin; call < end; call++)
            n += marks[call];
        ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)end, n + 2, 0));
        for (int call = begin; call < end; call++)
            if (marks[call])
                ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, n--, 0));
        ADD(RETURN(SECCOMP_RET_TRAP));
        ADD(RETURN(SECCOMP_RET_ALLOW));
    }
    ADD(RETURN(SECCOMP_RET_TRAP)); /* not reached, but the last jump needs an aim */
}

/* Unless the argument, masked, is one of the values, the action is the result. All are ints, or the
 * kernel looks at their low half only. */
static void demand(struct program *p, int call, unsigned arg, uint32_t mask, const uint32_t *values,
    unsigned char n, uint32_t action)
{
    ADD(SKIP_UNLESS_EQUAL((unsigned)call, n + 4));
    ADD(LOAD(args[arg]));
    ADD(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
    for (unsigned char i = 0; i < n; i++)
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[i], (unsigned char)(n - i), 0));
    ADD(RETURN(action));
    ADD(LOAD(nr));
}

#define DEMAND(call, arg, mask, action, ...)                                                       \
    demand(p, SYS_##call, arg, mask, (const uint32_t[]){__VA_ARGS__},                              \
        N(((const uint32_t[]){__VA_ARGS__})), action)

/* Traps unless the argument, a pointer, is NULL. */
static void demand_null(struct program *p, int call, unsigned arg)
{
    enum { HALF = sizeof(uint32_t) };
    ADD(SKIP_UNLESS_EQUAL((unsigned)call, 6));
    ADD(LOAD(args[arg]));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2));
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[arg]) + HALF));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
    ADD(RETURN(SECCOMP_RET_TRAP));
    ADD(LOAD(nr));
}

/* The arguments of calls that could do more than we need. */
static void demand_arguments(struct program *p)
{
    const uint32_t self = (uint32_t)getpid();
    const uint32_t trap = SECCOMP_RET_TRAP;
    /* A thread, in the name spaces of its process. */
    const uint32_t apart = 0x7e020000 | 0x80; /* CLONE_NEW*, sched.h and linux/sched.h */
    DEMAND(clone, 0, CLONE_THREAD | apart, SECCOMP_RET_ERRNO | EPERM, CLONE_THREAD);
    DEMAND(kill, 0, ANY, trap, self);
    DEMAND(tgkill, 0, ANY, trap, self);
    DEMAND(prlimit64, 0, ANY, trap, 0, self);
    DEMAND(
        prctl, 0, ANY, trap, PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, 0x53564d41 /* SET_VMA */);
    /* Not F_SETOWN and F_SETSIG, which send signals; not TIOCSTI, which types for the user. */
    DEMAND(fcntl, 1, ANY, trap, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC,
        F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW);
    DEMAND(ioctl, 1, ANY, trap, FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ, TIOCOUTQ,
        0x40049409 /* FICLONE */);
    /* Local sockets lead to services that do things for root; netlink changes routes. Who looks up
     * the name of a proxy finds neither, and goes on. */
    DEMAND(socket, 0, ANY, SECCOMP_RET_ERRNO | EAFNOSUPPORT, AF_INET, AF_INET6);
    DEMAND(socket, 1, 0xf /* SOCK_TYPE_MASK */, trap, SOCK_STREAM, SOCK_DGRAM);
    /* One of datagrams could be connected to another address later. */
    DEMAND(socketpair, 1, 0xf, trap, SOCK_STREAM);
    /* Landlock does not guard the times of files: only those of an open one are set. */
    demand_null(p, SYS_utimensat, 1);
}

/* Calls that do not trap: what can be done without, and fork, which libraries call with all signals
 * blocked, so that a trap would kill. */
static void answer_kindly(struct program *p)
{
    answer(p, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS); /* its flags are behind a pointer */
#ifdef SYS_fork
    answer(p, SYS_fork, SECCOMP_RET_ERRNO | EPERM);
    answer(p, SYS_vfork, SECCOMP_RET_ERRNO | EPERM);
#endif
}

static void begin_program(struct program *p)
{
    ADD(LOAD(arch));
    ADD(IF_EQUAL(ARCH));
    ADD(BPF_STMT(BPF_JMP | BPF_JA, 1));
    ADD(RETURN(SECCOMP_RET_KILL_PROCESS));
    ADD(LOAD(nr));
}

static void write_program(struct program *p, bool is_worker)
{
    begin_program(p);
    demand_arguments(p);
    if (is_worker) {
        const uint32_t changing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
        DEMAND(openat, 2, changing, SECCOMP_RET_ERRNO | EACCES, O_RDONLY);
#ifdef SYS_open
        DEMAND(open, 1, changing, SECCOMP_RET_ERRNO | EACCES, O_RDONLY);
#endif
    }
    answer_kindly(p);
    ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CALLNAME_KNOWN, 0, 1)); /* those of x32, too */
    ADD(RETURN(SECCOMP_RET_ERRNO | ENOSYS));
    bool marks[CALLNAME_KNOWN] = {false};
    mark_all(marks, common_calls, N(common_calls));
    if (!is_worker)
        mark_all(marks, output_calls, N(output_calls));
    allow_marked(p, marks);
}

/* Where the processor's speculation would be slowed for every filtered process (before Linux 5.16),
 * it is not: that guards against programs that share a process, which is not our case. */
static bool install(struct program *p)
{
    struct sock_fprog code = {.len = p->n, .filter = p->at};
    return p->n < STATEMENTS_MAX && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                        SECCOMP_FILTER_FLAG_SPEC_ALLOW, &code) == 0;
}

bool confine_calls(bool is_worker)
{
    struct program program = {.n = 0};
    write_program(&program, is_worker);
    return install(&program);
}

void confine_rings(void)
{
    struct program program = {.n = 0}, *p = &program;
    begin_program(p);
    answer(p, SYS_io_uring_setup, SECCOMP_RET_ERRNO | ENOSYS);
    ADD(RETURN(SECCOMP_RET_ALLOW));
    install(p);
}

#else

bool confine_calls(bool is_worker)
{
    (void)is_worker;
    return false;
}

void confine_rings(void)
{
}

#endif
