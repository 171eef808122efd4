#include "exec/callname.h"

#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

/* clang-format off */
#define C(name) [SYS_##name] = #name
static const char *const names[CALLNAME_KNOWN] = {
    C(read), C(write), C(close), C(fstat), C(lseek), C(mmap), C(mprotect), C(munmap), C(brk),
    C(rt_sigaction), C(rt_sigprocmask), C(rt_sigreturn), C(ioctl), C(pread64), C(pwrite64),
    C(readv), C(writev), C(sched_yield), C(mremap), C(msync), C(mincore), C(madvise), C(shmget),
    C(shmat), C(shmctl), C(dup), C(nanosleep), C(getitimer), C(setitimer), C(getpid), C(sendfile),
    C(socket), C(connect), C(accept), C(sendto), C(recvfrom), C(sendmsg), C(recvmsg), C(shutdown),
    C(bind), C(listen), C(getsockname), C(getpeername), C(socketpair), C(setsockopt),
    C(getsockopt), C(clone), C(execve), C(exit), C(wait4), C(kill), C(uname), C(semget), C(semop),
    C(semctl), C(shmdt), C(msgget), C(msgsnd), C(msgrcv), C(msgctl), C(fcntl), C(flock), C(fsync),
    C(fdatasync), C(truncate), C(ftruncate), C(getcwd), C(chdir), C(fchdir), C(fchmod), C(fchown),
    C(umask), C(gettimeofday), C(getrlimit), C(getrusage), C(sysinfo), C(times), C(ptrace),
    C(getuid), C(syslog), C(getgid), C(setuid), C(setgid), C(geteuid), C(getegid), C(setpgid),
    C(getppid), C(setsid), C(setreuid), C(setregid), C(getgroups), C(setgroups), C(setresuid),
    C(getresuid), C(setresgid), C(getresgid), C(getpgid), C(setfsuid), C(setfsgid), C(getsid),
    C(capget), C(capset), C(rt_sigpending), C(rt_sigtimedwait), C(rt_sigqueueinfo),
    C(rt_sigsuspend), C(sigaltstack), C(personality), C(statfs), C(fstatfs), C(getpriority),
    C(setpriority), C(sched_setparam), C(sched_getparam), C(sched_setscheduler),
    C(sched_getscheduler), C(sched_get_priority_max), C(sched_get_priority_min),
    C(sched_rr_get_interval), C(mlock), C(munlock), C(mlockall), C(munlockall), C(vhangup),
    C(pivot_root), C(prctl), C(adjtimex), C(setrlimit), C(chroot), C(sync), C(acct),
    C(settimeofday), C(mount), C(umount2), C(swapon), C(swapoff), C(reboot), C(sethostname),
    C(setdomainname), C(init_module), C(delete_module), C(quotactl), C(nfsservctl), C(gettid),
    C(readahead), C(setxattr), C(lsetxattr), C(fsetxattr), C(getxattr), C(lgetxattr), C(fgetxattr),
    C(listxattr), C(llistxattr), C(flistxattr), C(removexattr), C(lremovexattr), C(fremovexattr),
    C(tkill), C(futex), C(sched_setaffinity), C(sched_getaffinity), C(io_setup), C(io_destroy),
    C(io_getevents), C(io_submit), C(io_cancel), C(lookup_dcookie), C(remap_file_pages),
    C(getdents64), C(set_tid_address), C(restart_syscall), C(semtimedop), C(fadvise64),
    C(timer_create), C(timer_settime), C(timer_gettime), C(timer_getoverrun), C(timer_delete),
    C(clock_settime), C(clock_gettime), C(clock_getres), C(clock_nanosleep), C(exit_group),
    C(epoll_ctl), C(tgkill), C(mbind), C(set_mempolicy), C(get_mempolicy), C(mq_open),
    C(mq_unlink), C(mq_timedsend), C(mq_timedreceive), C(mq_notify), C(mq_getsetattr),
    C(kexec_load), C(waitid), C(add_key), C(request_key), C(keyctl), C(ioprio_set), C(ioprio_get),
    C(inotify_add_watch), C(inotify_rm_watch), C(migrate_pages), C(openat), C(mkdirat), C(mknodat),
    C(fchownat), C(newfstatat), C(unlinkat), C(renameat), C(linkat), C(symlinkat), C(readlinkat),
    C(fchmodat), C(faccessat), C(pselect6), C(ppoll), C(unshare), C(set_robust_list),
    C(get_robust_list), C(splice), C(tee), C(sync_file_range), C(vmsplice), C(move_pages),
    C(utimensat), C(epoll_pwait), C(timerfd_create), C(fallocate), C(timerfd_settime),
    C(timerfd_gettime), C(accept4), C(signalfd4), C(eventfd2), C(epoll_create1), C(dup3), C(pipe2),
    C(inotify_init1), C(preadv), C(pwritev), C(rt_tgsigqueueinfo), C(perf_event_open), C(recvmmsg),
    C(fanotify_init), C(fanotify_mark), C(prlimit64), C(name_to_handle_at), C(open_by_handle_at),
    C(clock_adjtime), C(syncfs), C(sendmmsg), C(setns), C(getcpu), C(process_vm_readv),
    C(process_vm_writev), C(kcmp), C(finit_module), C(sched_setattr), C(sched_getattr),
    C(renameat2), C(seccomp), C(getrandom), C(memfd_create), C(kexec_file_load), C(bpf),
    C(execveat), C(userfaultfd), C(membarrier), C(mlock2), C(copy_file_range), C(preadv2),
    C(pwritev2), C(pkey_mprotect), C(pkey_alloc), C(pkey_free), C(statx), C(io_pgetevents),
    C(rseq), C(pidfd_send_signal), C(io_uring_setup), C(io_uring_enter), C(io_uring_register),
    C(open_tree), C(move_mount), C(fsopen), C(fsconfig), C(fsmount), C(fspick), C(pidfd_open),
    C(clone3), C(close_range), C(openat2), C(pidfd_getfd), C(faccessat2), C(process_madvise),
    C(epoll_pwait2), C(mount_setattr), C(quotactl_fd), C(landlock_create_ruleset),
    C(landlock_add_rule), C(landlock_restrict_self), C(memfd_secret), C(process_mrelease),
    C(futex_waitv), C(set_mempolicy_home_node),
#ifdef __x86_64__
    C(open), C(stat), C(lstat), C(poll), C(access), C(pipe), C(select), C(dup2), C(pause),
    C(alarm), C(fork), C(vfork), C(getdents), C(rename), C(mkdir), C(rmdir), C(creat), C(link),
    C(unlink), C(symlink), C(readlink), C(chmod), C(chown), C(lchown), C(getpgrp), C(utime),
    C(mknod), C(uselib), C(ustat), C(sysfs), C(modify_ldt), C(_sysctl), C(arch_prctl), C(iopl),
    C(ioperm), C(create_module), C(get_kernel_syms), C(query_module), C(getpmsg), C(putpmsg),
    C(afs_syscall), C(tuxcall), C(security), C(time), C(set_thread_area), C(get_thread_area),
    C(epoll_create), C(epoll_ctl_old), C(epoll_wait_old), C(epoll_wait), C(utimes), C(vserver),
    C(inotify_init), C(futimesat), C(signalfd), C(eventfd),
#endif
    /* Newer than the headers of Debian 12; the same numbers on all machines. */
    [451] = "cachestat",
    [452] = "fchmodat2",
    [453] = "map_shadow_stack",
    [454] = "futex_wake",
    [455] = "futex_wait",
    [456] = "futex_requeue",
    [457] = "statmount",
    [458] = "listmount",
    [459] = "lsm_get_self_attr",
    [460] = "lsm_set_self_attr",
    [461] = "lsm_list_modules",
    [462] = "mseal",
    [463] = "setxattrat",
    [464] = "getxattrat",
    [465] = "listxattrat",
    [466] = "removexattrat",
    [467] = "open_tree_attr",
    [468] = "file_getattr",
    [469] = "file_setattr",
};
#undef C
/* clang-format on */

void callname_text(int call, char ret[CALLNAME_SIZE])
{
    char digits[16];
    size_t n = sizeof digits;
    unsigned rest = (unsigned)call;
    digits[--n] = '\0';
    do
        digits[--n] = (char)('0' + rest % 10);
    while (rest /= 10);
    const char *name = call >= 0 && call < CALLNAME_KNOWN ? names[call] : NULL;
    stpcpy(stpcpy(stpcpy(stpcpy(ret, digits + n), " ("), name ? name : "unknown"), ")");
}
