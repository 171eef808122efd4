#include "pipeline/inside.h"

#include "base/clock.h"
#include "input/reject.h"
#include "pipeline/inspect.h"

static void leave(struct pipeline *p, const struct job *j)
{
    p->stats.outstanding--;
    p->columns_size -= j->columns ? j->columns->size : 0;
}

static void drop_one(struct pipeline *p, struct job *j)
{
    p->stats.dropped += !j->robots_site;
    leave(p, j);
    job_free(j, &p->budget);
}

void finishing_drop(struct pipeline *p, struct job *j)
{
    struct job *waiter = singleflight_remove(&p->in_flight, j);
    drop_one(p, j);
    for (struct job *next; waiter; waiter = next) {
        next = waiter->next_waiter;
        drop_one(p, waiter);
    }
}

void finishing_drop_all(struct pipeline *p, struct job_queue *jobs)
{
    struct job *j;
    while ((j = TAILQ_FIRST(jobs))) {
        TAILQ_REMOVE(jobs, j, link);
        finishing_drop(p, j);
    }
}

static void store(struct pipeline *p, struct job *j)
{
    p->stats.storing++;
    stage_submit(store_stage(p->store), j); /* a store takes everything */
}

/* Stores the rows that have waited for this one. */
static void store_waiters(struct pipeline *p, struct job *j)
{
    struct job *waiter = singleflight_remove(&p->in_flight, j);
    for (struct job *next; waiter; waiter = next) {
        next = waiter->next_waiter;
        store(p, waiter);
    }
}

/* The row that was to answer it cannot be read. */
static void fetch_after_all(struct pipeline *p, struct job *j)
{
    job_first_free(j->first);
    j->first = NULL;
    if (p->stopping)
        finishing_drop(p, j);
    else if (!reusing_take(p, j))
        frontier_add(p->frontier, j);
}

static void count_picture(struct pipeline *p, const struct job *j)
{
    const struct url *url = j->origin.text ? &j->origin : &j->request.url;
    if (!j->err && j->has_sha256 && j->image.format)
        samebody_add(p->same, url->host, url->text, j->sha256);
}

static bool may_pass(const struct job *j)
{
    return err_is_transient(j->err, j->response.http_status) || j->err == ERR_HOST_DOWN;
}

static void count_row(struct pipeline *p, const struct job *j)
{
    struct pipeline_stats *s = &p->stats;
    enum err says = j->keeps_before ? j->before->err : j->err; /* its row */
    s->tally.by_code[says]++;
    s->may_pass.by_code[says] += says && may_pass(j);
    s->unsupported[image_format_named(j->image.format)] += says == ERR_UNSUPPORTED_FORMAT;
    s->unchanged += j->keeps_before && !j->err;
    s->unasked += j->keeps_before && j->err;
    s->no_referer += j->columns && j->columns->lacks_referer;
    s->malformed += j->is_malformed;
    if (says && j->request.url.host)
        hostcount_add(&p->failing, j->request.url.host);
    if (j->first) {
        s->duplicates++;
        return; /* nothing has come, and nothing was made */
    }
    s->reused += j->reused;
    *(j->reused ? &s->reused_bytes : &s->bytes) += j->bytes;
    s->thumbs += j->n_thumbs;
    count_picture(p, j);
    if (j->ms.total)
        histogram_add(&s->latency, j->ms.total / 1000);
}

/* True if the row's old image stays: the server says it is unchanged, or the failure (or that of an
 * earlier URL of the row) is temporary and so no reason to lose it. Nor is an address that this run
 * refuses, for want of --allow-net: nobody was asked. */
static bool keeps_before(const struct job *j)
{
    bool is_outage = may_pass(j) || (j->err && j->had_outage);
    bool is_unasked = is_outage || j->err == ERR_BLOCKED_ADDRESS;
    return j->before && j->before->err == ERR_OK && (j->response.is_unchanged || is_unasked);
}

/* The server says that the old image is unchanged. But the file of placeholders may have changed.
 */
