/*
 * Shared by the tests of the confinement: a directory with a list, an output directory and another
 * file; a child that waits; and a confined process that tries things.
 */
#ifndef EXEC_CONFINE_TEST_H
#define EXEC_CONFINE_TEST_H

#include "base/test_scratch.h"
#include "exec/confine.h"

#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static enum confine_level best;
static char list[64] __attribute__((unused)), out[64], other[64];
static char replaced[64];               /* a directory, with a file in it */
static char earlier[64];                /* a directory to read, with a file in it */
static char old[64];                    /* one that may be written, and renamed within `renames` */
static const char *renames;             /* NULL: it may not be renamed */
static int parents_pidfd, childs_pidfd; /* opened before the confinement */
static pid_t child;

/* ---- a confined process that tries things ---- */

static volatile int last_refused;

static inline void note_refused(int call)
{
    last_refused = call;
}

/* In the confined process: the line that did not go as it should goes to standard error. */
#define SHOULD(condition)                                                                          \
    do                                                                                             \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            _exit(1);                                                                              \
        }                                                                                          \
    while (0)
#define SHOULD_FAIL(call, error) SHOULD((errno = 0, (call) < 0) && errno == (error))
/* Neither made nor unnoticed. */
#define SHOULD_TRAP(name, ...)                                                                     \
    do {                                                                                           \
        last_refused = -1;                                                                         \
        SHOULD_FAIL(syscall(SYS_##name, __VA_ARGS__), EPERM);                                      \
        SHOULD(last_refused == SYS_##name);                                                        \
    } while (0)

static inline void write_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_eq(write(fd, "x\n", 2), 2);
    close(fd);
}

/* Also: a process that runs until the test ends. */
static inline void prepare(void)
{
    scratch_make();
    snprintf(list, sizeof list, "%s/list", scratch_path);
    snprintf(out, sizeof out, "%s/out", scratch_path);
    snprintf(other, sizeof other, "%s/other", scratch_path);
    write_file(list);
    write_file(other);
    ck_assert_int_eq(mkdir(out, 0777), 0);
    snprintf(earlier, sizeof earlier, "%s/earlier", scratch_path);
    scratch_mkdir("earlier");
    scratch_write("earlier/file", "x", 1);
    snprintf(replaced, sizeof replaced, "%s/replaced", scratch_path);
    scratch_mkdir("replaced");
    scratch_write("replaced/file", "x", 1);
    snprintf(old, sizeof old, "%s/old", scratch_path);
    scratch_mkdir("old");
    renames = NULL;
    best = confine_probe();
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        pause();
        _exit(0);
    }
    childs_pidfd = pidfd_open(child, 0);
    parents_pidfd = pidfd_open(getppid(), 0);
    ck_assert(childs_pidfd >= 0 && parents_pidfd >= 0);
}

static inline void clean_up(void)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    scratch_remove();
}

/* Nothing is tried where the level cannot be reached: a sanitizer, an old kernel. */
static inline void run_confined(enum confine_level needed, bool is_worker, void (*act)(void))
{
    const char *const readable[] = {list, earlier, "/nonexistent", NULL};
    const char *const writable[] = {out, old, NULL};
    struct confine_conf conf = {.readable = readable, .writable = is_worker ? NULL : writable};
    conf.renames = is_worker ? NULL : renames;
    conf.replaced_in = is_worker ? NULL : replaced;
    conf.is_worker = is_worker;
    if ((best & needed) != needed)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        SHOULD(chdir(out) == 0);
        trap_install(note_refused, TRAP_FAILS);
        SHOULD(confine_enter(&conf) == best);
        act();
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

#endif
