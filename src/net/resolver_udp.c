#include "net/resolver_udp.h"

#include "base/mem.h"
#include "net/resolver_tcp.h"

#include <stdlib.h>

enum {
    /* Answers come in bursts. The kernel limits this to net.core.rmem_max. */
    RECEIVE_BUFFER = 4 << 20,
    /* More questions per port make forging easier, fewer cost more sockets. */
    PORT_QUESTIONS = 500,
    BUCKETS = 128,
    /* Some servers send more than we advertise (dnsmasq 2.91, over loopback). */
    PACKET_MAX = 65535,
};

/* The stages of a question, and how long each waits. */
enum stage { SENT, SENT_AGAIN, SENT_LAST, OVER_TCP, STAGES };
static const unsigned stage_ms[STAGES] = {RESOLVER_RESEND_MS,
    RESOLVER_SILENCE_MS - RESOLVER_RESEND_MS, RESOLVER_PATIENCE_MS - RESOLVER_RESEND_MS,
    RESOLVER_SILENCE_MS};

TAILQ_HEAD(queries, resolver_query);
LIST_HEAD(bucket, resolver_query);

struct resolver_port {
    LIST_ENTRY(resolver_port) link;
    struct resolver_udp *server;
    uv_udp_t udp;
    unsigned asked, n_open;      /* questions */
    struct bucket open[BUCKETS]; /* by ID */
};

struct resolver_udp {
    uv_loop_t *loop;
    struct sockaddr_storage addr;
    LIST_HEAD(, resolver_port) ports; /* new questions use the first; the others finish theirs */
    struct queries stages[STAGES];    /* each in the order of due_ms */
    uv_timer_t timer;                 /* fires when the first is due, or earlier */
    char packet[PACKET_MAX];
};

static void on_udp_timer(uv_timer_t *);

static uint64_t next_due(const struct resolver_udp *u)
{
    uint64_t due = UINT64_MAX;
    for (int i = 0; i < STAGES; i++) {
        const struct resolver_query *q = TAILQ_FIRST(&u->stages[i]);
        if (q && q->due_ms < due)
            due = q->due_ms;
    }
    return due;
}

/* A timer that fires too early does no harm, so it is not restarted for each answer. */
static void arm(struct resolver_udp *u)
{
    uint64_t now = uv_now(u->loop), due = next_due(u), wait = due > now ? due - now : 0;
    if (due == UINT64_MAX)
        uv_timer_stop(&u->timer);
    else if (!uv_is_active((uv_handle_t *)&u->timer) || uv_timer_get_due_in(&u->timer) > wait)
        uv_timer_start(&u->timer, on_udp_timer, wait, 0);
}

static void enter(struct resolver_query *q, enum stage stage)
{
    q->stage = stage;
    q->due_ms = uv_now(q->server->loop) + stage_ms[stage];
    TAILQ_INSERT_TAIL(&q->server->stages[stage], q, link);
    arm(q->server);
}

static void leave(struct resolver_query *q)
{
    TAILQ_REMOVE(&q->server->stages[q->stage], q, link);
}

static void on_udp_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_port(struct resolver_port *p)
{
    LIST_REMOVE(p, link);
    uv_close((uv_handle_t *)&p->udp, on_udp_closed);
}

static void leave_port(struct resolver_query *q)
{
    struct resolver_port *p = q->port;
    LIST_REMOVE(q, same_bucket);
    q->port = NULL;
    if (--p->n_open == 0)
        close_port(p);
}

static void answer(struct resolver_query *q, struct resolver_reply *reply)
{
    leave(q);
    if (q->port)
        leave_port(q);
    resolver_tcp_free(q->tcp);
    arm(q->server);
    reply->sent = q->sent;
    q->done(q->arg, reply);
}

static void answer_bad(struct resolver_query *q, enum resolver_outcome outcome, const char *message)
{
    answer(q, &(struct resolver_reply){.outcome = outcome, .message = message});
}

static void answer_without_tcp(struct resolver_query *q)
{
    answer_bad(q, RESOLVER_UNREACHABLE,
        "the DNS server's answer needs TCP, and it does not take the connection");
}

static void answer_unreachable(struct resolver_query *q)
{
    answer_bad(q, RESOLVER_UNREACHABLE, "no DNS server can be reached");
}

/* Fails all questions of the port, because libuv does not tell which packet an ICMP error is
 * about. Ending the last question closes the port; its memory stays until the loop's next
 * iteration. */
static void fail_port(struct resolver_port *p)
{
    for (int i = 0; i < BUCKETS; i++)
        while (!LIST_EMPTY(&p->open[i]))
            answer_unreachable(LIST_FIRST(&p->open[i]));
}

static void send_query(struct resolver_query *q)
{
    unsigned char bytes[RESOLVER_WIRE_QUESTION_MAX];
    size_t len = resolver_wire_ask(bytes, q->id, q->name, q->family, !q->without_edns);
    uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)len);
    int status = uv_udp_try_send(&q->port->udp, &buf, 1, NULL);
    /* A packet the kernel has no room for counts as lost, and is sent again later. */
    if (status < 0 && status != UV_EAGAIN && status != UV_ENOBUFS && status != UV_ENOMEM)
        fail_port(q->port);
}

