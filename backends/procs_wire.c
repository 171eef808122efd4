#include "backends/procs_wire.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "net/transfer_validator.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Bytes of a content type, a validator or a redirect's target. Longer ones are cut; a target
     * that was cut is still longer than a URL may be. */
    TEXT_MAX = URL_MAX + 1,
    TEXTS = 4,
    HTTP_STATUS_MIN = 100,
    HTTP_STATUS_MAX = 999,
    NOT_MODIFIED = 304,
    /* For one request: 7.88 and 8.14 try each address once, and five times more when a kept
     * connection was dead (src/net/curlfacts_test.c); with --http3, by QUIC and by TCP.
     * ADDR_SET_MAX * 6 * 2 is less. */
    CONNECTIONS_MAX = 100,
    /* Bytes of a head (net/transfer.c, HEAD_MAX) and of an unwanted body, and what curl reads
     * before it looks at the speed again (net/transfer_speed.c). */
    RECEIVED_BESIDES = 512 << 10,
};

struct ask {
    uint64_t time_left_ns;
    uint64_t max_speed;
    struct addr_set addrs;
    bool is_elsewhere, last_for_host, new_connection, is_robots_txt;
    uint32_t url_len, etag_len, modified_len, referer_len; /* the texts follow the struct */
};

struct reply {
    int32_t err;
    int32_t http_status;
    uint32_t connections;
    uint32_t retry_after_s;
    uint32_t is_empty; /* 0 or not; so are the next three */
    uint32_t may_be_cut;
    uint32_t sets_cookie;
    uint32_t is_unchanged;
    struct timings ms;
    char message[JOB_MESSAGE_SIZE];
    char ip[ADDR_TEXT_SIZE];
    uint64_t received;
    uint32_t type_len, redirect_len, etag_len, modified_len, body_len; /* the bytes follow */
};

size_t procs_wire_ask_max(void)
{
    return sizeof(struct ask) + URL_MAX * 3 + 2 * TRANSFER_VALIDATOR_MAX + URL_MAX;
}

size_t procs_wire_reply_max(void)
{
    return sizeof(struct reply) + TEXTS * TEXT_MAX;
}

static bool take_text(const uint8_t **at, size_t *left, uint32_t len, char **ret)
{
    if (len > TEXT_MAX || len > *left)
        return false;
    free(*ret);
    *ret = len ? utf8_clean((const char *)*at, len) : NULL;
    *at += len;
    *left -= len;
    return true;
}

/* ---- to a worker ---- */

/* A validator that is too long for a request is left out. */
static uint32_t validator_len(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return len <= TRANSFER_VALIDATOR_MAX ? (uint32_t)len : 0;
}

size_t procs_wire_put_ask(const struct job *j, uint64_t max_speed, uint8_t *out)
{
    const struct request *r = &j->request;
    struct ask ask;
    memset(&ask, 0, sizeof ask); /* the gaps between its members, too */
    ask.time_left_ns = r->time_left_ns;
    ask.addrs = r->addrs;
    ask.max_speed = max_speed;
    ask.is_elsewhere = r->is_elsewhere;
    ask.last_for_host = r->last_for_host;
    ask.new_connection = r->new_connection;
    ask.is_robots_txt = r->is_robots_txt;
    ask.url_len = (uint32_t)strlen(r->url.text);
    ask.etag_len = validator_len(r->etag);
    ask.modified_len = validator_len(r->last_modified);
    ask.referer_len = r->referer ? (uint32_t)strlen(r->referer) : 0;
    uint8_t *at = mempcpy(out, &ask, sizeof ask);
    at = mempcpy(at, r->url.text, ask.url_len);
    at = mempcpy(at, r->etag ? r->etag : "", ask.etag_len);
    at = mempcpy(at, r->last_modified ? r->last_modified : "", ask.modified_len);
    at = mempcpy(at, r->referer ? r->referer : "", ask.referer_len);
    return (size_t)(at - out);
}

