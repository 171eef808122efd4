#include "cmd/imgfetch/compare/compare_round.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/imgfetch/compare/compare_sample.h"
#include "cmd/imgfetch/run.h"
#include "cmd/imgfetch/status/human.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Samples are closer together at first, so that a short round gets some, too. */
enum { LOOK_MS = 50, EARLY_LOOK_MS = 10, EARLY_MS = 200 };
enum { LINE_SIZE = 4096, TROUBLE_SIZE = 300, EXEC_FAILED = 127 };

/* ---- signals ---- */

bool compare_signals_open(struct signals *s)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, &s->before);
    s->caught = 0;
    s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return s->fd >= 0;
}

void compare_signals_read(struct signals *s)
{
    struct signalfd_siginfo info;
    while (read(s->fd, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD && !s->caught)
            s->caught = (int)info.ssi_signo;
}

/* ---- the child ---- */

/* The path of our own program by its name, for ps(1); or by the link in /proc if another file has
 * that name by now. */
static const char *own_program(char path[PATH_MAX])
{
    static const char link[] = "/proc/self/exe";
    struct stat self, named;
    ssize_t len = readlink(link, path, PATH_MAX - 1);
    if (len <= 0)
        return link;
    path[len] = '\0';
    bool same = !stat(link, &self) && !stat(path, &named) && self.st_ino == named.st_ino &&
                self.st_dev == named.st_dev;
    return same ? path : link;
}

static size_t count_words(const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    return n;
}

/* The child's command line: free() it. Its words are borrowed; `own` has the words made here. */
static char **make_argv(const struct round_conf *c, int fd, char own[32])
{
    size_t n_options = count_words((const char *const *)c->options),
           n_lists = count_words(c->lists), n = 0;
    const char **argv = mem_array(n_options + n_lists + 14, sizeof *argv);
    snprintf(own, 32, "--stats-fd=%d", fd);
    argv[n++] = "imgfetch";
    for (size_t i = 0; i < n_options; i++)
        argv[n++] = c->options[i];
    argv[n++] = own;
    if (c->shuffle)
        argv[n++] = c->shuffle;
    argv[n++] = "--quiet";
    argv[n++] = "--backend";
    argv[n++] = c->contender->backend->name;
    if (c->contender->http)
        argv[n++] = c->contender->http; /* behind the user's options: the last one holds */
    argv[n++] = "--output";
    argv[n++] = c->output;
    argv[n++] = c->contender->thumbs ? "--pool" : "--no-thumbs";
    if (c->contender->thumbs)
        argv[n++] = options_pools[c->contender->pool];
    argv[n++] = "--";
    for (size_t i = 0; i < n_lists; i++)
        argv[n++] = c->lists[i];
    return (char **)argv;
}

/* Runs in the child. It has its own process group, so that only we get Ctrl-C. */
static void become(const char *program, char **argv, const struct signals *s, int out, int error)
{
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(error, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
    fcntl(out, F_SETFD, 0); /* this one is for it */
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &s->before, NULL);
    execv(program, argv);
    _exit(EXEC_FAILED);
}

struct child {
    pid_t pid;
    int in;    /* its lines; non-blocking */
    int error; /* its standard error, kept in memory */
    uint64_t started;
    char line[LINE_SIZE];
    size_t len;
    double cpu; /* seconds so far: must not fall when a process ends between two samples */
};

static void close_child(struct child *c)
{
    if (c->in >= 0)
        close(c->in);
    if (c->error >= 0)
        close(c->error);
}

static bool start(struct child *c, const struct round_conf *conf, const struct signals *s)
{
    char path[PATH_MAX], own[32];
    int ends[2];
    *c = (struct child){.in = -1};
    c->error = memfd_create("stderr", MFD_CLOEXEC);
    if (c->error < 0 || pipe2(ends, O_CLOEXEC))
        return false;
    c->in = ends[0];
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    const char *program = own_program(path);
    char **argv = make_argv(conf, ends[1], own);
    c->started = clock_ns();
    c->pid = fork();
    if (c->pid == 0)
        become(program, argv, s, ends[1], c->error);
    if (c->pid > 0)
        setpgid(c->pid, c->pid); /* the child does the same: one of us is first */
    close(ends[1]);
    free(argv);
    return c->pid > 0;
}

/* ---- its reports and resources ---- */

/* False: there are no more lines. */
static bool read_lines(struct child *c, struct figures *f)
{
    ssize_t got;
    while ((got = read(c->in, c->line + c->len, sizeof c->line - 1 - c->len)) > 0) {
        char *from = c->line, *end;
        c->len += (size_t)got;
        c->line[c->len] = '\0';
        for (; (end = strchr(from, '\n')); from = end + 1) {
            *end = '\0';
            compare_figures_line(f, from);
        }
        c->len = (size_t)(c->line + c->len - from);
        memmove(c->line, from, c->len);
        if (c->len == sizeof c->line - 1)
            c->len = 0; /* too long to be one of our lines */
    }
    return got < 0 && errno == EAGAIN;
}

static void look(struct child *c, struct figures *f)
{
    struct compare_sample s = compare_sample(c->pid);
    if (s.memory > f->value[FIGURE_MEMORY])
        f->value[FIGURE_MEMORY] = s.memory;
    if (s.cpu > c->cpu)
        c->cpu = s.cpu;
    compare_curve_add(&f->cpu, (double)(clock_ns() - c->started) / 1e9, c->cpu);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* The resources of the child and of all its descendants that were waited for: getrusage(2). */
static void take_usage(struct child *c, const struct rusage *u, struct figures *f)
{
    double *v = f->value;
    v[FIGURE_WALL] = (double)(clock_ns() - c->started) / 1e9;
    v[FIGURE_USER] = seconds(u->ru_utime);
    v[FIGURE_SYSTEM] = seconds(u->ru_stime);
    v[FIGURE_SWITCHES] = (double)(u->ru_nvcsw + u->ru_nivcsw);
    if (v[FIGURE_MEMORY] <= 0) /* it ended before the first sample */
        v[FIGURE_MEMORY] = (double)u->ru_maxrss * 1024;
    compare_curve_end(&f->cpu, v[FIGURE_WALL], v[FIGURE_USER] + v[FIGURE_SYSTEM]);
}

/* Watches the child until it ends; returns its wait status. */
static int attend(struct child *c, struct signals *s, struct figures *f)
{
    struct pollfd fds[] = {{.fd = c->in, .events = POLLIN}, {.fd = s->fd, .events = POLLIN}};
    static const uint64_t ms = 1000000;
    uint64_t next = c->started + EARLY_LOOK_MS * ms;
    struct rusage usage;
    int status = 0;
    pid_t ended;
    while ((ended = wait4(c->pid, &status, WNOHANG, &usage)) == 0) {
        uint64_t now = clock_ns();
        if (now >= next) {
            look(c, f);
            next = now + (now - c->started < EARLY_MS * ms ? EARLY_LOOK_MS : LOOK_MS) * ms;
        }
        poll(fds, 2, (int)((next - now) / ms) + 1);
        if (!read_lines(c, f))
            fds[0].fd = -1;
        compare_signals_read(s);
        if (s->caught)
            kill(-c->pid, SIGKILL);
    }
    if (ended == c->pid)
        take_usage(c, &usage, f);
    read_lines(c, f);
    kill(-c->pid, SIGKILL); /* if it crashed, some of its processes may be left */
    return status;
}

/* The last line it wrote on standard error. */
static void last_words(const struct child *c, char out[HUMAN_TEXT_SIZE])
{
    char text[LINE_SIZE];
    off_t size = lseek(c->error, 0, SEEK_END),
          from = size > LINE_SIZE - 1 ? size - LINE_SIZE + 1 : 0;
    ssize_t len = pread(c->error, text, sizeof text - 1, from);
    out[0] = '\0';
    while (len > 0 && text[len - 1] == '\n')
        len--;
    if (len <= 0)
        return;
    text[len] = '\0';
    const char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    if (!strncmp(line, "imgfetch: ", 10))
        line += 10;
    human_text(line, out);
}

/* Says what was wrong with how it ended, or "". */
static void judge(const struct child *c, int status, const struct figures *f, char trouble[300])
{
    char words[HUMAN_TEXT_SIZE];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    bool well = (code == EXIT_OK || code == EXIT_ROWS_FAILED) && f->ended;
    trouble[0] = '\0';
    if (well)
        return;
    last_words(c, words);
    if (code < 0)
        snprintf(trouble, TROUBLE_SIZE, "crashed (%s)%s%s", strsignal(WTERMSIG(status)),
            *words ? ": " : "", words);
    else
        snprintf(trouble, TROUBLE_SIZE, "exit status %d%s%s", code, *words ? ": " : "", words);
}

bool compare_round(
    const struct round_conf *conf, struct signals *s, struct figures *ret, char trouble[300])
{
    struct child child;
    *ret = (struct figures){0};
    trouble[0] = '\0';
    if (!start(&child, conf, s)) {
        snprintf(trouble, TROUBLE_SIZE, "cannot start a process: %s", strerror(errno));
        close_child(&child);
        return false;
    }
    int status = attend(&child, s, ret);
    if (!s->caught)
        judge(&child, status, ret, trouble);
    close_child(&child);
    compare_figures_work_out(ret);
    return !s->caught && !trouble[0];
}
