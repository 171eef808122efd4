#include "exec/launcher_inside.h"

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = STDERR_FILENO + 1, EXEC_FAILED = 127, POLLS = LAUNCHER_MOST + 2 };
enum { READ_SIZE = 4096, LAST_READS = 64 /* of what a program has left; a pipe holds 16 */ };
static const uint64_t SECOND = 1000000000; /* ns */

/* A program that runs; pid 0: none. */
struct program {
    pid_t pid;
    int out;      /* what it prints; non-blocking; -1: it has closed it */
    uint64_t due; /* clock_ns(): when its time is over */
    bool is_late;
    uint32_t numbers[2];
    char line[LAUNCHER_LINE_SIZE];
    size_t len;
};

struct helper {
    const struct launcher_conf *conf;
    struct program at[LAUNCHER_MOST];
    int signals;
};

static void kill_groups(struct helper *h)
{
    for (unsigned i = 0; i < LAUNCHER_MOST; i++)
        if (h->at[i].pid)
            kill(-h->at[i].pid, SIGKILL);
}

static _Noreturn void end(struct helper *h)
{
    kill_groups(h);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    _exit(EXIT_SUCCESS);
}

/* Waits while the asking process does not hear. Ends the helper if that is gone. */
static void tell(struct helper *h, const struct launcher_message *message)
{
    ssize_t n;
    do {
        n = send(CONTROL, message, sizeof *message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        end(h);
}

/* ---- what a program prints ---- */

static void tell_line(struct helper *h, struct program *p)
{
    struct launcher_message m = {.says = LAUNCHER_LINE, .numbers = {p->numbers[0], p->numbers[1]}};
    memcpy(m.text, p->line, p->len);
    for (size_t i = 0; i < p->len; i++)
        if (!m.text[i])
            m.text[i] = '?';
    p->len = 0;
    tell(h, &m);
}

/* Passes on what has come; lines that are too long are cut into several. */
static void read_lines(struct helper *h, struct program *p)
{
    char bytes[READ_SIZE];
    ssize_t n = p->out < 0 ? 0 : read(p->out, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] != '\n')
            p->line[p->len++] = bytes[i];
        if (bytes[i] == '\n' || p->len == sizeof p->line - 1)
            tell_line(h, p);
    }
    if (n > 0 || p->out < 0)
        return;
    close(p->out);
    p->out = -1;
}

/* ---- starting ---- */

static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. */
static _Noreturn void become(const struct helper *h, char **words, int out, pid_t helper)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != helper)
        _exit(EXEC_FAILED);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    reset_signals();
    execvp(h->conf->program, words);
    char text[300];
    int len = snprintf(text, sizeof text, "%.200s: %s\n", h->conf->program, strerror(errno));
    ssize_t n = write(STDERR_FILENO, text, (size_t)len);
    (void)n;
    _exit(EXEC_FAILED);
}

static char **command(const struct helper *h, const uint32_t numbers[2])
{
    char **words = h->conf->words(h->conf->arg, numbers);
    size_t n = 0;
    while (words && words[n])
        n++;
    char **argv = words ? mem_array(n + 2, sizeof *argv) : NULL;
    if (argv)
        argv[0] = mem_dup(h->conf->program);
    for (size_t i = 0; argv && i < n; i++)
        argv[i + 1] = words[i];
    free(words);
    return argv;
}

static void free_command(char **argv)
{
    for (char **word = argv; word && *word; word++)
        free(*word);
    free(argv);
}

static struct program *free_place(struct helper *h)
{
    for (unsigned i = 0; i < h->conf->most; i++)
        if (!h->at[i].pid)
            return &h->at[i];
    return NULL;
}

