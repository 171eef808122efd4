/*
 * A transfer: one curl easy handle, set up for one hop of one job at a time. All curl options are
 * set here, so all backends send the same requests and report the same results.
 *
 *   transfer_start()   the handle is ready for curl_easy_perform() or a multi
 *   (curl runs; the callbacks write into job->response)
 *   transfer_check()   about once a second: must it be aborted?
 *   transfer_finish()  job->err, response and timings are set; the job is free again
 *
 * Always true:
 * - curl resolves no host name except the proxy's. The job's addresses are pinned in its cache
 *   (CURLOPT_RESOLVE), and unpinned when no transfer needs them any more; curl gives up rather than
 *   look a name up (CURLOPT_RESOLVER_START_FUNCTION).
 * - No connection is made to an address the guard refuses. It checks when a socket is opened
 *   (CURLOPT_OPENSOCKETFUNCTION). A proxy's own address is allowed, since the user has named it.
 *   With a proxy the guard checks the addresses we know: those in URLs, and those of names that we
 *   resolve.
 * - With request.etag or .last_modified the request is conditional: a 304 sets
 *   response.is_unchanged and is not an error.
 * - Redirects are not followed: response.redirect is the target.
 * - A body never grows beyond max_size, whatever its Content-Length says, neither as it comes nor
 *   when its Content-Encoding has been undone (net/contentcoding.h).
 * - A response whose header forbids it (net/transfer_head.h) ends before its body.
 * - If the server closed a kept connection before it responded, or says there that it has waited
 *   too long for a request (408), or says by HTTP/2 that it has not processed the request, the
 *   transfer ends as ERR_STALE. It is to be repeated with request.new_connection.
 * - A connection of HTTP/2 that brings nothing but frames is ended (net/tlsrecords.h).
 * - If socket() fails for lack of descriptors or memory, the transfer ends as ERR_STARVED and does
 *   not count as an attempt.
 *
 * A transfer and its pins belong to one thread.
 */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include "base/addr.h"
#include "base/budget.h"
#include "input/job.h"
#include "net/castore.h"
#include "net/proxy.h"

#include <curl/curl.h>
#include <stdatomic.h>

/* The newest version that https servers are offered; they choose. http has only 1.1. */
enum transfer_http { TRANSFER_HTTP_1_1, TRANSFER_HTTP_2, TRANSFER_HTTP_3 };

struct transfer_conf {
    const char *agent;
    const char *referer; /* NULL: none */
    /* "Name: value"; ends with NULL; may be NULL. Authorization, Cookie and Host are sent to the
     * site in the list only, not to another one after a redirect. */
    const char *const *headers;
    struct proxies proxies;
    struct castore *ca; /* borrowed; NULL unless https is used; shared by the transfers */
    bool insecure;      /* accept any certificate */
    enum transfer_http http;
    uint64_t connect_timeout_ms, stall_timeout_ms;
    unsigned in_flight;  /* how many transfers there may be at once: the more, the smaller are the
                            buffers that curl receives into; 0: not known, so that the buffers of
                            later transfers are smaller than those of earlier ones */
    uint64_t max_size;   /* bytes of a body */
    uint64_t max_speed;  /* bytes a second, shared evenly by all bodies; 0: no limit */
    atomic_uint *bodies; /* how many are being received; may be NULL without max_speed */
    atomic_ullong *arrived;       /* bytes of all bodies so far; may be NULL */
    const char *robots_tag;       /* X-Robots-Tag directives that refuse an image; NULL: none */
    const struct addr_net *allow; /* networks the guard lets through */
    size_t n_allow;
    struct budget *budget;
};

/* Whether the libcurl that runs here has HTTP/3. Any thread. */
bool transfer_has_http3(void);

/* True for the errors with which a transfer keeps what has come of a 2xx body: an image may be
 * whole although its transfer is not. Any thread. */
bool transfer_keeps_body(enum err);

/* A transfer holds this much of the budget before its body comes, and then the memory of what has
 * come and of what its pace lets one expect (net/transfer_pace.h), whatever its Content-Length. */
enum { TRANSFER_RESERVE = 256 * 1024 };

/* Slower than this for stall_timeout_ms is a stall. So is, after ten seconds of a body, a mean pace
 * at which the rest would need more than twice the time that is left. */
enum { TRANSFER_STALL_BYTES_PER_S = 100 };

/* Shared by the transfers of one thread: the addresses pinned in one curl DNS cache (of one
 * multi, or of one easy handle), and TLS sessions for resumption. */
struct transfer_pins;
struct transfer_pins *transfer_pins_new(void);
void transfer_pins_free(struct transfer_pins *);
size_t transfer_pins_count(const struct transfer_pins *); /* pinned hosts */

struct transfer;

/* conf and pins are borrowed for the transfer's life; owner is for the caller's use. */
struct transfer *transfer_new(const struct transfer_conf *, struct transfer_pins *, void *owner);
void transfer_free(struct transfer *); /* it has no job */

CURL *transfer_easy(struct transfer *);    /* CURLINFO_PRIVATE gives the transfer */
CURLSH *transfer_share(struct transfer *); /* its handle's CURLOPT_SHARE */
struct job *transfer_job(struct transfer *);
void *transfer_owner(struct transfer *);

/* The multi of a transfer that runs alone (net/transfer_perform.h). NULL until it is set; freed
 * with the transfer. transfer_multi(): any thread. */
CURLM *transfer_multi(struct transfer *);
void transfer_set_multi(struct transfer *, CURLM *);

/* What a loop of many transfers has to know. Called from inside curl. */
struct transfer_watcher {
    void (*opened)(void *arg, int fd); /* each new socket, before curl gets it */
    /* `bytes` of a body have come, `in_turn` since the transfer started or was resumed. True: that
     * is enough for now, and the transfer is paused until transfer_resume(). */
    bool (*has_enough)(void *arg, struct transfer *, size_t bytes, size_t in_turn);
    void *arg;
};

void transfer_watch(struct transfer *, const struct transfer_watcher *); /* borrowed */
void transfer_resume(struct transfer *);

/* Takes the job until transfer_finish(). The job's response must be empty. */
void transfer_start(struct transfer *, struct job *);

/* ERR_OK, or why it must be aborted now (ERR_STALLED). now: clock_ns(). Call it about once a
 * second. On an error, pass it to transfer_abort() and remove the handle from its multi. */
enum err transfer_check(struct transfer *, uint64_t now);

/* The next transfer_finish() reports this error, whatever curl reports. */
void transfer_abort(struct transfer *, enum err why);

/* Call it with curl's result before the handle leaves its multi: nobody shall use a broken
 * connection again. */
void transfer_leave(struct transfer *, CURLcode);

/* Fills the job from curl's result and returns it. */
struct job *transfer_finish(struct transfer *, CURLcode);

#endif
