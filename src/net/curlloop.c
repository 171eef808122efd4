#include "net/curlloop.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    SWEEP_MS = 1000,
    EVENTS = 64,
    SPARE_DESCRIPTORS = 64, /* for everything but connections */
    /* Bytes of bodies in a turn of the loop, a millisecond or two. Bodies that come faster share
     * it, and the other transfers do not wait for them. */
    TURN_BYTES = 512 << 10,
};

/* The events registered in the epoll set for a descriptor, and the events curl wants. A socket
 * that curl no longer waits for stays in the set until an event arrives: usually its next
 * request comes first. That saves two system calls for each request on a kept connection. */
struct watched {
    uint8_t in_set, wanted; /* EPOLLIN, EPOLLOUT; 0: none */
};

/*
 * curl's sockets live in an epoll set of their own, and the loop watches only that set:
 * libuv's uv_poll would cost two system calls for every change, and stops a watcher
 * on EPOLLERR.
 */
struct curlloop {
    struct curlloop_conf conf;
    CURLM *multi;
    CURLSH *no_connections;  /* see forget_connection() */
    int sockets;             /* the epoll set */
    struct watched *watched; /* by descriptor */
    size_t n_watched;
    uv_poll_t ready;     /* watches it */
    uv_timer_t timer;    /* when curl wants to be called */
    uv_idle_t soon;      /* curl wants to be called at the loop's next turn */
    uv_idle_t next_turn; /* for transfers that had their share of this turn */
    uv_timer_t sweep;    /* once a second: stalls; at once: stop */
    unsigned handles;    /* of these five, still to be closed */
    struct transfer_watcher watcher;
    struct transfer **paused; /* until the next turn */
    unsigned n_paused, room_paused;
    size_t come, share;    /* bytes: in this turn so far, and at most for one transfer */
    struct job_queue busy; /* of the transfers; youngest last; owner_data: the transfer */
    unsigned n_busy;
    bool stopped;
};

/*
 * A handle that leaves the multi walks the whole pool of connections to find the one it used last
 * (7.88 and 8.14: lib/multi.c, close_connect_only: of interest only to CONNECT_ONLY). With
 * thousands of connections that is most of the time curl takes. If the handle is asked for its
 * socket while it shares an empty pool, it does not find the connection and forgets it
 * (curlfacts_test.c).
 */
static void forget_connection(struct curlloop *l, struct transfer *t)
{
    CURL *easy = transfer_easy(t);
    curl_socket_t ignored;
    curl_easy_setopt(easy, CURLOPT_SHARE, l->no_connections);
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &ignored);
    curl_easy_setopt(easy, CURLOPT_SHARE, transfer_share(t));
}

static void forget_paused(struct curlloop *l, const struct transfer *t)
{
    for (unsigned i = 0; i < l->n_paused; i++)
        if (l->paused[i] == t)
            l->paused[i--] = l->paused[--l->n_paused];
}

static void finish_transfer(struct curlloop *l, struct transfer *t, CURLcode code)
{
    forget_paused(l, t);
    transfer_leave(t, code);
    forget_connection(l, t);
    curl_multi_remove_handle(l->multi, transfer_easy(t));
    TAILQ_REMOVE(&l->busy, transfer_job(t), link);
    l->n_busy--;
    l->conf.done(l->conf.arg, t, code);
}

static void abort_transfer(struct curlloop *l, struct transfer *t, enum err why)
{
    transfer_abort(t, why);
    finish_transfer(l, t, CURLE_OK);
}

/* The youngest transfer of the host that holds most, if that is more than `least`; but not the
 * oldest transfer of all. NULL: there is none. */
static struct transfer *choose_victim(struct curlloop *l, size_t least)
{
    struct job *victim = NULL, *j = TAILQ_FIRST(&l->busy);
    while (j && (j = TAILQ_NEXT(j, link))) {
        size_t used = budget_used_by(&j->memory);
        if (victim ? used >= least : used > least || !least) {
            victim = j;
            least = used;
        }
    }
    return victim ? victim->owner_data : NULL;
}

/* Gives transfers up while the budget asks for it. */
static void relieve(struct curlloop *l)
{
    struct transfer *victim;
    size_t least;
    while (
        (least = budget_pressure(l->conf.budget)) != SIZE_MAX && (victim = choose_victim(l, least)))
        abort_transfer(l, victim, ERR_EVICTED);
}

/* Hands back finished transfers. Called after curl returns, never from its callbacks. */
static void drain(struct curlloop *l)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(l->multi, &left))) {
        struct transfer *t;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        finish_transfer(l, t, msg->data.result);
    }
    relieve(l);
}

static void act(struct curlloop *l, curl_socket_t fd, int what)
{
    int running; /* curl needs the pointer, we do not need the number */
    curl_multi_socket_action(l->multi, fd, what, &running);
}

static int curl_events(uint32_t events)
{
    return (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP) ? CURL_CSELECT_IN : 0) |
           (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
}

