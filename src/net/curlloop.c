#include "net/curlloop.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SWEEP_MS = 1000, EVENTS = 256 };

/*
 * curl's sockets live in an epoll set of their own, and the loop watches only that set:
 * libuv's uv_poll would cost two system calls for every change, and stops a watcher
 * on EPOLLERR.
 */
struct curlloop {
    struct curlloop_conf conf;
    CURLM *multi;
    int sockets;      /* the epoll set */
    uv_poll_t ready;  /* watches it */
    uv_timer_t timer; /* when curl wants to be called */
    uv_timer_t sweep; /* once a second: stalls; at once: stop */
    unsigned handles; /* of these three, still to be closed */
    struct job_queue
        busy; /* jobs of the transfers under way, the youngest last; place: the transfer */
    unsigned n_busy;
    bool stopped;
};

static void finish(struct curlloop *l, struct transfer *t, CURLcode code)
{
    curl_multi_remove_handle(l->multi, transfer_easy(t));
    TAILQ_REMOVE(&l->busy, transfer_job(t), link);
    l->n_busy--;
    l->conf.done(l->conf.arg, t, code);
}

static void give_up(struct curlloop *l, struct transfer *t, enum err why)
{
    transfer_abort(t, why);
    finish(l, t, CURLE_OK);
}

/* Hands back what has ended. Called after curl was, never from inside of it. */
static void drain(struct curlloop *l)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(l->multi, &left))) {
        struct transfer *t;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        finish(l, t, msg->data.result);
    }
    while (l->n_busy > 1 && budget_is_blown(l->conf.budget))
        give_up(l, TAILQ_LAST(&l->busy, job_queue)->place, ERR_EVICTED);
}

static void act(struct curlloop *l, curl_socket_t fd, int what)
{
    int running; /* curl 7.88 needs the pointer, we do not need the number */
    curl_multi_socket_action(l->multi, fd, what, &running);
}

static void on_ready(uv_poll_t *ready, int status, int uv_events)
{
    (void)status, (void)uv_events;
    struct curlloop *l = ready->data;
    struct epoll_event events[EVENTS];
    int n = epoll_wait(l->sockets, events, EVENTS, 0);
    for (int i = 0; i < n; i++) {
        int what = 0;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
            what |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT)
            what |= CURL_CSELECT_OUT;
        if (events[i].events & EPOLLERR)
            what |= CURL_CSELECT_ERR;
        act(l, events[i].data.fd, what);
    }
    drain(l);
}

static void on_timer(uv_timer_t *timer)
{
    struct curlloop *l = timer->data;
    act(l, CURL_SOCKET_TIMEOUT, 0);
    drain(l);
}

static void on_sweep(uv_timer_t *sweep)
{
    struct curlloop *l = sweep->data;
    uint64_t now = clock_ns();
    struct job *j, *next;
    for (j = TAILQ_FIRST(&l->busy); j; j = next) {
        next = TAILQ_NEXT(j, link);
        enum err why = l->stopped ? ERR_CANCELLED : transfer_check(j->place, now);
        if (why)
            give_up(l, j->place, why);
    }
}

/* curl wants to hear of this socket (or no more). */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)easy;
    struct curlloop *l = arg;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(l->sockets, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (!known)
        curl_multi_assign(l->multi, fd, l);
    int op = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    return epoll_ctl(l->sockets, op, fd, &event) ? -1 : 0;
}

/* curl wants to be called in so many ms; -1: not at all. Not from here: that would recurse. */
static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct curlloop *l = arg;
    if (timeout_ms < 0)
        uv_timer_stop(&l->timer);
    else
        uv_timer_start(&l->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

void curlloop_start(struct curlloop *l, struct transfer *t)
{
    struct job *j = transfer_job(t);
    j->place = t;
    TAILQ_INSERT_TAIL(&l->busy, j, link);
    l->n_busy++;
    curl_multi_add_handle(l->multi, transfer_easy(t));
    if (l->stopped)
        uv_timer_start(&l->sweep, on_sweep, 0, SWEEP_MS);
}

void curlloop_stop(struct curlloop *l)
{
    l->stopped = true;
    uv_timer_start(&l->sweep, on_sweep, 0, SWEEP_MS);
}

struct curlloop *curlloop_new(const struct curlloop_conf *conf)
{
    int sockets = epoll_create1(EPOLL_CLOEXEC);
    if (sockets < 0)
        return NULL;
    CURLM *multi = curl_multi_init();
    if (!multi)
        abort();
    struct curlloop *l = mem_new(sizeof *l);
    l->conf = *conf;
    l->sockets = sockets;
    l->multi = multi;
    TAILQ_INIT(&l->busy);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, l);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, l);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)conf->max_transfers);
    uv_poll_init(conf->loop, &l->ready, sockets);
    uv_timer_init(conf->loop, &l->timer);
    uv_timer_init(conf->loop, &l->sweep);
    l->handles = 3;
    l->ready.data = l->timer.data = l->sweep.data = l;
    uv_poll_start(&l->ready, UV_READABLE, on_ready);
    uv_timer_start(&l->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    return l;
}

static void on_closed(uv_handle_t *h)
{
    struct curlloop *l = h->data;
    if (--l->handles)
        return;
    close(l->sockets);
    free(l);
}

void curlloop_free(struct curlloop *l)
{
    if (!l)
        return;
    curl_multi_cleanup(l->multi);
    uv_close((uv_handle_t *)&l->ready, on_closed);
    uv_close((uv_handle_t *)&l->timer, on_closed);
    uv_close((uv_handle_t *)&l->sweep, on_closed);
}
