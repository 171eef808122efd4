#include "exec/zygote.h"

#include "base/descriptor.h"
#include "base/mem.h"
#include "exec/forget.h"
#include "exec/sandbox.h"
#include "exec/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = STDERR_FILENO + 1 };
enum { FDS = 2 }; /* with a worker: socket and pidfd */

struct zygote {
    const struct procpool_conf *conf;
    struct slot *slots;
    pid_t *pids; /* by index; 0: no worker */
    int signals;
};

/* The descriptors of one message, aligned for the header before them. */
union ancillary {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(FDS * sizeof(int))];
};

static _Noreturn void end(struct zygote *z)
{
    for (unsigned i = 0; i < z->conf->workers; i++)
        if (z->pids[i])
            kill(z->pids[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    _exit(EXIT_SUCCESS);
}

/* False: the descriptors could not be sent. Ends the zygote if the main process is gone. */
static bool tell(struct zygote *z, struct zygote_message message)
{
    union ancillary room = {0};
    struct iovec data = {&message, sizeof message};
    struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
    if (message.socket >= 0) {
        header.msg_control = room.bytes;
        header.msg_controllen = sizeof room.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(FDS * sizeof(int));
        memcpy(CMSG_DATA(c), (int[FDS]){message.socket, message.pidfd}, FDS * sizeof(int));
    }
    ssize_t n;
    do {
        n = sendmsg(CONTROL, &header, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    /* unix(7): ETOOMANYREFS while others wait to be received; ENOMEM, ENOBUFS. */
    if (n < 0 && (message.socket < 0 || errno == EPIPE || errno == ECONNRESET))
        end(z);
    return n >= 0;
}

static void become_worker(struct zygote *z, unsigned index, int socket, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    worker_run(z->conf, &z->slots[index], socket, parent);
}

static void spawn(struct zygote *z, unsigned index)
{
    struct zygote_message message;
    int ends[2] = {-1, -1};
    pid_t self = getpid(), pid = -1;
    slot_inherit(&z->slots[index]);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0)
        pid = fork();
    if (pid == 0)
        become_worker(z, index, ends[1], self);
    slot_do_not_inherit(&z->slots[index]);
    int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
    z->pids[index] = pid > 0 ? pid : 0;
    message = (struct zygote_message){ZYGOTE_SPAWNED, index, pid, 0, ends[0], pidfd};
    if (pidfd < 0 || !tell(z, message)) {
        message = (struct zygote_message){ZYGOTE_FAILED, index, 0, errno, -1, -1};
        if (pid > 0)
            kill(pid, SIGKILL);
        z->pids[index] = 0; /* reaped without a message: it was never announced */
        tell(z, message);
    }
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    if (pidfd >= 0)
        close(pidfd);
}

static void reap(struct zygote *z)
{
    struct signalfd_siginfo info;
    if (read(z->signals, &info, sizeof info) < 0)
        return;
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i < z->conf->workers; i++)
            if (z->pids[i] == pid) {
                z->pids[i] = 0;
                tell(z, (struct zygote_message){ZYGOTE_EXITED, i, pid, status, -1, -1});
                break;
            }
}

static void obey(struct zygote *z)
{
    uint32_t index;
    ssize_t n = recv(CONTROL, &index, sizeof index, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n != sizeof index)
        end(z);
    if (index < z->conf->workers && !z->pids[index])
        spawn(z, index);
}

/* Ignores Ctrl-C and similar signals, which reach the whole process group: the main
 * process handles them. SIGPIPE: errors of write are checked. */
static int prepare_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* if it were ignored, as inherited, no status would come */
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Sanitizers report on standard error. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { NULLS = STDOUT_FILENO + 1 };
#else
enum { NULLS = STDERR_FILENO + 1 };
#endif

static _Noreturn void run(const struct procpool_conf *conf, struct slot *slots, int control)
{
    prctl(PR_SET_NAME, "imgfetch-zygote");
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    descriptor_keep_only(control, CONTROL, NULLS);
    forget_inherited();
    struct zygote z = {
        .conf = conf,
        .slots = slots,
        .pids = mem_array(conf->workers, sizeof *z.pids),
        .signals = prepare_signals(),
    };
    for (unsigned i = 0; i < conf->workers; i++)
        slot_do_not_inherit(&slots[i]);
    mem_begin_warm_up();
    if (conf->warm_up)
        conf->warm_up(conf->arg);
    mem_end_warm_up();
    forget_stack();
    if (!conf->unconfined)
        sandbox_prepare(conf->max_memory);
    for (unsigned i = 0; i < conf->workers; i++)
        spawn(&z, i);
    struct pollfd wait[] = {{CONTROL, POLLIN, 0}, {z.signals, POLLIN, 0}};
    for (;;) {
        if (poll(wait, 2, -1) < 0)
            continue;
        if (wait[1].revents)
            reap(&z);
        if (wait[0].revents)
            obey(&z);
    }
}

pid_t zygote_start(const struct procpool_conf *conf, struct slot *slots, int *ret_control)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        run(conf, slots, ends[1]);
    int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        errno = error;
        return -1;
    }
    *ret_control = ends[0];
    return pid;
}

bool zygote_ask(int control, unsigned index)
{
    uint32_t message = index;
    ssize_t n = send(control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n == sizeof message;
}

static void take_fds(struct msghdr *header, struct zygote_message *ret)
{
    int fds[FDS];
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    ret->socket = ret->pidfd = -1;
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        return;
    size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
    memcpy(fds, CMSG_DATA(c), n * sizeof *fds);
    if (n > 0)
        ret->socket = fds[0];
    if (n > 1)
        ret->pidfd = fds[1];
}

enum zygote_says zygote_hear(int control, struct zygote_message *ret)
{
    union ancillary room;
    struct iovec data = {ret, sizeof *ret};
    struct msghdr header = {.msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = room.bytes,
        .msg_controllen = sizeof room.bytes};
    ssize_t n = recvmsg(control, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return ZYGOTE_NOTHING;
    if (n != sizeof *ret)
        return ZYGOTE_GONE;
    take_fds(&header, ret);
    return ret->says;
}
