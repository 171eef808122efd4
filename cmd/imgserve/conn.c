#include "cmd/imgserve/conn.h"

#include "base/addr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "cmd/imgserve/response.h"
#include "cmd/imgserve/stats.h"
#include "cmd/imgserve/wire.h"

#include <stdlib.h>
#include <string.h>

enum {
    GATE_MS = 10,     /* between two looks at the gate */
    LINGER_MS = 2000, /* for the peer to take the last bytes (RFC 9112, section 9.6) */
};

struct conn {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct conn_set *set;
    TAILQ_ENTRY(conn) link;
    enum {
        CONN_READING,   /* no response is in flight */
        CONN_WAITING,   /* for the gate, the delay, or for the next tick of the rate */
        CONN_WRITING,   /* for the kernel to take bytes, or for our turn to give it more */
        CONN_HOLDING,   /* for the peer to give up */
        CONN_LINGERING, /* everything is sent; for the peer to close */
        CONN_CLOSED,    /* for libuv to close the handles */
    } state;
    unsigned handles;        /* not yet closed by libuv */
    bool is_paused;          /* not reading: enough requests wait */
    bool peer_ended;         /* no more requests will come */
    enum response_next next; /* request's fate, from the last response */
    bool is_counted;         /* the request is in the stats */
    struct buf in;           /* requests that wait, or the start of one */
    struct response response;
    uint64_t started; /* of the body, on the loop's clock */
    size_t writing;   /* bytes in uv_write */
    struct stats_host *host;
    uint64_t last_host; /* for stats_begin() */
};

static void advance(struct conn *);
static void pump(struct conn *);

void conn_set_init(struct conn_set *set, struct site *site)
{
    set->site = site;
    TAILQ_INIT(&set->list);
}

/* Closing. */

static void on_handle_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;
    if (--c->handles)
        return;
    buf_fini(&c->in);
    response_fini(&c->response);
    free(c);
}

static void uncount(struct conn *c)
{
    if (c->is_counted)
        stats_end(c->set->site->stats, c->host);
    c->is_counted = false;
}

static void close_conn(struct conn *c, bool with_reset)
{
    if (c->state == CONN_CLOSED)
        return;
    c->state = CONN_CLOSED;
    uncount(c);
    stats_closed(c->set->site->stats);
    TAILQ_REMOVE(&c->set->list, c, link);
    uv_close((uv_handle_t *)&c->timer, on_handle_closed);
    if (!with_reset || uv_tcp_close_reset(&c->tcp, on_handle_closed))
        uv_close((uv_handle_t *)&c->tcp, on_handle_closed);
}

static void on_linger_timer(uv_timer_t *timer)
{
    close_conn(timer->data, false);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    struct conn *c = shutdown->data;
    if (status && status != UV_ECANCELED)
        close_conn(c, false);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct conn *c = handle->data;
    (void)suggested;
    *ret = uv_buf_init(c->set->read_buffer, sizeof c->set->read_buffer);
}

static void on_read(uv_stream_t *, ssize_t, const uv_buf_t *);

/* Closes our direction and waits for the peer to close its own: closing with
 * unread bytes would be a reset, which may destroy what the peer has not read. */
static void linger(struct conn *c)
{
    if (c->peer_ended) {
        close_conn(c, false);
        return;
    }
    c->state = CONN_LINGERING;
    buf_fini(&c->in);
    c->shutdown.data = c;
    if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown)) {
        close_conn(c, false);
        return;
    }
    if (c->is_paused)
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    uv_timer_start(&c->timer, on_linger_timer, LINGER_MS, 0);
}

/* Writing a response. */

static void finish_response(struct conn *c)
{
    enum response_then then = c->response.then;
    c->next = c->response.next;
    if (then == RESPONSE_THEN_HOLD && !c->peer_ended) {
        c->state = CONN_HOLDING; /* still in flight */
        return;
    }
    uncount(c);
    response_end(&c->response);
    if (then == RESPONSE_THEN_KEEP)
        c->state = CONN_READING;
    else if (then == RESPONSE_THEN_RESET)
        close_conn(c, true);
    else
        linger(c);
}

