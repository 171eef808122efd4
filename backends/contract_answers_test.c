/*
 * What is true of every fetching backend, continued: what the head of an answer says.
 */
#include "backends/contract_bench.h"

#include <time.h>

static struct site site;

static void start_site(void)
{
    site_start(&site);
}

static void stop_site(void)
{
    site_stop(&site);
}

/* ---- Retry-After ---- */

static uint32_t ask_retry_after(struct bench *b, int status, const char *value)
{
    char target[300];
    snprintf(target, sizeof target, "/x?status=%d&retry_after=%s", status, value);
    struct job *j = bench_get(b, target);
    ck_assert_int_eq(j->response.http_status, status);
    return j->response.retry_after_s;
}

static void format_date(char *out, size_t size, time_t when)
{
    struct tm tm;
    strftime(out, size, "%a,%%20%d%%20%b%%20%Y%%20%H:%M:%S%%20GMT", gmtime_r(&when, &tm));
}

START_TEST(a_server_may_say_when_to_come_back)
{
    struct bench b;
    char date[80];
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    ck_assert_uint_eq(ask_retry_after(&b, 503, "7"), 7);
    ck_assert_uint_eq(ask_retry_after(&b, 429, "120"), 120);
    format_date(date, sizeof date, time(NULL) + 90);
    uint32_t s = ask_retry_after(&b, 429, date);
    ck_assert_uint_le(s, 90);
    ck_assert_uint_ge(s, 80);
    assert_err(bench_get(&b, "/x?status=503"), ERR_HTTP_ERROR);
    ck_assert_uint_eq(b.jobs[b.n_jobs - 1]->response.retry_after_s, 0);
    bench_close(&b);
}
END_TEST

START_TEST(when_to_come_back_may_be_nonsense)
{
    struct bench b;
    char date[80];
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    format_date(date, sizeof date, time(NULL) - 1000);
    ck_assert_uint_eq(ask_retry_after(&b, 503, date), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 503, "-5"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 503, "soon"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 503, ""), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 503, "99999999999"), UINT32_MAX);
    ck_assert_uint_eq(ask_retry_after(&b, 503, "99999999999999999999999"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 500, "7"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 404, "7"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 200, "7"), 0);
    struct job *j = bench_get(&b, "/x?redirect=%2Fy&status=302&retry_after=7");
    ck_assert_uint_eq(j->response.retry_after_s, 0);
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    int n = bench_count(FETCHER);
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(t, a_server_may_say_when_to_come_back, 0, n);
    tcase_add_loop_test(t, when_to_come_back_may_be_nonsense, 0, n);
}

int main(void)
{
    return test_main("contract_answers", add);
}