static void on_tcp_answer(void *arg, const unsigned char *bytes, size_t len)
{
    struct resolver_query *q = arg;
    struct resolver_reply reply;
    enum resolver_wire_kind kind = RESOLVER_WIRE_FOREIGN;
    if (bytes)
        kind = resolver_wire_read(&reply, q->name, q->family, bytes, len);
    if (!bytes)
        answer_without_tcp(q);
    else if (kind == RESOLVER_WIRE_ANSWER || kind == RESOLVER_WIRE_OLD_SERVER)
        answer(q, &reply);
    else
        answer_bad(q, RESOLVER_BAD_ANSWER, RESOLVER_WIRE_MALFORMED);
}

static void go_over_tcp(struct resolver_query *q)
{
    unsigned char bytes[RESOLVER_WIRE_QUESTION_MAX];
    size_t len = resolver_wire_ask(bytes, q->id, q->name, q->family, !q->without_edns);
    leave(q);
    leave_port(q);
    enter(q, OVER_TCP);
    q->tcp = resolver_tcp_new(q->server->loop, &q->server->addr, bytes, len, on_tcp_answer, q);
    if (!q->tcp)
        answer_without_tcp(q);
}

static void ask_without_edns(struct resolver_query *q)
{
    q->without_edns = true;
    send_query(q);
}

static struct resolver_query *find_query(struct resolver_port *p, uint16_t id)
{
    struct resolver_query *q = LIST_FIRST(&p->open[id % BUCKETS]);
    while (q && q->id != id)
        q = LIST_NEXT(q, same_bucket);
    return q;
}

static void take_packet(struct resolver_port *p, const unsigned char *bytes, size_t len)
{
    uint16_t id;
    struct resolver_query *q = NULL;
    struct resolver_reply reply;
    if (resolver_wire_id(bytes, len, &id))
        q = find_query(p, id);
    if (!q)
        return;
    switch (resolver_wire_read(&reply, q->name, q->family, bytes, len)) {
    case RESOLVER_WIRE_FOREIGN:
        break;
    case RESOLVER_WIRE_CUT_OFF:
        go_over_tcp(q);
        break;
    case RESOLVER_WIRE_OLD_SERVER:
        if (!q->without_edns) {
            ask_without_edns(q);
            break;
        }
        /* fallthrough */
    case RESOLVER_WIRE_ANSWER:
        answer(q, &reply);
        break;
    }
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct resolver_port *p = handle->data;
    *ret = uv_buf_init(p->server->packet, sizeof p->server->packet);
}

static void on_packet(
    uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
    (void)from, (void)flags;
    if (n < 0)
        fail_port(udp->data);
    else
        take_packet(udp->data, (const unsigned char *)buf->base, (size_t)n);
}

/* NULL: no route to the server, or no descriptor. */
static struct resolver_port *open_port(struct resolver_udp *u)
{
    struct resolver_port *p = mem_new(sizeof *p);
    int size = RECEIVE_BUFFER;
    p->server = u;
    p->udp.data = p;
    LIST_INSERT_HEAD(&u->ports, p, link);
    uv_udp_init(u->loop, &p->udp);
    int status = uv_udp_connect(&p->udp, (const struct sockaddr *)&u->addr);
    if (!status)
        status = uv_udp_recv_start(&p->udp, give_buffer, on_packet);
    if (!status) {
        uv_recv_buffer_size((uv_handle_t *)&p->udp, &size);
        return p;
    }
    close_port(p);
    return NULL;
}

static struct resolver_port *choose_port(struct resolver_udp *u)
{
    struct resolver_port *p = LIST_FIRST(&u->ports);
    return p && p->asked < PORT_QUESTIONS ? p : open_port(u);
}

static void enter_port(struct resolver_query *q, struct resolver_port *p)
{
    do
        q->id = (uint16_t)arc4random();
    while (find_query(p, q->id));
    LIST_INSERT_HEAD(&p->open[q->id % BUCKETS], q, same_bucket);
    p->n_open++;
    p->asked++;
    q->port = p;
}

void resolver_udp_ask(struct resolver_udp *u, struct resolver_query *q)
{
    struct resolver_port *p = choose_port(u);
    q->server = u;
    enter(q, SENT);
    if (p) {
        enter_port(q, p);
        q->sent++;
        send_query(q);
    } else {
        answer_unreachable(q);
    }
}

static void on_due(struct resolver_query *q)
{
    if (q->stage == SENT) {
        leave(q);
        enter(q, q->is_last ? SENT_LAST : SENT_AGAIN);
        q->sent++;
        send_query(q);
    } else {
        answer_bad(q, RESOLVER_SILENCE, "no DNS server answered in time");
    }
}

static void on_udp_timer(uv_timer_t *timer)
{
    struct resolver_udp *u = timer->data;
    struct resolver_query *q;
    for (int i = 0; i < STAGES; i++)
        while ((q = TAILQ_FIRST(&u->stages[i])) && q->due_ms <= uv_now(u->loop))
            on_due(q);
    arm(u);
}

struct resolver_udp *resolver_udp_new(uv_loop_t *loop, const struct sockaddr_storage *server)
{
    struct resolver_udp *u = mem_new(sizeof *u);
    u->loop = loop;
    u->addr = *server;
    LIST_INIT(&u->ports);
    for (int i = 0; i < STAGES; i++)
        TAILQ_INIT(&u->stages[i]);
    uv_timer_init(loop, &u->timer);
    u->timer.data = u;
    return u;
}

void resolver_udp_free(struct resolver_udp *u)
{
    if (!u)
        return;
    struct resolver_query *q;
    for (int i = 0; i < STAGES; i++)
        while ((q = TAILQ_FIRST(&u->stages[i])))
            answer_bad(q, RESOLVER_BAD_ANSWER, "stopped");
    uv_close((uv_handle_t *)&u->timer, on_udp_closed);
}
