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

static const char JSONL[] = ".jsonl";

bool logfile_open(struct logfile *l, const char *path)
{
    /* Non-blocking, for a FIFO: without a reader it cannot be opened, and a slow one loses lines.
     */
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, MODE);
    if (fd < 0) {
        human_line(stderr, "imgfetch: --log: %s: %s", path, strerror(errno));
        return false;
    }
    size_t len = strlen(path);
    *l = (struct logfile){.path = path, .fd = fd};
    l->is_jsonl = len > strlen(JSONL) && !strcmp(path + len - strlen(JSONL), JSONL);
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

static bool add_plain(struct buf *line, const char *time, const char *text, size_t len)
{
    return buf_append(line, time, strlen(time)) && buf_append(line, " ", 1) &&
           buf_append(line, text, len);
}

/* The text has no control characters, which JSON would need escaped. */
static bool add_json(
    struct buf *line, const char *time, enum logfile_level level, const char *text, size_t len)
{
    static const char *const levels[] = {"info", "warning", "error"};
    char head[100];
    int n = snprintf(
        head, sizeof head, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":\"", time, levels[level]);
    bool is_added = buf_append(line, head, (size_t)n);
    for (size_t i = 0; i < len && is_added; i++) {
        bool is_special = text[i] == '"' || text[i] == '\\';
        is_added = (!is_special || buf_append(line, "\\", 1)) && buf_append(line, text + i, 1);
    }
    return is_added && buf_append(line, "\"}", 2);
}

void logfile_add(struct logfile *l, enum logfile_level level, const char *text, size_t len)
{
    char time[CLOCK_RFC3339_SIZE];
    struct buf line = {0};
    if (!l->path || l->ends)
        return;
    clock_rfc3339(clock_wall(), time);
    bool is_whole = (l->is_jsonl ? add_json(&line, time, level, text, len)
                                 : add_plain(&line, time, text, len)) &&
                    buf_append(&line, "\n", 1);
    pthread_mutex_lock(&l->lock);
    if (l->waiting.len + line.len > LOGFILE_WAITING_MAX)
        note_error(l, -EAGAIN);
    else if (!is_whole || !buf_append(&l->waiting, line.data, line.len))
        note_error(l, -ENOMEM);
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    buf_fini(&line);
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