static void unwatch(struct curlloop *l, int fd)
{
    epoll_ctl(l->sockets, EPOLL_CTL_DEL, fd, NULL);
    l->watched[fd].in_set = 0;
}

static void on_sockets_ready(uv_poll_t *ready, int status, int uv_events)
{
    (void)status, (void)uv_events;
    struct curlloop *l = ready->data;
    struct epoll_event events[EVENTS];
    int n = epoll_wait(l->sockets, events, EVENTS, 0);
    for (int i = 0; i < n; i++) {
        if (l->watched[events[i].data.fd].wanted)
            act(l, events[i].data.fd, curl_events(events[i].events));
        else
            unwatch(l, events[i].data.fd);
        if (budget_pressure(l->conf.budget) == 0) /* a single read can inflate to much */
            drain(l);
    }
    drain(l);
}

static void on_curl_timeout(uv_timer_t *timer)
{
    struct curlloop *l = timer->data;
    act(l, CURL_SOCKET_TIMEOUT, 0);
    drain(l);
}

static void on_soon(uv_idle_t *soon)
{
    struct curlloop *l = soon->data;
    uv_idle_stop(soon);
    act(l, CURL_SOCKET_TIMEOUT, 0);
    drain(l);
}

/* Resumes the transfers that had their share. One that has it again at once is added behind. */
static void on_next_turn(uv_idle_t *next_turn)
{
    struct curlloop *l = next_turn->data;
    unsigned n = l->n_paused;
    uv_idle_stop(next_turn);
    l->come = 0;
    l->share = TURN_BYTES / (n ? n : 1);
    for (unsigned i = 0; i < n; i++)
        transfer_resume(l->paused[i]);
    l->n_paused -= n;
    memmove(l->paused, l->paused + n, l->n_paused * sizeof(struct transfer *));
}

/*
 * Lets curl open a socket to the host's next address. When an address has been silent for its share
 * of the connect time-out, 7.88 gives it up and sets no timer, so that it tries the next one only
 * when it is called for another reason (lib/connect.c, is_connected). For the second of a host's
 * addresses net/transfer_times.h sets a timer; for others a pause that ends at once is a reason.
 */
static void try_next_address(const struct job *j)
{
    struct transfer *t = j->owner_data;
    curl_off_t sent = 0;
    curl_easy_getinfo(transfer_easy(t), CURLINFO_PRETRANSFER_TIME_T, &sent);
    if (sent || j->request.addrs.n < 2)
        return;
    curl_easy_pause(transfer_easy(t), CURLPAUSE_RECV);
    curl_easy_pause(transfer_easy(t), CURLPAUSE_CONT);
}

static void on_sweep(uv_timer_t *sweep)
{
    struct curlloop *l = sweep->data;
    uint64_t now = clock_ns();
    struct job *j, *next;
    for (j = TAILQ_FIRST(&l->busy); j; j = next) {
        next = TAILQ_NEXT(j, link);
        enum err why = l->stopped ? ERR_CANCELLED : transfer_check(j->owner_data, now);
        if (why)
            abort_transfer(l, j->owner_data, why);
        else
            try_next_address(j);
    }
    relieve(l);
}

static struct watched *watched(struct curlloop *l, int fd)
{
    while ((size_t)fd >= l->n_watched) {
        size_t n = l->n_watched ? 2 * l->n_watched : 1024;
        l->watched = mem_grow(l->watched, n * sizeof *l->watched);
        memset(l->watched + l->n_watched, 0, (n - l->n_watched) * sizeof *l->watched);
        l->n_watched = n;
    }
    return &l->watched[fd];
}

/* If a socket cannot be watched, its transfer ends as a stall. Reporting the error to curl would
 * end all transfers of the multi, for good (7.88, 8.14: lib/multi.c, `dead`). */
