/*
 * The bench of the contract tests: one open backend on a loop. It submits jobs
 * and keeps the results. It asserts that every job comes back once, and not from
 * inside submit().
 *
 *   bench_init()    all settings have defaults: change bench.transfer and .budget now
 *   bench_open()    the backend is open
 *   bench_ask()     a job goes in
 *   bench_await()   all jobs are back, or the test fails
 *   bench_close()   nothing is left: no handle, no byte of the budget
 */
#ifndef BACKENDS_CONTRACT_BENCH_H
#define BACKENDS_CONTRACT_BENCH_H

#include "backends/contract_site.h"
#include "backends/table.h"
#include "fetch/backend.h"

enum { BENCH_JOBS = 256, BENCH_PATIENCE_MS = 15000, SECOND_MS = 1000 };

enum { PLENTY = 32 }; /* a concurrency that only one test reaches */

enum bench_kind { ANY, FETCHER, NO_FETCHER };

/* async on several loops: not in the table, but tested like the others. */
static inline const struct backend *bench_async_loops(void)
{
    static struct backend backend;
    backend = *backend_find("async");
    backend.name = "async --loops=3";
    return &backend;
}

/* The i-th backend of that kind, or NULL. */
static inline const struct backend *bench_backend(enum bench_kind kind, int i)
{
    const struct backend *const *t;
    for (t = backend_table; *t; t++)
        if ((kind == ANY || (kind == FETCHER) == (*t)->needs_address) && i-- == 0)
            return *t;
    return i == 0 && kind != NO_FETCHER ? bench_async_loops() : NULL;
}

static inline int bench_count(enum bench_kind kind)
{
    int n = 0;
    while (bench_backend(kind, n))
        n++;
    return n;
}

struct bench {
    const struct backend *backend;
    unsigned port; /* where URLs without one go */
    uv_loop_t loop;
    uv_timer_t patience;
    struct procpool *pool; /* of a backend that forks */
    unsigned loops;
    struct budget budget;
    struct addr_net allow;
    struct transfer_conf transfer;
    struct stage *stage;
    uint64_t time_left_ms; /* for the next jobs */
    bool last_for_host;    /* likewise */
    struct addr_set addrs; /* likewise */
    struct job *jobs[BENCH_JOBS];
    unsigned back[BENCH_JOBS]; /* how often each job came back */
    struct job_queue waiting;  /* until the backend has room */
    unsigned n_jobs, n_back;
    bool submitting;
    void (*on_back)(struct bench *, struct job *); /* may be NULL */
};

/* How many jobs it takes at once with this `concurrency`: serial always takes one. */
static inline unsigned bench_at_once(const struct bench *b, unsigned concurrency)
{
    return b->backend->concurrency == 1 ? 1 : concurrency;
}

static inline enum stage_status bench_submit(struct bench *b, struct job *j)
{
    b->submitting = true;
    enum stage_status answer = stage_submit(b->stage, j);
    b->submitting = false;
    return answer;
}

/* After STAGE_AGAIN, the job is submitted again after the next `done`. */
static inline void bench_submit_waiting(struct bench *b)
{
    struct job *j;
    while ((j = TAILQ_FIRST(&b->waiting))) {
        TAILQ_REMOVE(&b->waiting, j, link);
        if (bench_submit(b, j) == STAGE_AGAIN) {
            TAILQ_INSERT_HEAD(&b->waiting, j, link);
            return;
        }
    }
}

static inline void bench_done(void *arg, struct job *j)
{
    struct bench *b = arg;
    ck_assert_msg(!b->submitting, "done was called from inside submit");
    ck_assert_uint_eq(++b->back[j->index], 1);
    b->n_back++;
    if (b->on_back)
        b->on_back(b, j);
    bench_submit_waiting(b);
    if (b->n_back == b->n_jobs)
        uv_stop(&b->loop);
}

static inline void bench_lose_patience(uv_timer_t *timer)
{
    const struct bench *b = timer->data;
    ck_abort_msg("%s: %u of %u jobs came back", b->backend->name, b->n_back, b->n_jobs);
}

static inline void bench_set_address(struct bench *b, const char *text)
{
    b->addrs.n = 1;
    ck_assert(addr_parse(text, &b->addrs.at[0]));
}

