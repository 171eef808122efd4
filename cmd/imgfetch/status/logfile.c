#include "cmd/imgfetch/status/logfile.h"

#include "base/clock.h"
#include "base/thread.h"
#include "cmd/imgfetch/status/human.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MODE = 0666 /* without the umask */ };

bool logfile_open(struct logfile *l, const char *path)
{
    /* Non-blocking, for a FIFO: without a reader it cannot be opened, and a slow one loses lines.
     */
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, MODE);
    if (fd < 0) {
        human_line(stderr, "imgfetch: --log: %s: %s", path, strerror(errno));
        return false;
    }
    *l = (struct logfile){.path = path, .fd = fd};
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    return true;
}

/* 0 or a negative errno. */
static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static void note_error(struct logfile *l, int err)
{
    if (!l->err)
        l->err = err;
}

static void write_lines(void *arg)
{
    struct logfile *l = arg;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        while (!l->waiting.len && !l->ends)
            pthread_cond_wait(&l->wake, &l->lock);
        if (!l->waiting.len)
            break;
        struct buf lines = l->waiting;
        l->waiting = (struct buf){0};
        pthread_mutex_unlock(&l->lock);
        int err = write_all(l->fd, lines.data, lines.len);
        buf_fini(&lines);
        pthread_mutex_lock(&l->lock);
        note_error(l, err);
    }
    pthread_mutex_unlock(&l->lock);
}

int logfile_start(struct logfile *l)
{
    int err = l->path ? thread_start(&l->thread, "log", 0, write_lines, l) : 0;
    l->is_running = l->path && !err;
    return err;
}

void logfile_add(struct logfile *l, const char *text, size_t len)
{
    char time[CLOCK_RFC3339_SIZE + 1];
    if (!l->path || l->ends)
        return;
    clock_rfc3339(clock_wall(), time);
    time[CLOCK_RFC3339_SIZE - 1] = ' ';
    pthread_mutex_lock(&l->lock);
    size_t size = CLOCK_RFC3339_SIZE + len + 1;
    if (l->waiting.len + size > LOGFILE_WAITING_MAX)
        note_error(l, -EAGAIN);
    else if (!buf_reserve(&l->waiting, l->waiting.len + size))
        note_error(l, -ENOMEM);
    else
        (void)(buf_append(&l->waiting, time, CLOCK_RFC3339_SIZE) &&
               buf_append(&l->waiting, text, len) && buf_append(&l->waiting, "\n", 1));
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
}

int logfile_error(struct logfile *l)
{
    if (!l->path)
        return 0;
    pthread_mutex_lock(&l->lock);
    int err = l->is_told ? 0 : l->err;
    l->is_told = l->is_told || err;
    pthread_mutex_unlock(&l->lock);
    return err;
}

void logfile_close(struct logfile *l)
{
    if (!l->path)
        return;
    pthread_mutex_lock(&l->lock);
    l->ends = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    if (l->is_running)
        pthread_join(l->thread, NULL);
    else
        write_lines(l);
    l->is_running = false;
    close(l->fd);
}
