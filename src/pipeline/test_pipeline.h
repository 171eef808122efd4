/*
 * A pipeline on a loop, for its tests. Feeder, frontier, resolver and store are the real ones; the
 * backend is scripted, and the clock stands still until the test moves it.
 *
 *   set_up()         `conf` can be changed
 *   start(list)      the pipeline is open on a list of this text
 *   say(answer)      how the backend answers the next request for a URL
 *   UNTIL(state)     the loop turns until it is so
 *   expect_end()     the loop turns until the run is over; nothing is left inside
 */
#ifndef PIPELINE_TEST_PIPELINE_H
#define PIPELINE_TEST_PIPELINE_H

#include "base/mem.h"
#include "base/test_clock.h"
#include "base/test_scratch.h"
#include "image/test_bodies.h"
#include "pipeline/inside.h"
#include "store/name.h"
#include "store/store_files.h"

enum { ROWS_MAX = 1 << 16, ANSWERS_MAX = 64, ASKED_SIZE = 4096, QUIET_TURNS = 20 };
static const uint64_t MS = 1000000; /* ns */

/* The backend's answer to one request. Zeroed: 200, and no body. */
struct answer {
    const char *url;
    enum err err;
    int http_status; /* 0: 200 for a success, 302 for a redirect, else none */
    const char *redirect;
    uint32_t retry_after_s;
    const char *ip; /* the address that answered; NULL: not known */
    bool is_unchanged, may_be_cut;
    const struct buf *body; /* copied */
    uint64_t received;      /* bytes over the wire; 0: as many as the body has */
    uint64_t ms;            /* how long it took */
};

static struct net {
    struct stage stage; /* first */
    struct budget *budget;
    uv_idle_t turn; /* runs while something can be answered */
    struct job_queue inside;
    unsigned n_inside, most_inside, room;
    bool holds;        /* only answer_next() and answer_url() answer requests */
    size_t weight;     /* bytes of the budget that each request takes */
    unsigned refusals; /* so many more submits return STAGE_AGAIN */
    unsigned n_refused;
    bool is_stopped;
    const char *error;
    struct answer answers[ANSWERS_MAX]; /* those used have no URL any more */
    unsigned n_answers;
    unsigned n_asked;
    char asked[ASKED_SIZE]; /* the URLs, in order, each followed by a space; as many as fit */
    struct request last;    /* a copy: what it points to may be freed */
} net;

/* What on_row() reported of the row with this index. */
static struct row_seen {
    unsigned n; /* times */
    enum err err;
    unsigned attempts, n_thumbs;
    bool keeps_before, is_duplicate, truncated, truncated_transfer;
    char message[JOB_MESSAGE_SIZE];
    char url[64]; /* where it came from */
} seen[ROWS_MAX];

static uv_loop_t loop;
static struct pipeline_conf conf;
static struct pipeline *pipeline;
static char message[PIPELINE_MESSAGE_SIZE];
static char list[64]; /* its path */
static const char *lists[] = {list};
static struct columns columns;
static unsigned n_seen, n_ends;
static unsigned n_open_shards; /* when the run ended */
static char said[200];         /* the last line for the user */

/* An image of this many bytes, most of them after its end. */
static inline void put_large(struct buf *b, size_t len)
{
    put_png(b, 40, 30, 0);
    ck_assert(buf_reserve(b, len));
    memset(b->data + b->len, 'x', len - b->len);
    b->len = len;
}

/* ---- the backend ---- */

static inline void say(struct answer a)
{
    ck_assert_uint_lt(net.n_answers, ANSWERS_MAX);
    net.answers[net.n_answers++] = a;
}

static inline struct answer take_answer(const char *url)
{
    for (unsigned i = 0; i < net.n_answers; i++) {
        struct answer a = net.answers[i];
        if (!a.url || strcmp(a.url, url) != 0)
            continue;
        net.answers[i].url = NULL;
        return a;
    }
    return (struct answer){0};
}

static inline void fill_response(struct job *j)
{
    struct answer a = take_answer(j->request.url.text);
    struct response *r = &j->response;
    r->http_status = a.http_status;
    if (!a.http_status && !a.err)
        r->http_status = a.redirect ? 302 : 200;
    r->redirect = mem_dup(a.redirect);
    r->retry_after_s = a.retry_after_s;
    snprintf(r->ip, sizeof r->ip, "%s", a.ip ? a.ip : "");
    r->is_unchanged = a.is_unchanged;
    r->may_be_cut = a.may_be_cut;
    r->received = a.received;
    r->connections = 1;
    j->ms.total = a.ms * MS;
    if (a.body) {
        ck_assert(buf_append(&r->body, a.body->data, a.body->len));
        r->received = a.received ? a.received : a.body->len;
    }
    if (a.err)
        job_fail(j, a.err, "the test says %s", err_name(a.err));
}

