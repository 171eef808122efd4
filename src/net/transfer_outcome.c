#include "net/transfer_outcome.h"

#include "base/mem.h"
#include "net/transfer_validator.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static uint64_t info_ns(CURL *easy, CURLINFO what)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, what, &us);
    return us > 0 ? (uint64_t)us * 1000 : 0;
}

static void fill_timings(CURL *easy, struct timings *ms)
{
    uint64_t connected = info_ns(easy, CURLINFO_CONNECT_TIME_T);
    uint64_t secured = info_ns(easy, CURLINFO_APPCONNECT_TIME_T);
    ms->connect = connected;
    ms->tls = secured > connected ? secured - connected : 0;
    ms->first_byte = info_ns(easy, CURLINFO_STARTTRANSFER_TIME_T);
    ms->total = info_ns(easy, CURLINFO_TOTAL_TIME_T);
}

/* True if a Location of that status is followed (RFC 9110, section 15.4): a 304 speaks of the image
 * that we have, and 305 and 306 are no longer in use. */
static bool is_redirect(int http_status)
{
    return http_status / 100 == 3 && (http_status < 304 || http_status > 306);
}

/* The redirect's target. CURLINFO_REDIRECT_URL is set only after a complete body, and 7.88 and
 * 8.14 resolve it differently. */
static char *location(CURL *easy, const char *base)
{
    struct curl_header *header;
    char *target = NULL;
    for (size_t i = 0; !target && !curl_easy_header(easy, "Location", i, CURLH_HEADER, -1, &header);
         i++)
        target = url_resolve(base, header->value);
    return target;
}

static void fill_redirect(CURL *easy, struct job *j)
{
    struct curl_header *ignored;
    j->response.redirect = location(easy, j->request.url.text);
    j->response.sets_cookie = j->response.redirect &&
                              !curl_easy_header(easy, "Set-Cookie", 0, CURLH_HEADER, -1, &ignored);
}

/* Parses seconds or a date (RFC 9110, section 10.2.3); 0: neither. */
static uint32_t seconds_until(const char *text)
{
    if (isdigit((unsigned char)*text)) {
        char *end;
        unsigned long long s = strtoull(text, &end, 10);
        return *end ? 0 : s < UINT32_MAX ? (uint32_t)s : UINT32_MAX;
    }
    time_t date = curl_getdate(text, NULL), now = time(NULL);
    if (date <= now) /* in the past, or not a date */
        return 0;
    return date - now < UINT32_MAX ? (uint32_t)(date - now) : UINT32_MAX;
}

/*
 * Retry-After of 429 and 503 only. With a 3xx it would delay the redirected request; no server
 * sends that, and the delay would concern another host. CURLINFO_RETRY_AFTER is not used: 8.14 cuts
 * it to six hours.
 */
static uint32_t retry_after_s(CURL *easy, long status)
{
    struct curl_header *header;
    if (status != 429 && status != 503) /* RFC 6585, section 4; RFC 9110, section 15.6.4 */
        return 0;
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header))
        return 0;
    return seconds_until(header->value);
}

enum { STATUS_MIN = 100, STATUS_MAX = 999 };

static void fill_response(CURL *easy, struct response *r)
{
    long status = 0, connections = 0;
    const char *type = NULL, *ip = NULL;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    if (status < STATUS_MIN || status > STATUS_MAX)
        status = 0; /* of a line that transfer_head_line() refuses, or has not seen */
    r->http_status = (int)status;
    r->connections = (unsigned)connections;
    r->content_type = mem_dup(type);
    r->retry_after_s = retry_after_s(easy, status);
    if (status / 100 == 2)
        transfer_validator_take(easy, r);
    if (ip)
        snprintf(r->ip, sizeof r->ip, "%s", ip);
}

/* Tells the two timeouts apart by whether a request could be sent. Neither curl's text nor its
 * connect time is reliable. */
static void fail_timeout(CURL *easy, const struct transfer_conf *conf, struct job *j)
{
    bool sent = info_ns(easy, CURLINFO_PRETRANSFER_TIME_T) > 0;
    if (!sent && conf->connect_timeout_ms * 1000000 < j->request.time_left_ns)
        job_fail(j, ERR_CONNECT_TIMEOUT, "no connection within %.3g s",
            (double)conf->connect_timeout_ms / 1000);
    else
        job_fail(j, ERR_TIMEOUT, "not finished in time (--timeout)");
}

/* True if socket(2) failed for lack of a resource that other transfers will release. */
static bool is_starved(const struct outcome *o)
{
    return o->socket_errno == EMFILE || o->socket_errno == ENFILE || o->socket_errno == ENOBUFS ||
           o->socket_errno == ENOMEM;
}

