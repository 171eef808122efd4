/*
 * The contract of every fetching backend, continued: the head of a response.
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

/* ---- the first lines ---- */

/* libcurl before 8.1.1 would continue a field of the response before, which it has freed. */
START_TEST(a_first_field_may_look_like_the_rest_of_another_one)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    for (int i = 0; i < 3; i++) {
        assert_err(bench_get(&b, "/png_1x1.png"), ERR_OK);
        struct job *j = bench_get(&b, "/x?raw=HTTP/1.1%20200%20OK%0D%0A%20%20b:%20c%0D%0A"
                                      "Content-Length:%202%0D%0A%0D%0Ahi");
        assert_err(j, ERR_OK);
        ck_assert_mem_eq(j->response.body.data, "hi", 2);
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_status_line_may_be_in_lower_case)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    struct job *j =
        bench_get(&b, "/x?raw=http/1.1%20200%20OK%0D%0AContent-Length:%202%0D%0A%0D%0Ahi");
    assert_err(j, ERR_OK);
    ck_assert_int_eq(j->response.http_status, 200);
    bench_close(&b);
}
END_TEST

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
    ck_assert_uint_eq(ask_retry_after(&b, 503, "99999999999999999999999"), UINT32_MAX);
    ck_assert_uint_eq(ask_retry_after(&b, 503, "7%20apples"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 503, "7.5"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 500, "7"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 404, "7"), 0);
    ck_assert_uint_eq(ask_retry_after(&b, 200, "7"), 0);
    struct job *j = bench_get(&b, "/x?redirect=%2Fy&status=302&retry_after=7");
    ck_assert_uint_eq(j->response.retry_after_s, 0);
    bench_close(&b);
}
END_TEST

/* ---- X-Robots-Tag ---- */

START_TEST(a_site_may_refuse_its_images)
{
    static const struct {
        const char *target;
        enum err err;
        const char *says;
    } table[] = {
        {"/png_1x1.png?header=X-Robots-Tag:%20noai", ERR_ROBOTS_TAG, "X-Robots-Tag: noai"},
        {"/png_1x1.png?header=x-robots-tag:nofollow&header=X-Robots-Tag:x,NoIndex", ERR_ROBOTS_TAG,
            "X-Robots-Tag: noindex"},
        {"/png_1x1.png?header=X-Robots-Tag:%20imgfetch:%20none", ERR_ROBOTS_TAG,
            "X-Robots-Tag: none"},
        {"/a?size=10000000&header=X-Robots-Tag:noai&chunked=1", ERR_ROBOTS_TAG,
            "X-Robots-Tag: noai"},
        {"/empty.jpg?header=X-Robots-Tag:noai", ERR_ROBOTS_TAG, "X-Robots-Tag: noai"},
        {"/png_1x1.png?header=X-Robots-Tag:%20otherbot:%20noai", ERR_OK, ""},
        {"/png_1x1.png?header=X-Robots-Tag:%20nofollow", ERR_OK, ""},
        {"/a?status=404&header=X-Robots-Tag:%20noai", ERR_HTTP_ERROR, "HTTP 404"},
        {"/a?redirect=%2Fb&header=X-Robots-Tag:%20noai", ERR_OK, ""},
        {"/png_1x1.png", ERR_OK, ""},
    };
    enum { N = sizeof table / sizeof *table };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.robots_tag = "noai,noindex";
    bench_open(&b, PLENTY);
    for (int i = 0; i < N; i++)
        bench_ask(&b, table[i].target);
    bench_await(&b);
    for (int i = 0; i < N; i++) {
        assert_err(b.jobs[i], table[i].err);
        ck_assert_str_eq(b.jobs[i]->message, table[i].says);
        if (table[i].err)
            ck_assert_uint_eq(b.jobs[i]->response.body.cap, 0);
    }
    ck_assert_int_lt(site_count(&site, NULL, "bytes_sent"), 9000000);
    bench_close(&b);
}
END_TEST

START_TEST(a_refused_image_is_not_waited_for)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.robots_tag = "noai";
    bench_open(&b, 1);
    uint64_t start = clock_ns();
    struct job *j = bench_get(&b, "/a?size=1000&rate=1&header=X-Robots-Tag:noai&type=image/x-odd");
    assert_err(j, ERR_ROBOTS_TAG);
    ck_assert_uint_lt(clock_ns() - start, 3000000000);
    ck_assert_int_eq(j->response.http_status, 200);
    ck_assert_str_eq(j->response.content_type, "image/x-odd");
    bench_close(&b);
}
END_TEST

START_TEST(who_does_not_ask_about_robots_is_not_told)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    assert_err(bench_get(&b, "/png_1x1.png?header=X-Robots-Tag:noai"), ERR_OK);
    bench_close(&b);
}
END_TEST

/* ---- Content-Encoding ---- */

static void assert_body_is_file(const struct job *j, const char *name)
{
    char path[200];
    static uint8_t bytes[1 << 20];
    snprintf(path, sizeof path, "%s/%s", SITE_DIR, name);
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    ck_assert_uint_eq(j->response.body.len, len);
    ck_assert_mem_eq(j->response.body.data, bytes, len);
}

