#include "pipeline/inside.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pipeline_fail(struct pipeline *p, const char *why)
{
    if (p->error[0])
        return;
    snprintf(p->error, sizeof p->error, "%s", why);
    pipeline_stop(p, PIPELINE_ABORT);
}

/* Only wakes the loop: pump() does the rest. */
static void on_delay(uv_timer_t *timer)
{
    (void)timer;
}

/* The earlier of two times; 0 means none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    return !a || (b && b < a) ? b : a;
}

/* Wakes the loop when the next delayed row or a decoder (0: none) is due, a request may begin, or
 * the window is to be looked at. */
static void wake_at(struct pipeline *p, uint64_t delayed, uint64_t decoder)
{
    uint64_t now = clock_ns();
    uint64_t when = earlier(earlier(delayed, decoder), p->starved_until);
    when = earlier(when, ratelimit_wait_until(&p->limit, now));
    when = earlier(when, window_due(&p->window, now));
    if (!when)
        uv_timer_stop(&p->delay);
    else
        uv_timer_start(&p->delay, on_delay, when > now ? (when - now) / 1000000 + 1 : 1, 0);
}

static void check_failures(struct pipeline *p)
{
    if (store_error(p->store))
        pipeline_fail(p, store_error(p->store));
    if (stage_error(p->fetch))
        pipeline_fail(p, stage_error(p->fetch));
    if (stage_error(p->thumb))
        pipeline_fail(p, stage_error(p->thumb));
}

static bool are_rows_done(const struct pipeline *p)
{
    return p->stats.list_ended && !p->stats.dropped && !p->error[0];
}

/* A run that is stopped when only its shards are left to be closed, closes them. */
static bool is_over(const struct pipeline *p)
{
    if (p->stats.outstanding)
        return false;
    if (p->stopping && (p->aborting || !are_rows_done(p)))
        return !delivering_any(p);
    return p->stats.list_ended && store_open_shards(p->store) == 0 && !delivering_any(p);
}

/* Moves every row that can move, once a turn. Callbacks only change state; this acts on it. */
static void on_beat(uv_timer_t *beat)
{
    (void)beat; /* pump() follows */
}

static void pump(uv_prepare_t *turn)
{
    struct pipeline *p = turn->data;
    standstill_look(&p->still, clock_ns());
    if (p->ended)
        return;
    intake_take_rows(p);
    uint64_t delayed = frontier_tick(p->frontier, clock_ns());
    reusing_start(p);
    fetching_start(p);
    if (p->delivery)
        delayed = earlier(delayed, delivery_turn(p->delivery));
    wake_at(p, delayed, p->thumb ? finishing_make_thumbs(p) : 0);
    check_failures(p);
    if (is_over(p)) {
        p->ended = true;
        p->conf.on_end(p->conf.arg);
    }
}

void pipeline_stop(struct pipeline *p, enum pipeline_stop how)
{
    struct job_queue waiting = TAILQ_HEAD_INITIALIZER(waiting);
    p->stopping = true;
    if (p->held) {
        frontier_done(p->frontier, p->held, clock_ns());
        finishing_drop(p, p->held);
        p->held = NULL;
    }
    frontier_drain(p->frontier, &waiting);
    if (p->robots)
        robotstxt_drain(p->robots, &waiting);
    shuffle_drain(&p->shuffle, &waiting);
    reusing_stop(p, how == PIPELINE_ABORT, &waiting);
    finishing_drop_all(p, &waiting);
    stage_stop(store_stage(p->store));
    if (p->delivery)
        delivery_stop(p->delivery, how == PIPELINE_ABORT);
    if (how == PIPELINE_FINISH || p->aborting)
        return;
    p->aborting = true;
    struct job *j;
    while ((j = decodeorder_pop(&p->to_thumb))) {
        p->stats.decoding--;
        finishing_drop(p, j);
    }
    stage_stop(p->fetch);
    if (p->thumb)
        stage_stop(p->thumb);
}

