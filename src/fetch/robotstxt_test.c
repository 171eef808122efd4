#include "fetch/robotstxt.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct robotstxt *r;

static void set_up(void)
{
    r = robotstxt_new("imgfetch/1.0 (+https://example.org/)");
}

static void tear_down(void)
{
    robotstxt_free(r);
}

static struct job *make_job(const char *url)
{
    const char *why;
    struct job *j = job_new();
    ck_assert_int_eq(url_parse(url, strlen(url), &j->request.url, &why), ERR_OK);
    return j;
}

/* Checks the first row of a site, which must wait, and returns the robots.txt job. */
static struct job *expect_robots_job(const char *url, const char *robots_url)
{
    struct job *robots_job = NULL;
    ck_assert_int_eq(robotstxt_check(r, make_job(url), &robots_job), ROBOTSTXT_WAIT);
    ck_assert_ptr_nonnull(robots_job);
    ck_assert_str_eq(robots_job->request.url.text, robots_url);
    ck_assert(robots_job->request.is_robots_txt);
    return robots_job;
}

/* Ends the fetch of robots.txt; so many rows waited for it. */
static void settle(
    struct job *robots_job, enum err err, int status, const char *body, unsigned waiting)
{
    struct job_queue rows = TAILQ_HEAD_INITIALIZER(rows);
    struct job *j;
    unsigned n = 0;
    robots_job->response.http_status = status;
    robots_job->response.is_empty = !err && !*body;
    if (err)
        job_fail(robots_job, err, "as told");
    else
        ck_assert(buf_append(&robots_job->response.body, body, strlen(body)));
    robotstxt_settled(r, robots_job, &rows);
    job_free(robots_job, NULL);
    for (; (j = TAILQ_FIRST(&rows)); n++) {
        ck_assert_uint_eq(j->index, n);
        TAILQ_REMOVE(&rows, j, link);
        job_free(j, NULL);
    }
    ck_assert_uint_eq(n, waiting);
}

static enum err check(const char *url, enum robotstxt_verdict want)
{
    struct job *robots_job, *j = make_job(url);
    ck_assert_int_eq(robotstxt_check(r, j, &robots_job), want);
    ck_assert_ptr_null(robots_job);
    enum err err = j->err;
    job_free(j, NULL);
    return err;
}

START_TEST(a_site_is_asked_once_and_its_rows_wait_in_their_order)
{
    struct job *none, *robots_job = expect_robots_job("http://a/1.jpg", "http://a/robots.txt");
    for (unsigned i = 1; i < 4; i++) {
        struct job *j = make_job("http://a:80/2.jpg");
        j->index = i;
        ck_assert_int_eq(robotstxt_check(r, j, &none), ROBOTSTXT_WAIT);
        ck_assert_ptr_null(none);
    }
    settle(robots_job, ERR_OK, 200, "User-agent: imgfetch\nDisallow: /private\n", 4);
    ck_assert_int_eq(check("http://a/1.jpg", ROBOTSTXT_ALLOWED), ERR_OK);
    ck_assert_int_eq(check("http://a/private?x", ROBOTSTXT_REFUSED), ERR_ROBOTS_TAG);
}
END_TEST

START_TEST(scheme_and_port_make_another_site)
{
    settle(expect_robots_job("http://a/", "http://a/robots.txt"), ERR_OK, 200,
        "User-agent: *\nDisallow: /\n", 1);
    settle(expect_robots_job("https://a/", "https://a/robots.txt"), ERR_OK, 200, "", 1);
    settle(expect_robots_job("http://a:81/?q", "http://a:81/robots.txt"), ERR_OK, 200, "x", 1);
    ck_assert_int_eq(check("http://a/", ROBOTSTXT_REFUSED), ERR_ROBOTS_TAG);
    ck_assert_int_eq(check("https://a/", ROBOTSTXT_ALLOWED), ERR_OK);
    ck_assert_int_eq(check("http://a:81/?q", ROBOTSTXT_ALLOWED), ERR_OK);
}
END_TEST

START_TEST(the_outcome_of_the_fetch_decides_where_there_are_no_rules)
{
    static const struct {
        enum err err;
        int status;
        enum robotstxt_verdict verdict;
    } cases[] = {
        {ERR_HTTP_ERROR, 404, ROBOTSTXT_ALLOWED},
        {ERR_HTTP_ERROR, 403, ROBOTSTXT_ALLOWED},
        {ERR_REDIRECT_LOOP, 301, ROBOTSTXT_ALLOWED},
        {ERR_HTTP_ERROR, 429, ROBOTSTXT_REFUSED},
        {ERR_HTTP_ERROR, 500, ROBOTSTXT_REFUSED},
        {ERR_TRUNCATED_BODY, 200, ROBOTSTXT_REFUSED},
        {ERR_CONNECT_FAILED, 0, ROBOTSTXT_REFUSED},
        {ERR_HOST_DOWN, 0, ROBOTSTXT_REFUSED},
    };
    struct job *robots_job = expect_robots_job("http://a/", "http://a/robots.txt");
    settle(robots_job, cases[_i].err, cases[_i].status, "", 1);
    enum err err = check("http://a/", cases[_i].verdict);
    ck_assert_int_eq(err, cases[_i].verdict == ROBOTSTXT_REFUSED ? cases[_i].err : ERR_OK);
}
END_TEST

START_TEST(sites_beyond_the_memory_are_asked_again)
{
    size_t size = 400 * 1024;
    char *text = malloc(size + 1);
    memset(text, '#', size);
    text[size] = '\0';
    for (int i = 0; i < 100; i++) {
        char url[40], robots_url[60];
        snprintf(url, sizeof url, "http://host%d/", i);
        snprintf(robots_url, sizeof robots_url, "%srobots.txt", url);
        settle(expect_robots_job(url, robots_url), ERR_OK, 200, text, 1);
    }
    ck_assert_int_eq(check("http://host99/", ROBOTSTXT_ALLOWED), ERR_OK);
    settle(expect_robots_job("http://host0/", "http://host0/robots.txt"), ERR_OK, 200, text, 1);
    free(text);
}
END_TEST

START_TEST(rows_that_wait_can_be_taken_back)
{
    struct job_queue rows = TAILQ_HEAD_INITIALIZER(rows);
    struct job *robots_job = expect_robots_job("http://a/", "http://a/robots.txt");
    robotstxt_drain(r, &rows);
    struct job *j = TAILQ_FIRST(&rows);
    ck_assert_ptr_nonnull(j);
    ck_assert_ptr_null(TAILQ_NEXT(j, link));
    job_free(j, NULL);
    job_free(robots_job, NULL);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_site_is_asked_once_and_its_rows_wait_in_their_order);
    tcase_add_test(t, scheme_and_port_make_another_site);
    tcase_add_loop_test(t, the_outcome_of_the_fetch_decides_where_there_are_no_rules, 0, 8);
    tcase_add_test(t, sites_beyond_the_memory_are_asked_again);
    tcase_add_test(t, rows_that_wait_can_be_taken_back);
}

int main(void)
{
    return test_main("robotstxt", add);
}