static inline void give_back(struct job *j)
{
    TAILQ_REMOVE(&net.inside, j, link);
    net.n_inside--;
    if (net.is_stopped)
        job_fail(j, ERR_CANCELLED, "cancelled");
    else
        fill_response(j);
    net.stage.done(net.stage.done_arg, j);
}

/* The oldest request that is held. */
static inline void answer_next(void)
{
    ck_assert_uint_gt(net.n_inside, 0);
    give_back(TAILQ_FIRST(&net.inside));
}

static inline void answer_url(const char *url)
{
    struct job *j = TAILQ_FIRST(&net.inside);
    while (j && strcmp(j->request.url.text, url) != 0)
        j = TAILQ_NEXT(j, link);
    ck_assert_msg(j != NULL, "%s is not being asked for", url);
    give_back(j);
}

static inline void net_turn(uv_idle_t *turn)
{
    uv_idle_stop(turn);
    for (unsigned n = net.n_inside; n && (!net.holds || net.is_stopped); n--)
        answer_next();
}

static inline enum stage_status net_submit(struct stage *s, struct job *j)
{
    ck_assert_ptr_eq(s, &net.stage);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_int_eq(j->response.http_status, 0);
    if (net.refusals || net.n_inside == net.room) {
        net.refusals -= net.refusals > 0;
        net.n_refused++;
        return STAGE_AGAIN;
    }
    TAILQ_INSERT_TAIL(&net.inside, j, link);
    if (++net.n_inside > net.most_inside)
        net.most_inside = net.n_inside;
    net.n_asked++;
    net.last = j->request;
    size_t len = strlen(net.asked);
    snprintf(net.asked + len, sizeof net.asked - len, "%s ", j->request.url.text);
    budget_set(net.budget, &j->memory, net.weight);
    if (!net.holds || net.is_stopped)
        uv_idle_start(&net.turn, net_turn);
    return STAGE_OK;
}

static inline void net_stop(struct stage *s)
{
    ck_assert_ptr_eq(s, &net.stage);
    net.is_stopped = true;
    uv_idle_start(&net.turn, net_turn);
}

static inline void net_free(struct stage *s)
{
    ck_assert_ptr_eq(s, &net.stage);
    ck_assert_uint_eq(net.n_inside, 0);
    uv_close((uv_handle_t *)&net.turn, NULL);
}

static inline const char *net_error(const struct stage *s)
{
    ck_assert_ptr_eq(s, &net.stage);
    return net.error;
}

static inline struct stage *net_open(const struct backend_conf *c, uv_loop_t *l, char *why)
{
    static const struct stage_ops ops = {net_submit, net_stop, net_free, net_error};
    (void)why;
    net.stage = (struct stage){&ops, c->done, c->done_arg};
    net.room = c->concurrency;
    net.budget = c->transfer->budget;
    uv_idle_init(l, &net.turn);
    return &net.stage;
}

static struct backend net_backend = {.name = "scripted", .open = net_open};

/* ---- the run ---- */

static inline void on_row(void *arg, const struct job *j)
{
    ck_assert_ptr_eq(arg, &conf);
    ck_assert_uint_lt(j->index, ROWS_MAX);
    struct row_seen *s = &seen[j->index];
    s->n++;
    s->err = j->err;
    s->attempts = j->attempts;
    s->n_thumbs = j->n_thumbs;
    s->keeps_before = j->keeps_before;
    s->is_duplicate = j->first != NULL;
    s->truncated = j->image.truncated;
    s->truncated_transfer = j->image.truncated_transfer;
    memcpy(s->message, j->message, sizeof s->message);
    snprintf(s->url, sizeof s->url, "%s", j->request.url.text ? j->request.url.text : "");
    n_seen++;
}

static inline void on_end(void *arg)
{
    ck_assert_ptr_eq(arg, &conf);
    n_ends++;
    n_open_shards = store_open_shards(pipeline->store);
}

static inline void on_say(void *arg, const char *text)
{
    ck_assert_ptr_eq(arg, &conf);
    snprintf(said, sizeof said, "%s", text);
}

static inline void set_up_store(struct store_conf *s)
{
    s->layout = &store_files;
    s->dir = scratch_path;
    s->shard_size = ROWS_MAX;
    s->thumb_extension = "jpg";
    s->name = &name_key;
    s->originals = true;
    s->waiting_max = 1 << 20;
    s->columns = &columns;
}

