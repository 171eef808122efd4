/*
 * The contract of every backend. Each test runs with all of them, against a site
 * that can misbehave. A new backend is tested as soon as it is in the table.
 */
#include "backends/contract_bench.h"
#include "base/mem.h"

static struct site site;

static void start_site(void)
{
    site_start(&site);
}

static void stop_site(void)
{
    site_stop(&site);
}

/* ---- every backend: the contract of a stage ---- */

static void ask_another(struct bench *b, struct job *j)
{
    (void)j;
    if (b->n_jobs < 100)
        bench_ask(b, "/png_1x1.png");
}

START_TEST(every_job_comes_back_once_and_from_the_loop)
{
    struct bench b;
    bench_init(&b, bench_backend(ANY, _i), site.port);
    b.on_back = ask_another;
    bench_open(&b, PLENTY);
    for (int i = 0; i < PLENTY / 2; i++)
        bench_ask(&b, "/png_1x1.png");
    ck_assert_uint_eq(b.n_back, 0);
    bench_await(&b);
    ck_assert_uint_eq(b.n_back, 100);
    for (unsigned i = 0; i < b.n_jobs; i++)
        assert_err(b.jobs[i], ERR_OK);
    bench_close(&b);
}
END_TEST

START_TEST(beyond_its_concurrency_a_backend_leaves_the_job_with_the_caller)
{
    struct bench b;
    bench_init(&b, bench_backend(ANY, _i), site.port);
    bench_open(&b, 3);
    for (unsigned i = 0; i < bench_at_once(&b, 3); i++)
        ck_assert_int_eq(bench_submit(&b, bench_make(&b, "/png_1x1.png?delay=100")), STAGE_OK);
    struct job *one_more = bench_make(&b, "/png_1x1.png");
    ck_assert_int_eq(bench_submit(&b, one_more), STAGE_AGAIN);
    ck_assert_int_eq(bench_submit(&b, one_more), STAGE_AGAIN);
    ck_assert_uint_eq(one_more->memory.bytes, 0);
    b.n_jobs--; /* the job is still ours: bench_await() must not wait for it */
    bench_await(&b);
    b.n_jobs++;
    ck_assert_int_eq(bench_submit(&b, one_more), STAGE_OK);
    bench_await(&b);
    assert_err(one_more, ERR_OK);
    bench_close(&b);
}
END_TEST

START_TEST(a_stop_brings_all_jobs_back_soon)
{
    struct bench b;
    bench_init(&b, bench_backend(ANY, _i), site.port);
    bench_open(&b, PLENTY);
    for (int i = 0; i < PLENTY / 2; i++)
        bench_ask(&b, i % 2 ? "/a?fault=silent" : "/a?size=100000&rate=100");
    if (b.backend->needs_address)
        bench_turn(&b, 50);
    uint64_t stopped = clock_ns();
    stage_stop(b.stage);
    bench_ask(&b, "/a?fault=silent");
    bench_await(&b);
    ck_assert_uint_lt(clock_ns() - stopped, 2000000000);
    for (unsigned i = 0; i < b.n_jobs; i++)
        assert_err(b.jobs[i], ERR_CANCELLED);
    bench_close(&b);
}
END_TEST

START_TEST(jobs_submitted_long_after_a_stop_are_cancelled_too)
{
    struct bench b;
    bench_init(&b, bench_backend(ANY, _i), site.port);
    bench_open(&b, 1);
    stage_stop(b.stage);
    bench_turn(&b, 50);
    for (int i = 0; i < 3; i++)
        assert_err(bench_get(&b, "/a?fault=silent"), ERR_CANCELLED);
    bench_close(&b);
}
END_TEST

START_TEST(a_backend_that_was_never_asked_can_be_freed)
{
    struct bench b;
    bench_init(&b, bench_backend(ANY, _i), site.port);
    bench_open(&b, PLENTY);
    bench_close(&b);
}
END_TEST

