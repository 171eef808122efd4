/*
 * An event loop: one thread, one curl multi handle, every socket non-blocking.
 *
 * curl says which sockets it waits for and when it wants to be called again;
 * the loop waits for all of them at once and calls curl with what is ready
 * (curl_multi_socket_action). A request in flight costs a few kilobytes and no
 * thread, so this is the way for many small waits.
 *
 * curl's sockets live in an epoll set of their own, and the loop watches only that
 * set: libuv's uv_poll would cost two system calls for every change, and stops a
 * watcher on EPOLLERR.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "run/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SWEEP_MS = 1000, EVENTS = 256 };

struct lane {
    TAILQ_ENTRY(lane) link;
    struct transfer *transfer;
};
TAILQ_HEAD(lanes, lane);

struct async {
    struct stage stage;
    const struct transfer_conf *conf;
    CURLM *multi;
    int sockets;      /* the epoll set of curl's sockets */
    uv_poll_t ready;  /* watches it */
    uv_timer_t timer; /* when curl wants to be called */
    uv_timer_t sweep; /* once a second: stalls; at once: stop */
    unsigned handles; /* of the above, still to be closed */
    struct transfer_pins *pins;
    struct lanes idle, busy; /* busy: the youngest last */
    unsigned n_busy, concurrency;
    bool stopped;
};

/* The lane's job is over: give it back. */
static void finish(struct async *a, struct lane *lane, CURLcode code)
{
    curl_multi_remove_handle(a->multi, transfer_easy(lane->transfer));
    struct job *j = transfer_finish(lane->transfer, code);
    TAILQ_REMOVE(&a->busy, lane, link);
    TAILQ_INSERT_HEAD(&a->idle, lane, link);
    a->n_busy--;
    a->stage.done(a->stage.done_arg, j);
}

static void give_up(struct async *a, struct lane *lane, enum err why)
{
    transfer_abort(lane->transfer, why);
    finish(a, lane, CURLE_OK);
}

/* Hands back what has ended. Called after curl was, never from inside of it. */
static void drain(struct async *a)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(a->multi, &left))) {
        struct transfer *t;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        finish(a, transfer_job(t)->place, msg->data.result);
    }
    while (a->n_busy > 1 && budget_is_blown(a->conf->budget))
        give_up(a, TAILQ_LAST(&a->busy, lanes), ERR_EVICTED);
}

static void act(struct async *a, curl_socket_t fd, int what)
{
    int running; /* curl 7.88 needs the pointer, we do not need the number */
    curl_multi_socket_action(a->multi, fd, what, &running);
}

static void on_ready(uv_poll_t *ready, int status, int uv_events)
{
    (void)status, (void)uv_events;
    struct async *a = ready->data;
    struct epoll_event events[EVENTS];
    int n = epoll_wait(a->sockets, events, EVENTS, 0);
    for (int i = 0; i < n; i++) {
        int what = 0;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
            what |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT)
            what |= CURL_CSELECT_OUT;
        if (events[i].events & EPOLLERR)
            what |= CURL_CSELECT_ERR;
        act(a, events[i].data.fd, what);
    }
    drain(a);
}

static void on_timer(uv_timer_t *timer)
{
    struct async *a = timer->data;
    act(a, CURL_SOCKET_TIMEOUT, 0);
    drain(a);
}

static void on_sweep(uv_timer_t *sweep)
{
    struct async *a = sweep->data;
    uint64_t now = clock_ns();
    struct lane *lane, *next;
    for (lane = TAILQ_FIRST(&a->busy); lane; lane = next) {
        next = TAILQ_NEXT(lane, link);
        enum err why = a->stopped ? ERR_CANCELLED : transfer_check(lane->transfer, now);
        if (why)
            give_up(a, lane, why);
    }
}

/* curl wants to hear of this socket (or no more). */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)easy;
    struct async *a = arg;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(a->sockets, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (!known)
        curl_multi_assign(a->multi, fd, a);
    int op = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    return epoll_ctl(a->sockets, op, fd, &event) ? -1 : 0;
}

/* curl wants to be called in so many ms; -1: not at all. Not from here: that would recurse. */
static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct async *a = arg;
    if (timeout_ms < 0)
        uv_timer_stop(&a->timer);
    else
        uv_timer_start(&a->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static enum stage_answer async_submit(struct stage *s, struct job *j)
{
    struct async *a = (struct async *)s;
    if (a->n_busy == a->concurrency)
        return STAGE_AGAIN;
    struct lane *lane = TAILQ_FIRST(&a->idle);
    if (lane) {
        TAILQ_REMOVE(&a->idle, lane, link);
    } else {
        lane = mem_new(sizeof *lane);
        lane->transfer = transfer_new(a->conf, a->pins);
    }
    TAILQ_INSERT_TAIL(&a->busy, lane, link);
    a->n_busy++;
    j->place = lane;
    transfer_start(lane->transfer, j);
    curl_multi_add_handle(a->multi, transfer_easy(lane->transfer));
    if (a->stopped)
        uv_timer_start(&a->sweep, on_sweep, 0, SWEEP_MS);
    return STAGE_OK;
}

static void async_stop(struct stage *s)
{
    struct async *a = (struct async *)s;
    a->stopped = true;
    uv_timer_start(&a->sweep, on_sweep, 0, SWEEP_MS);
}

static void on_closed(uv_handle_t *h)
{
    struct async *a = h->data;
    if (--a->handles)
        return;
    close(a->sockets);
    free(a);
}

static void async_free(struct stage *s)
{
    struct async *a = (struct async *)s;
    struct lane *lane;
    while ((lane = TAILQ_FIRST(&a->idle))) {
        TAILQ_REMOVE(&a->idle, lane, link);
        transfer_free(lane->transfer);
        free(lane);
    }
    curl_multi_cleanup(a->multi);
    transfer_pins_free(a->pins);
    uv_close((uv_handle_t *)&a->ready, on_closed);
    uv_close((uv_handle_t *)&a->timer, on_closed);
    uv_close((uv_handle_t *)&a->sweep, on_closed);
}

static const struct stage_ops async_ops = {async_submit, async_stop, async_free};

static struct stage *async_open(const struct backend_conf *conf, uv_loop_t *loop, char *message)
{
    int sockets = epoll_create1(EPOLL_CLOEXEC);
    CURLM *multi = curl_multi_init();
    if (sockets < 0 || !multi) {
        snprintf(message, BACKEND_MESSAGE_SIZE, "async: %s", strerror(errno));
        return NULL;
    }
    struct async *a = mem_new(sizeof *a);
    a->stage = (struct stage){&async_ops, conf->done, conf->done_arg};
    a->conf = conf->transfer;
    a->concurrency = conf->concurrency;
    a->sockets = sockets;
    a->multi = multi;
    a->pins = transfer_pins_new();
    TAILQ_INIT(&a->idle);
    TAILQ_INIT(&a->busy);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, a);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, a);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)conf->concurrency);
    uv_poll_init(loop, &a->ready, sockets);
    uv_timer_init(loop, &a->timer);
    uv_timer_init(loop, &a->sweep);
    a->handles = 3;
    a->ready.data = a->timer.data = a->sweep.data = a;
    uv_poll_start(&a->ready, UV_READABLE, on_ready);
    uv_timer_start(&a->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    return &a->stage;
}

extern const struct backend backend_async;
const struct backend backend_async = {
    .name = "async",
    .summary = "event loop: curl-multi on libuv, thousands of requests on one thread",
    .concurrency = 256,
    .needs_address = true,
    .open = async_open,
};