static void fail_connect(const struct outcome *o, const char *text, struct job *j)
{
    if (is_starved(o))
        job_fail(j, ERR_STARVED, "socket: %s", strerror(o->socket_errno));
    else if (o->socket_errno && !o->opened)
        job_fail(j, ERR_IO_ERROR, "socket: %s", strerror(o->socket_errno));
    else if (o->refused && !o->opened) {
        char addr[ADDR_TEXT_SIZE];
        addr_format(&o->refused_addr, addr);
        job_fail(j, ERR_BLOCKED_ADDRESS, "%s is not a public address (--allow-net opens it)", addr);
    } else
        job_fail(j, ERR_CONNECT_FAILED, "%s", text);
}

/* True if HTTP/2 said that the request was not processed (RFC 9113, section 8.7): the stream was
 * refused, or a GOAWAY left it out. 8.14 sees no difference between the two; of a GOAWAY 7.88 makes
 * CURLE_HTTP2 (lib/http2.c, h2_process_pending_input). */
static bool is_refused(CURLcode code, const char *text)
{
    static const char died[] = "Connection died, tried"; /* lib/transfer.c, Curl_retry_request */
    return code == CURLE_HTTP2 || !strncmp(text, died, sizeof died - 1);
}

/*
 * True if the request was not processed: a kept connection ended before a byte of the response
 * came, since the server had closed it when the request was on its way, or HTTP/2 says so. curl
 * repeats such a request by itself, but only five times in the life of a handle (7.88, 8.14:
 * lib/transfer.c, CONN_MAX_RETRIES), and a handle serves many jobs.
 */
static bool is_stale(CURL *easy, CURLcode code, const char *text, const struct response *r)
{
    long head = 0;
    curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
    if (r->http_status || head)
        return false;
    if (r->connections)
        return is_refused(code, text);
    return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_PARTIAL_FILE || /* HTTP/2: closed */
           code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM || code == CURLE_HTTP3;
}

/* A connection that breaks off in the handshake is like one that breaks off later. */
static void fail_tls(const struct outcome *o, CURLcode code, const char *text, struct job *j)
{
    char message[TLSFAILURE_MESSAGE_SIZE];
    bool mismatch = code == CURLE_PEER_FAILED_VERIFICATION;
    bool is_told = tlsfailure_explain(o->tls, j->request.url.host, mismatch, message);
    if (!tlsfailure_is_break(o->tls) || mismatch)
        job_fail(j, ERR_TLS_FAILED, "%s", is_told ? message : text);
    else if (is_told)
        job_fail(j, ERR_PROTOCOL_ERROR, "%s", message);
    else
        job_fail(j, ERR_PROTOCOL_ERROR, "the TLS handshake broke off: %s", text);
}

/* The proxy refused, the connection broke, or the bytes were not HTTP: after a status line the
 * body is truncated. */
static void fail_connection(
    const struct outcome *o, CURL *easy, CURLcode code, const char *text, struct job *j)
{
    long proxy_status = 0;
    bool was_stale = is_stale(easy, code, text, &j->response);
    if (was_stale && j->response.connections)
        text = "the server refuses the request, and says that it has not processed it";
    else if (o->much_framing)
        text = "HTTP/2: nothing but frames came, and no data";
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status >= 300)
        job_fail(j, ERR_CONNECT_FAILED, "proxy: HTTP %ld", proxy_status);
    else if (was_stale)
        job_fail(j, ERR_STALE, "%s", text);
    else if (j->response.http_status)
        job_fail(j, ERR_TRUNCATED_BODY, "%s", text);
    else if (tlsfailure_is_refusal(o->tls))
        fail_tls(o, code, text, j);
    else
        job_fail(j, ERR_PROTOCOL_ERROR, "%s", text);
}

static void fail_abort(const struct outcome *o, const struct transfer_conf *conf, struct job *j)
{
    switch (o->abort) {
    case ERR_TOO_LARGE:
        job_fail(j, ERR_TOO_LARGE, "the body is larger than %llu bytes (--max-size)",
            (unsigned long long)conf->max_size);
        break;
    case ERR_STALLED:
        if (o->hopeless) {
            job_fail(j, ERR_STALLED, "too slow to be complete within --timeout");
            break;
        }
        job_fail(j, ERR_STALLED, "less than %d bytes a second for %.3g s",
            TRANSFER_STALL_BYTES_PER_S, (double)conf->stall_timeout_ms / 1000);
        break;
    case ERR_IO_ERROR:
        job_fail(j, ERR_IO_ERROR, "no memory for the body");
        break;
    case ERR_PROTOCOL_ERROR:
        job_fail(j, ERR_PROTOCOL_ERROR, "%s",
            o->no_status        ? "not a status line"
            : o->endless_fields ? "the header is too large"
                                : "more framing than body came");
        break;
    case ERR_ROBOTS_TAG:
        job_fail(j, ERR_ROBOTS_TAG, "X-Robots-Tag: %s", o->detail);
        break;
    default:
        job_fail(j, o->abort, "%s", err_name(o->abort));
        break;
    }
}

