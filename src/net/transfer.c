#include "net/transfer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/transfer_head.h"
#include "net/transfer_outcome.h"
#include "net/transfer_pace.h"
#include "net/transfer_pins.h"
#include "net/transfer_speed.h"
#include "net/transfer_target.h"
#include "net/transfer_times.h"
#include "net/transfer_tls.h"
#include "net/transfer_validator.h"
#include "net/transfer_wire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* Up to this many bytes of an unwanted body (a 404 page) are read to keep the connection; a
 * longer one is cut off. */
enum { DISCARD_MAX = 64 * 1024 };

struct transfer {
    const struct transfer_conf *conf;
    struct transfer_pins *pins;
    void *owner;
    const struct transfer_watcher *watcher; /* may be NULL */
    size_t in_turn;                         /* bytes of the body since transfer_resume() */
    CURL *easy;
    _Atomic(CURLM *) multi;     /* NULL: none of its own */
    struct curl_slist *headers; /* --header */
    struct curl_slist *public;  /* those for other sites after a redirect */
    struct curl_slist
        *asking; /* one of these and the conditions of this request; NULL: not conditional */

    struct job *job;    /* NULL: idle */
    struct proxy proxy; /* of this request */
    bool may_use_proxy;
    struct curl_slist *resolve;
    struct outcome outcome;
    struct transfer_speed speed;
    struct transfer_pace pace;
    struct transfer_wire wire;
    struct transfer_tls tls;
    uint64_t checked_bytes;       /* transfer_wire_all() at the last check */
    uint64_t checked_ns, fast_ns; /* time of the last check; when it was last fast enough */
    size_t discarded;
    char error[CURL_ERROR_SIZE];
};

static void reserve(struct transfer *t, size_t bytes)
{
    budget_set(t->conf->budget, &t->job->memory, bytes);
}

static void give_up_stream(struct transfer *t)
{
    if (t->conf->http != TRANSFER_HTTP_1_1)
        transfer_wire_give_up(&t->wire);
}

static void take_records(struct transfer *t)
{
    if (t->conf->http != TRANSFER_HTTP_1_1)
        transfer_wire_take_records(&t->wire);
}

/* Frees the body at once: other transfers may run before transfer_finish(). */
static size_t give_up_transfer(struct transfer *t, enum err why)
{
    t->outcome.abort = why;
    give_up_stream(t);
    buf_fini(&t->job->response.body);
    reserve(t, 0);
    return 0; /* not the length that was given: curl ends with CURLE_WRITE_ERROR */
}

static bool check_framing(struct transfer *t)
{
    return !(t->outcome.much_framing = !transfer_wire_is_sane(&t->wire));
}

/* Limits the framing of chunks, even if they bring no body; on_body() limits that. */
static int on_wire(
    void *arg, curl_off_t all, curl_off_t now_down, curl_off_t all_up, curl_off_t now_up)
{
    (void)all, (void)now_down, (void)all_up, (void)now_up;
    struct transfer *t = arg;
    if (!check_framing(t))
        t->outcome.abort = ERR_PROTOCOL_ERROR;
    return t->outcome.abort; /* not 0: curl gives up */
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    bool had_head = t->outcome.has_head;
    take_records(t);
    t->outcome.endless_fields = !transfer_wire_take_line(&t->wire, line, size * n);
    if (t->outcome.endless_fields)
        return give_up_transfer(t, ERR_PROTOCOL_ERROR);
    if (!transfer_head_line(&t->outcome, t->conf, t->easy, line, size * n))
        return 0;
    bool has_chunks = t->outcome.has_head && !had_head && transfer_wire_end_head(&t->wire);
    if (has_chunks)
        curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
    return size * n;
}