bool procs_wire_take_ask(const uint8_t *in, size_t in_len, struct job *j, uint64_t *ret_max_speed)
{
    struct ask ask;
    const char *why;
    if (in_len < sizeof ask)
        return false;
    memcpy(&ask, in, sizeof ask);
    *ret_max_speed = ask.max_speed;
    j->request.time_left_ns = ask.time_left_ns;
    j->request.addrs = ask.addrs;
    j->request.is_elsewhere = ask.is_elsewhere;
    j->request.last_for_host = ask.last_for_host;
    j->request.new_connection = ask.new_connection;
    j->request.is_robots_txt = ask.is_robots_txt;
    if (ask.url_len > in_len - sizeof ask)
        return false;
    const uint8_t *url = in + sizeof ask, *at = url + ask.url_len;
    size_t left = in_len - sizeof ask - ask.url_len;
    return take_text(&at, &left, ask.etag_len, &j->request.etag) &&
           take_text(&at, &left, ask.modified_len, &j->request.last_modified) &&
           take_text(&at, &left, ask.referer_len, &j->request.referer) && !left &&
           !url_parse((const char *)url, ask.url_len, &j->request.url, &why);
}

/* ---- back from a worker ---- */

static uint32_t text_len(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return (uint32_t)(len < TEXT_MAX ? len : TEXT_MAX);
}

size_t procs_wire_put_reply(const struct job *j, uint8_t *out, size_t out_size)
{
    const struct response *r = &j->response;
    struct reply a = {.err = j->err, .http_status = r->http_status, .ms = j->ms};
    a.connections = r->connections;
    a.received = r->received;
    a.retry_after_s = r->retry_after_s;
    a.is_empty = r->is_empty;
    a.may_be_cut = r->may_be_cut;
    a.sets_cookie = r->sets_cookie;
    a.is_unchanged = r->is_unchanged;
    memcpy(a.message, j->message, sizeof a.message);
    memcpy(a.ip, r->ip, sizeof a.ip);
    a.type_len = text_len(r->content_type);
    a.redirect_len = text_len(r->redirect);
    a.etag_len = text_len(r->etag);
    a.modified_len = text_len(r->last_modified);
    a.body_len = (uint32_t)r->body.len;
    size_t texts = (size_t)a.type_len + a.redirect_len + a.etag_len + a.modified_len;
    if (sizeof a + texts + a.body_len > out_size)
        return 0;
    uint8_t *at = mempcpy(out, &a, sizeof a);
    at = mempcpy(at, r->content_type ? r->content_type : "", a.type_len);
    at = mempcpy(at, r->redirect ? r->redirect : "", a.redirect_len);
    at = mempcpy(at, r->etag ? r->etag : "", a.etag_len);
    at = mempcpy(at, r->last_modified ? r->last_modified : "", a.modified_len);
    if (a.body_len)
        at = mempcpy(at, r->body.data, a.body_len);
    return (size_t)(at - out);
}

/* True for the codes with which net/transfer_outcome.c can end a transfer that nobody cancels. A
 * row that is "cancelled" would be dropped. */
static bool is_code_of_transfer(int32_t err)
{
    switch (err) {
    case ERR_OK:
    case ERR_BLOCKED_ADDRESS:
    case ERR_DNS_FAILURE:
    case ERR_CONNECT_FAILED:
    case ERR_CONNECT_TIMEOUT:
    case ERR_TLS_FAILED:
    case ERR_TIMEOUT:
    case ERR_STALLED:
    case ERR_HTTP_ERROR:
    case ERR_TOO_LARGE:
    case ERR_TRUNCATED_BODY:
    case ERR_PROTOCOL_ERROR:
    case ERR_ROBOTS_TAG:
    case ERR_IO_ERROR:
    case ERR_STALE:
    case ERR_STARVED:
        return true;
    default:
        return false;
    }
}

/* True for the statuses whose Location net/transfer_outcome.c follows. */
static bool redirects(int32_t status)
{
    return status / 100 == 3 && (status < 304 || status > 306);
}

/* True if the parts fit together as they do after a transfer. */
static bool is_coherent(const struct reply *a, const struct request *asked)
{
    bool is_success = a->http_status / 100 == 2;
    bool was_conditional = asked->etag || asked->last_modified;
    if ((a->etag_len || a->modified_len) && !is_success)
        return false;
    if (a->redirect_len && !redirects(a->http_status))
        return false;
    if (a->is_empty && (!is_success || a->err != ERR_TRUNCATED_BODY))
        return false;
    if (a->is_unchanged && (a->err || a->http_status != NOT_MODIFIED || !was_conditional))
        return false;
    if (!a->body_len)
        return a->err || a->redirect_len || a->is_unchanged;
    return is_success && !a->is_empty && (!a->err || transfer_keeps_body((enum err)a->err));
}

