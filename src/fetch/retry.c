#include "fetch/retry.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/resolver.h"

#include <stdlib.h>
#include <string.h>

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 30000, UNPROCESSED_MAX = 5 };

/* Makes the request conditional if its URL is the one that the kept image came from. */
static void set_conditions(struct job *j)
{
    struct request *r = &j->request;
    const struct job_before *before = j->before;
    free(r->etag);
    free(r->last_modified);
    r->etag = r->last_modified = NULL;
    if (!before || before->err || !before->final_url || strcmp(before->final_url, r->url.text) != 0)
        return;
    r->etag = mem_dup(before->etag);
    r->last_modified = mem_dup(before->last_modified);
}

bool retry_hop_begin(struct job *j, const struct retry_limits *limits)
{
    struct request *r = &j->request;
    set_conditions(j);
    j->ms = (struct timings){.dns = j->ms.dns};
    if (j->started == 0) {
        j->started = clock_wall();
        j->started_ns = clock_ns();
    }
    if (j->hops == 0) {
        j->attempts++;
        r->time_left_ns = limits->timeout_ns;
    }
    if (r->time_left_ns <= j->ms.dns) {
        if (j->ms.dns)
            job_fail(j, ERR_TIMEOUT, "looking up %.60s used up --timeout", r->url.host);
        else
            job_fail(j, ERR_TIMEOUT, "the redirects used up --timeout");
        return false;
    }
    r->time_left_ns -= j->ms.dns;
    return true;
}

static enum retry_next redirect(struct job *j, const struct retry_limits *limits)
{
    struct url next;
    const char *why;
    if (j->hops >= limits->max_redirects) {
        job_fail(j, ERR_REDIRECT_LOOP, "more than %u redirects%s", limits->max_redirects,
            j->response.sets_cookie ? "; the site sets a cookie and may want it back (-H)" : "");
        return RETRY_SETTLED;
    }
    const char *target = j->response.redirect;
    if (url_parse(target, strlen(target), &next, &why)) {
        job_fail(j, ERR_BAD_URL, "redirect: %s", why);
        return RETRY_SETTLED;
    }
    if (j->hops++ == 0)
        j->origin = j->request.url;
    else
        url_fini(&j->request.url);
    j->request.url = next;
    j->request.is_elsewhere = !url_is_same_site(&j->origin, &next);
    job_clear_response(j, limits->budget);
    return RETRY_REDIRECTED;
}

static void begin_anew(struct job *j, const struct retry_limits *limits)
{
    if (j->hops > 0) {
        url_fini(&j->request.url);
        j->request.url = j->origin;
        j->origin = (struct url){0};
        j->request.is_elsewhere = false;
        j->hops = 0;
    }
    job_clear_response(j, limits->budget);
}

static void forget_result(struct job *j)
{
    job_free_thumbs(j);
    job_forget_image(j);
    j->bytes = 0;
    j->has_sha256 = false;
    free(j->hash);
    j->hash = NULL;
    j->reused = false;
    free(j->twin);
    j->twin = NULL;
    j->is_host_held = false;
    j->request.new_connection = false;
}

bool retry_next_url(struct job *j, const struct retry_limits *limits)
{
    const char *why;
    unsigned next;
    while ((next = job_next_url(j))) {
        const struct job_fallback *cell = &j->columns->fallbacks[next - 1];
        begin_anew(j, limits);
        forget_result(j);
        url_fini(&j->request.url);
        j->url_index = next;
        j->attempts_before = j->attempts;
        if (url_parse(cell->text, cell->len, &j->request.url, &why) == ERR_OK)
            return true;
        job_fail(j, ERR_BAD_URL, "%s", why);
    }
    return false;
}

static enum retry_next again(struct job *j, const struct retry_limits *limits)
{
    enum retry_next next = j->err == ERR_STARVED ? RETRY_STARVED
                           : j->err == ERR_STALE ? RETRY_STALE
                                                 : RETRY_EVICTED;
    if (j->hops == 0)
        j->attempts--;
    job_clear_response(j, limits->budget);
    return next;
}

static enum retry_next retry(struct job *j, const struct retry_limits *limits)
{
    j->delay_ns = retry_backoff_ns(job_tries(j));
    if (j->err == ERR_DNS_FAILURE) /* earlier, the resolver would only repeat its cached failure */
        j->delay_ns += (uint64_t)RESOLVER_TTL_FAILURE * 1000000000;
    if (j->delay_ns > limits->max_wait_ns)
        j->delay_ns = limits->max_wait_ns;
    j->request.new_connection = j->err != ERR_HTTP_ERROR;
    begin_anew(j, limits);
    return j->is_host_held ? RETRY_WAIT : RETRY_AGAIN;
}

/* A server that refuses without end has failed. A transfer may have tried several connections. */
static void count_unprocessed(struct job *j)
{
    unsigned all = j->unprocessed + (j->response.connections ? j->response.connections : 1);
    if (j->err == ERR_STALE && all > UNPROCESSED_MAX)
        j->err = ERR_PROTOCOL_ERROR;
    j->unprocessed = j->err == ERR_STALE ? (uint16_t)all : 0;
}

enum retry_next retry_hop_end(struct job *j, const struct retry_limits *limits)
{
    uint64_t spent = j->ms.total;
    j->ms.total += j->ms.dns;
    /* The wall clock may have been set meanwhile. */
    j->finished = j->started + (double)(clock_ns() - j->started_ns) / 1e9;
    j->request.new_connection = j->err == ERR_STALE;
    count_unprocessed(j);
    switch (j->err) {
    case ERR_CANCELLED:
        return RETRY_CANCELLED;
    case ERR_EVICTED:
    case ERR_STALE:
    case ERR_STARVED:
        return again(j, limits);
    case ERR_OK:
        if (!j->response.redirect)
            return RETRY_SETTLED;
        j->request.time_left_ns -=
            spent < j->request.time_left_ns ? spent : j->request.time_left_ns;
        return redirect(j, limits);
    default:
        if (!err_is_transient(j->err, j->response.http_status) || job_tries(j) > limits->retries)
            return RETRY_SETTLED;
        return retry(j, limits);
    }
}

uint64_t retry_backoff_ns(unsigned attempts)
{
    uint64_t ms = BACKOFF_FIRST_MS;
    for (; attempts > 1 && ms < BACKOFF_MAX_MS; attempts--)
        ms *= 2;
    if (ms > BACKOFF_MAX_MS)
        ms = BACKOFF_MAX_MS;
    return (1 + (uint64_t)arc4random_uniform((uint32_t)ms)) * 1000000;
}
