/*
 * The contract of every fetching backend, continued: --proxy. The site is also the proxy: it
 * answers requests for whole URLs as if it had fetched them.
 */
#include "backends/contract_bench.h"

static struct site site;
static char proxy[40];

static void start_site(void)
{
    site_start(&site);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", site.port);
}

static void stop_site(void)
{
    site_stop(&site);
}

static void open_through_proxy(struct bench *b, int i, unsigned concurrency)
{
    bench_init(b, bench_backend(FETCHER, i), site.port);
    b->transfer.n_allow = 0; /* the guard allows only the proxy itself */
    b->transfer.proxies.http = b->transfer.proxies.https = (struct proxy){proxy, true};
    b->addrs.n = 0;
    bench_open(b, concurrency);
}

START_TEST(a_proxy_is_asked_for_names_without_addresses)
{
    struct bench b;
    open_through_proxy(&b, _i, 4);
    struct job *j = bench_get(&b, "http://one.test/-/echo");
    assert_err(j, ERR_OK);
    static const char line[] = "GET http://one.test/-/echo HTTP/1.1\r\n";
    ck_assert_uint_ge(j->response.body.len, sizeof line - 1);
    ck_assert_mem_eq(j->response.body.data, line, sizeof line - 1);
    assert_err(bench_get(&b, "http://two.test/png_1x1.png"), ERR_OK);
    assert_err(bench_get(&b, "http://two.test/missing.png"), ERR_HTTP_ERROR);
    ck_assert_int_eq(site_count(&site, "two.test", "requests"), 2);
    bench_close(&b);
}
END_TEST

/* Also over kept connections. */
START_TEST(an_address_behind_a_proxy_is_guarded)
{
    static const char *const inside[] = {"http://10.0.0.1/", "http://127.0.0.1/",
        "http://[::ffff:10.0.0.1]/", "https://169.254.169.254/", "http://192.168.0.1:81/",
        "http://localhost/", "http://LOCALHOST.:81/", "https://a.localhost/",
        "http://ip6-localhost/", "http://0x7f.1/"};
    enum { N = sizeof inside / sizeof *inside };
    struct bench b;
    open_through_proxy(&b, _i, 1);
    for (int i = 0; i < N; i++) {
        assert_err(bench_get(&b, "http://one.test/png_1x1.png"), ERR_OK);
        assert_err(bench_get(&b, inside[i]), ERR_BLOCKED_ADDRESS);
    }
    assert_err(bench_get(&b, "http://192.0.43.8/png_1x1.png"), ERR_OK);
    ck_assert_int_eq(site_count(&site, NULL, "requests"), N + 1);
    bench_close(&b);
}
END_TEST

START_TEST(a_name_that_we_look_up_is_guarded_behind_a_proxy)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.n_allow = 0;
    b.transfer.proxies.http.url = proxy;
    bench_open(&b, 1);
    bench_set_address(&b, "10.0.0.1");
    assert_err(bench_get(&b, "http://inside.test/png_1x1.png"), ERR_BLOCKED_ADDRESS);
    bench_set_address(&b, "192.0.43.8");
    assert_err(bench_get(&b, "http://outside.test/png_1x1.png"), ERR_OK);
    bench_close(&b);
}
END_TEST

/* Requests of one backend go to the proxy and past it. */
START_TEST(an_excepted_host_is_asked_itself)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.proxies.http = (struct proxy){proxy, true};
    b.transfer.proxies.except = "direct.test";
    bench_open(&b, 1);
    for (int i = 0; i < 2; i++) {
        struct job *j = bench_get(&b, "http://through.test/-/echo");
        assert_err(j, ERR_OK);
        ck_assert_int_eq(strncmp((char *)j->response.body.data, "GET http://through.test/", 24), 0);
        char url[100];
        snprintf(url, sizeof url, "http://direct.test:%u/-/echo", site.port);
        j = bench_get(&b, url);
        assert_err(j, ERR_OK);
        ck_assert_int_eq(strncmp((char *)j->response.body.data, "GET /-/echo ", 12), 0);
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_proxy_that_refuses_is_no_connection)
{
    struct bench b;
    open_through_proxy(&b, _i, 1);
    /* The site does not know CONNECT. */
    assert_err(bench_get(&b, "https://one.test/png_1x1.png"), ERR_CONNECT_FAILED);
    ck_assert_int_eq(b.jobs[0]->response.http_status, 0);
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    int n = bench_count(FETCHER);
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(t, a_proxy_is_asked_for_names_without_addresses, 0, n);
    tcase_add_loop_test(t, an_address_behind_a_proxy_is_guarded, 0, n);
    tcase_add_loop_test(t, a_name_that_we_look_up_is_guarded_behind_a_proxy, 0, n);
    tcase_add_loop_test(t, an_excepted_host_is_asked_itself, 0, n);
    tcase_add_loop_test(t, a_proxy_that_refuses_is_no_connection, 0, n);
}

int main(void)
{
    return test_main("contract_proxy", add);
}