/* Handles the first byte of a body: checks its announced length. False: the transfer is aborted. */
static bool begin_body(struct transfer *t)
{
    curl_off_t length = -1;
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    t->outcome.has_body = true;
    t->pace.begun = clock_ns();
    transfer_speed_begin(&t->speed, t->conf, &t->wire);
    if (!t->outcome.wanted || length < 0)
        return true;
    t->pace.length = (uint64_t)length;
    if ((uint64_t)length > t->conf->max_size) {
        give_up_transfer(t, ERR_TOO_LARGE);
        return false;
    }
    return true;
}

/* Makes room for `len` more bytes of a body of known length, and for more if its pace so far
 * foretells it. So it is copied once if it comes fast, and grows by steps if it does not. */
static bool grow_body(struct transfer *t, size_t len)
{
    struct buf *body = &t->job->response.body;
    size_t come = body->len + len;
    if (!t->pace.length || come <= body->cap)
        return true;
    return buf_reserve(body, (size_t)transfer_pace_room(&t->pace, come, clock_ns()));
}

/* Counts less than was allocated when the body comes more slowly than it began: what has not come
 * is address space only. */
static void follow_pace(struct transfer *t, uint64_t now)
{
    const struct buf *body = &t->job->response.body;
    uint64_t room = transfer_pace_room(&t->pace, body->len, now);
    if (t->pace.length && body->cap)
        reserve(t, room < body->cap ? (size_t)room : body->cap);
}

/* Pauses the transfer if it has had its share: curl 7.88 reads up to 100 buffers at once, 8.14 up
 * to 10 (lib/transfer.c, maxloops), and the others wait meanwhile. */
static void count_turn(struct transfer *t, size_t bytes)
{
    const struct transfer_watcher *w = t->watcher;
    bool is_last = t->pace.length && t->job->response.body.len + bytes >= t->pace.length;
    t->in_turn += bytes;
    if (w && !is_last && w->has_enough(w->arg, t, bytes, t->in_turn))
        curl_easy_pause(t->easy, CURLPAUSE_RECV);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    struct buf *body = &t->job->response.body;
    size_t len = size * n;
    if (len == 0) /* an empty body may be announced like this */
        return 0;
    take_records(t);
    transfer_speed_arrived(t->conf, len);
    if (!t->outcome.has_body && !begin_body(t))
        return 0;
    transfer_speed_follow(&t->speed, t->conf, &t->wire);
    count_turn(t, len);
    if (!check_framing(t)) /* on_wire() is called after many reads only */
        return give_up_transfer(t, ERR_PROTOCOL_ERROR);
    if (!t->outcome.wanted) {
        t->discarded += len;
        if (t->discarded <= DISCARD_MAX)
            return len;
        give_up_stream(t);
        return 0;
    }
    if (body->len + len > t->conf->max_size)
        return give_up_transfer(t, ERR_TOO_LARGE);
    size_t cap = body->cap;
    if (!grow_body(t, len) || !buf_append(body, bytes, len))
        return give_up_transfer(t, ERR_IO_ERROR);
    if (body->cap > cap)
        reserve(t, t->pace.length || body->cap > TRANSFER_RESERVE ? body->cap : TRANSFER_RESERVE);
    return len;
}

/* With a proxy the socket connects to the proxy, and transfer_target_check() has checked the
 * target. */
static bool may_connect(struct transfer *t, const struct sockaddr *to)
{
    struct addr addr = {0};
    if (t->proxy.url)
        return t->may_use_proxy;
    addr_from_sockaddr(to, &addr); /* of another family: family 0, which is refused */
    return transfer_target_may_reach(t->conf, &addr, &t->outcome);
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *sa)
{
    (void)purpose;
    struct transfer *t = arg;
    if (!may_connect(t, &sa->addr))
        return CURL_SOCKET_BAD;
    int fd = socket(sa->family, sa->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, sa->protocol);
    if (fd < 0)
        t->outcome.socket_errno = errno;
    else
        t->outcome.opened++;
    if (fd >= 0 && t->watcher)
        t->watcher->opened(t->watcher->arg, fd);
    return fd;
}