/* True if a header line was longer than CURL_MAX_HTTP_HEADER. 7.88 reports CURLE_OUT_OF_MEMORY,
 * and 8.14 CURLE_TOO_LARGE, which 7.88 does not define. */
static bool is_long_line(const struct outcome *o, CURLcode code, int http_status)
{
    enum { TOO_LARGE = 100 };
    return ((int)code == TOO_LARGE || code == CURLE_OUT_OF_MEMORY) && http_status && !o->has_head;
}

static void fail_curl(const struct outcome *o, const struct transfer_conf *conf, CURL *easy,
    CURLcode code, const char *text, struct job *j)
{
    if (is_long_line(o, code, j->response.http_status)) {
        job_fail(j, ERR_PROTOCOL_ERROR, "a header line that is too long");
        return;
    }
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        fail_timeout(easy, conf, j);
        break;
    case CURLE_COULDNT_CONNECT:
        fail_connect(o, text, j);
        break;
    case CURLE_PROXY:
    case CURLE_COULDNT_RESOLVE_PROXY:
        job_fail(j, ERR_CONNECT_FAILED, "proxy: %s", text);
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
        job_fail(j, ERR_DNS_FAILURE, "%s", text);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        job_fail(j, ERR_TLS_FAILED, "cannot read the CA certificates: %s", castore_file(conf->ca));
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_INVALIDCERTSTATUS:
        fail_tls(o, code, text, j);
        break;
    case CURLE_WEIRD_SERVER_REPLY:
        job_fail(j, ERR_PROTOCOL_ERROR, "%s", text);
        break;
    case CURLE_OUT_OF_MEMORY:
        job_fail(j, ERR_IO_ERROR, "curl: out of memory");
        break;
    default:
        fail_connection(o, easy, code, text, j);
        break;
    }
}

/* False: the job has failed. */
static bool undo_codings(const struct outcome *o, const struct transfer_conf *conf, struct job *j)
{
    switch (contentcoding_undo(&o->codings, &j->response.body, conf->max_size)) {
    case CONTENTCODING_TOO_LARGE:
        job_fail(j, ERR_TOO_LARGE, "the body is larger than %llu bytes (--max-size)",
            (unsigned long long)conf->max_size);
        break;
    case CONTENTCODING_BROKEN:
        job_fail(
            j, ERR_PROTOCOL_ERROR, "the body is damaged: its Content-Encoding cannot be undone");
        break;
    case CONTENTCODING_NO_MEMORY:
        job_fail(j, ERR_IO_ERROR, "no memory for the body");
        break;
    case CONTENTCODING_CUT:
        j->response.may_be_cut = true;
        break;
    case CONTENTCODING_OK:
        break;
    }
    return !j->err;
}

/* True for a response to a request that did not ask for a part, which is one nevertheless. */
static bool is_part(CURL *easy)
{
    struct curl_header *h;
    unsigned long long from, to, all;
    if (curl_easy_header(easy, "Content-Range", 0, CURLH_HEADER, -1, &h))
        return true;
    bool is_range = sscanf(h->value, "bytes %llu-%llu/%llu", &from, &to, &all) == 3;
    return !is_range || from || to + 1 != all; /* RFC 9110, section 14.4 */
}

/* True if a body that is cut off looks like one that has ended: before HTTP/2, a connection that is
 * closed ends a body without length (RFC 9112, section 6.3). libcurl before 8.0 takes a cut-off
 * response of HTTP/2 for a complete one (mended by 48cd032). */
static bool may_be_cut(CURL *easy, int http_status)
{
    struct curl_header *h;
    curl_off_t length = -1;
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    bool has_chunks = !curl_easy_header(easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &h) &&
                      strcasestr(h->value, "chunked");
    bool is_old = curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
    bool has_end = version > CURL_HTTP_VERSION_1_1 ? !is_old : length >= 0 || has_chunks;
    return !has_end || (http_status == 206 && is_part(easy));
}