static void watch(struct curlloop *l, int fd, struct watched *w)
{
    struct epoll_event event = {.events = w->wanted, .data.fd = fd};
    if (!epoll_ctl(l->sockets, w->in_set ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
        w->in_set = w->wanted;
}

static bool has_enough(void *arg, struct transfer *t, size_t bytes, size_t in_turn)
{
    struct curlloop *l = arg;
    l->come += bytes;
    if (in_turn < l->share && l->come < TURN_BYTES)
        return false;
    if (l->n_paused == l->room_paused) {
        l->room_paused = l->room_paused ? 2 * l->room_paused : 16;
        l->paused = mem_grow(l->paused, l->room_paused * sizeof(struct transfer *));
    }
    l->paused[l->n_paused++] = t;
    uv_idle_start(&l->next_turn, on_next_turn);
    return true;
}

/* curl sets the events it wants of this socket, or none. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *ours)
{
    (void)easy, (void)ours;
    struct curlloop *l = arg;
    struct watched *w = watched(l, fd);
    w->wanted = 0;
    if (what != CURL_POLL_REMOVE)
        w->wanted = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if (w->wanted && w->wanted != w->in_set)
        watch(l, fd, w);
    return 0;
}

/*
 * A new socket: a previous one with the same number is closed, and so no longer in the set. curl
 * may not have told us: 7.88 closes a socket that failed to connect without a callback, and makes
 * none either for the next one if that has the same number and waits for the same events
 * (lib/cf-socket.c). 8.14 makes one each time.
 */
static void on_open_socket(void *arg, int fd)
{
    struct curlloop *l = arg;
    struct watched *w = watched(l, fd);
    w->in_set = 0;
    if (w->wanted)
        watch(l, fd, w);
}

/*
 * curl wants to be called in timeout_ms; -1: not at all. Calling it from here would recurse. For 0
 * ms an idle handle is used, not a timer: while a server sends faster than we read, curl asks for
 * the next call in each call, and libuv 1.44 would run that timer again and again, and nothing else
 * (1.50 does not). A timer may fire some milliseconds early, since libuv reads its clock once per
 * iteration. curl then sets it again (curlfacts_test.c).
 */
static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct curlloop *l = arg;
    uv_timer_stop(&l->timer);
    uv_idle_stop(&l->soon);
    if (timeout_ms == 0)
        uv_idle_start(&l->soon, on_soon);
    else if (timeout_ms > 0)
        uv_timer_start(&l->timer, on_curl_timeout, (uint64_t)timeout_ms, 0);
    return 0;
}

void curlloop_start(struct curlloop *l, struct transfer *t)
{
    struct job *j = transfer_job(t);
    j->owner_data = t;
    TAILQ_INSERT_TAIL(&l->busy, j, link);
    l->n_busy++;
    transfer_watch(t, &l->watcher);
    curl_multi_add_handle(l->multi, transfer_easy(t));
    if (l->stopped)
        uv_timer_start(&l->sweep, on_sweep, 0, SWEEP_MS);
}

void curlloop_stop(struct curlloop *l)
{
    l->stopped = true;
    uv_timer_start(&l->sweep, on_sweep, 0, SWEEP_MS);
}

/*
 * MAXCONNECTS limits the connections kept, but curl enforces it only when a transfer ends. At
 * MAX_TOTAL_CONNECTIONS curl closes an idle connection before it opens another. If none is idle it
 * would queue the transfer, so the limit is never below the number of transfers. (7.88, 8.14:
 * lib/conncache.c; 8.14 also counts connections it is closing, and closes them first.)
 */
static void limit_connections(CURLM *multi, const struct curlloop_conf *conf)
{
    struct rlimit limit;
    long wanted = 2L * conf->max_transfers, share = wanted;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur != RLIM_INFINITY) {
        long most = limit.rlim_cur < LONG_MAX ? (long)limit.rlim_cur : LONG_MAX;
        share = (most - SPARE_DESCRIPTORS) / (long)(conf->loops ? conf->loops : 1);
    }
    if (share < conf->max_transfers)
        share = conf->max_transfers;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, share < wanted ? share : wanted);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, share);
}

struct curlloop *curlloop_new(const struct curlloop_conf *conf)
{
    int sockets = epoll_create1(EPOLL_CLOEXEC);
    if (sockets < 0)
        return NULL;
    struct curlloop *l = mem_new(sizeof *l);
    int err = uv_poll_init(conf->loop, &l->ready, sockets);
    if (err) {
        close(sockets);
        free(l);
        errno = -err;
        return NULL;
    }
    CURLM *multi = curl_multi_init();
    mem_must(multi);
    l->conf = *conf;
    l->sockets = sockets;
    l->multi = multi;
    TAILQ_INIT(&l->busy);
    l->no_connections = curl_share_init();
    mem_must(l->no_connections);
    curl_share_setopt(l->no_connections, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, l);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, l);
    limit_connections(multi, conf);
    uv_timer_init(conf->loop, &l->timer);
    uv_idle_init(conf->loop, &l->soon);
    uv_idle_init(conf->loop, &l->next_turn);
    uv_timer_init(conf->loop, &l->sweep);
    l->handles = 5;
    l->ready.data = l->timer.data = l->soon.data = l->next_turn.data = l->sweep.data = l;
    l->watcher = (struct transfer_watcher){on_open_socket, has_enough, l};
    l->share = TURN_BYTES;
    uv_poll_start(&l->ready, UV_READABLE, on_sockets_ready);
    uv_timer_start(&l->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    return l;
}

static void on_curlloop_closed(uv_handle_t *h)
{
    struct curlloop *l = h->data;
    if (--l->handles)
        return;
    close(l->sockets);
    free(l->watched);
    free(l->paused);
    free(l);
}

void curlloop_free(struct curlloop *l)
{
    if (!l)
        return;
    curl_multi_cleanup(l->multi);
    curl_share_cleanup(l->no_connections);
    uv_close((uv_handle_t *)&l->ready, on_curlloop_closed);
    uv_close((uv_handle_t *)&l->timer, on_curlloop_closed);
    uv_close((uv_handle_t *)&l->soon, on_curlloop_closed);
    uv_close((uv_handle_t *)&l->next_turn, on_curlloop_closed);
    uv_close((uv_handle_t *)&l->sweep, on_curlloop_closed);
}