static inline void set_up(void)
{
    scratch_make();
    scratch_mkdir(".imgfetch");
    snprintf(list, sizeof list, "%s/list", scratch_path);
    test_clock_set(1000000 * MS);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    TAILQ_INIT(&net.inside);
    columns = (struct columns){.at = {{"url", 3}}, .n = COLUMN_KEPT};
    conf = (struct pipeline_conf){.lists = lists, .n_lists = 1, .dedupe = DEDUPE_OFF};
    conf.backend = &net_backend;
    conf.concurrency = 8;
    conf.retries = 2;
    conf.max_redirects = 3;
    conf.retry_max_wait_ms = conf.timeout_ms = 60000;
    conf.memory = 1 << 30;
    conf.transfer.agent = "test/1";
    set_up_store(&conf.store);
    conf.on_row = on_row;
    conf.on_end = on_end;
    conf.on_say = on_say;
    conf.arg = &conf;
}

static inline void tear_down(void)
{
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    scratch_remove();
}

static inline void open_pipeline(void)
{
    n_ends = n_seen = 0;
    memset(seen, 0, sizeof seen);
    net.n_asked = net.most_inside = net.n_refused = 0;
    net.asked[0] = '\0';
    net.is_stopped = false;
    pipeline = pipeline_new(&conf, &loop, message);
    ck_assert_msg(pipeline != NULL, "%s", message);
}

static inline void start(const char *text)
{
    scratch_write("list", text, strlen(text));
    open_pipeline();
}

/* Rows "http://a/0", "http://a/1", and so on. */
static inline void start_rows(unsigned n)
{
    struct buf text = {0};
    char line[32];
    for (unsigned i = 0; i < n; i++) {
        snprintf(line, sizeof line, "http://a/%u\n", i);
        put(&text, line, strlen(line));
    }
    scratch_write("list", text.data, text.len);
    buf_fini(&text);
    open_pipeline();
}

/* Not UV_RUN_ONCE: a turn may already begin what the test waits for. */
static inline void one_turn(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    usleep(50);
}

#define UNTIL(state)                                                                               \
    do {                                                                                           \
        while (!(state))                                                                           \
            one_turn();                                                                            \
    } while (0)

/* Turns the loop until everything that can happen on its thread has happened. */
static inline void turn(void)
{
    for (int i = 0; i < QUIET_TURNS; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

/* Waits until all rows are in, and so many requests are in flight. */
static inline void until_held(unsigned n)
{
    UNTIL(pipeline->stats.list_ended && net.n_inside == n);
}

static inline void answer_all(void)
{
    net.holds = false;
    uv_idle_start(&net.turn, net_turn);
}

/* Waits for the end of the run: nothing is left inside. */
static inline void until_over(void)
{
    UNTIL(n_ends > 0);
    turn();
    ck_assert_uint_eq(n_ends, 1);
    const struct pipeline_stats *s = pipeline_stats(pipeline);
    ck_assert_uint_eq(s->in_flight, 0);
    ck_assert_uint_eq(s->waiting, 0);
    ck_assert_uint_eq(s->decoding, 0);
    ck_assert_uint_eq(s->storing, 0);
    ck_assert_uint_eq(s->outstanding, 0);
    ck_assert_uint_eq(s->memory, 0);
    ck_assert_uint_eq(tally_rows(&s->tally), n_seen);
    ck_assert_uint_eq(pipeline->columns_size, 0);
    ck_assert_uint_eq(pipeline->in_flight.n, 0);
    ck_assert_ptr_null(pipeline->held);
}

static inline void close_pipeline(void)
{
    pipeline_free(pipeline);
    uv_run(&loop, UV_RUN_DEFAULT);
    pipeline = NULL;
}

/* The run ends without an error: each of n rows has been written once. */
static inline void expect_end(unsigned n)
{
    until_over();
    ck_assert_msg(!pipeline_error(pipeline), "%s", pipeline_error(pipeline));
    ck_assert_uint_eq(n_open_shards, 0);
    ck_assert_uint_eq(n_seen, n);
    for (unsigned i = 0; i < n; i++)
        ck_assert_msg(seen[i].n == 1, "row %u was written %u times", i, seen[i].n);
}

static inline void expect_row(unsigned index, enum err err)
{
    ck_assert_uint_eq(seen[index].n, 1);
    ck_assert_msg(seen[index].err == err, "row %u: %s", index, err_name(seen[index].err));
}

static inline void expect_asked(const char *urls)
{
    ck_assert_str_eq(net.asked, urls);
}

/* The lines of the manifest; after close_pipeline(). */
static inline unsigned count_written(void)
{
    unsigned n = 0;
    if (!scratch_has("manifest/00000.jsonl"))
        return 0;
    char *text = scratch_read("manifest/00000.jsonl");
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        n++;
    free(text);
    return n;
}

#endif