/* What a person would not know of a status, or "". */
static const char *explain_status(int http_status)
{
    switch (http_status) {
    case 407: /* from the site; a proxy's own ends as connect_failed */
        return ": a proxy of the site wants a password";
    case 429:
        return ": too many requests for this site (--host-rate, --per-host)";
    case 999: /* LinkedIn and others; in no RFC */
        return ": the site refuses programs";
    default:
        return "";
    }
}

/* Judges a response that curl accepted. */
static void judge_response(
    const struct outcome *o, const struct transfer_conf *conf, CURL *easy, struct job *j)
{
    struct response *r = &j->response;
    if (r->redirect)
        return;
    r->is_unchanged = o->is_asking && r->http_status == 304;
    if (r->is_unchanged)
        return;
    if (r->http_status == 408 && !r->connections) /* RFC 9110, section 15.5.9 */
        job_fail(j, ERR_STALE, "HTTP 408 on a kept connection");
    else if (is_redirect(r->http_status))
        job_fail(j, ERR_HTTP_ERROR, "HTTP %d without a Location", r->http_status);
    else if (r->http_status < 200 || r->http_status >= 300)
        job_fail(j, ERR_HTTP_ERROR, "HTTP %d%s", r->http_status, explain_status(r->http_status));
    else {
        r->may_be_cut = may_be_cut(easy, r->http_status);
        r->is_empty = undo_codings(o, conf, j) && !r->body.len;
        if (r->is_empty)
            job_fail(j, ERR_TRUNCATED_BODY, "HTTP %d without a body", r->http_status);
    }
}

bool transfer_keeps_body(enum err err)
{
    return err == ERR_TRUNCATED_BODY || err == ERR_STALLED || err == ERR_TIMEOUT;
}

/* Leaves what came of the body if it may be a whole image. Codings do not change the error. */
static void keep_body(const struct outcome *o, const struct transfer_conf *conf, struct job *j)
{
    struct buf *body = &j->response.body;
    if (!o->wanted || !transfer_keeps_body(j->err) ||
        contentcoding_undo(&o->codings, body, conf->max_size) > CONTENTCODING_CUT)
        buf_fini(body);
}

/* Forgets the TLS session that a connection began with which broke without a response. In the
 * handshake it is like a kept connection that the server has closed. */
static void blame_session(const struct outcome *o, CURL *easy, struct job *j)
{
    bool is_tls = j->err == ERR_TLS_FAILED || j->err == ERR_PROTOCOL_ERROR;
    if (!j->response.http_status && tlsfailure_spoil_session(o->tls) && is_tls &&
        !info_ns(easy, CURLINFO_APPCONNECT_TIME_T))
        j->err = ERR_STALE;
}

void transfer_outcome_fill(const struct outcome *o, const struct transfer_conf *conf, CURL *easy,
    CURLcode code, const char *text, struct job *j)
{
    fill_timings(easy, &j->ms);
    fill_response(easy, &j->response);
    if (o->no_status || !o->has_status) /* 8.14 has a 200 for what is no HTTP at all */
        j->response.http_status = 0;
    if (!text[0])
        text = curl_easy_strerror(code);
    if (o->has_head && is_redirect(j->response.http_status))
        fill_redirect(easy, j);
    /* An error in the unwanted body of a 404 or a redirect does not matter. A robots tag on a
     * 304 does: the site refuses the unchanged image that we have. */
    bool unwanted = o->has_head && !o->wanted && o->abort != ERR_ROBOTS_TAG;
    bool given_up = o->abort == ERR_CANCELLED || o->abort == ERR_EVICTED;
    if (o->abort && (given_up || !unwanted))
        fail_abort(o, conf, j);
    else if (code == CURLE_OK || unwanted)
        judge_response(o, conf, easy, j);
    else
        fail_curl(o, conf, easy, code, text, j);
    if (!j->err)
        return;
    blame_session(o, easy, j);
    keep_body(o, conf, j);
}

/*
 * 7.88 and 8.14 keep a connection of HTTP/2 or HTTP/3 when a transfer on it has failed, because it
 * may be the transfer that was bad. If it was the connection, as when our own address has changed,
 * every later one would fail on it, too. So its socket is shut down: curl sees that before it uses
 * it again.
 */
void transfer_leave(struct transfer *t, CURLcode code)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR)
        return;
    curl_easy_getinfo(transfer_easy(t), CURLINFO_ACTIVESOCKET, &fd);
    if (fd != CURL_SOCKET_BAD)
        shutdown(fd, SHUT_RDWR);
}
