/*
 * The contract of every fetching backend, continued: limits of time and size,
 * the guard, memory, and the use of connections.
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

/* ---- time ---- */

START_TEST(a_server_that_says_nothing_stalls)
{
    static const char *const targets[] = {"/jpeg_420.jpg?fault=silent", "/jpeg_420.jpg?fault=stall",
        "/jpeg_420.jpg?fault=drip", "/a?size=10000&rate=20"};
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.stall_timeout_ms = SECOND_MS / 2;
    bench_open(&b, PLENTY);
    uint64_t start = clock_ns();
    for (int i = 0; i < 4; i++)
        bench_ask(&b, targets[i]);
    struct job *steady = bench_ask(&b, "/a?size=900&rate=600");
    struct job *error_page = bench_ask(&b, "/a?status=404&fault=stall");
    bench_await(&b);
    for (int i = 0; i < 4; i++)
        assert_err(b.jobs[i], ERR_STALLED);
    assert_err(steady, ERR_OK);
    assert_err(error_page, ERR_HTTP_ERROR);
    ck_assert_uint_ge(clock_ns() - start, 500000000);
    ck_assert_uint_lt(
        clock_ns() - start, 12000000000); /* one after another, checked once a second */
    bench_close(&b);
}
END_TEST

START_TEST(what_takes_longer_than_its_time_is_a_timeout)
{
    static const char *const targets[] = {"/jpeg_420.jpg?fault=silent", "/jpeg_420.jpg?fault=stall",
        "/jpeg_420.jpg?fault=drip", "/a?size=10000&rate=5000"};
    struct bench b;
    struct blackhole hole;
    char url[100];
    blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    b.time_left_ms = 300;
    for (int i = 0; i < 4; i++)
        bench_ask(&b, targets[i]);
    bench_ask(&b, url);
    bench_await(&b);
    for (unsigned i = 0; i < b.n_jobs; i++) {
        assert_err(b.jobs[i], ERR_TIMEOUT);
        ck_assert_uint_ge(b.jobs[i]->ms.total, 290000000);
        ck_assert_uint_lt(b.jobs[i]->ms.total, 1500000000);
    }
    bench_close(&b);
    blackhole_close(&hole);
}
END_TEST

START_TEST(connections_given_up_while_they_were_made_leave_nothing_to_the_next)
{
    struct bench b;
    struct blackhole hole;
    char url[100];
    blackhole_open(&hole);
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.connect_timeout_ms = 300;
    bench_open(&b, PLENTY);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    for (int i = 0; i < 8; i++)
        bench_ask(&b, url);
    bench_await(&b);
    b.transfer.connect_timeout_ms = 5 * SECOND_MS;
    for (int i = 0; i < 8; i++) /* their sockets have the same numbers */
        bench_ask(&b, "/png_1x1.png?delay=1");
    bench_await(&b);
    for (int i = 0; i < 16; i++)
        assert_err(b.jobs[i], i < 8 ? ERR_CONNECT_TIMEOUT : ERR_OK);
    bench_close(&b);
    blackhole_close(&hole);
}
END_TEST

START_TEST(a_closed_port_and_a_deaf_one_are_told_apart)
{
    struct bench b;
    struct blackhole hole;
    unsigned port;
    char url[100];
    int closed = site_bind(&port);
    blackhole_open(&hole);
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.connect_timeout_ms = 400;
    bench_open(&b, PLENTY);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    struct job *refused = bench_ask(&b, url);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    struct job *dropped = bench_ask(&b, url);
    bench_await(&b);
    assert_err(refused, ERR_CONNECT_FAILED);
    assert_err(dropped, ERR_CONNECT_TIMEOUT);
    ck_assert_int_eq(dropped->response.http_status, 0);
    bench_close(&b);
    blackhole_close(&hole);
    close(closed);
}
END_TEST

/* ---- size and memory ---- */

START_TEST(a_body_may_be_as_large_as_max_size_and_no_larger)
{
    static const struct {
        const char *target;
        enum err err;
    } table[] = {
        {"/a?size=100000", ERR_OK},
        {"/a?size=100000&chunked=1", ERR_OK},
        {"/a?size=100001", ERR_TOO_LARGE},
        {"/a?size=100001&chunked=1", ERR_TOO_LARGE},
        {"/a?size=1000000000000", ERR_TOO_LARGE},
        {"/png_1x1.png?fault=endless", ERR_TOO_LARGE},
        {"/a?size=99500&fault=lie_long", ERR_TOO_LARGE},
        {"/a?size=100001&status=404", ERR_HTTP_ERROR},
    };
    enum { N = sizeof table / sizeof *table };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.max_size = 100000;
    bench_open(&b, PLENTY);
    for (int i = 0; i < N; i++)
        bench_ask(&b, table[i].target);
    bench_await(&b);
    for (int i = 0; i < N; i++) {
        const struct job *j = b.jobs[i];
        assert_err(j, table[i].err);
        ck_assert_uint_eq(j->response.body.len, table[i].err ? 0 : 100000);
        ck_assert_uint_le(j->response.body.cap, 200000);
    }
    bench_close(&b);
}
END_TEST

START_TEST(an_error_page_without_end_does_not_hold_us)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    struct job *j = bench_get(&b, "/a?status=404&fault=endless");
    assert_err(j, ERR_HTTP_ERROR);
    ck_assert_int_eq(j->response.http_status, 404);
    ck_assert_uint_lt(j->ms.total, 2000000000);
    ck_assert_int_lt(site_count(&site, NULL, "bytes_sent"), 32 << 20);
    bench_close(&b);
}
END_TEST

