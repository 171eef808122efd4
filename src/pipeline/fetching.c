#include "pipeline/inside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "pipeline/inspect.h"

#include <stdlib.h>
#include <string.h>

enum { STARVED_MS = 100, STARVED_MAX_S = 10 };

/* A request got no descriptor, or no memory for a socket. */
static void starve(struct pipeline *p)
{
    uint64_t now = clock_ns();
    p->stats.starved++;
    window_starved(&p->window, p->stats.in_flight);
    p->starved_until = now + (uint64_t)STARVED_MS * 1000000;
    if (p->stats.in_flight) /* which gives its descriptor back when it ends */
        p->starved_since = 0;
    else if (!p->starved_since)
        p->starved_since = now;
    else if (now - p->starved_since > (uint64_t)STARVED_MAX_S * 1000000000)
        pipeline_fail(p, "no file descriptor or no memory for a request, for ten seconds");
}

/* Tells the window what has come of a request; not of one that is done again at once. */
static void tell_window(struct pipeline *p, const struct job *j)
{
    enum window_end end = WINDOW_REFUSED;
    switch (j->err) {
    case ERR_CANCELLED:
    case ERR_EVICTED:
    case ERR_STALE:
    case ERR_STARVED:
        return;
    case ERR_OK:
        p->starved_since = 0;
        end = WINDOW_ANSWERED;
        break;
    case ERR_CONNECT_FAILED:
    case ERR_CONNECT_TIMEOUT:
    case ERR_TIMEOUT:
    case ERR_STALLED:
        end = WINDOW_UNANSWERED;
        break;
    default:
        break;
    }
    window_ended(&p->window, end, url_host_hash(&j->request.url), j->ms.total, clock_ns());
}

/* Queues the rows that waited for a robots.txt, in their order, before rows that came later. */
static void robots_known(struct pipeline *p, struct job *robots_job)
{
    struct job_queue rows = TAILQ_HEAD_INITIALIZER(rows);
    struct job *j;
    robotstxt_settled(p->robots, robots_job, &rows);
    while ((j = TAILQ_LAST(&rows, job_queue))) {
        TAILQ_REMOVE(&rows, j, link);
        frontier_add_first(p->frontier, j);
    }
    p->stats.outstanding--;
    job_free(robots_job, &p->budget);
}

/* Ends the hop, and tells of it if anybody wants to know. */
static enum retry_next end_hop(struct pipeline *p, struct job *j)
{
    struct attempt attempt = {0};
    if (p->conf.on_attempt)
        attempt_note(&attempt, j);
    enum retry_next next = retry_hop_end(j, &p->retry);
    if (p->stopping && next != RETRY_SETTLED)
        next = RETRY_CANCELLED;
    attempt_follow(&attempt, j, next);
    if (p->conf.on_attempt)
        p->conf.on_attempt(p->conf.arg, &attempt);
    attempt_fini(&attempt);
    return next;
}

/* Decides what follows after a hop has ended, or could not begin. */
static void after_hop(struct pipeline *p, struct job *j)
{
    enum retry_next next = end_hop(p, j);
    switch (next) {
    case RETRY_SETTLED:
        if (j->robots_site)
            robots_known(p, j);
        else
            finishing_settle(p, j);
        break;
    case RETRY_REDIRECTED:
        p->stats.redirects++;
        frontier_add(p->frontier, j);
        break;
    case RETRY_AGAIN:
        p->stats.retries++;
        frontier_delay(p->frontier, j, clock_ns() + j->delay_ns);
        break;
    case RETRY_WAIT:
        p->stats.retries++;
        frontier_add_first(p->frontier, j);
        break;
    case RETRY_STALE:
        frontier_add_first(p->frontier, j);
        break;
    case RETRY_STARVED:
        frontier_add_first(p->frontier, j);
        starve(p); /* may drop all rows */
        break;
    case RETRY_EVICTED:
        p->stats.evictions++;
        frontier_add(p->frontier, j);
        break;
    case RETRY_CANCELLED:
        finishing_drop(p, j);
        break;
    }
}

/* Remembers which address of a host answered, if it was not the first one. */
static void note_address(struct pipeline *p, const struct job *j)
{
    const struct request *r = &j->request;
    struct addr answered;
    char first[ADDR_TEXT_SIZE];
    if (r->addrs.n < 2 || !j->response.http_status || !addr_parse(j->response.ip, &answered))
        return;
    addr_format(&r->addrs.at[0], first);
    if (strcmp(first, j->response.ip) != 0)
        resolver_prefer(p->resolver, r->url.host, &answered);
}

/*
 * Believes the image rather than the transfer where they disagree. What may have been cut off is
 * tried again if the image ends early. The last attempt keeps an image that has its end although
 * its transfer has not, and one that ends early as well.
 */
static void judge_ending(struct pipeline *p, struct job *j)
{
    struct buf *body = &j->response.body;
    if (!body->len || j->robots_site || (!j->err && !j->response.may_be_cut))
        return;
    bool is_last = job_tries(j) > p->retry.retries;
    enum inspect_ending ending = inspect_ending(body);
    if (!j->err && !is_last && ending == INSPECT_EARLY)
        job_fail(j, ERR_TRUNCATED_BODY, "the image ends early, and maybe so has its transfer");
    if (j->err && is_last && ending == INSPECT_WHOLE) {
        j->err = ERR_OK;
        j->message[0] = '\0';
        j->image.truncated_transfer = true;
    } else if (j->err) {
        buf_fini(body);
        budget_set(&p->budget, &j->memory, 0);
    }
}

/* A request that the process kept waiting, until its time ran out or the server gave up, is made
 * once more on a new connection, and does not count. */
