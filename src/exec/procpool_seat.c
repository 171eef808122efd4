#include "exec/procpool_seat.h"

#include "base/clock.h"
#include "base/mem.h"
#include "exec/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* A worker costs a fork, some ms. After an occasional crash the seat is refilled at
 * once; a seat whose workers always crash is refilled about 12 times a second. */
enum { QUICK_REFILLS = 3, BACK_OFF_MS = 5, BACK_OFF_MAX_MS = 80, MS_NS = 1000000 };

void procpool_seat_init(struct seat *s, struct procpool *pool, unsigned index, struct slot *slot)
{
    *s = (struct seat){.pool = pool, .index = index, .slot = slot, .socket = -1, .pidfd = -1};
}

static void free_poll(uv_handle_t *h)
{
    free(h);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Closes the socket: the worker, if any, reads end of file and exits. */
static void hang_up(struct seat *s)
{
    if (s->poll) {
        s->poll->data = NULL;
        uv_close((uv_handle_t *)s->poll, free_poll);
        s->poll = NULL;
    }
    close_fd(&s->socket);
}

void procpool_seat_expect(struct seat *s, unsigned tasks)
{
    s->state = SEAT_ASKED;
    s->due = 0;
    s->tasks_left = tasks;
    s->fate = FATE_NONE;
    s->started = false;
}

void procpool_seat_open(
    struct seat *s, uv_loop_t *loop, const struct zygote_message *m, uv_poll_cb cb)
{
    s->socket = m->socket;
    s->pidfd = m->pidfd;
    s->state = SEAT_STARTING;
    uv_poll_t *poll = mem_new(sizeof *poll);
    /* No descriptor or no memory: a worker without both handles is useless. */
    if (s->socket < 0 || s->pidfd < 0 || uv_poll_init(loop, poll, s->socket) < 0) {
        free(poll);
        procpool_seat_kill(s);
        return;
    }
    s->poll = poll;
    poll->data = s;
    if (uv_poll_start(poll, UV_READABLE, cb) < 0)
        procpool_seat_kill(s);
}

void procpool_seat_put(struct seat *s, struct task *task)
{
    slot_put(s->slot, task->in, task->in_len);
    s->task = task;
}

bool procpool_seat_go(struct seat *s)
{
    uint8_t go = WORKER_GO;
    s->state = SEAT_BUSY;
    s->due = s->task->timeout_ns ? clock_ns() + s->task->timeout_ns : 0;
    return send(s->socket, &go, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

enum seat_says procpool_seat_hear(struct seat *s, size_t max_out)
{
    uint8_t bytes[2];
    ssize_t n = recv(s->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return SEAT_SAYS_NOTHING;
    if (n != 1)
        return SEAT_SAYS_LOST;
    if (s->state == SEAT_STARTING && bytes[0] >= WORKER_READY &&
        bytes[0] <= WORKER_READY + SANDBOX_SECCOMP) {
        s->started = true;
        s->level = bytes[0] - WORKER_READY;
        return SEAT_SAYS_READY;
    }
    if (s->state == SEAT_BUSY && bytes[0] == WORKER_DONE) {
        s->out_len = slot_out_len(s->slot);
        if (s->out_len <= max_out)
            return SEAT_SAYS_DONE;
    }
    return SEAT_SAYS_LOST;
}

void procpool_seat_signal(struct seat *s)
{
    if (s->pidfd >= 0)
        pidfd_send_signal(s->pidfd, SIGKILL, NULL, 0);
}

void procpool_seat_kill(struct seat *s)
{
    procpool_seat_signal(s);
    hang_up(s);
    s->state = SEAT_DYING;
    s->due = 0;
}

struct task *procpool_seat_vacate(struct seat *s)
{
    struct task *task = s->task;
    hang_up(s);
    close_fd(&s->pidfd);
    s->state = SEAT_EMPTY;
    s->task = NULL;
    s->due = 0;
    s->began = slot_was_taken(s->slot);
    s->refused = slot_refused(s->slot);
    slot_clear(s->slot);
    return task;
}

void procpool_seat_back_off(struct seat *s, uint64_t now)
{
    unsigned wait = 0;
    if (s->deaths >= QUICK_REFILLS) {
        unsigned doublings = s->deaths - QUICK_REFILLS;
        wait = doublings < 4 ? BACK_OFF_MS << doublings : BACK_OFF_MAX_MS;
    }
    s->deaths++;
    s->due = now + (uint64_t)wait * MS_NS;
}
