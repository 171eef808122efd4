/* Other URLs of a row. */
#include "fetch/test_retry.h"

static void set_up_fallbacks(void)
{
    static const char *const cells[] = {
        "", "HTTP://B/second", "nonsense", "https://c/", "ftp://d/"};
    enum { N = sizeof cells / sizeof *cells };
    set_up();
    j->columns = mem_new(sizeof *j->columns);
    j->columns->fallbacks = mem_array(N, sizeof *j->columns->fallbacks);
    j->columns->n_fallbacks = N;
    for (int i = 0; i < N; i++)
        job_set_fallback(&j->columns->fallbacks[i], cells[i], strlen(cells[i]));
}

static void expect_url(unsigned index, const char *url)
{
    expect_clear();
    ck_assert_uint_eq(j->url_index, index);
    ck_assert_str_eq(j->request.url.text, url);
}

START_TEST(the_next_url_is_tried_as_if_it_were_the_first)
{
    begin(0);
    end_badly(ERR_HTTP_ERROR, 404);
    j->image.format = "png"; /* a body may be refused after it was decoded */
    j->has_sha256 = true;
    ck_assert(retry_next_url(j, &limits));
    expect_url(2, "http://b/second");
    ck_assert_ptr_null(j->image.format);
    ck_assert(!j->has_sha256);
    begin(0);
    ck_assert_int_eq(end_well(), RETRY_SETTLED);
}
END_TEST

START_TEST(each_url_has_its_own_retries_and_the_attempts_are_the_sum)
{
    for (int url = 0; url < 3; url++) {
        for (unsigned attempt = 1; attempt <= 3; attempt++) {
            begin(0);
            ck_assert_uint_eq(j->attempts, (unsigned)url * 3 + attempt);
            ck_assert_int_eq(
                end_badly(ERR_HTTP_ERROR, 503), attempt < 3 ? RETRY_AGAIN : RETRY_SETTLED);
            ck_assert_uint_le(j->delay_ns, attempt * S);
        }
        ck_assert_int_eq(retry_next_url(j, &limits), url < 2);
    }
}
END_TEST

START_TEST(redirects_of_a_url_are_forgotten_with_it)
{
    follow("http://x/1");
    follow("http://y/2");
    begin(0);
    end_badly(ERR_HTTP_ERROR, 404);
    ck_assert(retry_next_url(j, &limits));
    expect_url(2, "http://b/second");
    ck_assert(!j->request.is_elsewhere);
    ck_assert_uint_eq(j->hops, 0);
    follow("http://z/1");
    begin(0);
    ck_assert_int_eq(end_badly(ERR_HTTP_ERROR, 503), RETRY_AGAIN);
    expect_url(2, "http://b/second");
}
END_TEST

START_TEST(a_cell_that_is_no_url_has_failed_at_once)
{
    begin(0);
    end_badly(ERR_HTTP_ERROR, 404);
    ck_assert(retry_next_url(j, &limits));
    ck_assert(retry_next_url(j, &limits));
    expect_url(4, "https://c/");
    begin(0);
    end_badly(ERR_HTTP_ERROR, 404);
    ck_assert(!retry_next_url(j, &limits));
    ck_assert_int_eq(j->err, ERR_BAD_URL);
    ck_assert_uint_eq(j->url_index, 5);
    ck_assert_uint_eq(j->attempts, 2);
    ck_assert_ptr_null(j->request.url.text);
    ck_assert(!retry_next_url(j, &limits));
}
END_TEST

START_TEST(the_first_url_may_be_bad_itself)
{
    url_fini(&j->request.url);
    job_fail(j, ERR_BAD_URL, "no URL");
    ck_assert(retry_next_url(j, &limits));
    expect_url(2, "http://b/second");
}
END_TEST

START_TEST(a_row_without_other_urls_stays_as_it_is)
{
    j->columns->n_fallbacks = 1;
    begin(0);
    end_badly(ERR_HTTP_ERROR, 404);
    ck_assert(!retry_next_url(j, &limits));
    ck_assert_int_eq(j->err, ERR_HTTP_ERROR);
    ck_assert_uint_eq(j->url_index, 0);
    ck_assert_str_eq(j->request.url.text, "http://a/own");
    j->columns->n_fallbacks = 5; /* all are freed */
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up_fallbacks, tear_down);
    tcase_add_test(t, the_next_url_is_tried_as_if_it_were_the_first);
    tcase_add_test(t, each_url_has_its_own_retries_and_the_attempts_are_the_sum);
    tcase_add_test(t, redirects_of_a_url_are_forgotten_with_it);
    tcase_add_test(t, a_cell_that_is_no_url_has_failed_at_once);
    tcase_add_test(t, the_first_url_may_be_bad_itself);
    tcase_add_test(t, a_row_without_other_urls_stays_as_it_is);
}

int main(void)
{
    return test_main("retry_fallback", add);
}
