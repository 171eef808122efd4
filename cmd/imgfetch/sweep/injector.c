/*
 * For LD_PRELOAD into imgfetch: makes one call fail. README.md says how it is used.
 *
 * SWEEP_FILE   a file that is mapped, and gets the counts: struct shared
 * SWEEP_FAULT  KIND:N:HOW; the N-th call of that kind (from 1) fails. N+: so do all later ones.
 *              HOW is errno as a number, done/ERRNO, short or end (enum verdict).
 * SWEEP_OLD    if set, injector_is_old()
 * SWEEP_CLOCK  if set, the wall clock jumps by a day, forwards or back, every few calls
 * SWEEP_TRACE  a file that gets the call stack of each call of the main process that fails
 */
#include "cmd/imgfetch/sweep/injector.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME(name) #name,
static const char *const names[] = {INJECTOR_KINDS(NAME)};

enum { PROCESSES = 2 /* the main one; its children */, NAME_SIZE = 24, TRACE_MAX = 40 };

/* Read by sweep.py. */
struct shared {
    atomic_uint hits; /* calls that failed */
    struct {
        char name[NAME_SIZE];
        atomic_uint n;
    } counts[PROCESSES][N_KINDS];
};

static struct shared *shared;
static bool *is_main; /* false in a child: fork() wipes its page */
static bool is_old, clock_jumps;
static int trace = -1;

static struct {
    unsigned process, kind, n;
    bool and_later;
    enum verdict how;
    int error;
} fault = {.kind = N_KINDS};

static bool take_prefix(const char **text, const char *prefix)
{
    bool is = strncmp(*text, prefix, strlen(prefix)) == 0;
    *text += is ? strlen(prefix) : 0;
    return is;
}

static void parse_fault(const char *text)
{
    fault.process = take_prefix(&text, "child.");
    for (fault.kind = 0; fault.kind < N_KINDS; fault.kind++) {
        size_t len = strlen(names[fault.kind]);
        if (strncmp(text, names[fault.kind], len) == 0 && text[len] == ':')
            break;
    }
    char *end = strchr(text, ':');
    if (fault.kind == N_KINDS || !end)
        abort();
    fault.n = (unsigned)strtoul(end + 1, &end, 10);
    fault.and_later = *end == '+';
    const char *how = end + fault.and_later + 1;
    fault.how = take_prefix(&how, "short")   ? SHORT
                : take_prefix(&how, "end")   ? END
                : take_prefix(&how, "done/") ? DONE
                                             : FAIL;
    fault.error = atoi(how);
}

__attribute__((constructor)) static void map_counts(void)
{
    const char *file = getenv("SWEEP_FILE"), *text = getenv("SWEEP_FAULT");
    is_old = getenv("SWEEP_OLD");
    clock_jumps = getenv("SWEEP_CLOCK");
    long fd = file ? syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    const int rw = PROT_READ | PROT_WRITE;
    struct shared *s = mmap(NULL, sizeof *s, rw, MAP_SHARED, (int)fd, 0);
    is_main = mmap(NULL, sizeof *is_main, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    syscall(SYS_close, fd);
    if (s == MAP_FAILED || is_main == MAP_FAILED ||
        madvise(is_main, sizeof *is_main, MADV_WIPEONFORK))
        abort();
    *is_main = true;
    for (int p = 0; p < PROCESSES; p++)
        for (int k = 0; k < N_KINDS; k++)
            snprintf(s->counts[p][k].name, NAME_SIZE, "%s%s", p ? "child." : "", names[k]);
    if (text && *text)
        parse_fault(text);
    file = getenv("SWEEP_TRACE");
    if (file) {
        void *frame;
        backtrace(&frame, 1); /* loads what it needs, so that later it allocates nothing */
        trace = (int)syscall(
            SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
    unsetenv("LD_PRELOAD"); /* a program that imgfetch starts is not swept */
    shared = s;
}

static void write_trace(void)
{
    static const char end[] = "--\n";
    void *frames[TRACE_MAX];
    backtrace_symbols_fd(frames, backtrace(frames, TRACE_MAX), trace);
    syscall(SYS_write, trace, end, sizeof end - 1);
}

enum verdict injector_judge(enum kind kind)
{
    if (!shared || kind == N_KINDS)
        return PASS;
    unsigned process = !*is_main;
    unsigned n = atomic_fetch_add(&shared->counts[process][kind].n, 1) + 1;
    if (kind != fault.kind || process != fault.process ||
        (fault.and_later ? n < fault.n : n != fault.n))
        return PASS;
    atomic_fetch_add(&shared->hits, 1);
    if (trace >= 0 && *is_main)
        write_trace();
    injector_set_errno();
    return fault.how;
}

void injector_set_errno(void)
{
    errno = fault.error;
}

static enum kind kind_of_socket(int fd, bool writes)
{
    int domain = AF_UNSPEC;
    socklen_t len = sizeof domain;
    syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
    if (domain == AF_UNIX)
        return writes ? K_local_send : K_local_recv;
    return writes ? K_send : K_recv;
}

enum kind injector_kind_of(int fd, enum kind of_file, bool writes)
{
    if (!shared)
        return N_KINDS;
    if (!*is_main)
        return of_file == K_send || of_file == K_recv ? of_file : N_KINDS;
    struct stat st;
    int error = errno;
    enum kind kind = writes ? K_pipe_write : K_pipe_read;
    if (syscall(SYS_fstat, fd, &st) < 0)
        kind = N_KINDS;
    else if (S_ISREG(st.st_mode))
        kind = of_file;
    else if (S_ISSOCK(st.st_mode))
        kind = kind_of_socket(fd, writes);
    errno = error;
    return kind;
}

bool injector_is_old(void)
{
    return is_old;
}

long injector_clock_error(void)
{
    static atomic_uint calls;
    enum { DAY = 24 * 60 * 60, CALLS = 5, DAYS = 3 };
    unsigned jump = atomic_fetch_add(&calls, 1) / CALLS % DAYS; /* 0, 1, -1 */
    return clock_jumps ? (jump == 2 ? -DAY : (long)jump * DAY) : 0;
}
