#include "net/resolver_ares.h"

#include "base/mem.h"
#include "net/resolver.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

enum {
    EDNS_SIZE = 1232, /* bytes that pass everywhere unfragmented (DNS flag day 2020) */
    /* All answers come through one socket, in bursts. The kernel cuts this to
     * net.core.rmem_max. */
    RECEIVE_BUFFER = 4 << 20,
    /* More would make it easier to guess, fewer dearer: a channel is 73 kB, and lives on
     * for as long as one of its questions is open. */
    PORT_QUESTIONS = 500,
};

struct channel;

struct sock {
    LIST_ENTRY(sock) link;
    uv_poll_t poll;
    struct channel *channel;
    ares_socket_t fd;
    int events;
};

struct channel {
    LIST_ENTRY(channel) link;
    uv_loop_t *loop;
    ares_channel ares;
    uv_timer_t timer; /* the next time-out of a question, or before */
    LIST_HEAD(, sock) socks;
    unsigned asked, open; /* questions */
};

struct resolver_ares {
    uv_loop_t *loop;
    struct ares_addr_port_node server;
    LIST_HEAD(, channel) channels; /* the first one takes the questions, the others end theirs */
};

static void on_timer(uv_timer_t *);

/* Nothing can be due sooner than RESOLVER_RESEND_MS from when it was sent, so a timer
 * that fires by then is early enough, and asking ares_timeout(), which walks all
 * of them, can wait until it does. */
static void arm(struct channel *c)
{
    if (c->open == 0)
        uv_timer_stop(&c->timer);
    else if (!uv_is_active((uv_handle_t *)&c->timer) ||
             uv_timer_get_due_in(&c->timer) > RESOLVER_RESEND_MS)
        uv_timer_start(&c->timer, on_timer, RESOLVER_RESEND_MS, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct channel *c = timer->data;
    ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    struct timeval tv;
    if (c->open > 0 && ares_timeout(c->ares, NULL, &tv))
        /* Rounded up: a timer that fires a little early would spin. */
        uv_timer_start(
            timer, on_timer, (uint64_t)tv.tv_sec * 1000 + (uint64_t)tv.tv_usec / 1000 + 1, 0);
    arm(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct sock *s = poll->data;
    struct channel *c = s->channel;
    /* On an error of the socket libuv stops the watcher; c-ares learns of the
     * error by reading, and may go on with the socket. */
    bool read = status < 0 || (events & UV_READABLE);
    bool write = status < 0 || (events & UV_WRITABLE);
    ares_process_fd(c->ares, read ? s->fd : ARES_SOCKET_BAD, write ? s->fd : ARES_SOCKET_BAD);
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        uv_poll_start(poll, s->events, on_poll);
    arm(c);
}

static void on_sock_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct sock *find_sock(struct channel *c, ares_socket_t fd)
{
    struct sock *s = LIST_FIRST(&c->socks);
    while (s && s->fd != fd)
        s = LIST_NEXT(s, link);
    return s;
}

static struct sock *add_sock(struct channel *c, ares_socket_t fd)
{
    struct sock *s = mem_new(sizeof *s);
    s->channel = c;
    s->fd = fd;
    s->poll.data = s;
    if (uv_poll_init(c->loop, &s->poll, fd) != 0) {
        free(s); /* nobody will read: the questions time out and say so */
        return NULL;
    }
    uv_unref((uv_handle_t *)&s->poll); /* an idle socket is no work */
    LIST_INSERT_HEAD(&c->socks, s, link);
    return s;
}

/* c-ares says what it waits for; neither: it closes the socket after this call. */
static void on_sock_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct channel *c = arg;
    struct sock *s = find_sock(c, fd);
    if (!readable && !writable) {
        if (!s)
            return;
        LIST_REMOVE(s, link);
        uv_close((uv_handle_t *)&s->poll, on_sock_closed);
        return;
    }
    if (!s && !(s = add_sock(c, fd)))
        return;
    s->events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    uv_poll_start(&s->poll, s->events, on_poll);
}

/* NOCHECKRESP: what follows from bad answers is the caller's. "b": DNS only, no hosts file. */
static int init_ares(struct channel *c, const struct ares_addr_port_node *server)
{
    char lookups[] = "b";
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP,
        .timeout = RESOLVER_RESEND_MS,
        .tries = 2,
        .ednspsz = EDNS_SIZE,
        .socket_receive_buffer_size = RECEIVE_BUFFER,
        .lookups = lookups,
        .sock_state_cb = on_sock_state,
        .sock_state_cb_data = c,
    };
    int status = ares_init_options(&c->ares, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
            ARES_OPT_SOCK_RCVBUF | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS)
        return status;
    struct ares_addr_port_node alone = *server;
    alone.next = NULL;
    status = ares_set_servers_ports(c->ares, &alone);
    if (status != ARES_SUCCESS)
        ares_destroy(c->ares);
    return status;
}

static int open_channel(struct resolver_ares *a)
{
    struct channel *c = mem_new(sizeof *c);
    LIST_INIT(&c->socks);
    c->loop = a->loop;
    int status = init_ares(c, &a->server);
    if (status != ARES_SUCCESS) {
        free(c);
        return status;
    }
    uv_timer_init(a->loop, &c->timer);
    c->timer.data = c;
    LIST_INSERT_HEAD(&a->channels, c, link);
    return ARES_SUCCESS;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_channel(struct channel *c)
{
    ares_destroy(c->ares); /* answers what is open and closes the sockets */
    LIST_REMOVE(c, link);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

struct resolver_ares *resolver_ares_new(
    uv_loop_t *loop, const struct ares_addr_port_node *server, char *message)
{
    struct resolver_ares *a = mem_new(sizeof *a);
    a->loop = loop;
    a->server = *server;
    LIST_INIT(&a->channels);
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS) {
        status = open_channel(a);
        if (status != ARES_SUCCESS)
            ares_library_cleanup();
    }
    if (status == ARES_SUCCESS)
        return a;
    snprintf(message, RESOLVER_MESSAGE_SIZE, "c-ares: %s", ares_strerror(status));
    free(a);
    return NULL;
}

void resolver_ares_free(struct resolver_ares *a)
{
    if (!a)
        return;
    struct channel *c;
    while ((c = LIST_FIRST(&a->channels)))
        close_channel(c);
    ares_library_cleanup();
    free(a);
}

/* Drained ones go here: c-ares cannot be destroyed from inside an answer. */
static void change_channel(struct resolver_ares *a)
{
    struct channel *c = LIST_FIRST(&a->channels);
    while (c) {
        struct channel *next = LIST_NEXT(c, link);
        if (c->open == 0 && c != LIST_FIRST(&a->channels))
            close_channel(c);
        c = next;
    }
    /* Without memory for another one the old channel goes on. */
    open_channel(a);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
    struct resolver_query *q = arg;
    struct channel *c = q->channel;
    c->open--;
    struct resolver_reply reply;
    resolver_reply_read(&reply, q->family, status, timeouts, bytes, len);
    q->done(q->arg, &reply);
}

void resolver_ares_ask(struct resolver_ares *a, struct resolver_query *q, const char *name)
{
    if (LIST_FIRST(&a->channels)->asked >= PORT_QUESTIONS)
        change_channel(a);
    struct channel *c = LIST_FIRST(&a->channels);
    q->channel = c;
    c->asked++;
    c->open++;
    ares_query(c->ares, name, ns_c_in, q->family == 4 ? ns_t_a : ns_t_aaaa, on_answer, q);
    arm(c);
}
