/*
 * The contract of every fetching backend, continued: when memory is short, the host that holds most
 * gives some up; a byte counts wherever it comes from; and bodies that come fast share the loop.
 */
#include "backends/contract_bench.h"

static struct site site;

static void start_site(void)
{
    site_start(&site);
}

static void stop_site(void)
{
    site_stop(&site);
}

/* The job is asked for, on the account of that host. */
static struct job *ask_for(struct bench *b, struct budget_host *host, const char *target)
{
    struct job *j = bench_make(b, target);
    j->memory.host = budget_host_ref(host);
    TAILQ_INSERT_TAIL(&b->waiting, j, link);
    bench_submit_waiting(b);
    return j;
}

/* The size of a body in another process is not known: it counts as TRANSFER_RESERVE. */
static size_t least_of(const struct bench *b, size_t bytes)
{
    return b->backend->fork ? TRANSFER_RESERVE : bytes;
}

START_TEST(while_others_wait_the_youngest_of_the_host_that_holds_most_goes)
{
    enum { SIZE = 900000 }; /* the pace of its first half promises all of it */
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    if (b.backend->concurrency == 1)
        return; /* the only transfer is the oldest */
    b.transfer.stall_timeout_ms = 3 * SECOND_MS;
    b.budget.limit = 2 * TRANSFER_RESERVE + 2 * least_of(&b, SIZE);
    bench_open(&b, PLENTY);
    struct budget_host *good = budget_host_new(), *bad = budget_host_new();
    struct budget_host *other = budget_host_new();
    struct job *oldest = ask_for(&b, good, "/a?size=300&delay=1500");
    struct job *first = ask_for(&b, bad, "/a?size=900000&fault=stall");
    struct job *second = ask_for(&b, bad, "/a?size=900000&fault=stall&n=2");
    struct job *youngest = ask_for(&b, other, "/a?size=300&delay=1500&n=2");
    while (b.budget.used < b.budget.limit && !b.n_back)
        bench_turn(&b, 5);
    ck_assert_uint_eq(b.n_back, 0); /* no other host waits */
    budget_want(&b.budget, true);
    bench_await(&b);
    assert_err(oldest, ERR_OK);
    assert_err(first, ERR_STALLED);
    assert_err(second, ERR_EVICTED);
    assert_err(youngest, ERR_OK);
    bench_close(&b);
    budget_host_unref(good);
    budget_host_unref(bad);
    budget_host_unref(other);
}
END_TEST

START_TEST(what_a_server_announces_holds_no_memory)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.stall_timeout_ms = 3 * SECOND_MS;
    bench_open(&b, PLENTY);
    for (int i = 0; i < 4; i++)
        bench_ask(&b, "/a?size=60000000&rate=20");
    bench_turn(&b, 500);
    ck_assert_uint_ge(b.budget.used, bench_at_once(&b, 4) * TRANSFER_RESERVE);
    ck_assert_uint_lt(b.budget.used, bench_at_once(&b, 4) * 2 * TRANSFER_RESERVE);
    stage_stop(b.stage);
    bench_await(&b);
    bench_close(&b);
}
END_TEST

START_TEST(a_body_that_comes_fast_and_then_not_gives_back_what_it_does_not_need)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    if (b.backend->fork) { /* the worker's own memory */
        bench_close(&b);
        return;
    }
    b.time_left_ms = 4 * SECOND_MS;
    bench_ask(&b, "/a?size=3000000&fault=stall");
    while (b.budget.used < 3000000 && !b.n_back) /* its pace was good */
        bench_turn(&b, 5);
    while (b.budget.used >= 2600000 && !b.n_back)
        bench_turn(&b, 5);
    ck_assert_uint_eq(b.n_back, 0);
    ck_assert_uint_ge(b.budget.used, 1500000); /* what has come is there */
    bench_await(&b);
    bench_close(&b);
}
END_TEST

/* Chunks of one byte, with so many bytes of extension. */
static void ask_chunks(struct bench *b, unsigned extension, unsigned times)
{
    char target[380], ext[150];
    memset(ext, 'e', sizeof ext);
    snprintf(target, sizeof target,
        "/png_1x1.png?raw=HTTP/1.1%%20200%%20OK%%0d%%0aTransfer-Encoding:%%20chunked%%0d%%0a"
        "Connection:%%20close%%0d%%0a%%0d%%0a&again=1;%.*s%%0d%%0ax%%0d%%0a&times=%u"
        "&after=0%%0d%%0a%%0d%%0a",
        (int)extension, ext, times);
    bench_ask(b, target);
}

START_TEST(chunks_may_be_small_but_not_have_more_framing_than_body)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    ask_chunks(&b, 150, 50000);
    ask_chunks(&b, 0, 80000);
    bench_await(&b);
    assert_err(b.jobs[0], ERR_PROTOCOL_ERROR);
    ck_assert_str_eq(b.jobs[0]->message, "more framing than body came");
    ck_assert_uint_ge(b.jobs[0]->response.received, 300 * 1024);
    ck_assert_uint_lt(b.jobs[0]->response.received, 50000 * 150 / 2);
    assert_err(b.jobs[1], ERR_OK);
    ck_assert_uint_eq(b.jobs[1]->response.body.len, 80000);
    ck_assert_uint_ge(b.jobs[1]->response.received, 80000 * 7);
    bench_close(&b);
}
END_TEST

struct meter {
    atomic_ullong come;            /* bytes of all bodies */
    unsigned long long seen, most; /* at the last turn; in a turn */
};

static void look_at_meter(uv_prepare_t *turn)
{
    struct meter *m = turn->data;
    unsigned long long come = atomic_load(&m->come);
    if (come - m->seen > m->most)
        m->most = come - m->seen;
    m->seen = come;
}

/* Or all others wait for them. */
START_TEST(bodies_that_come_fast_end_no_turn_of_the_loop_late)
{
    enum { BODIES = 12, SIZE = 24000000, MOST = 6 << 20 };
    struct bench b;
    struct meter m = {0};
    uv_prepare_t turn;
    bench_init(&b, backend_find(_i ? "coro" : "async"), site.port);
    b.transfer.arrived = &m.come;
    bench_open(&b, PLENTY);
    uv_prepare_init(&b.loop, &turn);
    turn.data = &m;
    uv_prepare_start(&turn, look_at_meter);
    for (int i = 0; i < BODIES; i++)
        bench_ask(&b, "/a?size=24000000");
    bench_await(&b);
    uv_close((uv_handle_t *)&turn, NULL);
    for (int i = 0; i < BODIES; i++) {
        assert_err(b.jobs[i], ERR_OK);
        ck_assert_uint_eq(b.jobs[i]->response.body.len, SIZE);
    }
    ck_assert_uint_eq(m.come, (unsigned long long)BODIES * SIZE);
    ck_assert_uint_le(m.most, MOST);
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    int n = bench_count(FETCHER);
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(t, while_others_wait_the_youngest_of_the_host_that_holds_most_goes, 0, n);
    tcase_add_loop_test(t, what_a_server_announces_holds_no_memory, 0, n);
    tcase_add_loop_test(
        t, a_body_that_comes_fast_and_then_not_gives_back_what_it_does_not_need, 0, n);
    tcase_add_loop_test(t, bodies_that_come_fast_end_no_turn_of_the_loop_late, 0, 2);
    tcase_add_loop_test(t, chunks_may_be_small_but_not_have_more_framing_than_body, 0, n);
}

int main(void)
{
    return test_main("contract_memory", add);
}
