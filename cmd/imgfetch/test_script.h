/*
 * A scripted HTTP proxy on loopback, for run_fuzz.c: it sends what the parts of an input say,
 * whoever asks for what. Connections are served one after another by one thread, each from where
 * the last one stopped.
 *
 *   SCRIPT_SEND     sends the bytes
 *   SCRIPT_END      closes the connection; the next part is for the next one
 *   SCRIPT_READ     reads until the end of a request's header
 *   SCRIPT_YIELD    lets others run for as many hundredths of a millisecond as it has bytes
 *
 * Behind the last part every connection gets a 404.
 */
#ifndef CMD_TEST_SCRIPT_H
#define CMD_TEST_SCRIPT_H

#include "base/fuzz.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCRIPT_SEND = 2, SCRIPT_END, SCRIPT_READ, SCRIPT_YIELD, SCRIPT_KINDS };
enum { SCRIPT_PATIENCE_MS = 5, SCRIPT_YIELD_US = 10, SCRIPT_YIELD_MAX_US = 2000 };

static struct script {
    int listener;
    unsigned port;
    pthread_mutex_t lock; /* held while a connection is open */
    const uint8_t *data;
    size_t left;
} script = {.listener = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static inline bool script_is_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

/* Until an empty line, the end, or nothing more for a while. */
static inline void script_read(int fd)
{
    char tail[5] = "", c;
    while (strcmp(tail, "\r\n\r\n") != 0 && script_is_readable(fd, SCRIPT_PATIENCE_MS) &&
           read(fd, &c, 1) == 1) {
        memmove(tail, tail + 1, 3);
        tail[3] = c;
    }
}

/* False: the other end is gone, or takes nothing more. */
static inline bool script_send(int fd, const uint8_t *bytes, size_t len)
{
    for (ssize_t n; len; bytes += n, len -= (size_t)n) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (poll(&p, 1, SCRIPT_PATIENCE_MS) <= 0)
            return false;
        n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return false;
    }
    return true;
}

static inline void script_play(int fd)
{
    static const char last[] = "HTTP/1.1 404 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    struct fuzz_part part;
    if (!script.left) {
        script_read(fd);
        script_send(fd, (const uint8_t *)last, sizeof last - 1);
    }
    while (fuzz_next(&script.data, &script.left, &part)) {
        if (part.kind % SCRIPT_KINDS == SCRIPT_SEND && !script_send(fd, part.bytes, part.len))
            return;
        if (part.kind % SCRIPT_KINDS == SCRIPT_READ)
            script_read(fd);
        if (part.kind % SCRIPT_KINDS == SCRIPT_END)
            return;
        if (part.kind % SCRIPT_KINDS == SCRIPT_YIELD) {
            size_t us = part.len * SCRIPT_YIELD_US;
            usleep(us < SCRIPT_YIELD_MAX_US ? (unsigned)us : SCRIPT_YIELD_MAX_US);
        }
    }
    script.left = 0;
}

static inline void *script_serve(void *arg)
{
    char rest[1 << 14];
    (void)arg;
    while (script_is_readable(script.listener, -1)) {
        pthread_mutex_lock(&script.lock);
        int fd = accept4(script.listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            script_play(fd);
            shutdown(fd, SHUT_WR);
            while (script_is_readable(fd, 0) && read(fd, rest, sizeof rest) > 0)
                ;
            close(fd);
        }
        pthread_mutex_unlock(&script.lock);
    }
    return NULL;
}

/* Once, before anything else. */
static inline void script_open(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    pthread_t thread;
    script.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz_expect(!bind(script.listener, (struct sockaddr *)&at, size));
    fuzz_expect(!listen(script.listener, SOMAXCONN));
    fuzz_expect(!getsockname(script.listener, (struct sockaddr *)&at, &size));
    script.port = ntohs(at.sin_port);
    fuzz_expect(!pthread_create(&thread, NULL, script_serve, NULL));
}

/* Nobody is connected now. The bytes are borrowed. */
static inline void script_set(const uint8_t *data, size_t len)
{
    pthread_mutex_lock(&script.lock);
    script.data = data;
    script.left = len;
    pthread_mutex_unlock(&script.lock);
}

/* Waits until the server has closed every connection. Whoever connected is gone. */
static inline void script_settle(void)
{
    script_set(NULL, 0);
    for (bool idle = false; !idle;) {
        pthread_mutex_lock(&script.lock);
        idle = !script_is_readable(script.listener, 0);
        pthread_mutex_unlock(&script.lock);
        if (!idle)
            sched_yield();
    }
}

#endif