START_TEST(without_addresses_success_has_no_body)
{
    struct bench b;
    bench_init(&b, bench_backend(NO_FETCHER, _i), site.port);
    bench_open(&b, 1);
    struct job *j = bench_make(&b, "http://nowhere.invalid/");
    j->request.addrs.n = 0;
    ck_assert_int_eq(bench_submit(&b, j), STAGE_OK);
    bench_await(&b);
    assert_err(j, ERR_OK);
    ck_assert_uint_eq(j->response.body.len, 0);
    ck_assert_int_eq(j->response.http_status, 0);
    bench_close(&b);
}
END_TEST

/* ---- fetching backends: valid responses ---- */

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

START_TEST(a_file_arrives_byte_for_byte)
{
    static const char *const names[] = {"photo_1200x900.jpg", "png_1x1.png", "bmp_24bit.bmp"};
    enum { N = 30 };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    for (int i = 0; i < N; i++) {
        char path[100], host[40];
        snprintf(path, sizeof path, "/%s?chunked=%d", names[i % 3], i / 3 % 2);
        snprintf(host, sizeof host, "127.0.0.%d", 1 + i % 7);
        bench_set_address(&b, host);
        bench_ask_host(&b, host, path);
    }
    bench_await(&b);
    for (int i = 0; i < N; i++) {
        assert_err(b.jobs[i], ERR_OK);
        assert_body_is_file(b.jobs[i], names[i % 3]);
    }
    bench_close(&b);
}
END_TEST

START_TEST(bytes_count_as_they_arrive_and_once)
{
    struct bench b;
    atomic_ullong arrived = 0;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.arrived = &arrived;
    bench_open(&b, PLENTY);
    assert_err(bench_get(&b, "/a?size=300000"), ERR_OK);
    ck_assert_uint_eq(atomic_load(&arrived), 300000);
    bench_ask(&b, "/a?size=300000&fault=stall");
    while (b.n_back == 1 && atomic_load(&arrived) == 300000)
        bench_turn(&b, 5);
    ck_assert_uint_eq(b.n_back, 1);
    stage_stop(b.stage);
    bench_await(&b);
    ck_assert_uint_le(atomic_load(&arrived), 600000);
    bench_close(&b);
}
END_TEST

START_TEST(the_answer_is_described)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    bench_set_address(&b, "127.0.0.9");
    struct job *j = bench_ask_host(&b, "images.test", "/gif_static.gif?delay=100&type=image/x-odd");
    bench_await(&b);
    assert_err(j, ERR_OK);
    ck_assert_int_eq(j->response.http_status, 200);
    ck_assert_str_eq(j->response.content_type, "image/x-odd");
    ck_assert_str_eq(j->response.ip, "127.0.0.9");
    ck_assert_ptr_null(j->response.redirect);
    ck_assert_uint_gt(j->ms.connect, 0);
    ck_assert_uint_eq(j->ms.tls, 0);
    ck_assert_uint_ge(j->ms.first_byte, j->ms.connect + 99000000);
    ck_assert_uint_ge(j->ms.total, j->ms.first_byte);
    ck_assert_uint_lt(j->ms.total, 5000000000);
    ck_assert_ptr_null(bench_get(&b, "/gif_static.gif?type=none")->response.content_type);
    bench_close(&b);
}
END_TEST

START_TEST(the_request_says_what_was_asked_for_and_no_more)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    b.transfer.referer = "http://example.com/gallery";
    b.transfer.headers = (const char *const[]){"X-One: 1", "X-Two: 2", NULL};
    bench_open(&b, PLENTY);
    for (int i = 0; i < 2; i++) {
        struct job *j = bench_get(&b, "/-/echo");
        char expected[400];
        int len = snprintf(expected, sizeof expected,
            "GET /-/echo HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: contract/1\r\n"
            "Accept: */*\r\nReferer: http://example.com/gallery\r\nX-One: 1\r\nX-Two: 2\r\n",
            site.port);
        assert_err(j, ERR_OK);
        ck_assert_uint_ge(j->response.body.len, (size_t)len);
        ck_assert_mem_eq(j->response.body.data, expected, (size_t)len);
        ck_assert_uint_le(j->response.body.len, (size_t)len + 2);
    }
    bench_close(&b);
}
END_TEST

