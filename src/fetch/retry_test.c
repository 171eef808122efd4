#include "fetch/test_retry.h"

START_TEST(a_body_settles_the_fetch_and_is_kept)
{
    double before = clock_wall();
    begin(0);
    ck_assert_uint_eq(j->attempts, 1);
    ck_assert_double_ge(j->started, before);
    ck_assert_int_eq(end_well(), RETRY_SETTLED);
    ck_assert_int_eq(j->err, ERR_OK);
    ck_assert_uint_eq(j->response.body.len, 4);
    ck_assert_uint_eq(j->memory.bytes, 100);
}
END_TEST

START_TEST(a_transient_failure_is_tried_again_as_often_as_allowed)
{
    for (unsigned attempt = 1; attempt <= 3; attempt++) {
        begin(0);
        ck_assert_uint_eq(j->attempts, attempt);
        enum retry_next next = end_badly(ERR_TIMEOUT, 0);
        ck_assert_int_eq(next, attempt <= limits.retries ? RETRY_AGAIN : RETRY_SETTLED);
        if (next == RETRY_AGAIN)
            expect_clear();
    }
    ck_assert_int_eq(j->err, ERR_TIMEOUT);
    ck_assert_str_eq(j->message, "timeout");
    ck_assert_uint_eq(j->attempts, 3);
}
END_TEST

START_TEST(without_retries_the_first_failure_is_the_last)
{
    limits.retries = 0;
    begin(0);
    ck_assert_int_eq(end_badly(ERR_STALLED, 0), RETRY_SETTLED);
    ck_assert_uint_eq(j->attempts, 1);
}
END_TEST

START_TEST(a_lasting_failure_is_settled_at_once)
{
    static const enum err lasting[] = {ERR_BLOCKED_ADDRESS, ERR_DNS_NOT_FOUND, ERR_TLS_FAILED,
        ERR_TOO_LARGE, ERR_ROBOTS_TAG, ERR_HASH_MISMATCH, ERR_PLACEHOLDER};
    for (int i = 0; i < 7; i++) {
        j->attempts = 0;
        begin(0);
        ck_assert_int_eq(end_badly(lasting[i], 0), RETRY_SETTLED);
        ck_assert_int_eq(j->err, lasting[i]);
    }
}
END_TEST

START_TEST(the_status_decides_whether_an_http_error_is_tried_again)
{
    static const struct {
        int status;
        enum retry_next next;
    } cases[] = {{404, RETRY_SETTLED}, {410, RETRY_SETTLED}, {403, RETRY_SETTLED},
        {408, RETRY_AGAIN}, {425, RETRY_AGAIN}, {429, RETRY_AGAIN}, {500, RETRY_AGAIN},
        {503, RETRY_AGAIN}};
    for (int i = 0; i < 8; i++) {
        j->attempts = 0;
        begin(0);
        ck_assert_int_eq(end_badly(ERR_HTTP_ERROR, cases[i].status), cases[i].next);
    }
}
END_TEST

START_TEST(only_a_server_that_has_answered_is_asked_again_on_a_kept_connection)
{
    static const struct {
        enum err err;
        int status;
        bool new_connection;
    } cases[] = {{ERR_STALLED, 0, true}, {ERR_HTTP_ERROR, 503, false},
        {ERR_PROTOCOL_ERROR, 0, true}, {ERR_TRUNCATED_BODY, 200, true}, {ERR_TIMEOUT, 0, true}};
    ck_assert(!j->request.new_connection);
    for (int i = 0; i < 5; i++) {
        j->attempts = 0;
        begin(0);
        end_badly(cases[i].err, cases[i].status);
        ck_assert_int_eq(j->request.new_connection, cases[i].new_connection);
    }
}
END_TEST

START_TEST(a_redirect_goes_on_within_the_attempt)
{
    follow("http://b.example/there");
    expect_clear();
    ck_assert_str_eq(j->request.url.host, "b.example");
    ck_assert_uint_eq(j->hops, 1);
    follow("https://c/last");
    ck_assert(j->request.url.tls);
    begin(0);
    ck_assert_uint_eq(j->attempts, 1);
    ck_assert_int_eq(end_well(), RETRY_SETTLED);
    ck_assert_str_eq(j->request.url.text, "https://c/last"); /* the row's final_url */
}
END_TEST

START_TEST(a_retry_begins_at_the_rows_own_url_with_all_its_redirects)
{
    for (int attempt = 1; attempt <= 2; attempt++) {
        follow("http://b/1");
        follow("http://c/2");
        follow("http://d/3");
        begin(0);
        ck_assert_uint_eq(j->attempts, attempt);
        ck_assert_int_eq(end_badly(ERR_HTTP_ERROR, 503), RETRY_AGAIN);
        expect_clear();
        ck_assert_str_eq(j->request.url.text, "http://a/own");
        ck_assert_str_eq(j->request.url.host, "a");
        ck_assert_uint_eq(j->hops, 0);
        ck_assert_ptr_null(j->origin.text);
    }
}
END_TEST

