#include "net/resolver_ares.h"

#include "base/mem.h"
#include "net/resolver.h"
#include "net/resolver_servers.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    TIMEOUT_MS = 2000, /* the first try; c-ares doubles it for each round of the servers */
    TRIES = 3,
    EDNS_SIZE = 1232, /* bytes that pass everywhere unfragmented (DNS flag day 2020) */
    /* All answers come through one socket a server, in bursts. The kernel cuts this
     * to net.core.rmem_max. */
    RECEIVE_BUFFER = 4 << 20,
};

struct sock {
    LIST_ENTRY(sock) link;
    uv_poll_t poll;
    struct resolver_ares *ares;
    ares_socket_t fd;
    int events;
};

struct resolver_ares {
    uv_loop_t *loop;
    ares_channel channel;
    uv_timer_t timer; /* the next time-out of a query, or before */
    LIST_HEAD(, sock) socks;
    size_t open; /* questions */
};

static void on_timer(uv_timer_t *);

/* No query can be due sooner than TIMEOUT_MS from when it was sent, so a timer
 * that fires by then is early enough, and asking ares_timeout(), which walks all
 * queries, can wait until it does. */
static void arm(struct resolver_ares *a)
{
    if (a->open == 0)
        uv_timer_stop(&a->timer);
    else if (!uv_is_active((uv_handle_t *)&a->timer) || uv_timer_get_due_in(&a->timer) > TIMEOUT_MS)
        uv_timer_start(&a->timer, on_timer, TIMEOUT_MS, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct resolver_ares *a = timer->data;
    ares_process_fd(a->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    struct timeval tv;
    if (a->open > 0 && ares_timeout(a->channel, NULL, &tv))
        /* Rounded up: a timer that fires a little early would spin. */
        uv_timer_start(
            timer, on_timer, (uint64_t)tv.tv_sec * 1000 + (uint64_t)tv.tv_usec / 1000 + 1, 0);
    arm(a);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct sock *s = poll->data;
    struct resolver_ares *a = s->ares;
    /* On an error of the socket libuv stops the watcher; c-ares learns of the
     * error by reading, and may go on with the socket. */
    bool read = status < 0 || (events & UV_READABLE);
    bool write = status < 0 || (events & UV_WRITABLE);
    ares_process_fd(a->channel, read ? s->fd : ARES_SOCKET_BAD, write ? s->fd : ARES_SOCKET_BAD);
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        uv_poll_start(poll, s->events, on_poll);
    arm(a);
}

static void on_sock_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct sock *find_sock(struct resolver_ares *a, ares_socket_t fd)
{
    struct sock *s = LIST_FIRST(&a->socks);
    while (s && s->fd != fd)
        s = LIST_NEXT(s, link);
    return s;
}

static struct sock *add_sock(struct resolver_ares *a, ares_socket_t fd)
{
    struct sock *s = mem_new(sizeof *s);
    s->ares = a;
    s->fd = fd;
    s->poll.data = s;
    if (uv_poll_init(a->loop, &s->poll, fd) != 0) {
        free(s); /* nobody will read: the queries time out and say so */
        return NULL;
    }
    uv_unref((uv_handle_t *)&s->poll); /* an idle socket is no work */
    LIST_INSERT_HEAD(&a->socks, s, link);
    return s;
}

/* c-ares says what it waits for; neither: it closes the socket after this call. */
static void on_sock_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct resolver_ares *a = arg;
    struct sock *s = find_sock(a, fd);
    if (!readable && !writable) {
        if (!s)
            return;
        LIST_REMOVE(s, link);
        uv_close((uv_handle_t *)&s->poll, on_sock_closed);
        return;
    }
    if (!s && !(s = add_sock(a, fd)))
        return;
    s->events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    uv_poll_start(&s->poll, s->events, on_poll);
}

/* With one server its verdict is final and is heard; with several, c-ares asks
 * the next one and tells only that all failed. */
static int init_channel(struct resolver_ares *a, size_t n_servers)
{
    char lookups[] = "b"; /* DNS only: the hosts file is read once, by us */
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_STAYOPEN | ARES_FLAG_EDNS |
                 (n_servers == 1 ? ARES_FLAG_NOCHECKRESP : 0),
        .timeout = TIMEOUT_MS,
        .tries = TRIES,
        .ednspsz = EDNS_SIZE,
        .socket_receive_buffer_size = RECEIVE_BUFFER,
        .lookups = lookups,
        .sock_state_cb = on_sock_state,
        .sock_state_cb_data = a,
    };
    return ares_init_options(&a->channel, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
            ARES_OPT_SOCK_RCVBUF | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_ROTATE);
}