static bool is_possible(
    const struct reply *a, const struct request *asked, const struct procs_wire_bounds *bounds)
{
    bool has_status = a->http_status >= HTTP_STATUS_MIN && a->http_status <= HTTP_STATUS_MAX;
    return is_code_of_transfer(a->err) && (has_status || !a->http_status) &&
           a->body_len <= bounds->transfer->max_size && is_coherent(a, asked);
}

static uint64_t at_most(uint64_t n, uint64_t bound)
{
    return n < bound ? n : bound;
}

/* The most that can have come in that time. So a lie about it cannot stop a run with --limit-rate
 * for longer than the request took and these bytes take. */
static uint64_t most_received(const struct procs_wire_bounds *bounds)
{
    uint64_t most = bounds->transfer->max_size;
    if (bounds->max_speed) {
        double by_time = (double)bounds->max_speed * ((double)bounds->elapsed_ns / 1e9);
        most = by_time < (double)most ? (uint64_t)by_time : most;
    }
    return most + RECEIVED_BESIDES;
}

static void take_timings(const struct timings *said, uint64_t elapsed_ns, struct timings *ret)
{
    ret->connect = at_most(said->connect, elapsed_ns);
    ret->tls = at_most(said->tls, elapsed_ns);
    ret->first_byte = at_most(said->first_byte, elapsed_ns);
    ret->total = at_most(said->total, elapsed_ns);
    ret->decode = 0; /* dns is not the worker's */
}

/* The server's address, if it is one that was asked for. */
static void take_ip(char said[ADDR_TEXT_SIZE], const struct request *asked,
    const struct transfer_conf *conf, char ret[ADDR_TEXT_SIZE])
{
    struct addr addr, literal;
    said[ADDR_TEXT_SIZE - 1] = '\0';
    if (!addr_parse(said, &addr))
        return;
    bool known = proxy_for(&conf->proxies, &asked->url).url; /* then it is the proxy's */
    if (asked->url.host && addr_parse(asked->url.host, &literal))
        known |= addr_is_same(&literal, &addr);
    for (unsigned i = 0; i < asked->addrs.n; i++)
        known |= addr_is_same(&asked->addrs.at[i], &addr);
    if (known)
        addr_format(&addr, ret);
}

static void take_failure(struct job *j, struct reply *a)
{
    a->message[sizeof a->message - 1] = '\0';
    char *message = utf8_clean(a->message, strlen(a->message));
    job_fail(j, (enum err)a->err, "%s", *message ? message : err_name((enum err)a->err));
    free(message);
}

/* A starved request is repeated without being counted. So it must be true: this process does not
 * get a socket either. */
static bool is_starved(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

bool procs_wire_take_reply(
    struct job *j, const uint8_t *out, size_t out_len, const struct procs_wire_bounds *bounds)
{
    struct reply a;
    struct response *r = &j->response;
    if (out_len < sizeof a)
        return false;
    memcpy(&a, out, sizeof a);
    const uint8_t *at = out + sizeof a;
    size_t left = out_len - sizeof a;
    if (!is_possible(&a, &j->request, bounds) ||
        !take_text(&at, &left, a.type_len, &r->content_type) ||
        !take_text(&at, &left, a.redirect_len, &r->redirect) ||
        !take_text(&at, &left, a.etag_len, &r->etag) ||
        !take_text(&at, &left, a.modified_len, &r->last_modified) || a.body_len != left)
        return false;
    r->http_status = a.http_status;
    r->connections = (unsigned)at_most(a.connections, CONNECTIONS_MAX);
    r->received = at_most(a.received, most_received(bounds));
    if (a.http_status == 429 || a.http_status == 503) /* as net/transfer_outcome.c */
        r->retry_after_s = a.retry_after_s;
    r->is_empty = a.is_empty != 0;
    r->may_be_cut = a.may_be_cut != 0;
    r->sets_cookie = a.sets_cookie != 0;
    r->is_unchanged = a.is_unchanged != 0;
    take_ip(a.ip, &j->request, bounds->transfer, r->ip);
    take_timings(&a.ms, bounds->elapsed_ns, &j->ms);
    if (a.err == ERR_STARVED && !is_starved())
        job_fail(j, ERR_IO_ERROR, "the fetch process had no socket");
    else if (a.err)
        take_failure(j, &a);
    if (left && !buf_append(&r->body, at, left))
        job_fail(j, ERR_IO_ERROR, "no memory for the body");
    return true;
}