START_TEST(a_body_that_comes_compressed_is_inflated)
{
    static const char *const queries[] = {"?encoding=gzip", "?encoding=deflate",
        "?encoding=gzip&chunked=1", "?header=Content-Encoding:identity",
        "?header=Content-Encoding:identity&encoding=gzip"};
    enum { N = sizeof queries / sizeof *queries };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    for (int i = 0; i < N; i++) {
        char target[200];
        snprintf(target, sizeof target, "/bmp_24bit.bmp%s", queries[i]);
        bench_ask(&b, target);
    }
    bench_await(&b);
    for (int i = 0; i < N; i++) {
        assert_err(b.jobs[i], ERR_OK);
        assert_body_is_file(b.jobs[i], "bmp_24bit.bmp");
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_compressed_body_counts_once_inflated_and_as_it_comes)
{
    static const struct {
        const char *target;
        enum err err;
    } table[] = {
        {"/a?size=100000&encoding=gzip", ERR_OK},
        {"/a?size=100001&encoding=gzip", ERR_TOO_LARGE},
        {"/png_1x1.png?fault=bomb", ERR_TOO_LARGE},
        {"/png_1x1.png?fault=hollow&rate=400000", ERR_TOO_LARGE},
        {"/a?status=404&fault=bomb", ERR_HTTP_ERROR},
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
        assert_err(b.jobs[i], table[i].err);
        ck_assert_uint_eq(b.jobs[i]->response.body.len, table[i].err ? 0 : 100000);
    }
    ck_assert_int_lt(site_count(&site, NULL, "bytes_sent"), 32 << 20);
    bench_close(&b);
}
END_TEST

START_TEST(an_encoding_that_is_none_or_a_lie_changes_nothing)
{
    static const char *const names[] = {
        "br", "x-odd", "gzip", "deflate", "zstd", "utf-8", "none", "gzip,%20gzip"};
    enum { N = sizeof names / sizeof *names };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    for (int i = 0; i < N; i++) {
        char target[100];
        snprintf(target, sizeof target, "/png_1x1.png?header=Content-Encoding:%s", names[i]);
        bench_ask(&b, target);
    }
    struct job *twice = bench_ask(&b, "/png_1x1.png?header=Content-Encoding:gzip&encoding=gzip");
    struct job *page = bench_ask(&b, "/x?status=404&header=Content-Encoding:gzip");
    bench_await(&b);
    for (int i = 0; i < N; i++)
        assert_body_is_file(b.jobs[i], "png_1x1.png");
    assert_body_is_file(twice, "png_1x1.png"); /* said twice, done once */
    assert_err(page, ERR_HTTP_ERROR);
    bench_close(&b);
}
END_TEST

START_TEST(an_encoding_that_is_broken_is_told)
{
    static const char damaged[] =
        "/x?raw=HTTP/1.1%20200%20OK%0D%0AContent-Encoding:%20gzip%0D%0A"
        "Connection:%20close%0D%0A%0D%0A%1F%8B%08%00%00%00%00%00%00%03%FF&close=1";
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    struct job *j = bench_get(&b, damaged);
    assert_err(j, ERR_PROTOCOL_ERROR);
    ck_assert_msg(strstr(j->message, "Content-Encoding"), "%s", j->message);
    ck_assert_uint_eq(j->response.body.cap, 0);
    bench_close(&b);
}
END_TEST

START_TEST(no_encoding_is_asked_for)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    struct job *j = bench_get(&b, "/-/echo");
    assert_err(j, ERR_OK);
    ck_assert_ptr_null(memmem(j->response.body.data, j->response.body.len, "ncoding", 7));
    bench_close(&b);
}
END_TEST

START_TEST(a_user_may_ask_for_an_encoding)
{
    static const char line[] = "\r\nAccept-Encoding: br;q=1\r\n";
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.headers = (const char *const[]){"Accept-Encoding: br;q=1", NULL};
    bench_open(&b, 1);
    struct job *j = bench_get(&b, "/-/echo");
    assert_err(j, ERR_OK);
    ck_assert_ptr_nonnull(
        memmem(j->response.body.data, j->response.body.len, line, sizeof line - 1));
    bench_close(&b);
}
END_TEST

START_TEST(what_a_compressed_body_holds_is_what_it_costs)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    struct job *j = bench_get(&b, "/a?size=3000000&encoding=gzip");
    assert_err(j, ERR_OK);
    ck_assert_uint_ge(b.budget.used, 3000000);
    ck_assert_uint_eq(b.budget.used, j->response.body.cap);
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    int n = bench_count(FETCHER);
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(t, a_first_field_may_look_like_the_rest_of_another_one, 0, n);
    tcase_add_loop_test(t, a_status_line_may_be_in_lower_case, 0, n);
    tcase_add_loop_test(t, a_server_may_say_when_to_come_back, 0, n);
    tcase_add_loop_test(t, when_to_come_back_may_be_nonsense, 0, n);
    tcase_add_loop_test(t, a_site_may_refuse_its_images, 0, n);
    tcase_add_loop_test(t, a_refused_image_is_not_waited_for, 0, n);
    tcase_add_loop_test(t, who_does_not_ask_about_robots_is_not_told, 0, n);
    tcase_add_loop_test(t, a_body_that_comes_compressed_is_inflated, 0, n);
    tcase_add_loop_test(t, a_compressed_body_counts_once_inflated_and_as_it_comes, 0, n);
    tcase_add_loop_test(t, an_encoding_that_is_none_or_a_lie_changes_nothing, 0, n);
    tcase_add_loop_test(t, an_encoding_that_is_broken_is_told, 0, n);
    tcase_add_loop_test(t, no_encoding_is_asked_for, 0, n);
    tcase_add_loop_test(t, a_user_may_ask_for_an_encoding, 0, n);
    tcase_add_loop_test(t, what_a_compressed_body_holds_is_what_it_costs, 0, n);
}

int main(void)
{
    return test_main("contract_answers", add);
}