static bool open_store(struct pipeline *p, uv_loop_t *loop, char *message)
{
    struct store_conf conf = p->conf.store;
    conf.budget = &p->budget;
    conf.shares = p->conf.dedupe == DEDUPE_CONTENT;
    conf.on_closed = p->conf.launcher ? delivering_closed : NULL;
    conf.on_closed_arg = p;
    conf.done = finishing_stored;
    conf.done_arg = p;
    p->store = store_open(&conf, loop, message);
    return p->store != NULL;
}

static bool open_fetch(struct pipeline *p, uv_loop_t *loop, char *message)
{
    const struct backend *backend = p->conf.backend;
    struct backend_conf conf = {.transfer = &p->conf.transfer, .concurrency = p->conf.concurrency};
    conf.loops = p->conf.loops;
    conf.pool = p->conf.fetch_pool;
    conf.say = p->conf.on_say;
    conf.say_arg = p->conf.arg;
    conf.done = fetching_done;
    conf.done_arg = p;
    p->conf.transfer.budget = &p->budget;
    p->conf.transfer.bodies = &p->bodies;
    p->conf.transfer.arrived = &p->arrived;
    p->fetch = backend->open(&conf, loop, message);
    bool looks_up = backend->needs_address && !proxy_resolves_all(&conf.transfer->proxies);
    p->conf.resolver.allow = p->conf.transfer.allow;
    p->conf.resolver.n_allow = p->conf.transfer.n_allow;
    if (p->fetch && looks_up)
        p->resolver = resolver_new(loop, &p->conf.resolver, message);
    return p->fetch && (p->resolver || !looks_up);
}

static bool open_feeder(struct pipeline *p, uv_loop_t *loop, char *message)
{
    struct feeder_conf conf = {.paths = p->conf.lists, .n_paths = p->conf.n_lists};
    conf.format = p->conf.format;
    conf.encoding = p->conf.encoding;
    conf.parquet = p->conf.parquet;
    conf.columns = p->conf.store.columns;
    conf.shard_size = p->conf.store.shard_size;
    conf.limit = p->conf.limit;
    conf.is_part = p->conf.is_part;
    conf.first_shard = p->conf.first_shard;
    conf.shards = p->conf.shards;
    conf.dedupe = p->conf.dedupe;
    conf.output = store_output(p->store);
    conf.again = &p->conf.again;
    p->feeder = feeder_new(&conf, loop, message);
    return p->feeder != NULL;
}

static void open_frontier(struct pipeline *p)
{
    struct frontier_conf conf = {.arg = p};
    conf.pace.per_host = p->conf.per_host;
    conf.pace.rate = p->conf.host_rate;
    conf.limits = p->conf.host_limits;
    conf.pace.max_wait_ns = p->retry.max_wait_ns;
    conf.budget = &p->budget;
    conf.want_host = p->resolver ? fetching_want_host : NULL;
    p->frontier = frontier_new(&conf);
}

static void open_thumb(struct pipeline *p)
{
    struct thumb_conf conf = {.executor = p->conf.executor, .n_specs = p->conf.store.n_specs};
    conf.keeps = p->conf.keeps;
    conf.phash = p->conf.store.phash;
    conf.timeout_ns = p->conf.decode_timeout_ms * 1000000;
    conf.kills_fd = p->conf.kills_fd;
    conf.exif = p->conf.exif;
    conf.blur = p->conf.store.columns && p->conf.store.columns->at[COLUMN_BLUR].name;
    conf.done = finishing_thumbs_done;
    conf.done_arg = p;
    if (conf.executor)
        p->thumb = thumb_open(&conf);
}