static void excuse_standstill(struct pipeline *p, struct job *j)
{
    uint64_t now = clock_ns();
    standstill_look(&p->still, now);
    bool is_outage = err_is_transient(j->err, 0) && j->err != ERR_IO_ERROR;
    if (is_outage && standstill_was_within(&p->still, now, j->ms.total))
        job_fail(j, ERR_STALE, "the process stood still");
}

void fetching_done(void *arg, struct job *j)
{
    struct pipeline *p = arg;
    excuse_standstill(p, j);
    judge_ending(p, j);
    note_address(p, j);
    p->stats.in_flight--;
    p->stats.connections += j->response.connections;
    ratelimit_end(&p->limit, j->ration, j->response.received);
    frontier_done(p->frontier, j, clock_ns());
    tell_window(p, j);
    after_hop(p, j);
}

struct lookup {
    struct pipeline *pipeline;
    char host[];
};

static void on_looked_up(void *arg, const struct resolver_answer *answer)
{
    struct lookup *lookup = arg;
    struct pipeline *p = lookup->pipeline;
    if (p->frontier)
        frontier_host_ready(p->frontier, lookup->host, answer->lookup_ns);
    free(lookup);
}

/* True: *ret is the answer, or stays as it is if a proxy looks the host up. False: on_looked_up()
 * will tell the frontier when it is there. */
static bool look_up(struct pipeline *p, const struct url *url, struct resolver_answer *ret)
{
    if (proxy_for(&p->conf.transfer.proxies, url).resolves)
        return true;
    size_t len = strlen(url->host);
    struct lookup *lookup = mem_new(sizeof *lookup + len + 1);
    lookup->pipeline = p;
    memcpy(lookup->host, url->host, len + 1);
    bool now = resolver_get(p->resolver, url->host, url->port, ret, on_looked_up, lookup);
    if (now)
        free(lookup);
    return now;
}

bool fetching_want_host(void *arg, const struct job *j)
{
    struct resolver_answer ignored;
    return look_up(arg, &j->request.url, &ignored);
}

/* False: the job waits for its site's robots.txt, or that forbids it. It is no longer ours. */
static bool ask_robots(struct pipeline *p, struct job *j)
{
    struct job *robots_job;
    if (!p->robots || j->robots_site)
        return true;
    enum robotstxt_verdict verdict = robotstxt_check(p->robots, j, &robots_job);
    if (verdict == ROBOTSTXT_ALLOWED)
        return true;
    frontier_release(p->frontier, j);
    if (verdict == ROBOTSTXT_REFUSED)
        finishing_settle(p, j);
    if (robots_job) {
        p->stats.outstanding++;
        frontier_add_first(p->frontier, robots_job);
    }
    return false;
}

/* Gives the job its addresses, or fails it. False: the job has to wait, or has ended; it is no
 * longer ours. */
static bool begin_fetch(struct pipeline *p, struct job *j)
{
    struct resolver_answer answer = {0};
    if (p->resolver && !look_up(p, &j->request.url, &answer)) {
        frontier_put_back(p->frontier, j);
        return false;
    }
    if (!answer.err && !ask_robots(p, j))
        return false;
    retry_hop_begin(j, &p->retry);
    if (answer.err)
        job_fail(j, answer.err, "%s", answer.message);
    /* A further attempt begins at the next address, in case that is what failed. */
    j->request.addrs = answer.addrs;
    if (job_tries(j) > 1)
        addr_set_rotate(&j->request.addrs, job_tries(j) - 1);
    return true;
}

static struct job *next_to_fetch(struct pipeline *p)
{
    struct job *j = p->held;
    p->held = NULL;
    if (j)
        return j;
    while ((j = frontier_next(p->frontier, clock_ns()))) {
        if (!j->err && !begin_fetch(p, j))
            continue;
        if (!j->err)
            return j;
        frontier_done(p->frontier, j, clock_ns());
        after_hop(p, j);
    }
    return NULL;
}

static bool may_begin(struct pipeline *p)
{
    return !p->stopping && p->stats.in_flight < p->window.size && budget_has_room(&p->budget) &&
           !ratelimit_wait_until(&p->limit, clock_ns());
}

/* True if only memory keeps a host that holds little of it from its next request. */
static bool wants_memory(struct pipeline *p)
{
    if (p->stopping || p->stats.in_flight >= p->window.size || budget_has_room(&p->budget))
        return false;
    return frontier_others_wait(p->frontier) ||
           (p->held && !budget_is_over_quarter(&p->budget, p->held->memory.host));
}

static void begin_requests(struct pipeline *p)
{
    if (p->starved_until && clock_ns() < p->starved_until)
        return;
    p->starved_until = 0;
    if (budget_is_behind(&p->budget))
        return;
    while (may_begin(p)) {
        struct job *j = next_to_fetch(p);
        if (!j)
            return;
        p->stats.in_flight++;
        j->ration = ratelimit_begin(&p->limit);
        if (stage_submit(p->fetch, j) == STAGE_AGAIN) {
            ratelimit_unbegin(&p->limit, j->ration);
            p->stats.in_flight--;
            p->held = j;
            return;
        }
        if (p->stats.in_flight > p->stats.most_in_flight)
            p->stats.most_in_flight = p->stats.in_flight;
    }
}

void fetching_start(struct pipeline *p)
{
    struct window_view view = {.memory = p->budget.limit};
    do {
        begin_requests(p);
        view.now = clock_ns();
        view.bytes = atomic_load(&p->arrived);
        view.in_flight = p->stats.in_flight;
        view.receiving = atomic_load(&p->bodies);
    } while (window_turn(&p->window, &view));
    budget_want(&p->budget, wants_memory(p));
}
