#include "fetch/pace.h"

enum {
    SECOND = 1000000000,
    TOO_MANY_REQUESTS = 429,   /* RFC 6585, section 4 */
    SERVICE_UNAVAILABLE = 503, /* RFC 9110, section 15.6.4 */
    BANDWIDTH_EXCEEDED = 509,  /* of cPanel and others; in no RFC */
    SITE_OVERLOADED = 529,     /* of Cloudflare and others; in no RFC */
    OVERLOADS = 2,             /* in a row: not one page's fault, but the host's */
    STEP = 16,                 /* requests that succeed before one more is tried at once */
    PATIENCE_S = 1,            /* without Retry-After */
    CATCH_UP_NS =
        20000000, /* by which a late timer may be made up for, so as not to lower the rate */
};
static const double DAY_NS = 86400e9;

bool pace_has_slot(const struct pace *p, const struct pace_conf *conf, unsigned under_way)
{
    if (p->probe)
        return false;
    if (p->narrowed && under_way >= p->narrowed)
        return false;
    return !conf->per_host || under_way < conf->per_host;
}

bool pace_is_down(const struct pace *p, uint64_t now)
{
    return p->state == PACE_IS_DEAD || (p->state == PACE_IS_DOWN && now < p->not_before);
}

static bool is_probing(const struct pace *p)
{
    return p->state == PACE_DOUBTED || p->state == PACE_PROBED_AGAIN;
}

static void hold(struct pace *p, uint64_t until)
{
    if (until > p->not_before)
        p->not_before = until;
}

void pace_begin(struct pace *p, const struct pace_conf *conf, const struct job *j, uint64_t now)
{
    if (p->state == PACE_IS_DOWN)
        p->state = PACE_PROBED_AGAIN;
    if (is_probing(p))
        p->probe = j;
    if (conf->rate > 0) {
        uint64_t from = now > CATCH_UP_NS ? now - CATCH_UP_NS : 0;
        if (p->not_before > from)
            from = p->not_before;
        double interval = SECOND / conf->rate;
        p->not_before = from + (interval < DAY_NS ? (uint64_t)interval : (uint64_t)DAY_NS);
    }
}

/* True if the server wants fewer requests. nginx's limit_req says so by a 503 without a time; but a
 * single page may fail like this too, so it takes several in a row, or one soon after those. */
static bool is_told_to_wait(struct pace *p, const struct job *j)
{
    const struct response *r = &j->response;
    bool is_overload = j->err == ERR_HTTP_ERROR && (r->http_status == SERVICE_UNAVAILABLE ||
                                                       r->http_status == BANDWIDTH_EXCEEDED ||
                                                       r->http_status == SITE_OVERLOADED);
    p->overloads = is_overload ? p->overloads + 1 : 0;
    return (j->err == ERR_HTTP_ERROR && r->http_status == TOO_MANY_REQUESTS) ||
           (is_overload && (r->retry_after_s || p->narrowed || p->overloads >= OVERLOADS));
}

void pace_unbegin(struct pace *p, const struct job *j)
{
    if (p->probe == j)
        p->probe = NULL;
}

/* Counts a failed connection. Once the host is held, only the probe counts: other requests began
 * before. */
static void no_connection(struct pace *p, bool was_probe, uint64_t now)
{
    p->failures++;
    if (p->state == PACE_UP && p->failures >= PACE_TRIES) {
        p->state = PACE_DOUBTED;
        hold(p, now + (uint64_t)PACE_HOLD_S * SECOND);
    } else if (was_probe && p->state == PACE_DOUBTED) {
        p->state = PACE_IS_DOWN;
        p->not_before = now + (uint64_t)PACE_DOWN_S * SECOND;
    } else if (was_probe) {
        p->state = PACE_IS_DEAD;
    }
}

static void told_to_wait(
    struct pace *p, const struct pace_conf *conf, const struct job *j, uint64_t now)
{
    uint64_t wait = (uint64_t)j->response.retry_after_s * SECOND;
    if (!wait)
        wait = (uint64_t)PATIENCE_S * SECOND;
    hold(p, now + (wait < conf->max_wait_ns ? wait : conf->max_wait_ns));
    p->threshold = p->narrowed > 1 ? p->narrowed / 2 : p->narrowed;
    p->narrowed = 1;
    p->served = 0;
}

static void served(struct pace *p, const struct pace_conf *conf)
{
    if (!p->narrowed)
        return;
    if (p->threshold && p->narrowed >= p->threshold && ++p->served < STEP)
        return;
    p->served = 0;
    if (++p->narrowed >= (conf->per_host ? conf->per_host : UINT16_MAX))
        p->narrowed = p->threshold = 0;
}

void pace_end(struct pace *p, const struct pace_conf *conf, struct job *j, uint64_t now)
{
    bool was_probe = p->probe == j;
    j->is_host_held = false;
    if (was_probe)
        p->probe = NULL;
    if (j->err != ERR_CANCELLED && j->err != ERR_EVICTED)
        p->is_slow = j->err == ERR_TIMEOUT || j->err == ERR_STALLED;
    switch (j->err) {
    case ERR_CANCELLED:
    case ERR_EVICTED:
    case ERR_STALE:
    case ERR_STARVED:
    case ERR_HOST_DOWN:
    case ERR_BLOCKED_ADDRESS:
    case ERR_DNS_FAILURE:
    case ERR_DNS_NOT_FOUND:
    case ERR_IO_ERROR:
        return; /* the host was not contacted */
    case ERR_CONNECT_FAILED:
    case ERR_CONNECT_TIMEOUT:
        no_connection(p, was_probe, now);
        return;
    case ERR_TIMEOUT:
    case ERR_STALLED:
        if (j->response.http_status)
            break;
        no_connection(p, was_probe, now); /* no response at all counts like no connection */
        return;
    default:
        break;
    }
    p->failures = 0;
    if (p->state != PACE_UP) {
        p->state = PACE_UP;
        p->not_before = 0;
        p->narrowed = 1;
    }
    j->is_host_held = is_told_to_wait(p, j);
    if (j->is_host_held)
        told_to_wait(p, conf, j, now);
    else
        served(p, conf);
}

bool pace_is_blank(const struct pace *p, uint64_t now)
{
    return p->state == PACE_UP && !p->failures && !p->overloads && !p->narrowed && !p->is_slow &&
           p->not_before <= now;
}