/* A request to another URL, or for a row that failed, is unconditional. */
START_TEST(a_kept_image_is_revalidated_at_the_url_it_came_from)
{
    j->before = mem_new(sizeof *j->before);
    j->before->final_url = mem_dup("http://b/there");
    j->before->etag = mem_dup("x");
    j->before->last_modified = mem_dup("y");
    begin(0);
    ck_assert_ptr_null(j->request.etag);
    ck_assert_int_eq(end_redirected("http://b/there"), RETRY_REDIRECTED);
    begin(0);
    ck_assert_str_eq(j->request.etag, "x");
    ck_assert_str_eq(j->request.last_modified, "y");
    ck_assert_int_eq(end_badly(ERR_STALLED, 0), RETRY_AGAIN);
    begin(0);
    ck_assert_ptr_null(j->request.etag);
    ck_assert_ptr_null(j->request.last_modified);
    ck_assert_int_eq(end_redirected("http://b/there"), RETRY_REDIRECTED);
    j->before->err = ERR_DECODE_ERROR;
    begin(0);
    ck_assert_ptr_null(j->request.etag);
}
END_TEST

START_TEST(a_redirect_to_another_site_is_told_until_it_leads_back)
{
    limits.max_redirects = 5;
    follow("http://a/other");
    ck_assert(!j->request.is_elsewhere);
    follow("http://a:81/own");
    ck_assert(j->request.is_elsewhere);
    follow("https://a/own");
    ck_assert(j->request.is_elsewhere);
    follow("http://a/own");
    ck_assert(!j->request.is_elsewhere);
    follow("http://b/own");
    ck_assert(j->request.is_elsewhere);
    begin(0);
    ck_assert_int_eq(end_badly(ERR_STALLED, 0), RETRY_AGAIN);
    ck_assert(!j->request.is_elsewhere);
}
END_TEST

START_TEST(a_loop_of_redirects_ends_and_is_not_tried_again)
{
    follow("http://a/own");
    follow("http://a/other");
    follow("http://a/own");
    begin(0);
    ck_assert_int_eq(end_redirected("http://a/other"), RETRY_SETTLED);
    ck_assert_int_eq(j->err, ERR_REDIRECT_LOOP);
    ck_assert_str_eq(j->message, "more than 3 redirects");
    ck_assert_int_eq(j->response.http_status, 302);
    ck_assert_uint_eq(j->attempts, 1);
}
END_TEST

START_TEST(a_site_that_wants_a_cookie_back_is_told_as_that)
{
    limits.max_redirects = 0;
    begin(0);
    j->response.sets_cookie = true;
    ck_assert_int_eq(end_redirected("http://a/own"), RETRY_SETTLED);
    ck_assert_str_eq(
        j->message, "more than 0 redirects; the site sets a cookie and may want it back (-H)");
}
END_TEST

START_TEST(where_no_redirects_are_allowed_the_first_is_too_many)
{
    limits.max_redirects = 0;
    begin(0);
    ck_assert_int_eq(end_redirected("http://b/"), RETRY_SETTLED);
    ck_assert_int_eq(j->err, ERR_REDIRECT_LOOP);
    ck_assert_str_eq(j->request.url.text, "http://a/own");
}
END_TEST

START_TEST(a_redirect_to_what_is_not_fetched_is_a_bad_url)
{
    static const char *const targets[] = {"file:///etc/passwd", "ftp://a/", "data:image/gif,",
        "http://user:secret@a/", "http:///", "", "/relative", "http://a:99999/", "http://a\x01/"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        j->attempts = 0;
        begin(0);
        ck_assert_msg(end_redirected(targets[i]) == RETRY_SETTLED, "%s", targets[i]);
        ck_assert_int_eq(j->err, ERR_BAD_URL);
        ck_assert_int_eq(strncmp(j->message, "redirect: ", 10), 0);
        ck_assert_str_eq(j->request.url.text, "http://a/own"); /* the last URL that was requested */
        job_clear_response(j, &budget);
    }
}
END_TEST

START_TEST(an_evicted_attempt_does_not_count)
{
    begin(0);
    ck_assert_int_eq(end_badly(ERR_EVICTED, 200), RETRY_EVICTED);
    expect_clear();
    ck_assert_uint_eq(j->attempts, 0);
    for (int i = 0; i < 10; i++) {
        begin(0);
        ck_assert_uint_eq(j->attempts, 1);
        ck_assert_int_eq(end_badly(ERR_EVICTED, 0), RETRY_EVICTED);
    }
    begin(0);
    ck_assert_int_eq(end_badly(ERR_TIMEOUT, 0), RETRY_AGAIN);
    ck_assert_uint_eq(j->attempts, 1);
}
END_TEST