struct resolver_ares *resolver_ares_new(uv_loop_t *loop, const char *servers, char *message)
{
    struct resolver_servers list;
    if (!resolver_servers_init(&list, servers, message))
        return NULL;
    struct resolver_ares *a = mem_new(sizeof *a);
    a->loop = loop;
    LIST_INIT(&a->socks);
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS) {
        status = init_channel(a, list.n);
        if (status == ARES_SUCCESS && servers)
            status = ares_set_servers_ports(a->channel, list.first);
        if (status != ARES_SUCCESS) {
            ares_destroy(a->channel);
            ares_library_cleanup();
        }
    }
    resolver_servers_fini(&list);
    if (status != ARES_SUCCESS) {
        snprintf(message, RESOLVER_MESSAGE_SIZE, "c-ares: %s", ares_strerror(status));
        free(a);
        return NULL;
    }
    uv_timer_init(loop, &a->timer);
    a->timer.data = a;
    return a;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void resolver_ares_free(struct resolver_ares *a)
{
    if (!a)
        return;
    ares_destroy(a->channel); /* answers what is open and closes the sockets */
    ares_library_cleanup();
    uv_close((uv_handle_t *)&a->timer, on_timer_closed);
}

static uint32_t smaller_ttl(uint32_t ttl, int other)
{
    uint32_t t = other < 0 ? 0 : (uint32_t)other; /* RFC 2181, section 8 */
    return t < ttl ? t : ttl;
}

static int read_a(const unsigned char *bytes, int len, struct resolver_reply *reply)
{
    struct ares_addrttl list[ADDR_SET_MAX];
    int n = ADDR_SET_MAX;
    int status = ares_parse_a_reply(bytes, len, NULL, list, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
        struct addr addr = {.family = 4};
        memcpy(addr.bytes, &list[i].ipaddr, sizeof list[i].ipaddr);
        addr_set_add(&reply->addrs, &addr);
        reply->ttl = smaller_ttl(reply->ttl, list[i].ttl);
    }
    return status;
}

static int read_aaaa(const unsigned char *bytes, int len, struct resolver_reply *reply)
{
    struct ares_addr6ttl list[ADDR_SET_MAX];
    int n = ADDR_SET_MAX;
    int status = ares_parse_aaaa_reply(bytes, len, NULL, list, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
        struct addr addr = {.family = 6};
        memcpy(addr.bytes, &list[i].ip6addr, sizeof list[i].ip6addr);
        addr_set_add(&reply->addrs, &addr);
        reply->ttl = smaller_ttl(reply->ttl, list[i].ttl);
    }
    return status;
}

static const char *failure_text(int status)
{
    switch (status) {
    case ARES_ESERVFAIL:
        return "the DNS server failed (SERVFAIL)";
    case ARES_EREFUSED:
        return "the DNS server refused to answer (REFUSED)";
    case ARES_ENOTIMP:
        return "the DNS server cannot answer this (NOTIMP)";
    case ARES_EFORMERR:
        return "the DNS server did not understand the question (FORMERR)";
    case ARES_EBADRESP:
        return "the DNS server's answer is malformed";
    case ARES_ETIMEOUT:
        return "no DNS server answered in time";
    case ARES_ECONNREFUSED:
        return "the DNS servers cannot be reached, or all of them failed or refused";
    default:
        return ares_strerror(status); /* static text */
    }
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
    (void)timeouts;
    struct resolver_question *q = arg;
    struct resolver_reply reply = {.ttl = UINT32_MAX};
    if (status == ARES_SUCCESS)
        status = q->family == 4 ? read_a(bytes, len, &reply) : read_aaaa(bytes, len, &reply);
    if (status == ARES_ENOTFOUND) {
        reply.outcome = RESOLVER_NO_NAME;
    } else if (status == ARES_ENODATA || (status == ARES_SUCCESS && reply.addrs.n == 0)) {
        reply.outcome = RESOLVER_NO_ADDRESS;
    } else if (status != ARES_SUCCESS) {
        reply.outcome = RESOLVER_FAILED;
        reply.message = failure_text(status);
    }
    q->to->open--;
    q->done(q->arg, q->family, &reply);
}

void resolver_ares_ask(struct resolver_ares *a, struct resolver_question *q, const char *name)
{
    q->to = a;
    a->open++;
    ares_query(a->channel, name, ns_c_in, q->family == 4 ? ns_t_a : ns_t_aaaa, on_answer, q);
    arm(a);
}