static inline void bench_init(struct bench *b, const struct backend *backend, unsigned port)
{
    *b = (struct bench){.backend = backend, .port = port};
    TAILQ_INIT(&b->waiting);
    ck_assert(addr_net_parse("127.0.0.0/8", &b->allow));
    bench_set_address(b, "127.0.0.1");
    b->budget.limit = (size_t)1 << 30;
    b->loops = strstr(backend->name, "--loops") ? 3 : 1;
    b->time_left_ms = 10 * SECOND_MS;
    b->transfer = (struct transfer_conf){.agent = "contract/1",
        .connect_timeout_ms = 5 * SECOND_MS,
        .stall_timeout_ms = 10 * SECOND_MS,
        .max_size = 64 << 20,
        .n_allow = 1};
}

static inline void bench_open(struct bench *b, unsigned concurrency)
{
    char message[BACKEND_MESSAGE_SIZE] = "";
    struct backend_conf conf = {.transfer = &b->transfer, .concurrency = concurrency};
    conf.loops = b->loops;
    conf.done = bench_done;
    conf.done_arg = b;
    b->transfer.budget = &b->budget;
    b->transfer.allow = &b->allow;
    signal(SIGPIPE, SIG_IGN);
    if (b->backend->fork) {
        b->pool = conf.pool = b->backend->fork(&conf, message);
        ck_assert_msg(b->pool != NULL, "%s", message);
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ck_assert_int_eq(uv_loop_init(&b->loop), 0);
    uv_timer_init(&b->loop, &b->patience);
    b->patience.data = b;
    b->stage = b->backend->open(&conf, &b->loop, message);
    ck_assert_msg(b->stage != NULL, "%s", message);
    while (b->pool && procpool_stats(b->pool).workers < concurrency)
        uv_run(&b->loop, UV_RUN_ONCE);
}

/* `target`: a path, or a URL. */
static inline struct job *bench_make(struct bench *b, const char *target)
{
    char url[400];
    const char *why = "";
    if (*target == '/')
        snprintf(url, sizeof url, "http://127.0.0.1:%u%s", b->port, target);
    else
        snprintf(url, sizeof url, "%s", target);
    ck_assert_uint_lt(b->n_jobs, BENCH_JOBS);
    struct job *j = job_new();
    ck_assert_msg(!url_parse(url, strlen(url), &j->request.url, &why), "%s: %s", url, why);
    j->request.addrs = b->addrs;
    j->request.time_left_ns = b->time_left_ms * 1000000;
    j->request.last_for_host = b->last_for_host;
    j->index = b->n_jobs;
    b->jobs[b->n_jobs++] = j;
    return j;
}

static inline struct job *bench_ask(struct bench *b, const char *target)
{
    struct job *j = bench_make(b, target);
    TAILQ_INSERT_TAIL(&b->waiting, j, link);
    bench_submit_waiting(b);
    return j;
}

/* The same for a named host, at the port of the site. */
static inline struct job *bench_ask_host(struct bench *b, const char *host, const char *path)
{
    char url[300];
    snprintf(url, sizeof url, "http://%s:%u%s", host, b->port, path);
    return bench_ask(b, url);
}

static inline void bench_await(struct bench *b)
{
    uv_timer_start(&b->patience, bench_lose_patience, BENCH_PATIENCE_MS, 0);
    if (b->n_back < b->n_jobs)
        uv_run(&b->loop, UV_RUN_DEFAULT);
    uv_timer_stop(&b->patience);
}

static inline void bench_wake(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Turns the loop for a while, whatever comes back. */
static inline void bench_turn(struct bench *b, uint64_t ms)
{
    uv_timer_start(&b->patience, bench_wake, ms, 0);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    uv_timer_stop(&b->patience);
}

static inline struct job *bench_get(struct bench *b, const char *target)
{
    struct job *j = bench_ask(b, target);
    bench_await(b);
    return j;
}

static inline void assert_err(const struct job *j, enum err err)
{
    ck_assert_msg(j->err == err, "%s: %s (%s), not %s", j->request.url.text, err_name(j->err),
        j->message, err_name(err));
    ck_assert_msg((err == ERR_OK) == !j->message[0], "%s: '%s'", j->request.url.text, j->message);
}

static inline void bench_close(struct bench *b)
{
    ck_assert_uint_eq(b->n_back, b->n_jobs);
    for (unsigned i = 0; i < b->n_jobs; i++)
        job_free(b->jobs[i], &b->budget);
    ck_assert_uint_eq(b->budget.used, 0);
    stage_free(b->stage);
    procpool_free(b->pool);
    uv_close((uv_handle_t *)&b->patience, NULL);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&b->loop), 0);
    curl_global_cleanup();
}

#endif