/* 0 or an errno. */
static int start(struct helper *h, const uint32_t numbers[2])
{
    int ends[2] = {-1, -1};
    pid_t self = getpid();
    struct program *p = free_place(h);
    if (!p)
        return EAGAIN;
    char **argv = command(h, numbers);
    if (!argv)
        return EINVAL;
    int error = pipe2(ends, O_CLOEXEC) ? errno : 0;
    /* Not fork(), in which libraries would close descriptors that they do not have here. */
    pid_t pid = error ? -1 : _Fork();
    if (pid == 0)
        become(h, argv, ends[1], self);
    if (!error && pid < 0)
        error = errno;
    free_command(argv);
    if (ends[1] >= 0)
        close(ends[1]);
    if (error && ends[0] >= 0)
        close(ends[0]);
    if (error)
        return error;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    setpgid(pid, pid); /* the child does the same: one of us is first */
    *p = (struct program){.pid = pid, .out = ends[0], .numbers = {numbers[0], numbers[1]}};
    p->due = clock_ns() + h->conf->timeout_s * SECOND;
    return 0;
}

static void obey(struct helper *h)
{
    struct launcher_order order;
    ssize_t n = recv(CONTROL, &order, sizeof order, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n != sizeof order)
        end(h);
    if (order.kills) {
        kill_groups(h);
        return;
    }
    int error = start(h, order.numbers);
    if (error)
        tell(h, &(struct launcher_message){.says = LAUNCHER_FAILED,
                    .numbers = {order.numbers[0], order.numbers[1]},
                    .status = error});
}

/* ---- ending ---- */

/* The program has ended and is not waited for yet, so its number and its group's are its own. */
static void conclude(struct helper *h, struct program *p)
{
    struct launcher_message m = {.says = LAUNCHER_ENDED, .is_late = p->is_late};
    int status = 0;
    kill(-p->pid, SIGKILL);
    for (int i = 0; i < LAST_READS && p->out >= 0; i++) /* who left the group may go on writing */
        read_lines(h, p);
    if (p->len)
        tell_line(h, p);
    if (p->out >= 0)
        close(p->out);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    memcpy(m.numbers, p->numbers, sizeof m.numbers);
    m.status = status;
    *p = (struct program){0};
    tell(h, &m);
}

static void reap(struct helper *h)
{
    struct signalfd_siginfo info;
    ssize_t n = read(h->signals, &info, sizeof info);
    (void)n;
    for (unsigned i = 0; i < LAUNCHER_MOST; i++) {
        siginfo_t ended = {0};
        if (h->at[i].pid &&
            !waitid(P_PID, (id_t)h->at[i].pid, &ended, WEXITED | WNOHANG | WNOWAIT) && ended.si_pid)
            conclude(h, &h->at[i]);
    }
}

/* Kills those whose time is over. Returns the ms until the next is due; -1: none is. */
static int kill_late(struct helper *h)
{
    uint64_t now = clock_ns(), next = UINT64_MAX;
    for (unsigned i = 0; i < LAUNCHER_MOST; i++) {
        struct program *p = &h->at[i];
        if (!p->pid || p->is_late)
            continue;
        p->is_late = p->due <= now;
        if (p->is_late)
            kill(-p->pid, SIGKILL);
        else if (p->due < next)
            next = p->due;
    }
    return next == UINT64_MAX ? -1 : (int)((next - now) / 1000000) + 1;
}

/* ---- the whole ---- */

/* The process that asks has a terminal's signals; the helper learns of its end by the socket. */
static int prepare_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    sigset_t child;
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* if it were ignored, as inherited, no status would come */
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void wait_for_news(struct helper *h)
{
    struct pollfd polls[POLLS] = {{CONTROL, POLLIN, 0}, {h->signals, POLLIN, 0}};
    for (unsigned i = 0; i < LAUNCHER_MOST; i++)
        polls[2 + i] = (struct pollfd){h->at[i].pid ? h->at[i].out : -1, POLLIN, 0};
    if (poll(polls, POLLS, kill_late(h)) <= 0)
        return;
    for (unsigned i = 0; i < LAUNCHER_MOST; i++)
        if (polls[2 + i].revents)
            read_lines(h, &h->at[i]);
    if (polls[1].revents)
        reap(h);
    if (polls[0].revents)
        obey(h);
}

_Noreturn void launcher_help(const struct launcher_conf *conf, int control)
{
    prctl(PR_SET_NAME, "imgfetch-helper");
    setsid();
    descriptor_keep_only(control, CONTROL, STDERR_FILENO + 1);
    struct helper h = {.conf = conf, .signals = prepare_signals()};
    for (;;)
        wait_for_news(&h);
}
