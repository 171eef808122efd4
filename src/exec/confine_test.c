#include "exec/confine_test.h"

#include "base/thread.h"
#include "exec/callname.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* ---- processes ---- */

static void start_programs(void)
{
    char name[] = "true", *argv[] = {name, NULL}, *envp[] = {NULL};
    SHOULD_TRAP(execve, "/bin/true", argv, envp);
    SHOULD_TRAP(execveat, AT_FDCWD, "/bin/true", argv, envp, 0);
    SHOULD_FAIL(fork(), EPERM);
    SHOULD_FAIL(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
    SHOULD_FAIL(syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0), EPERM);
    const long apart = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWNS;
    SHOULD_FAIL(syscall(SYS_clone, apart, 0, 0, 0, 0), EPERM);
    SHOULD_FAIL(syscall(SYS_clone3, NULL, 0), ENOSYS);
    SHOULD(system("true") != 0);
}

START_TEST(no_program_and_no_process_can_be_started)
{
    run_confined(CONFINE_CALLS, false, start_programs);
    run_confined(CONFINE_CALLS, true, start_programs);
}
END_TEST

static void attack(void)
{
    pid_t parent = getppid();
    SHOULD_TRAP(ptrace, PTRACE_ATTACH, parent, 0, 0);
    SHOULD_TRAP(process_vm_readv, parent, NULL, 0, NULL, 0, 0);
    SHOULD_TRAP(pidfd_open, parent, 0);
    SHOULD_TRAP(pidfd_getfd, parents_pidfd, 0, 0);
    SHOULD_TRAP(kcmp, parent, parent, 0, 0, 0);
    SHOULD_TRAP(mount, "none", out, "tmpfs", 0, NULL);
    SHOULD_TRAP(umount2, out, 0);
    SHOULD_TRAP(fsopen, "tmpfs", 0);
    SHOULD_TRAP(open_tree, AT_FDCWD, out, 0);
    SHOULD_TRAP(pivot_root, out, out);
    SHOULD_TRAP(chroot, out);
    SHOULD_TRAP(unshare, CLONE_NEWUSER);
    SHOULD_TRAP(setns, parents_pidfd, 0);
    SHOULD_TRAP(bpf, 0, NULL, 0);
    SHOULD_TRAP(perf_event_open, NULL, 0, -1, -1, 0);
    SHOULD_TRAP(keyctl, 0, 0, 0, 0, 0);
    SHOULD_TRAP(add_key, "user", "a", "b", 1, 0);
    SHOULD_TRAP(request_key, "user", "a", "b", 0);
    SHOULD_TRAP(userfaultfd, 0);
    SHOULD_TRAP(memfd_create, "a", 0);
    SHOULD_TRAP(open_by_handle_at, 0, NULL, 0);
    SHOULD_TRAP(init_module, NULL, 0, "");
    SHOULD_TRAP(kexec_load, 0, 0, NULL, 0);
    SHOULD_TRAP(reboot, 0, 0, 0, NULL);
    SHOULD_TRAP(setuid, 0);
    SHOULD_TRAP(setsid, 0);
    SHOULD_TRAP(prlimit64, parent, RLIMIT_NOFILE, NULL, NULL);
    SHOULD_TRAP(prctl, PR_SET_SECCOMP, 0, 0, 0, 0);
    SHOULD_TRAP(seccomp, 0, 0, NULL);
    SHOULD_TRAP(io_uring_setup, 1, NULL);
    SHOULD_TRAP(io_uring_enter, 0, 0, 0, 0, NULL, 0);
}

START_TEST(no_attack_on_others_is_called)
{
    run_confined(CONFINE_CALLS, false, attack);
    run_confined(CONFINE_CALLS, true, attack);
}
END_TEST

static void send_signals(void)
{
    SHOULD_TRAP(kill, getppid(), 0);
    SHOULD_TRAP(kill, 0, 0);
    SHOULD_TRAP(kill, -1, 0);
    SHOULD_TRAP(tkill, getppid(), 0);
    SHOULD_TRAP(tgkill, getppid(), getppid(), 0);
    SHOULD_TRAP(rt_sigqueueinfo, getppid(), 0, NULL);
    SHOULD_TRAP(fcntl, 0, F_SETOWN, getppid());
    SHOULD_TRAP(fcntl, 0, F_SETSIG, SIGKILL);
    SHOULD_TRAP(ioctl, 0, TIOCSTI, "x");
    SHOULD(kill(getpid(), 0) == 0);
    signal(SIGUSR1, SIG_IGN);
    SHOULD(raise(SIGUSR1) == 0);
}