static void count_sent(struct conn *c, size_t bytes)
{
    if (c->is_counted)
        stats_sent(c->set->site->stats, bytes);
}

static void on_conn_timer(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    pump(c);
    advance(c);
}

static void on_written(uv_write_t *write, int status)
{
    struct conn *c = write->data;
    if (c->state == CONN_CLOSED)
        return;
    if (status) {
        close_conn(c, false);
        return;
    }
    count_sent(c, c->writing);
    pump(c);
    advance(c);
}

/* True: the kernel took all of it. False: on_written() continues, or the
 * connection is closed. */
static bool write_piece(struct conn *c, struct wire_piece *p)
{
    int n = uv_try_write((uv_stream_t *)&c->tcp, p->parts, p->n);
    if (n < 0 && n != UV_EAGAIN) {
        close_conn(c, false);
        return false;
    }
    if (n > 0) {
        count_sent(c, (size_t)n);
        wire_drop(p, (size_t)n);
    }
    if (!p->n)
        return true;
    c->state = CONN_WRITING;
    c->writing = p->len;
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, p->parts, p->n, on_written))
        close_conn(c, false);
    return false;
}

/* Writes as much of the current response as possible now. Between the pieces of
 * a long one the loop serves the other connections. */
static void pump(struct conn *c)
{
    struct response *r = &c->response;
    struct wire_piece piece;
    while (!r->done) {
        uint64_t allowance = wire_allowance(r, uv_now(c->tcp.loop) - c->started);
        if (!wire_next(r, allowance, &piece)) {
            close_conn(c, false);
            return;
        }
        if (piece.n && !write_piece(c, &piece))
            return;
        if (!r->done) {
            c->state = r->rate ? CONN_WAITING : CONN_WRITING;
            uv_timer_start(&c->timer, on_conn_timer, wire_tick_ms(r), 0);
            return;
        }
    }
    finish_response(c);
}

static void on_delay_over(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    c->started = uv_now(c->tcp.loop);
    pump(c);
    advance(c);
}

static void start_response(struct conn *);

static void on_gate_timer(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    start_response(c);
    advance(c);
}

/* False: the response has to wait. The requests of a test itself never do. */
static bool passes_gate(struct conn *c)
{
    struct site *site = c->set->site;
    if (!c->is_counted || !site->is_gated)
        return true;
    if (!site->gate_opens)
        return false;
    site->gate_opens--;
    return true;
}

static void start_response(struct conn *c)
{
    if (!passes_gate(c)) {
        c->state = CONN_WAITING;
        uv_timer_start(&c->timer, on_gate_timer, GATE_MS, 0);
        return;
    }
    if (c->response.delay_ms) {
        c->state = CONN_WAITING;
        uv_timer_start(&c->timer, on_delay_over, c->response.delay_ms, 0);
        return;
    }
    c->started = uv_now(c->tcp.loop);
    pump(c);
}

/* Reading requests. */

static void refuse(struct conn *c, int status)
{
    stats_refused(c->set->site->stats);
    response_refuse(c->set->site, status, &c->response);
    start_response(c);
}

/* Answers the request at the start of `bytes` and returns its length. 0: it is
 * not complete yet. */
static size_t take_request(struct conn *c, struct span bytes)
{
    size_t len = request_head_len(bytes);
    if (len > REQUEST_HEAD_MAX || (!len && bytes.len >= REQUEST_HEAD_MAX)) {
        bool has_line = memchr(bytes.at, '\n', REQUEST_HEAD_MAX);
        refuse(c, has_line ? 431 : 414);
        return bytes.len;
    }
    if (!len)
        return 0;
    if (c->next == RESPONSE_NEXT_408) {
        refuse(c, 408);
        return bytes.len;
    }
    if (c->next) {
        close_conn(c, c->next == RESPONSE_NEXT_RESET);
        return bytes.len;
    }
    struct request req;
    int status = request_parse((struct span){bytes.at, len}, &req);
    if (status) {
        refuse(c, status);
        return bytes.len;
    }
    if (!request_is_internal(&req)) {
        c->host = stats_begin(c->set->site->stats, req.host, &c->last_host);
        c->is_counted = true;
        if (c->set->site->log)
            fprintf(c->set->site->log, "%.*s %.*s\n", (int)req.host.len, req.host.at,
                (int)req.target.len, req.target.at);
    }
    response_make(c->set->site, &req, &c->response);
    start_response(c);
    return len;
}