static void check_unchanged(const struct pipeline *p, struct job *j)
{
    const struct reject *reject = p->conf.store.reject;
    const struct job_before *b = j->before;
    if (!reject || !b || !j->response.is_unchanged || j->err)
        return;
    if (reject_check(reject, j, b->has_sha256 ? b->sha256 : NULL))
        j->response.is_unchanged = false;
}

/* True: the row has failed, but has another URL, which is tried now. It is no longer ours. */
static bool try_next_url(struct pipeline *p, struct job *j)
{
    if (!j->err || j->first || !job_next_url(j))
        return false;
    j->had_outage = j->had_outage || may_pass(j);
    if (p->stopping)
        finishing_drop(p, j); /* it is not done */
    else if (!retry_next_url(j, &p->retry))
        return false;
    else if (!reusing_take(p, j))
        frontier_add(p->frontier, j);
    return true;
}

/* True: the store has written nothing, because it refuses the body and the row has other URLs. */
static bool is_handed_back(const struct job *j)
{
    bool is_written = j->err == ERR_NAME_TAKEN; /* another URL would have the same name */
    return j->err && !is_written && !j->first && !j->keeps_before && job_next_url(j);
}

void finishing_stored(void *arg, struct job *j)
{
    struct pipeline *p = arg;
    p->stats.storing--;
    if (store_error(p->store) && j->err == ERR_IO_ERROR) {
        finishing_drop(p, j);
        return;
    }
    if (j->first && j->first->is_lost) {
        fetch_after_all(p, j);
        return;
    }
    if (is_handed_back(j)) {
        if (!try_next_url(p, j))
            store(p, j);
        return;
    }
    store_waiters(p, j);
    leave(p, j);
    count_row(p, j);
    if (p->conf.on_row)
        p->conf.on_row(p->conf.arg, j);
    job_free(j, &p->budget);
}

static void add_to_thumb(struct pipeline *p, struct job *j)
{
    p->stats.decoding++;
    decodeorder_add(&p->to_thumb, j);
    finishing_make_thumbs(p);
}

void finishing_thumbs_done(void *arg, struct job *j)
{
    struct pipeline *p = arg;
    bool given_up = j->err == ERR_EVICTED;
    p->stats.decoding--;
    decodeorder_end(&p->to_thumb, j, given_up, clock_ns());
    if (j->err == ERR_OK && p->conf.strict && j->image.truncated)
        job_fail(j, ERR_DECODE_ERROR, "the image ends early (--strict)");
    if (given_up && !p->aborting) {
        j->err = ERR_OK;
        j->message[0] = '\0';
        add_to_thumb(p, j);
    } else if (given_up || j->err == ERR_CANCELLED) {
        finishing_drop(p, j);
    } else if (!try_next_url(p, j)) {
        j->keeps_before = j->had_outage && keeps_before(j);
        store(p, j);
    }
}

uint64_t finishing_make_thumbs(struct pipeline *p)
{
    uint64_t now = clock_ns(), when = 0;
    struct job *j;
    while (!p->aborting && (j = decodeorder_first(&p->to_thumb)) &&
           stage_submit(p->thumb, j) == STAGE_OK)
        decodeorder_begin(&p->to_thumb, now);
    if (!p->aborting && (j = decodeorder_overdue(&p->to_thumb, now, &when)))
        thumb_give_up(p->thumb, j); /* it comes back, and with it this call */
    return when;
}

void finishing_settle(struct pipeline *p, struct job *j)
{
    if (j->err == ERR_OK && j->response.body.len > 0)
        inspect_body(j, &p->conf.limits, p->conf.strict);
    check_unchanged(p, j);
    if (try_next_url(p, j))
        return;
    j->keeps_before = keeps_before(j);
    bool wants_thumbs = j->err == ERR_OK && j->response.body.len > 0 && p->thumb;
    if (wants_thumbs && !thumb_make_room(p->thumb, j)) {
        job_fail(j, ERR_IO_ERROR, "no memory for the boxes to blur");
        wants_thumbs = false;
    }
    if (wants_thumbs && p->aborting) {
        finishing_drop(p, j);
    } else if (wants_thumbs) {
        add_to_thumb(p, j);
    } else {
        store(p, j);
    }
}