/*
 * curl is about to look a name up by itself. It calls this for literals as well, which need no
 * look-up, and for a proxy's name, which is its to look up. Any other name must be pinned: no
 * fault in that may tell a name to another resolver, or reach an address that was not checked.
 */
static int on_look_up(void *resolver_state, void *reserved, void *arg)
{
    (void)resolver_state, (void)reserved;
    const struct transfer *t = arg;
    struct addr ignored;
    bool may = t->proxy.url || addr_parse(t->job->request.url.host, &ignored);
    return may ? 0 : 1; /* not 0: curl gives up */
}

/* True for headers meant for the site in the list only: curl -L does not send these to another
 * one either. */
static bool is_private(const char *header)
{
    static const char *const names[] = {"Authorization", "Cookie", "Host"};
    size_t len = strcspn(header, ":; \t");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (len == strlen(names[i]) && !strncasecmp(header, names[i], len))
            return true;
    return false;
}

bool transfer_has_http3(void)
{
    return curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP3;
}

static void set_request(struct transfer *t)
{
    const struct transfer_conf *conf = t->conf;
    CURL *easy = t->easy;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, ""); /* none from the environment */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, transfer_tls_http(conf->http));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, conf->agent);
    /* Images are compressed already, so curl is to request no encoding; the user's is sent. Some
     * servers encode anyway (net/contentcoding.h). */
    t->headers = t->public = NULL;
    for (const char *const *h = conf->headers; h && *h; h++) {
        t->headers = curl_slist_append(t->headers, *h);
        if (!is_private(*h))
            t->public = curl_slist_append(t->public, *h);
    }
}

/* Chooses the headers of this request, with conditions if the job has validators. */
static struct curl_slist *choose_headers(struct transfer *t)
{
    const struct request *r = &t->job->request;
    struct curl_slist *usual = r->is_elsewhere ? t->public : t->headers;
    t->asking = transfer_validator_ask(r);
    t->outcome.is_asking = t->asking != NULL;
    for (const struct curl_slist *h = usual; t->asking && h; h = h->next)
        t->asking = curl_slist_append(t->asking, h->data);
    return t->asking ? t->asking : usual;
}

struct transfer *transfer_new(
    const struct transfer_conf *conf, struct transfer_pins *pins, void *owner)
{
    struct transfer *t = mem_new(sizeof *t);
    t->conf = conf;
    t->pins = pins;
    t->owner = owner;
    t->easy = curl_easy_init();
    if (!t->easy)
        abort();
    transfer_wire_init(&t->wire, t->easy);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_SHARE, transfer_share(t));
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, on_wire);
    curl_easy_setopt(t->easy, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(
        t->easy, CURLOPT_BUFFERSIZE, transfer_speed_buffer(conf, transfer_pins_join(pins)));
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)conf->connect_timeout_ms);
    curl_easy_setopt(t->easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L); /* pins live until removed */
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_RESOLVER_START_FUNCTION, on_look_up);
    curl_easy_setopt(t->easy, CURLOPT_RESOLVER_START_DATA, t);
    set_request(t);
    transfer_tls_set(&t->tls, t->easy, conf);
    return t;
}

void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    curl_multi_cleanup(transfer_multi(t)); /* NULL is fine */
    transfer_tls_forget(&t->tls);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->public);
    free(t);
}

CURL *transfer_easy(struct transfer *t)
{
    return t->easy;
}

CURLSH *transfer_share(struct transfer *t)
{
    return transfer_pins_share(t->pins);
}

CURLM *transfer_multi(struct transfer *t)
{
    return atomic_load(&t->multi);
}

void transfer_set_multi(struct transfer *t, CURLM *multi)
{
    atomic_store(&t->multi, multi);
}

void transfer_watch(struct transfer *t, const struct transfer_watcher *watcher)
{
    t->watcher = watcher;
}