/* Returns how many of `bytes` were consumed. */
static size_t take_requests(struct conn *c, struct span bytes)
{
    size_t used = 0;
    while (c->state == CONN_READING && used < bytes.len) {
        size_t n = take_request(c, (struct span){bytes.at + used, bytes.len - used});
        if (!n)
            break;
        used += n;
    }
    return used;
}

/* True if no further request will be answered. What comes in is read all the
 * same, to notice when the peer closes. */
static bool is_deaf(const struct conn *c)
{
    return c->state == CONN_LINGERING || c->response.then != RESPONSE_THEN_KEEP;
}

static void keep_bytes(struct conn *c, const char *bytes, size_t len)
{
    if (is_deaf(c))
        return;
    if (len && !buf_append(&c->in, bytes, len)) {
        close_conn(c, false);
    } else if (c->in.len >= REQUEST_HEAD_MAX && c->state != CONN_READING) {
        c->is_paused = true;
        uv_read_stop((uv_stream_t *)&c->tcp);
    }
}

static void drop_input(struct conn *c, size_t len)
{
    c->in.len -= len;
    if (c->in.len)
        memmove(c->in.data, c->in.data + len, c->in.len);
    else
        buf_fini(&c->in);
    if (c->is_paused && c->in.len < REQUEST_HEAD_MAX) {
        c->is_paused = false;
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    }
}

/* After a response: answers the requests that wait. */
static void advance(struct conn *c)
{
    if (c->state != CONN_READING)
        return;
    size_t used = take_requests(c, (struct span){(char *)c->in.data, c->in.len});
    if (c->state == CONN_CLOSED || c->state == CONN_LINGERING)
        return;
    drop_input(c, is_deaf(c) ? c->in.len : used);
    if (c->state == CONN_READING && c->peer_ended)
        close_conn(c, false);
}

static void on_peer_ended(struct conn *c)
{
    /* A response in flight is still sent: the peer may have closed one direction
     * only. But a peer that closes during a slow or silent response is gone. */
    c->peer_ended = true;
    if (c->state != CONN_WRITING)
        close_conn(c, false);
    else
        uv_read_stop((uv_stream_t *)&c->tcp);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    if (n == UV_EOF) {
        on_peer_ended(c);
    } else if (n < 0) {
        close_conn(c, false);
    } else if (c->state == CONN_READING && !c->in.len) {
        size_t used = take_requests(c, (struct span){buf->base, (size_t)n});
        if (c->state != CONN_CLOSED)
            keep_bytes(c, buf->base + used, (size_t)n - used);
    } else {
        keep_bytes(c, buf->base, (size_t)n);
        advance(c);
    }
}

/* Accepting. */

static bool is_to_loopback(const uv_tcp_t *tcp)
{
    struct sockaddr_storage name;
    int len = sizeof name;
    struct addr addr;
    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&name, &len) ||
        !addr_from_sockaddr((struct sockaddr *)&name, &addr))
        return false;
    /* the only IPv6 address that is listened on is ::1 */
    return addr.family == 6 || addr.bytes[0] == 127;
}

void conn_accept(struct conn_set *set, uv_stream_t *listener)
{
    struct conn *c = mem_new(sizeof *c);
    c->set = set;
    c->handles = 2;
    c->tcp.data = c;
    c->timer.data = c;
    uv_tcp_init(listener->loop, &c->tcp);
    uv_timer_init(listener->loop, &c->timer);
    TAILQ_INSERT_TAIL(&set->list, c, link);
    stats_opened(set->site->stats);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) || !is_to_loopback(&c->tcp)) {
        close_conn(c, false);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

void conn_close_all(struct conn_set *set)
{
    struct conn *c;
    while ((c = TAILQ_FIRST(&set->list)))
        close_conn(c, false);
}