struct pipeline *pipeline_new(const struct pipeline_conf *conf, uv_loop_t *loop, char *message)
{
    struct pipeline *p = mem_new(sizeof *p);
    p->conf = *conf;
    p->budget.limit = conf->memory;
    p->retry = (struct retry_limits){
        .retries = conf->retries, .max_redirects = conf->max_redirects, .budget = &p->budget};
    p->retry.timeout_ns = conf->timeout_ms * 1000000;
    p->retry.max_wait_ns = conf->retry_max_wait_ms * 1000000;
    window_init(&p->window, conf->concurrency, conf->adapts);
    p->limit.rate = conf->transfer.max_speed;
    p->shuffle.random = conf->seed;
    p->to_thumb.largest_first = conf->largest_first;
    p->begun = clock_ns();
    p->same = samebody_new();
    uv_prepare_init(loop, &p->turn);
    uv_timer_init(loop, &p->delay);
    uv_timer_init(loop, &p->beat);
    p->turn.data = p->delay.data = p->beat.data = p;
    if (!open_fetch(p, loop, message) || !open_store(p, loop, message) ||
        !delivering_open(p, loop, message) || !reusing_open(p, loop, message) ||
        !open_feeder(p, loop, message)) {
        pipeline_free(p);
        return NULL;
    }
    open_frontier(p);
    if (conf->robots_txt && conf->backend->needs_address)
        p->robots = robotstxt_new(conf->transfer.agent);
    open_thumb(p);
    uv_prepare_start(&p->turn, pump);
    uv_timer_start(&p->beat, on_beat, STANDSTILL_BEAT_MS, STANDSTILL_BEAT_MS);
    uv_unref((uv_handle_t *)&p->beat); /* it is no work */
    return p;
}

const char *pipeline_error(const struct pipeline *p)
{
    return p->error[0] ? p->error : NULL;
}

bool pipeline_is_complete(const struct pipeline *p)
{
    return are_rows_done(p) && store_open_shards(p->store) == 0 && !delivering_any(p) &&
           !(p->delivery && delivery_left(p->delivery));
}

bool pipeline_is_misuse(const struct pipeline *p)
{
    return p->is_misuse;
}

const struct pipeline_stats *pipeline_stats(struct pipeline *p)
{
    p->stats.waiting = frontier_count(p->frontier);
    p->stats.memory = atomic_load(&p->budget.used);
    p->stats.window = p->window.size;
    p->stats.arrived = atomic_load(&p->arrived);
    p->stats.total = feeder_total(p->feeder);
    p->stats.shared = store_shared(p->store);
    p->stats.seconds = (double)(clock_ns() - p->begun) / 1e9;
    p->stats.shards_open = store_open_shards(p->store);
    p->stats.shards_closed = store_closed_shards(p->store);
    if (p->resolver)
        p->stats.dns = resolver_stats(p->resolver);
    if (p->delivery) {
        p->stats.delivered = delivery_done(p->delivery);
        p->stats.undelivered = delivery_waiting(p->delivery) + delivery_left(p->delivery);
    }
    return &p->stats;
}

unsigned pipeline_failing_hosts(const struct pipeline *p, struct hostcount_row *ret, unsigned n)
{
    return hostcount_top(&p->failing, ret, n);
}

unsigned pipeline_same_pictures(const struct pipeline *p, struct samebody_row *ret, unsigned n)
{
    return samebody_top(p->same, ret, n);
}

static void on_pipeline_closed(uv_handle_t *h)
{
    struct pipeline *p = h->data;
    assert(atomic_load(&p->budget.used) == 0);
    free(p);
}

static void on_beat_closed(uv_handle_t *h)
{
    struct pipeline *p = h->data;
    uv_close((uv_handle_t *)&p->turn, on_pipeline_closed);
}

static void on_delay_closed(uv_handle_t *h)
{
    struct pipeline *p = h->data;
    uv_close((uv_handle_t *)&p->beat, on_beat_closed);
}

void pipeline_free(struct pipeline *p)
{
    if (!p)
        return;
    feeder_free(p->feeder);
    if (p->resolver)
        resolver_free(p->resolver); /* calls on_looked_up(), which needs the frontier */
    frontier_free(p->frontier);
    robotstxt_free(p->robots);
    stage_free(p->fetch);
    stage_free(p->thumb);
    if (p->reuse)
        stage_free(reuse_stage(p->reuse));
    budget_host_unref(p->reuse_host);
    if (p->store)
        stage_free(store_stage(p->store));
    delivery_free(p->delivery); /* whose output is the store's, until the loop turns */
    hostcount_fini(&p->failing);
    samebody_free(p->same);
    decodeorder_fini(&p->to_thumb);
    shuffle_fini(&p->shuffle);
    singleflight_fini(&p->in_flight);
    uv_close((uv_handle_t *)&p->delay, on_delay_closed);
}