START_TEST(a_redirect_is_reported_and_not_followed)
{
    struct bench b;
    char expected[100];
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, PLENTY);
    struct job *j = bench_get(&b, "/a?redirect=http%3A%2F%2F127.0.0.5%3A81%2Fx%3Fy");
    assert_err(j, ERR_OK);
    ck_assert_int_eq(j->response.http_status, 302);
    ck_assert_str_eq(j->response.redirect, "http://127.0.0.5:81/x?y");
    ck_assert_uint_eq(j->response.body.len, 0);

    j = bench_get(&b, "/dir/a?redirect=..%2Fb.jpg&status=308");
    snprintf(expected, sizeof expected, "http://127.0.0.1:%u/dir/../b.jpg", site.port);
    ck_assert_int_eq(j->response.http_status, 308);
    ck_assert_str_eq(j->response.redirect, expected);

    j = bench_get(&b, "/a?redirect=%2Fb.jpg&fault=half"); /* its body is cut off */
    assert_err(j, ERR_OK);
    ck_assert_ptr_nonnull(j->response.redirect);

    j = bench_get(&b, "/a?redirect=file%3A%2F%2F%2Fetc%2Fpasswd");
    assert_err(j, ERR_OK);
    ck_assert_str_eq(j->response.redirect, "file:///etc/passwd");
    ck_assert_int_eq(site_count(&site, NULL, "requests"), 4);
    bench_close(&b);
}
END_TEST

/* Requests an image whose validators are known; NULL: not known. */
static struct job *ask_whether(
    struct bench *b, const char *target, const char *etag, const char *last_modified)
{
    struct job *j = bench_make(b, target);
    j->request.etag = mem_dup(etag);
    j->request.last_modified = mem_dup(last_modified);
    TAILQ_INSERT_TAIL(&b->waiting, j, link);
    bench_submit_waiting(b);
    bench_await(b);
    return j;
}

START_TEST(an_image_that_is_known_is_sent_only_if_it_is_another_one)
{
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    struct job *known = bench_get(&b, "/jpeg_420.jpg");
    ck_assert(!known->response.is_unchanged);
    ck_assert_ptr_nonnull(known->response.etag);
    ck_assert_ptr_nonnull(strstr(known->response.last_modified, " GMT"));

    struct job *j =
        ask_whether(&b, "/jpeg_420.jpg", known->response.etag, known->response.last_modified);
    assert_err(j, ERR_OK);
    ck_assert(j->response.is_unchanged);
    ck_assert_int_eq(j->response.http_status, 304);
    ck_assert_uint_eq(j->response.body.len, 0);

    j = ask_whether(&b, "/jpeg_420.jpg", "\"another\"", NULL);
    ck_assert(!j->response.is_unchanged);
    assert_body_is_file(j, "jpeg_420.jpg");
    j = bench_get(&b, "/jpeg_420.jpg"); /* nothing is left of the conditional request */
    assert_body_is_file(j, "jpeg_420.jpg");
    bench_close(&b);
}
END_TEST

START_TEST(an_image_is_unchanged_whatever_else_the_304_carries)
{
    static const char target[] = "/x?status=304&header=Location:%20%2Fy&header=ETag:%20%22new%22";
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 1);
    struct job *j = ask_whether(&b, target, "\"known\"", NULL);
    assert_err(j, ERR_OK);
    ck_assert(j->response.is_unchanged);
    ck_assert_ptr_null(j->response.redirect);
    bench_close(&b);
}
END_TEST

/* ---- fetching backends: faults of servers ---- */

struct trouble {
    const char *target;
    enum err err;
    int status;
};