/* A transfer of HTTP/2 may have tried several connections by itself. */
START_TEST(a_hop_that_is_refused_on_five_connections_has_failed)
{
    limits.retries = 1;
    begin(0);
    for (unsigned refused = 0; refused < 5; refused++) {
        ck_assert_int_eq(end_badly(ERR_STALE, 0), RETRY_STALE);
        begin(0);
    }
    ck_assert_int_eq(end_badly(ERR_STALE, 0), RETRY_AGAIN);
    ck_assert_uint_eq(j->attempts, 1);
    begin(0);
    ck_assert_int_eq(end_badly(ERR_STALE, 0), RETRY_STALE);
    begin(0);
    j->response.connections = 5;
    ck_assert_int_eq(end_badly(ERR_STALE, 0), RETRY_SETTLED);
    ck_assert_int_eq(j->err, ERR_PROTOCOL_ERROR);
    ck_assert_uint_eq(j->attempts, 2);
}
END_TEST

START_TEST(a_hop_whose_connection_was_stale_is_repeated_on_a_new_one)
{
    follow("http://b/1");
    begin(0);
    ck_assert(!j->request.new_connection);
    ck_assert_int_eq(end_badly(ERR_STALE, 0), RETRY_STALE);
    expect_clear();
    ck_assert_str_eq(j->request.url.text, "http://b/1");
    ck_assert(j->request.new_connection);
    begin(0);
    ck_assert_uint_eq(j->attempts, 1);
    ck_assert_int_eq(end_redirected("http://b/2"), RETRY_REDIRECTED);
    ck_assert(!j->request.new_connection);
}
END_TEST

START_TEST(an_evicted_hop_is_taken_again_within_its_attempt)
{
    follow("http://b/1");
    begin(0);
    ck_assert_int_eq(end_badly(ERR_EVICTED, 200), RETRY_EVICTED);
    expect_clear();
    ck_assert_str_eq(j->request.url.text, "http://b/1");
    ck_assert_uint_eq(j->hops, 1);
    begin(0);
    ck_assert_uint_eq(j->attempts, 1);
    ck_assert_int_eq(end_badly(ERR_TIMEOUT, 0), RETRY_AGAIN);
    ck_assert_str_eq(j->request.url.text, "http://a/own");
}
END_TEST

START_TEST(a_cancelled_hop_is_told_apart)
{
    begin(0);
    ck_assert_int_eq(end_badly(ERR_CANCELLED, 0), RETRY_CANCELLED);
    ck_assert_int_eq(j->err, ERR_CANCELLED);
}
END_TEST

START_TEST(all_look_ups_and_transfers_of_an_attempt_share_its_time)
{
    begin(5 * S);
    ck_assert_uint_eq(j->request.time_left_ns, 55 * S);
    j->ms.total = 10 * S;
    ck_assert_int_eq(end_redirected("http://b/"), RETRY_REDIRECTED);
    ck_assert_uint_eq(j->request.time_left_ns, 45 * S);
    begin(15 * S);
    ck_assert_uint_eq(j->request.time_left_ns, 30 * S);
    j->ms.total = 29 * S;
    ck_assert_int_eq(end_redirected("http://c/"), RETRY_REDIRECTED);
    j->ms.dns = S;
    ck_assert(!retry_hop_begin(j, &limits));
    ck_assert_int_eq(j->err, ERR_TIMEOUT);
    ck_assert_int_eq(retry_hop_end(j, &limits), RETRY_AGAIN);
    begin(S); /* a new attempt has the full time */
    ck_assert_uint_eq(j->attempts, 2);
    ck_assert_uint_eq(j->request.time_left_ns, 59 * S);
}
END_TEST

START_TEST(a_transfer_that_overran_leaves_no_time_and_not_less)
{
    begin(0);
    j->ms.total = 61 * S;
    ck_assert_int_eq(end_redirected("http://b/"), RETRY_REDIRECTED);
    ck_assert_uint_eq(j->request.time_left_ns, 0);
    j->ms.dns = 0;
    ck_assert(!retry_hop_begin(j, &limits));
    ck_assert_int_eq(j->err, ERR_TIMEOUT);
}
END_TEST

START_TEST(a_look_up_that_took_all_the_time_is_a_timeout_that_counts)
{
    for (int attempt = 1; attempt <= 3; attempt++) {
        j->ms.dns = 60 * S;
        ck_assert(!retry_hop_begin(j, &limits));
        ck_assert_int_eq(j->err, ERR_TIMEOUT);
        ck_assert_str_eq(j->message, "looking up a used up --timeout");
        ck_assert_uint_eq(j->attempts, attempt);
        ck_assert_int_eq(retry_hop_end(j, &limits), attempt <= 2 ? RETRY_AGAIN : RETRY_SETTLED);
    }
    ck_assert_uint_eq(j->ms.total, 60 * S);
}
END_TEST