void transfer_resume(struct transfer *t)
{
    t->in_turn = 0;
    curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

void *transfer_owner(struct transfer *t)
{
    return t->owner;
}

struct job *transfer_job(struct transfer *t)
{
    return t->job;
}

void transfer_start(struct transfer *t, struct job *j)
{
    struct addr_set addrs = j->request.addrs;
    t->job = j;
    t->outcome = (struct outcome){.is_robots_txt = j->request.is_robots_txt};
    t->checked_bytes = 0;
    t->in_turn = 0;
    transfer_wire_begin(&t->wire);
    transfer_tls_forget(&t->tls);
    t->checked_ns = t->fast_ns = clock_ns();
    t->pace = (struct transfer_pace){.until = t->checked_ns + j->request.time_left_ns};
    t->discarded = 0;
    t->error[0] = '\0';
    t->proxy = proxy_for(&t->conf->proxies, &j->request.url);
    if (t->proxy.url)
        t->may_use_proxy = transfer_target_check(t->conf, &j->request, &t->outcome, &addrs);
    t->resolve = transfer_pins_add(t->pins, &j->request.url, &addrs);
    curl_easy_setopt(t->easy, CURLOPT_URL, j->request.url.text);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, t->proxy.url ? t->proxy.url : "");
    const char *referer = j->request.is_elsewhere ? NULL : j->request.referer;
    curl_easy_setopt(t->easy, CURLOPT_REFERER, referer ? referer : t->conf->referer);
    curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 1L); /* until on_wire() is needed */
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, choose_headers(t));
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
    transfer_times_set(t->easy, t->conf, &j->request);
    /* Connections to a proxy serve all hosts, so they are kept. A request that may not use the
     * proxy must not reuse one. */
    bool close = j->request.last_for_host && !t->proxy.url;
    bool fresh = j->request.new_connection || (t->proxy.url && !t->may_use_proxy);
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, close ? 1L : 0L);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    reserve(t, TRANSFER_RESERVE);
}

enum err transfer_check(struct transfer *t, uint64_t now)
{
    uint64_t all = transfer_wire_all(&t->wire);
    uint64_t fresh = all - t->checked_bytes, ns = now - t->checked_ns;
    t->checked_bytes = all;
    t->checked_ns = now;
    transfer_speed_follow(&t->speed, t->conf, &t->wire);
    follow_pace(t, now);
    if (fresh * 1000000000 >= (uint64_t)TRANSFER_STALL_BYTES_PER_S * ns)
        t->fast_ns = now;
    if (now - t->fast_ns >= t->conf->stall_timeout_ms * 1000000)
        return ERR_STALLED;
    t->outcome.hopeless = transfer_pace_is_hopeless(
        &t->pace, transfer_wire_body(&t->wire), transfer_speed_share(&t->speed, t->conf), now);
    return t->outcome.hopeless ? ERR_STALLED : ERR_OK;
}

void transfer_abort(struct transfer *t, enum err why)
{
    t->outcome.abort = why;
    give_up_stream(t);
    if (why == ERR_STALLED) /* the last transfer of a connection of HTTP/2 or 3 closes it */
        curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
}

struct job *transfer_finish(struct transfer *t, CURLcode code)
{
    struct job *j = t->job;
    t->outcome.tls = t->tls.failure;
    t->outcome.much_framing |= tlsrecords_is_cut_off(t->tls.records);
    transfer_outcome_fill(&t->outcome, t->conf, t->easy, code, t->error, j);
    j->response.received = transfer_wire_all(&t->wire);
    transfer_pins_drop(t->pins, &j->request.url);
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(t->resolve);
    t->resolve = NULL;
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(t->asking);
    t->asking = NULL;
    reserve(t, j->response.body.cap);
    transfer_speed_end(&t->speed, t->conf, t->easy);
    t->job = NULL;
    return j;
}