START_TEST(the_budget_is_held_while_a_body_is_and_given_back_with_it)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    for (int i = 0; i < 4; i++)
        bench_ask(&b, "/a?size=300000&delay=500");
    uint64_t reserved = bench_at_once(&b, 4) * TRANSFER_RESERVE;
    while (b.budget.used < reserved && b.n_back == 0)
        bench_turn(&b, 5);
    ck_assert_uint_eq(b.n_back, 0);
    ck_assert_uint_eq(b.budget.used, reserved);
    bench_await(&b);
    ck_assert_uint_ge(b.budget.used, 4 * 300000);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(b.jobs[i]->memory.bytes, b.jobs[i]->response.body.cap);
        job_clear_response(b.jobs[i], &b.budget);
    }
    ck_assert_uint_eq(b.budget.used, 0);
    struct job *half = bench_get(&b, "/a?fault=half&size=500000"); /* it may be an image */
    assert_err(half, ERR_TRUNCATED_BODY);
    ck_assert_uint_eq(b.budget.used, half->response.body.cap);
    job_clear_response(half, &b.budget);
    ck_assert_uint_eq(b.budget.used, 0);
    assert_err(bench_get(&b, "/a?fault=close"), ERR_PROTOCOL_ERROR);
    ck_assert_uint_eq(b.budget.used, 0);
    bench_close(&b);
}
END_TEST

START_TEST(when_memory_runs_out_the_youngest_go_and_the_last_one_never)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.budget.limit = 2 * TRANSFER_RESERVE;
    bench_open(&b, PLENTY);
    struct job *oldest = bench_ask(&b, "/a?size=600000&rate=1000000");
    for (unsigned i = 1; i < bench_at_once(&b, 3); i++)
        bench_ask(&b, "/a?fault=silent");
    bench_await(&b);
    assert_err(oldest, ERR_OK);
    ck_assert_uint_eq(oldest->response.body.len, 600000);
    /* The memory of another process does not count, only what was reserved for it. */
    for (unsigned i = b.backend->fork ? 2 : 1; i < b.n_jobs; i++)
        assert_err(b.jobs[i], ERR_EVICTED);
    job_clear_response(oldest, &b.budget);
    ck_assert_uint_eq(b.budget.used, 0);
    bench_close(&b);
}
END_TEST

/* ---- the guard ---- */

START_TEST(no_connection_is_made_to_an_address_that_is_not_public)
{
    static const char *const inside[] = {"127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254",
        "::1", "::ffff:127.0.0.1", "fe80::1", "0.0.0.0"};
    enum { N = sizeof inside / sizeof *inside };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.n_allow = 0;
    bench_open(&b, PLENTY);
    for (int i = 0; i < N; i++) {
        char host[40];
        snprintf(host, sizeof host, "host%d.test", i);
        bench_set_address(&b, inside[i]);
        bench_ask_host(&b, host, "/png_1x1.png");
    }
    struct job *literal = bench_ask(&b, "/png_1x1.png");
    bench_await(&b);
    for (int i = 0; i < N; i++) {
        assert_err(b.jobs[i], ERR_BLOCKED_ADDRESS);
        ck_assert_ptr_nonnull(strstr(b.jobs[i]->message, inside[i]));
    }
    assert_err(literal, ERR_BLOCKED_ADDRESS);
    ck_assert_int_eq(site_count(&site, NULL, "connections"), 1); /* that of site_count() */
    bench_close(&b);
}
END_TEST

START_TEST(the_guard_refuses_addresses_and_not_names)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    ck_assert(addr_net_parse("127.0.0.2/32", &b.allow));
    bench_open(&b, PLENTY);
    struct addr second;
    ck_assert(addr_parse("127.0.0.2", &second));
    addr_set_add(&b.addrs, &second);
    struct job *j = bench_ask_host(&b, "both.test", "/png_1x1.png");
    bench_await(&b);
    assert_err(j, ERR_OK);
    ck_assert_str_eq(j->response.ip, "127.0.0.2");
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    int n = bench_count(FETCHER);
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(t, a_server_that_says_nothing_stalls, 0, n);
    tcase_add_loop_test(t, what_takes_longer_than_its_time_is_a_timeout, 0, n);
    tcase_add_loop_test(
        t, connections_given_up_while_they_were_made_leave_nothing_to_the_next, 0, n);
    tcase_add_loop_test(t, a_closed_port_and_a_deaf_one_are_told_apart, 0, n);
    tcase_add_loop_test(t, a_body_may_be_as_large_as_max_size_and_no_larger, 0, n);
    tcase_add_loop_test(t, an_error_page_without_end_does_not_hold_us, 0, n);
    tcase_add_loop_test(t, the_budget_is_held_while_a_body_is_and_given_back_with_it, 0, n);
    tcase_add_loop_test(t, when_memory_runs_out_the_youngest_go_and_the_last_one_never, 0, n);
    tcase_add_loop_test(t, no_connection_is_made_to_an_address_that_is_not_public, 0, n);
    tcase_add_loop_test(t, the_guard_refuses_addresses_and_not_names, 0, n);
}

int main(void)
{
    return test_main("contract_limits", add);
}
