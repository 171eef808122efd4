/*
 * A transfer: one curl easy handle, set up for one hop of one job at a time.
 * All use of curl's options stands here, so every backend asks in the same way
 * and gives the same answers.
 *
 *   transfer_start()   the handle is ready for curl_easy_perform() or a multi
 *   (curl runs; the callbacks write into job->response)
 *   transfer_check()   now and then: must it be given up?
 *   transfer_finish()  job->err, response and timings are set; the job is free again
 *
 * Always true:
 * - curl never looks a name up, but for a proxy's: the job's addresses are pinned into its cache
 *   (CURLOPT_RESOLVE), and unpinned when no transfer needs them any more.
 * - No connection is made to an address the guard refuses: it stands where the
 *   socket is opened (CURLOPT_OPENSOCKETFUNCTION).
 *   A proxy's own address is let through, since the user has named it; behind it the guard holds
 *   for what we know: addresses in URLs, and those of names that we look up.
 * - With request.etag or .last_modified the image is wanted only if it is another one: a 304 is
 *   response.is_unchanged then, and no error.
 * - Redirects are not followed: response.redirect says where to go on.
 * - A body never grows past max_size, whatever its Content-Length says; a compressed one is cut
 *   off, too, when that much of it has come, at the next transfer_check().
 * - What the head of an answer rules out (net/transfer_head.h) ends the transfer before the body.
 * - Who has no descriptor or memory for a socket ends as ERR_STARVED: not the row's fault.
 *
 * A transfer and its pins belong to one thread.
 */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include "base/addr.h"
#include "base/budget.h"
#include "input/job.h"
#include "net/castore.h"

#include <curl/curl.h>
#include <stdatomic.h>

struct transfer_conf {
    const char *agent;
    const char *referer; /* NULL: none */
    /* "Name: value"; ends with NULL; may be NULL. Authorization, Cookie and Host are for the site
     * in the list, and not sent where a redirect leads to another one. */
    const char *const *headers;
    const char *proxy;   /* as proxy_check() takes it; NULL: none */
    bool proxy_resolves; /* as proxy_check() says: names need no addresses */
    struct castore *ca;  /* borrowed, for https (else NULL will do); shared by the transfers */
    bool insecure;       /* accept any certificate */
    bool http2;          /* offer it to https servers; else HTTP/1.1 */
    uint64_t connect_timeout_ms, stall_timeout_ms;
    unsigned in_flight;  /* how many transfers there may be at once: the more, the smaller are the
                            buffers that curl receives into; 0: few */
    uint64_t max_size;   /* bytes of a body */
    uint64_t max_speed;  /* bytes a second of all bodies that are received at a time, which share
                            it evenly; 0: no limit */
    atomic_uint *bodies; /* how many that are; with max_speed */
    const char *robots_tag;       /* X-Robots-Tag directives that refuse an image; NULL: none */
    const struct addr_net *allow; /* networks the guard lets through */
    size_t n_allow;
    struct budget *budget;
};

/* A transfer that starts holds this much of the budget until its Content-Length is known. */
enum { TRANSFER_RESERVE = 256 * 1024 };

/* Slower than this for stall_timeout_ms is a stall. */
enum { TRANSFER_STALL_BYTES_PER_S = 100 };

/* What the transfers of one thread share: the addresses pinned in one curl DNS cache (of one
 * multi, or of one easy handle), and TLS sessions to be resumed. */
struct transfer_pins;
struct transfer_pins *transfer_pins_new(void);
void transfer_pins_free(struct transfer_pins *);
size_t transfer_pins_count(const struct transfer_pins *); /* pinned hosts */

struct transfer;

/* conf and pins are borrowed for the transfer's life; owner is who uses it, for itself. */
struct transfer *transfer_new(const struct transfer_conf *, struct transfer_pins *, void *owner);
void transfer_free(struct transfer *); /* it has no job */

CURL *transfer_easy(struct transfer *);    /* CURLINFO_PRIVATE gives the transfer */
CURLSH *transfer_share(struct transfer *); /* its handle's CURLOPT_SHARE */
struct job *transfer_job(struct transfer *);
void *transfer_owner(struct transfer *);

/* The multi of a transfer that is used alone (net/transfer_perform.h). NULL until it is set;
 * then it is freed with the transfer. Getting it is for any thread. */
CURLM *transfer_multi(struct transfer *);
void transfer_set_multi(struct transfer *, CURLM *);

/* `opened` is told of each socket that is made for it, before curl has it. */
void transfer_on_open(struct transfer *, void (*opened)(void *arg, int fd), void *arg);

/* Takes the job until transfer_finish(). Its response must be empty. */
void transfer_start(struct transfer *, struct job *);

/* ERR_OK, or why it must be given up now (ERR_STALLED). now: clock_ns(). Call it
 * about once a second; give the answer to transfer_abort() and take the handle from its multi. */
enum err transfer_check(struct transfer *, uint64_t now);

/* The next transfer_finish() reports this, whatever curl says. */
void transfer_abort(struct transfer *, enum err why);

/* Fills the job from what curl says and gives it back. */
struct job *transfer_finish(struct transfer *, CURLcode);

#endif