START_TEST(the_row_tells_the_times_of_its_last_hop_look_up_included)
{
    begin(3 * S);
    j->ms.connect = j->ms.tls = j->ms.first_byte = S;
    j->ms.total = 4 * S;
    ck_assert_int_eq(end_badly(ERR_TIMEOUT, 0), RETRY_AGAIN);
    begin(2 * S);
    ck_assert_uint_eq(j->ms.dns, 2 * S);
    ck_assert_uint_eq(j->ms.connect + j->ms.tls + j->ms.first_byte + j->ms.total, 0);
    j->ms.total = 5 * S;
    ck_assert_int_eq(end_well(), RETRY_SETTLED);
    ck_assert_uint_eq(j->ms.total, 7 * S);
}
END_TEST

START_TEST(a_row_has_started_when_its_first_attempt_did)
{
    begin(0);
    double started = j->started;
    ck_assert_double_gt(started, 0);
    ck_assert_int_eq(end_badly(ERR_TIMEOUT, 0), RETRY_AGAIN);
    begin(0);
    ck_assert_double_eq(j->started, started);
}
END_TEST

START_TEST(a_row_has_finished_when_its_last_attempt_did)
{
    begin(0);
    ck_assert_double_eq(j->finished, 0);
    j->started_ns -= 5 * S; /* as if the attempt had taken that long */
    ck_assert_int_eq(end_badly(ERR_TIMEOUT, 0), RETRY_AGAIN);
    double first = j->finished;
    ck_assert_double_ge(first, j->started + 5);
    begin(0);
    j->started_ns -= 4 * S;
    ck_assert_int_eq(end_well(), RETRY_SETTLED);
    ck_assert_double_ge(j->finished, first + 4);
}
END_TEST

START_TEST(a_clock_that_is_set_back_does_not_end_a_row_before_its_start)
{
    begin(0);
    j->started += 3600;
    ck_assert_int_eq(end_well(), RETRY_SETTLED);
    ck_assert_double_ge(j->finished, j->started);
}
END_TEST

/* Earlier, the resolver would only repeat its cached failure. */

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_body_settles_the_fetch_and_is_kept);
    tcase_add_test(t, a_transient_failure_is_tried_again_as_often_as_allowed);
    tcase_add_test(t, without_retries_the_first_failure_is_the_last);
    tcase_add_test(t, a_lasting_failure_is_settled_at_once);
    tcase_add_test(t, the_status_decides_whether_an_http_error_is_tried_again);
    tcase_add_test(t, only_a_server_that_has_answered_is_asked_again_on_a_kept_connection);
    tcase_add_test(t, a_redirect_goes_on_within_the_attempt);
    tcase_add_test(t, a_retry_begins_at_the_rows_own_url_with_all_its_redirects);
    tcase_add_test(t, a_kept_image_is_revalidated_at_the_url_it_came_from);
    tcase_add_test(t, a_redirect_to_another_site_is_told_until_it_leads_back);
    tcase_add_test(t, a_loop_of_redirects_ends_and_is_not_tried_again);
    tcase_add_test(t, a_site_that_wants_a_cookie_back_is_told_as_that);
    tcase_add_test(t, where_no_redirects_are_allowed_the_first_is_too_many);
    tcase_add_test(t, a_redirect_to_what_is_not_fetched_is_a_bad_url);
    tcase_add_test(t, an_evicted_attempt_does_not_count);
    tcase_add_test(t, a_hop_that_is_refused_on_five_connections_has_failed);
    tcase_add_test(t, a_hop_whose_connection_was_stale_is_repeated_on_a_new_one);
    tcase_add_test(t, an_evicted_hop_is_taken_again_within_its_attempt);
    tcase_add_test(t, a_cancelled_hop_is_told_apart);
    tcase_add_test(t, all_look_ups_and_transfers_of_an_attempt_share_its_time);
    tcase_add_test(t, a_transfer_that_overran_leaves_no_time_and_not_less);
    tcase_add_test(t, a_look_up_that_took_all_the_time_is_a_timeout_that_counts);
    tcase_add_test(t, the_row_tells_the_times_of_its_last_hop_look_up_included);
    tcase_add_test(t, a_row_has_started_when_its_first_attempt_did);
    tcase_add_test(t, a_row_has_finished_when_its_last_attempt_did);
    tcase_add_test(t, a_clock_that_is_set_back_does_not_end_a_row_before_its_start);
}

int main(void)
{
    return test_main("retry", add);
}
