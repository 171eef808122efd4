#include "exec/duckdb_inside.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "exec/forget.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CONTROL = STDERR_FILENO + 1,
    PATIENCE_MS = 30000, /* for 70 MB from a slow disk */
};

struct duckdb {
    int control, pidfd;
    pid_t pid;
    char version[DUCKDB_VERSION_SIZE];
};

/* The server's first message. */
struct greeting {
    bool is_loaded;
    char version[DUCKDB_VERSION_SIZE], message[DUCKDB_MESSAGE_SIZE];
};

/* The descriptors of one query, aligned for the header before them. */
union ancillary {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(DUCKDB_FDS * sizeof(int))];
};

/* ---- the server ---- */

/* Puts the descriptors where the query expects them. */
static void place(int fds[DUCKDB_FDS])
{
    for (int i = 0; i < DUCKDB_FDS; i++) {
        int high = fcntl(fds[i], F_DUPFD, DUCKDB_IN_FD + DUCKDB_FDS);
        if (high < 0)
            _exit(EXIT_FAILURE);
        fds[i] = high;
    }
    for (int i = 0; i < DUCKDB_FDS; i++)
        dup2(fds[i], DUCKDB_IN_FD + i);
    close_range(DUCKDB_IN_FD + DUCKDB_FDS, ~0U, 0);
}

static void start_query(const char *sql, int fds[DUCKDB_FDS], bool needs_filter)
{
    pid_t server = getpid();
    pid_t pid = fork();
    if (pid) /* if there is none, the pipes end without a word */
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != server)
        _exit(EXIT_SUCCESS);
    prctl(PR_SET_NAME, "imgfetch-duckdb");
    place(fds);
    duckdb_run(sql, needs_filter);
}

/* Waits for a query. False: the main process is gone. `sql` ends with NUL. */
static bool hear_query(char *sql, int fds[DUCKDB_FDS], bool *ret_is_sound)
{
    union ancillary room;
    struct iovec data = {sql, DUCKDB_SQL_MAX};
    struct msghdr header = {.msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = room.bytes,
        .msg_controllen = sizeof room.bytes};
    ssize_t n;
    while ((n = recvmsg(CONTROL, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    if (n <= 0)
        return false;
    sql[n] = '\0';
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    *ret_is_sound =
        c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(DUCKDB_FDS * sizeof(int));
    if (*ret_is_sound)
        memcpy(fds, CMSG_DATA(c), DUCKDB_FDS * sizeof(int));
    return true;
}

/* Ctrl-C reaches the whole process group: the main process handles it. */
static void prepare_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN); /* SIGCHLD: no query is waited for */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void serve(int control, bool needs_filter)
{
    struct greeting greeting = {0};
    char *sql = mem_new(DUCKDB_SQL_MAX + 1);
    int fds[DUCKDB_FDS];
    bool is_sound;
    prctl(PR_SET_NAME, "imgfetch-duckdb");
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    descriptor_keep_only(control, CONTROL, STDERR_FILENO + 1);
    prepare_signals();
    greeting.is_loaded = duckdb_load(greeting.message);
    if (greeting.is_loaded)
        snprintf(greeting.version, sizeof greeting.version, "%s", duckdb_library());
    forget_inherited();
    setenv("TZ", "UTC", 1);
    if (send(CONTROL, &greeting, sizeof greeting, MSG_NOSIGNAL) < 0 || !greeting.is_loaded)
        _exit(EXIT_SUCCESS);
    while (hear_query(sql, fds, &is_sound)) {
        if (!is_sound)
            continue;
        start_query(sql, fds, needs_filter);
        for (int i = 0; i < DUCKDB_FDS; i++)
            close(fds[i]);
    }
    _exit(EXIT_SUCCESS);
}

/* ---- the main process ---- */

/* Reads the first message. */
static bool hear_greeting(struct duckdb *d, char *message)
{
    struct greeting greeting;
    struct pollfd p = {d->control, POLLIN, 0};
    int ready;
    while ((ready = poll(&p, 1, PATIENCE_MS)) < 0 && errno == EINTR)
        ;
    ssize_t n = ready > 0 ? recv(d->control, &greeting, sizeof greeting, MSG_DONTWAIT) : 0;
    if (n != sizeof greeting) {
        snprintf(message, DUCKDB_MESSAGE_SIZE, "the process of DuckDB %s",
            ready > 0 ? "died when it began" : "does not begin");
        return false;
    }
    snprintf(d->version, sizeof d->version, "%s", greeting.version);
    snprintf(message, DUCKDB_MESSAGE_SIZE, "%s", greeting.message);
    return greeting.is_loaded;
}

struct duckdb *duckdb_start(bool needs_filter, char *message)
{
    int ends[2];
    pid_t pid = -1;
    if (!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
        pid = fork();
        if (pid == 0)
            serve(ends[1], needs_filter);
        close(ends[1]);
        if (pid < 0)
            close(ends[0]);
    }
    if (pid < 0) {
        snprintf(message, DUCKDB_MESSAGE_SIZE, "the process of DuckDB: %s", strerror(errno));
        return NULL;
    }
    struct duckdb *d = mem_new(sizeof *d);
    d->control = ends[0];
    d->pid = pid;
    d->pidfd = pidfd_open(pid, 0);
    if (hear_greeting(d, message))
        return d;
    duckdb_free(d);
    return NULL;
}

const char *duckdb_version(const struct duckdb *d)
{
    return d->version;
}

/* Sends the text and the descriptors. A negative errno, or 0. */
static int send_query(int control, const char *sql, const int fds[DUCKDB_FDS])
{
    union ancillary room = {0};
    struct iovec data = {(void *)sql, strlen(sql)};
    struct msghdr header = {.msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = room.bytes,
        .msg_controllen = sizeof room.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(DUCKDB_FDS * sizeof(int));
    memcpy(CMSG_DATA(c), fds, DUCKDB_FDS * sizeof(int));
    ssize_t n;
    while ((n = sendmsg(control, &header, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return n < 0 ? -errno : 0;
}

int duckdb_ask(struct duckdb *d, int file, const char *sql, int ret_pipes[2])
{
    int rows[2], status[2];
    if (strlen(sql) > DUCKDB_SQL_MAX)
        return -E2BIG;
    if (pipe2(rows, O_CLOEXEC))
        return -errno;
    int err = pipe2(status, O_CLOEXEC) ? -errno : 0;
    if (!err) {
        err = send_query(d->control, sql, (int[]){file, rows[1], status[1]});
        close(status[1]);
        if (err)
            close(status[0]);
    }
    close(rows[1]);
    if (err)
        close(rows[0]);
    ret_pipes[0] = rows[0];
    ret_pipes[1] = status[0];
    return err;
}

void duckdb_free(struct duckdb *d)
{
    if (!d)
        return;
    close(d->control);
    if (d->pidfd >= 0) {
        pidfd_send_signal(d->pidfd, SIGKILL, NULL, 0); /* and so its queries die */
        close(d->pidfd);
    }
    while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(d);
}