/* All at once over few connections: no fault may affect the next request. */
START_TEST(every_fault_of_a_server_has_its_code)
{
    static const struct trouble table[] = {
        {"/jpeg_420.jpg?fault=close", ERR_PROTOCOL_ERROR, 0},
        {"/jpeg_420.jpg?fault=reset", ERR_PROTOCOL_ERROR, 0},
        {"/jpeg_420.jpg?fault=garbage", ERR_PROTOCOL_ERROR, 0},
        {"/jpeg_420.jpg?fault=half", ERR_TRUNCATED_BODY, 200},
        {"/jpeg_420.jpg?fault=lie_long", ERR_TRUNCATED_BODY, 200},
        {"/jpeg_420.jpg?fault=bad_chunk", ERR_TRUNCATED_BODY, 200},
        {"/jpeg_420.jpg?fault=empty", ERR_TRUNCATED_BODY, 200},
        {"/empty.jpg", ERR_TRUNCATED_BODY, 200},
        {"/empty.jpg?chunked=1", ERR_TRUNCATED_BODY, 200},
        {"/x?status=204", ERR_TRUNCATED_BODY, 204},
        {"/missing.jpg", ERR_HTTP_ERROR, 404},
        {"/x?status=304", ERR_HTTP_ERROR, 304},
        {"/x?status=304&header=Location:%20%2Fy", ERR_HTTP_ERROR, 304},
        {"/x?status=305&header=Location:%20%2Fy", ERR_HTTP_ERROR, 305},
        {"/x?status=302", ERR_HTTP_ERROR, 302},
        {"/x?status=503&retry_after=7", ERR_HTTP_ERROR, 503},
        {"/x?status=999", ERR_HTTP_ERROR, 999},
        {"/x?status=404&fault=half", ERR_HTTP_ERROR, 404},
        {"/jpeg_420.jpg?fault=lie_short", ERR_OK, 200},
        {"/jpeg_420.jpg", ERR_OK, 200},
    };
    enum { N = sizeof table / sizeof *table };
    struct bench b;
    bench_init(&b, bench_backend(FETCHER, _i), site.port);
    bench_open(&b, 4);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < N; i++) {
            struct job *j = bench_make(&b, table[i].target);
            while (bench_submit(&b, j) == STAGE_AGAIN)
                bench_turn(&b, 1);
        }
    bench_await(&b);
    for (unsigned i = 0; i < b.n_jobs; i++) {
        assert_err(b.jobs[i], table[i % N].err);
        ck_assert_int_eq(b.jobs[i]->response.http_status, table[i % N].status);
        ck_assert_msg(b.jobs[i]->response.body.len > 0 || table[i % N].err != ERR_OK, "%s: no body",
            table[i % N].target);
        ck_assert_msg(!b.jobs[i]->response.body.len || table[i % N].err == ERR_OK ||
                          transfer_keeps_body(table[i % N].err),
            "%s: body of %zu", table[i % N].target, b.jobs[i]->response.body.len);
    }
    assert_body_is_file(b.jobs[N - 1], "jpeg_420.jpg");
    bench_close(&b);
}
END_TEST

static void add(TCase *t)
{
    int all = bench_count(ANY), fetchers = bench_count(FETCHER);
    tcase_add_checked_fixture(t, start_site, stop_site);
    tcase_add_loop_test(t, every_job_comes_back_once_and_from_the_loop, 0, all);
    tcase_add_loop_test(t, beyond_its_concurrency_a_backend_leaves_the_job_with_the_caller, 0, all);
    tcase_add_loop_test(t, a_stop_brings_all_jobs_back_soon, 0, all);
    tcase_add_loop_test(t, jobs_submitted_long_after_a_stop_are_cancelled_too, 0, all);
    tcase_add_loop_test(t, a_backend_that_was_never_asked_can_be_freed, 0, all);
    tcase_add_loop_test(t, without_addresses_success_has_no_body, 0, bench_count(NO_FETCHER));
    tcase_add_loop_test(t, a_file_arrives_byte_for_byte, 0, fetchers);
    tcase_add_loop_test(t, bytes_count_as_they_arrive_and_once, 0, fetchers);
    tcase_add_loop_test(t, the_answer_is_described, 0, fetchers);
    tcase_add_loop_test(t, the_request_says_what_was_asked_for_and_no_more, 0, fetchers);
    tcase_add_loop_test(t, a_redirect_is_reported_and_not_followed, 0, fetchers);
    tcase_add_loop_test(t, an_image_that_is_known_is_sent_only_if_it_is_another_one, 0, fetchers);
    tcase_add_loop_test(t, an_image_is_unchanged_whatever_else_the_304_carries, 0, fetchers);
    tcase_add_loop_test(t, every_fault_of_a_server_has_its_code, 0, fetchers);
}

int main(void)
{
    return test_main("contract", add);
}
