#include "exec/sandbox.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MB = 1 << 20 };

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
static const enum sandbox_level best = SANDBOX_LIMITS;
#elif defined __x86_64__ || defined __aarch64__
static const enum sandbox_level best = SANDBOX_SECCOMP;
#else
static const enum sandbox_level best = SANDBOX_LIMITS;
#endif

/* The wait status of a process that enters the sandbox with `fd`, then acts. It exits with
 * what the action returns, or with 100 if it did not reach the level. */
static int status_of(size_t max_memory, enum sandbox_level level, int (*act)(int fd), int fd)
{
    pid_t child = fork();
    if (child == 0)
        _exit(sandbox_enter(max_memory, fd) == level ? act(fd) : 100);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static int nothing(int fd)
{
    (void)fd;
    return 0;
}

static int write_there(int fd)
{
    return write(fd, "x", 1) == 1 ? 0 : 1;
}

static int write_elsewhere(int fd)
{
    return write(fd + 1, "x", 1) == 1 ? 0 : 1;
}

static int read_there(int fd)
{
    char byte;
    return read(fd, &byte, 1) == 1 ? 0 : 1;
}

static int read_elsewhere(int fd)
{
    char byte;
    return read(fd + 1, &byte, 1) == 1 ? 0 : 1;
}

static int map_a_page(int fd)
{
    (void)fd;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED && errno == ENOMEM ? 0 : 1;
}

static int ask_for_pid(int fd)
{
    (void)fd;
    return syscall(SYS_getpid) > 0 ? 0 : 1;
}

/* Allocates half the memory in one piece, twice, with realloc in between; then more than all. */
static int allocate(int fd)
{
    (void)fd;
    for (int i = 0; i < 10; i++) {
        char *p = malloc(16 * MB);
        p = p ? realloc(p, 40 * MB) : NULL;
        if (!p)
            return 1;
        memset(p, i, 40 * MB);
        free(p);
    }
    if (malloc(100 * MB) || errno != ENOMEM)
        return 2;
    char *small = malloc(1000); /* the failure has harmed nothing */
    if (!small)
        return 3;
    memset(small, 1, 1000);
    free(small);
    return 0;
}

static int break_limits(int fd)
{
    struct rlimit files = {100, 100};
    (void)fd;
    if (open("/dev/null", O_RDONLY) >= 0)
        return 1;
    if (geteuid() != 0 && setrlimit(RLIMIT_NOFILE, &files) == 0)
        return 2;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 3;
    return 0;
}

START_TEST(the_best_level_is_reached_here)
{
    ck_assert_int_eq(status_of(64 * MB, best, nothing, 0), 0);
    ck_assert_int_eq(status_of(0, SANDBOX_LIMITS, nothing, 0), 0);
}
END_TEST

START_TEST(only_one_descriptor_may_be_used)
{
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], 100), 100);
    ck_assert_int_eq(dup2(ends[1], 101), 101);
    ck_assert_int_eq(status_of(64 * MB, best, write_there, 100), 0);
    status = status_of(64 * MB, best, write_elsewhere, 100);
    if (best == SANDBOX_SECCOMP)
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    ck_assert_int_eq(write(ends[1], "123", 3), 3);
    ck_assert_int_eq(dup2(ends[0], 100), 100);
    ck_assert_int_eq(dup2(ends[0], 101), 101);
    ck_assert_int_eq(status_of(64 * MB, best, read_there, 100), 0);
    status = status_of(64 * MB, best, read_elsewhere, 100);
    if (best == SANDBOX_SECCOMP)
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
END_TEST

START_TEST(no_memory_is_mapped)
{
    if (best == SANDBOX_SECCOMP)
        ck_assert_int_eq(status_of(64 * MB, best, map_a_page, 0), 0);
}
END_TEST

START_TEST(a_harmless_call_kills_too)
{
    int status = status_of(64 * MB, best, ask_for_pid, 0);
    if (best == SANDBOX_SECCOMP)
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    else
        ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(memory_may_be_used_again_and_again_and_ends_with_null)
{
    if (best == SANDBOX_SECCOMP)
        ck_assert_int_eq(status_of(64 * MB, best, allocate, 0), 0);
}
END_TEST

START_TEST(limits_hold_without_the_filter)
{
    ck_assert_int_eq(status_of(0, SANDBOX_LIMITS, break_limits, 0), 0);
}
END_TEST

START_TEST(levels_have_names)
{
    ck_assert_str_eq(sandbox_name(SANDBOX_NONE), "none");
    ck_assert_str_eq(sandbox_name(SANDBOX_LIMITS), "limits");
    ck_assert_str_eq(sandbox_name(SANDBOX_SECCOMP), "seccomp");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_best_level_is_reached_here);
    tcase_add_test(t, only_one_descriptor_may_be_used);
    tcase_add_test(t, no_memory_is_mapped);
    tcase_add_test(t, a_harmless_call_kills_too);
    tcase_add_test(t, memory_may_be_used_again_and_again_and_ends_with_null);
    tcase_add_test(t, limits_hold_without_the_filter);
    tcase_add_test(t, levels_have_names);
}

int main(void)
{
    return test_main("sandbox", add);
}
