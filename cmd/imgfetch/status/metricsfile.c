#include "cmd/imgfetch/status/metricsfile.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "cmd/imgfetch/status/human.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MODE = 0666 /* without the umask */ };

static int open_draft(const struct metricsfile *f)
{
    int fd = open(f->draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, MODE);
    return fd < 0 ? -errno : fd;
}

static void look_at_disk(struct metricsfile *f)
{
    struct statvfs disk;
    if (!fstatvfs(f->output, &disk))
        atomic_store(&f->disk_free, (unsigned long long)disk.f_bavail * disk.f_frsize);
}

static bool refuse(struct metricsfile *f, const char *path, int err)
{
    human_line(stderr, "imgfetch: --metrics-file: %s: %s", path, strerror(err));
    metricsfile_free(f);
    return false;
}

bool metricsfile_open(
    struct metricsfile *f, const char *path, const char *output_dir, const char *backend)
{
    *f = (struct metricsfile){.path = path, .output = -1};
    f->metrics = (struct metrics){.path = path, .backend = backend, .began = clock_wall()};
    mem_must(asprintf(&f->draft, "%s.tmp", path) >= 0);
    const char *slash = strrchr(path, '/');
    f->folder = !slash ? mem_dup(".") : mem_dup_n(path, slash == path ? 1 : (size_t)(slash - path));
    struct stat st;
    if (!stat(path, &st) && S_ISDIR(st.st_mode))
        return refuse(f, path, EISDIR);
    int fd = open_draft(f);
    if (fd < 0)
        return refuse(f, f->draft, -fd);
    close(fd);
    unlink(f->draft);
    f->output = open(output_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->output < 0)
        return refuse(f, output_dir, errno);
    look_at_disk(f);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->wake, NULL);
    return true;
}

/* ---- the thread ---- */

/* 0 or a negative errno. */
static int replace_file(const struct metricsfile *f, const struct buf *text)
{
    int fd = open_draft(f);
    if (fd < 0)
        return fd;
    int err = 0;
    for (size_t done = 0; !err && done < text->len;) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            err = -errno;
    }
    if (close(fd) && !err)
        err = -errno;
    if (!err && rename(f->draft, f->path))
        err = -errno;
    if (err)
        unlink(f->draft);
    return err;
}

static void write_versions(void *arg)
{
    struct metricsfile *f = arg;
    pthread_mutex_lock(&f->lock);
    for (;;) {
        while (!f->next.len && !f->ends)
            pthread_cond_wait(&f->wake, &f->lock);
        if (!f->next.len)
            break;
        struct buf text = f->next;
        f->next = (struct buf){0};
        pthread_mutex_unlock(&f->lock);
        int err = replace_file(f, &text);
        buf_fini(&text);
        look_at_disk(f);
        pthread_mutex_lock(&f->lock);
        if (!f->err)
            f->err = err;
    }
    pthread_mutex_unlock(&f->lock);
}

/* ---- the loop ---- */

/* Hands a version to the thread, in place of one that waits. */
static void post(struct metricsfile *f, bool is_last)
{
    struct buf text = {0};
    f->metrics.disk_free = atomic_load(&f->disk_free);
    bool is_whole =
        metrics_text(&f->metrics, pipeline_stats(f->pipeline), !is_last, &text) && text.len;
    pthread_mutex_lock(&f->lock);
    if (is_whole) {
        struct buf old = f->next;
        f->next = text;
        text = old;
    } else if (!f->err) {
        f->err = -ENOMEM;
    }
    f->ends = is_last;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
    buf_fini(&text);
}

static void on_metrics_timer(uv_timer_t *timer)
{
    post(timer->data, false);
}

int metricsfile_start(struct metricsfile *f, struct pipeline *pipeline, uv_loop_t *loop)
{
    if (!f->path)
        return 0;
    int err = thread_start(&f->thread, "metrics", 0, write_versions, f);
    if (err)
        return err;
    f->is_running = true;
    f->pipeline = pipeline;
    uv_timer_init(loop, &f->timer);
    f->timer.data = f;
    uv_timer_start(&f->timer, on_metrics_timer, 0, METRICSFILE_EVERY_MS);
    return 0;
}

void metricsfile_row(struct metricsfile *f, const struct job *j)
{
    if (f->path)
        metrics_row(&f->metrics, j, clock_wall());
}

int metricsfile_error(struct metricsfile *f)
{
    if (!f->path)
        return 0;
    pthread_mutex_lock(&f->lock);
    int err = f->is_told ? 0 : f->err;
    f->is_told = f->is_told || err;
    pthread_mutex_unlock(&f->lock);
    return err;
}

void metricsfile_stop(struct metricsfile *f)
{
    if (!f->is_running)
        return;
    uv_close((uv_handle_t *)&f->timer, NULL);
    post(f, true);
    pthread_join(f->thread, NULL);
    f->is_running = false;
}

void metricsfile_free(struct metricsfile *f)
{
    if (!f->path)
        return;
    buf_fini(&f->next);
    free(f->draft);
    free(f->folder);
    if (f->output >= 0)
        close(f->output);
    f->path = NULL;
}