START_TEST(only_the_process_itself_gets_a_signal)
{
    run_confined(CONFINE_CALLS, false, send_signals);
    run_confined(CONFINE_CALLS, true, send_signals);
}
END_TEST

static void end_worker(void)
{
    SHOULD(pidfd_send_signal(childs_pidfd, SIGKILL, NULL, 0) == 0);
}

START_TEST(a_worker_whose_pidfd_it_has_can_be_killed)
{
    run_confined(CONFINE_NONE, false, end_worker);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(best == CONFINE_NONE || WTERMSIG(status) == SIGKILL);
}
END_TEST

static void kill_those_outside(void)
{
    SHOULD_FAIL(pidfd_send_signal(parents_pidfd, 0, NULL, 0), EPERM);
    SHOULD_FAIL(kill(child, 0), EPERM);
}

START_TEST(a_family_signals_only_itself_and_has_no_io_uring)
{
    enum { ABI_SCOPES = 6 };
    pid_t pid = fork();
    if (pid == 0) {
        confine_family();
        if (confine_landlock() >= ABI_SCOPES)
            kill_those_outside();
        if (best & CONFINE_CALLS)
            SHOULD_FAIL(syscall(SYS_io_uring_setup, 1, NULL), ENOSYS);
        pid_t own = fork();
        if (own == 0)
            pause();
        SHOULD(kill(own, SIGKILL) == 0 && waitpid(own, NULL, 0) == own);
        /* It forbids nothing else. */
        SHOULD(chdir(out) == 0 && mkdir("a", 0777) == 0 && rename(other, "a/other") == 0);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- sockets ---- */

static void open_sockets(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ends[2];
    int udp = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    SHOULD(tcp >= 0 && (udp >= 0 || errno == EAFNOSUPPORT));
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    SHOULD(udp >= 0 && bind(udp, (struct sockaddr *)&any, sizeof any) == 0);
    SHOULD_FAIL(socket(AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT);
    SHOULD_FAIL(socket(AF_NETLINK, SOCK_RAW, 0), EAFNOSUPPORT);
    SHOULD_FAIL(socket(AF_PACKET, SOCK_DGRAM, 0), EAFNOSUPPORT);
    SHOULD_TRAP(socket, AF_INET, SOCK_RAW, IPPROTO_TCP);
    SHOULD(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    SHOULD_TRAP(socketpair, AF_UNIX, SOCK_DGRAM, 0, ends);
    SHOULD_TRAP(listen, tcp, 1);
    SHOULD_TRAP(accept4, tcp, NULL, NULL, 0);
}

START_TEST(sockets_are_tcp_or_udp_and_do_not_listen)
{
    run_confined(CONFINE_CALLS, false, open_sockets);
    run_confined(CONFINE_CALLS, true, open_sockets);
}
END_TEST

/* ---- the rest ---- */

static void drop_in_a_thread(void *ret)
{
    *(int *)ret = open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES &&
                  syscall(SYS_ptrace, 0, 0, 0, 0) < 0 && errno == EPERM;
}

static void start_threads(void)
{
    pthread_t thread;
    int refused = 0;
    SHOULD(thread_start(&thread, "t", 0, drop_in_a_thread, &refused) == 0);
    SHOULD(pthread_join(thread, NULL) == 0 && refused);
}

START_TEST(threads_can_be_started_and_are_confined_too)
{
    run_confined(CONFINE_ALL, false, start_threads);
    run_confined(CONFINE_ALL, true, start_threads);
}
END_TEST

static void call_what_is_newer(void)
{
    last_refused = -1;
    SHOULD_FAIL(syscall(CALLNAME_KNOWN), ENOSYS);
    SHOULD_FAIL(syscall(100000), ENOSYS);
#ifdef __x86_64__
    SHOULD_FAIL(syscall(0x40000000 | SYS_execve), ENOSYS); /* x32 */
#endif
    SHOULD(last_refused == -1);
}

START_TEST(a_call_newer_than_the_list_is_missing_as_on_an_older_kernel)
{
    run_confined(CONFINE_CALLS, false, call_what_is_newer);
}
END_TEST

static void look_at_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    SHOULD(syscall(SYS_capget, &header, data) == 0);
    SHOULD(!(data[0].permitted & (1U << CAP_SYS_ADMIN | 1U << CAP_NET_ADMIN | 1U << CAP_KILL |
                                     1U << CAP_SYS_PTRACE | 1U << CAP_SETUID)));
    SHOULD(!data[1].permitted && data[0].effective == data[0].permitted);
    SHOULD(geteuid() != 0 || data[0].effective & 1U << CAP_DAC_OVERRIDE);
}

START_TEST(root_keeps_only_capabilities_about_files)
{
    run_confined(CONFINE_CALLS, false, look_at_capabilities);
}
END_TEST

static void write_as_worker(void)
{
    SHOULD_FAIL(open(list, O_RDWR), EACCES);
    SHOULD_FAIL(open("/dev/null", O_WRONLY), EACCES);
    SHOULD_FAIL(open(out, O_TMPFILE | O_WRONLY, 0666), EACCES);
    SHOULD_TRAP(mkdirat, AT_FDCWD, out, 0777);
    SHOULD_TRAP(unlinkat, AT_FDCWD, other, 0);
    SHOULD_TRAP(renameat2, AT_FDCWD, other, AT_FDCWD, list, 0);
    SHOULD_TRAP(pidfd_send_signal, childs_pidfd, 0, NULL, 0);
}

START_TEST(a_worker_writes_no_file_and_sends_no_signal)
{
    run_confined(CONFINE_CALLS, true, write_as_worker);
}
END_TEST

static int *told; /* shared memory */

static void tell_parent(int call)
{
    *told = call;
}

START_TEST(a_lethal_trap_tells_the_call_and_ends_by_sigsys)
{
    static const char *const none[] = {NULL};
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(told, MAP_FAILED);
    if (!(best & CONFINE_CALLS))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        trap_install(tell_parent, TRAP_KILLS);
        confine_enter(&(struct confine_conf){.readable = none});
        syscall(SYS_ptrace, 0, 0, 0, 0);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    ck_assert_int_eq(*told, SYS_ptrace);
}
END_TEST

START_TEST(the_level_is_that_of_this_machine_and_has_a_name)
{
    int calls = CONFINE_NONE, files = confine_landlock() >= 2 ? CONFINE_FILES : CONFINE_NONE;
#if defined __x86_64__ || defined __aarch64__
    calls = CONFINE_CALLS; /* every kernel that Debian supports has it */
#endif
    ck_assert_int_eq(best, SANITIZED ? CONFINE_NONE : (int)(calls | files));
    ck_assert_str_eq(confine_name(CONFINE_NONE), "none");
    ck_assert_str_eq(confine_name(CONFINE_CALLS), "seccomp");
    ck_assert_str_eq(confine_name(CONFINE_FILES), "landlock");
    ck_assert_str_eq(confine_name(CONFINE_ALL), "landlock+seccomp");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, prepare, clean_up);
    tcase_add_test(t, no_program_and_no_process_can_be_started);
    tcase_add_test(t, no_attack_on_others_is_called);
    tcase_add_test(t, only_the_process_itself_gets_a_signal);
    tcase_add_test(t, a_worker_whose_pidfd_it_has_can_be_killed);
    tcase_add_test(t, a_family_signals_only_itself_and_has_no_io_uring);
    tcase_add_test(t, sockets_are_tcp_or_udp_and_do_not_listen);
    tcase_add_test(t, threads_can_be_started_and_are_confined_too);
    tcase_add_test(t, a_call_newer_than_the_list_is_missing_as_on_an_older_kernel);
    tcase_add_test(t, root_keeps_only_capabilities_about_files);
    tcase_add_test(t, a_worker_writes_no_file_and_sends_no_signal);
    tcase_add_test(t, a_lethal_trap_tells_the_call_and_ends_by_sigsys);
    tcase_add_test(t, the_level_is_that_of_this_machine_and_has_a_name);
}

int main(void)
{
    return test_main("confine", add);
}
