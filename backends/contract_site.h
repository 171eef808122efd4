/*
 * The servers of the contract tests: an imgserve over testdata/images, and ports
 * on which nothing answers.
 *
 * IMGSERVE names the program ("build/imgserve" unless set).
 */
#ifndef BACKENDS_CONTRACT_SITE_H
#define BACKENDS_CONTRACT_SITE_H

#include "base/clock.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SITE_PATIENCE_MS = 10000, SITE_TURN_MS = 5 };

#define SITE_DIR "testdata/images"

struct site {
    pid_t pid;
    unsigned port;
};

static inline void site_pause(void)
{
    usleep(SITE_TURN_MS * 1000);
}

static inline void site_exec(const char *ready_file)
{
    const char *program = getenv("IMGSERVE");
    char option[200];
    snprintf(option, sizeof option, "--ready-file=%s", ready_file);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed assertion ends the test at once */
    if (!freopen("/dev/null", "w", stdout))
        _exit(EXIT_FAILURE);
    if (!program)
        program = "build/imgserve";
    execl(program, program, "--port=0", option, SITE_DIR, (char *)NULL);
    _exit(EXIT_FAILURE);
}

/* imgserve renames the file into place, so it is never half written. */
static inline unsigned site_read_port(const char *ready_file)
{
    unsigned port = 0;
    for (int ms = 0; port == 0 && ms < SITE_PATIENCE_MS; ms += SITE_TURN_MS) {
        site_pause();
        FILE *f = fopen(ready_file, "r");
        if (f && fscanf(f, "%u", &port) != 1)
            port = 0;
        if (f)
            fclose(f);
    }
    return port;
}

static inline void site_start(struct site *s)
{
    char dir[] = "/tmp/imgfetch-contract.XXXXXX", ready_file[sizeof dir + sizeof "/port"];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(ready_file, sizeof ready_file, "%s/port", dir);
    s->pid = fork();
    ck_assert_int_ge(s->pid, 0);
    if (s->pid == 0)
        site_exec(ready_file);
    s->port = site_read_port(ready_file);
    unlink(ready_file);
    rmdir(dir);
    ck_assert_msg(s->port, "imgserve does not start: make programs, or set IMGSERVE");
}

static inline void site_stop(struct site *s)
{
    kill(s->pid, SIGKILL);
    ck_assert_int_eq(waitpid(s->pid, NULL, 0), s->pid);
}

static inline struct sockaddr_in site_address(unsigned port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sa;
}

/* The response to a GET with its head, on a connection of its own. */
static inline void site_get(const struct site *s, const char *path, char *out, size_t size)
{
    char request[200];
    struct sockaddr_in to = site_address(s->port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    int len = snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    ck_assert_int_eq(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
    size_t got = 0;
    ssize_t n;
    while (got < size - 1 && (n = recv(fd, out + got, size - 1 - got, 0)) > 0)
        got += (size_t)n;
    out[got] = '\0';
    close(fd);
}

/* A number of /-/stats, for one host or, with NULL, for all. */
static inline long site_count(const struct site *s, const char *host, const char *what)
{
    char text[8192], name[100];
    site_get(s, "/-/stats", text, sizeof text);
    const char *at = text;
    if (host) {
        snprintf(name, sizeof name, "\"%s\":{", host);
        at = strstr(text, name);
        ck_assert_msg(at != NULL, "no request for %s came", host);
    }
    snprintf(name, sizeof name, "\"%s\":", what);
    at = strstr(at, name);
    ck_assert_ptr_nonnull(at);
    return strtol(at + strlen(name), NULL, 10);
}

/* Waits until the site has `n` open connections, including that of this call. */
static inline long site_await_open(const struct site *s, long n)
{
    long open = -1;
    for (int ms = 0; open != n && ms < SITE_PATIENCE_MS / 4; ms += SITE_TURN_MS) {
        site_pause();
        open = site_count(s, NULL, "open");
    }
    return open;
}

/* A socket bound to a port of its own. While it is not listening, the port refuses. */
static inline int site_bind(unsigned *ret_port)
{
    struct sockaddr_in sa = site_address(0);
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    *ret_port = ntohs(sa.sin_port);
    return fd;
}

/* A port that does not even refuse: its listener's queue is full, so Linux drops the SYN. */
struct blackhole {
    unsigned port;
    int listener, callers[4];
};

static inline void blackhole_open(struct blackhole *b)
{
    enum { CALLERS = sizeof b->callers / sizeof *b->callers };
    b->listener = site_bind(&b->port);
    ck_assert_int_eq(listen(b->listener, 0), 0);
    struct sockaddr_in to = site_address(b->port);
    for (int i = 0; i < CALLERS; i++) {
        b->callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(b->callers[i], (struct sockaddr *)&to, sizeof to);
    }
}

static inline void blackhole_close(struct blackhole *b)
{
    for (size_t i = 0; i < sizeof b->callers / sizeof *b->callers; i++)
        close(b->callers[i]);
    close(b->listener);
}

#endif
