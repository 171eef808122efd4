#include "cmd/imgserve/dns.h"

#include "base/mem.h"
#include "cmd/imgserve/stats.h"

#include <stdlib.h>
#include <sys/queue.h>

enum { SOCKET_BUFFER = 4 << 20 }; /* a resolver asks for hundreds of names at once */

/* An answer that waits until it is due, and then for the kernel. */
struct pending {
    struct dns *dns;
    struct sockaddr_in to;
    uint64_t due; /* uv_now() */
    uv_udp_send_t send;
    TAILQ_ENTRY(pending) link;
    size_t len;
    uint8_t bytes[DNS_MESSAGE_MAX];
};

struct dns {
    struct site *site;
    struct dns_script script;
    uv_udp_t udp;
    uv_timer_t timer;                          /* for the first of `waiting` */
    TAILQ_HEAD(pending_list, pending) waiting; /* as they are due: one delay holds for all */
    char received[DNS_MESSAGE_MAX];
};

static void on_sent(uv_udp_send_t *send, int status)
{
    (void)status; /* may be lost, as on any network: the client asks again */
    struct pending *p = send->data;
    stats_dns_end(p->dns->site->stats);
    free(p);
}

static void send_now(struct pending *p)
{
    uv_buf_t buf = uv_buf_init((char *)p->bytes, (unsigned)p->len);
    p->send.data = p;
    if (uv_udp_send(&p->send, &p->dns->udp, &buf, 1, (struct sockaddr *)&p->to, on_sent))
        on_sent(&p->send, 0);
}

static void on_due(uv_timer_t *timer)
{
    struct dns *dns = timer->data;
    uint64_t now = uv_now(timer->loop);
    struct pending *p;
    while ((p = TAILQ_FIRST(&dns->waiting)) && p->due <= now) {
        TAILQ_REMOVE(&dns->waiting, p, link);
        send_now(p);
    }
    if (p)
        uv_timer_start(timer, on_due, p->due - now, 0);
}

static void answer(struct dns *dns, const struct dns_question *q, const struct sockaddr *from)
{
    enum dns_fate fate = dns_script_fate(&dns->script, dns->site->tries, q);
    stats_dns_begin(dns->site->stats, fate);
    if (fate == DNS_FATE_LOST) {
        stats_dns_end(dns->site->stats);
        return;
    }
    struct dns_reply reply = dns_script_reply(&dns->script, fate, q);
    struct pending *p = mem_new(sizeof *p);
    p->dns = dns;
    p->to = *(const struct sockaddr_in *)(const void *)from;
    p->len = dns_message_write(q, &reply, p->bytes);
    if (!dns->script.delay_ms) {
        send_now(p);
        return;
    }
    p->due = uv_now(dns->udp.loop) + dns->script.delay_ms;
    TAILQ_INSERT_TAIL(&dns->waiting, p, link);
    if (!uv_is_active((uv_handle_t *)&dns->timer))
        uv_timer_start(&dns->timer, on_due, dns->script.delay_ms, 0);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    struct dns *dns = handle->data;
    *ret = uv_buf_init(dns->received, sizeof dns->received);
}

static void on_received(
    uv_udp_t *udp, ssize_t len, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
    struct dns *dns = udp->data;
    struct dns_question q;
    if (!from) /* nothing more to read, for now */
        return;
    if (len >= 0 && !(flags & UV_UDP_PARTIAL) &&
        dns_message_read((const uint8_t *)buf->base, (size_t)len, &q))
        answer(dns, &q, from);
    else
        stats_dns_dropped(dns->site->stats);
}

struct dns *dns_new(uv_loop_t *loop, struct site *site, const struct dns_script *script)
{
    struct dns *dns = mem_new(sizeof *dns);
    dns->site = site;
    dns->script = *script;
    TAILQ_INIT(&dns->waiting);
    uv_udp_init(loop, &dns->udp);
    uv_timer_init(loop, &dns->timer);
    dns->udp.data = dns->timer.data = dns;
    return dns;
}

int dns_listen(struct dns *dns, uint16_t port)
{
    struct sockaddr_in addr;
    uv_ip4_addr("127.0.0.1", port, &addr);
    int error = uv_udp_bind(&dns->udp, (struct sockaddr *)&addr, 0);
    if (error)
        return error;
    uv_recv_buffer_size((uv_handle_t *)&dns->udp, &(int){SOCKET_BUFFER});
    uv_send_buffer_size((uv_handle_t *)&dns->udp, &(int){SOCKET_BUFFER});
    return uv_udp_recv_start(&dns->udp, on_alloc, on_received);
}

uint16_t dns_port(const struct dns *dns)
{
    struct sockaddr_in addr = {0};
    uv_udp_getsockname(&dns->udp, (struct sockaddr *)&addr, &(int){sizeof addr});
    return ntohs(addr.sin_port);
}

void dns_free(struct dns *dns)
{
    struct pending *p;
    while (dns && (p = TAILQ_FIRST(&dns->waiting))) {
        TAILQ_REMOVE(&dns->waiting, p, link);
        free(p);
    }
    free(dns);
}
