#include "cmd/imgfetch/status/rowprint.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

enum { LOOK_MS = 100 /* how soon the store's thread sees that the user has given up */ };

static void on_reader_gone(uv_async_t *wake)
{
    struct rowprint *p = wake->data;
    if (atomic_load(&p->is_gone))
        p->on_gone(p->arg);
}

int rowprint_open(struct rowprint *p, uv_loop_t *loop, void (*on_gone)(void *arg), void *arg)
{
    *p = (struct rowprint){.on_gone = on_gone, .arg = arg};
    int err = uv_async_init(loop, &p->wake, on_reader_gone);
    p->wake.data = p;
    return err;
}

/* A pipe that poll(2) calls writable takes PIPE_BUF bytes without blocking. */
bool rowprint_lines(void *arg, const char *lines, size_t len)
{
    struct rowprint *p = arg;
    struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};
    while (len && !atomic_load(&p->gave_up)) {
        if (poll(&out, 1, LOOK_MS) <= 0)
            continue;
        ssize_t n = write(STDOUT_FILENO, lines, len < PIPE_BUF ? len : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            break;
        lines += n < 0 ? 0 : n;
        len -= n < 0 ? 0 : (size_t)n;
    }
    if (!len)
        return true;
    atomic_store(&p->is_gone, true);
    uv_async_send(&p->wake);
    return false;
}

void rowprint_close(struct rowprint *p)
{
    uv_close((uv_handle_t *)&p->wake, NULL);
}
