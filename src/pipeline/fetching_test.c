#include "pipeline/test_pipeline.h"

#include <semaphore.h>

/* The backend has room for more requests than the pipeline may give it. */
static void start_with_room(unsigned rows)
{
    net.holds = true;
    start_rows(rows);
    net.room = UINT16_MAX;
}

START_TEST(a_request_and_what_it_cost_are_counted_once)
{
    struct buf png = {0};
    put_png(&png, 4, 3, 0);
    say((struct answer){.url = "http://a/0", .body = &png, .ms = 20});
    say((struct answer){.url = "http://a/1", .err = ERR_HTTP_ERROR, .http_status = 404, .ms = 30});
    start_rows(2);
    expect_end(2);
    expect_asked("http://a/0 http://a/1 ");
    const struct pipeline_stats *s = pipeline_stats(pipeline);
    ck_assert_uint_eq(s->tally.by_code[ERR_OK], 1);
    ck_assert_uint_eq(s->tally.by_code[ERR_HTTP_ERROR], 1);
    ck_assert_uint_eq(s->connections, 2);
    ck_assert_uint_eq(s->bytes, png.len);
    ck_assert_uint_eq(s->retries + s->redirects + s->evictions + s->starved + s->dropped, 0);
    ck_assert_uint_eq(s->list_rows, 2);
    ck_assert_uint_eq(s->latency.n, 2);
    close_pipeline();
    buf_fini(&png);
}
END_TEST

START_TEST(there_are_never_more_requests_in_flight_than_allowed)
{
    conf.concurrency = 3;
    start_with_room(10);
    until_held(3);
    turn();
    ck_assert_uint_eq(net.n_asked, 3);
    ck_assert_uint_eq(pipeline_stats(pipeline)->in_flight, 3);
    ck_assert_uint_eq(pipeline_stats(pipeline)->waiting, 7);
    answer_next();
    answer_next();
    turn();
    ck_assert_uint_eq(net.n_asked, 5);
    ck_assert_uint_eq(net.n_inside, 3);
    answer_all();
    expect_end(10);
    ck_assert_uint_eq(net.most_inside, 3);
    ck_assert_uint_eq(pipeline->stats.most_in_flight, 3);
    ck_assert_uint_eq(net.n_refused, 0);
    close_pipeline();
}
END_TEST

START_TEST(a_row_the_backend_has_no_room_for_is_the_next_one_to_be_asked_for)
{
    net.refusals = 1000;
    start_rows(3);
    UNTIL(net.n_refused > 0);
    unsigned before = net.n_refused;
    turn();
    ck_assert_uint_le(net.n_refused - before, QUIET_TURNS); /* one a turn */
    ck_assert_uint_gt(net.n_refused - before, 1);
    ck_assert_uint_eq(pipeline->stats.in_flight, 0);
    ck_assert_uint_eq(net.n_asked, 0);
    net.refusals = 0;
    expect_end(3);
    expect_asked("http://a/0 http://a/1 http://a/2 ");
    ck_assert_uint_eq(seen[0].attempts, 1);
    ck_assert_uint_eq(pipeline->stats.most_in_flight, 3);
    close_pipeline();
}
END_TEST

START_TEST(an_evicted_row_is_asked_for_again_after_the_others)
{
    say((struct answer){.url = "http://a/0", .err = ERR_EVICTED});
    conf.concurrency = 1;
    start_rows(3);
    expect_end(3);
    expect_asked("http://a/0 http://a/1 http://a/2 http://a/0 ");
    ck_assert_uint_eq(pipeline->stats.evictions, 1);
    ck_assert_uint_eq(pipeline->stats.retries, 0);
    ck_assert_uint_eq(seen[0].attempts, 1);
    close_pipeline();
}
END_TEST

START_TEST(a_row_whose_connection_was_stale_goes_first_and_at_once)
{
    say((struct answer){.url = "http://a/0", .err = ERR_STALE});
    conf.concurrency = 1;
    conf.retries = 0;
    start_rows(3);
    expect_end(3);
    expect_asked("http://a/0 http://a/0 http://a/1 http://a/2 ");
    ck_assert_uint_eq(pipeline->stats.retries, 0);
    ck_assert_uint_eq(seen[0].attempts, 1);
    expect_row(0, ERR_OK);
    close_pipeline();
}
END_TEST

START_TEST(a_failure_that_may_pass_is_tried_again_after_a_wait)
{
    say((struct answer){.url = "http://a/0", .err = ERR_TIMEOUT});
    start_rows(2);
    UNTIL(n_seen == 1);
    turn();
    expect_asked("http://a/0 http://a/1 ");
    ck_assert_uint_eq(pipeline_stats(pipeline)->waiting, 1);
    ck_assert_uint_eq(pipeline->stats.retries, 1);
    ck_assert(uv_is_active((uv_handle_t *)&pipeline->delay));
    test_clock_pass_ms(1000); /* the longest first wait */
    expect_end(2);
    expect_asked("http://a/0 http://a/1 http://a/0 ");
    expect_row(0, ERR_OK);
    ck_assert_uint_eq(seen[0].attempts, 2);
    close_pipeline();
}
END_TEST

static void stand_still_at_first_request(uint64_t ms)
{
    conf.retries = 0;
    say((struct answer){.url = "http://a/0", .err = ERR_TIMEOUT, .ms = ms});
    say((struct answer){.url = "http://a/0"});
    start_rows(1);
    UNTIL(net.n_inside == 1);
    test_clock_pass_ms(ms);
    expect_end(1);
    ck_assert_uint_eq(seen[0].attempts, 1);
}

START_TEST(a_request_that_outlasts_a_standstill_does_not_count)
{
    stand_still_at_first_request(4000);
    expect_row(0, ERR_OK);
    ck_assert_uint_eq(net.n_asked, 2);
    ck_assert_uint_eq(pipeline->stats.retries, 0);
    close_pipeline();
}
END_TEST

START_TEST(a_busy_second_is_no_standstill)
{
    stand_still_at_first_request(2000);
    expect_row(0, ERR_TIMEOUT);
    ck_assert_uint_eq(net.n_asked, 1);
    close_pipeline();
}
END_TEST

START_TEST(a_row_is_tried_as_often_as_the_user_says)
{
    for (int i = 0; i < 5; i++)
        say((struct answer){.url = "http://a/0", .err = ERR_TRUNCATED_BODY});
    start_rows(1);
    for (unsigned i = 1; i <= 3; i++) {
        UNTIL(net.n_asked == i && net.n_inside == 0);
        test_clock_pass_ms(60000);
    }
    expect_end(1);
    expect_row(0, ERR_TRUNCATED_BODY);
    ck_assert_uint_eq(seen[0].attempts, 3);
    ck_assert_uint_eq(net.n_asked, 3);
    ck_assert_uint_eq(pipeline->stats.retries, 2);
    close_pipeline();
}
END_TEST

START_TEST(a_failure_that_lasts_is_not_tried_again)
{
    say((struct answer){.url = "http://a/0", .err = ERR_TLS_FAILED});
    say((struct answer){.url = "http://a/1", .err = ERR_HTTP_ERROR, .http_status = 404});
    start_rows(2);
    expect_end(2);
    expect_row(0, ERR_TLS_FAILED);
    expect_row(1, ERR_HTTP_ERROR);
    ck_assert_uint_eq(net.n_asked, 2);
    close_pipeline();
}
END_TEST

START_TEST(a_host_that_says_when_is_not_asked_before_and_then_for_the_same_row_first)
{
    conf.per_host = 1;
    say((struct answer){
        .url = "http://a/0", .err = ERR_HTTP_ERROR, .http_status = 429, .retry_after_s = 7});
    start("http://a/0\nhttp://a/1\nhttp://b/0\n");
    UNTIL(n_seen == 1);
    test_clock_pass_ms(6999);
    turn();
    expect_asked("http://a/0 http://b/0 ");
    ck_assert_uint_le(uv_timer_get_due_in(&pipeline->delay), 2);
    ck_assert_uint_eq(pipeline->stats.retries, 1);
    test_clock_pass_ms(1);
    expect_end(3);
    expect_asked("http://a/0 http://b/0 http://a/0 http://a/1 ");
    ck_assert_uint_eq(seen[0].attempts, 2);
    close_pipeline();
}
END_TEST

START_TEST(the_loop_is_woken_when_the_first_of_those_that_wait_may_go_on)
{
    say((struct answer){
        .url = "http://a/0", .err = ERR_HTTP_ERROR, .http_status = 429, .retry_after_s = 50});
    say((struct answer){
        .url = "http://b/0", .err = ERR_HTTP_ERROR, .http_status = 429, .retry_after_s = 30});
    start("http://a/0\nhttp://b/0\nhttp://c/0\n");
    UNTIL(n_seen == 1);
    turn();
    ck_assert_uint_le(uv_timer_get_due_in(&pipeline->delay), 30001);
    ck_assert_uint_gt(uv_timer_get_due_in(&pipeline->delay), 15000);
    test_clock_pass_ms(30000);
    UNTIL(n_seen == 2);
    turn();
    ck_assert_uint_le(uv_timer_get_due_in(&pipeline->delay), 20001);
    test_clock_pass_ms(20000);
    UNTIL(net.n_asked == 5 && net.n_inside == 0);
    turn();
    ck_assert(!uv_is_active((uv_handle_t *)&pipeline->delay));
    expect_end(3);
    close_pipeline();
}
END_TEST

START_TEST(a_redirect_is_followed_and_its_hosts_slot_is_free_again)
{
    conf.per_host = 1;
    say((struct answer){.url = "http://a/0", .redirect = "http://b/x"});
    say((struct answer){.url = "http://b/x", .redirect = "http://a/y"});
    start("http://a/0\nhttp://a/1\n");
    expect_end(2);
    ck_assert_str_eq(seen[0].url, "http://a/y");
    ck_assert_uint_eq(seen[0].attempts, 1);
    ck_assert_uint_eq(pipeline->stats.redirects, 2);
    ck_assert_uint_eq(net.n_asked, 4);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_OK], 2);
    close_pipeline();
}
END_TEST

START_TEST(redirects_without_end_fail_the_row)
{
    for (int i = 0; i < 4; i++)
        say((struct answer){.url = "http://a/0", .redirect = "http://a/0"});
    start_rows(1);
    expect_end(1);
    expect_row(0, ERR_REDIRECT_LOOP);
    ck_assert_uint_eq(net.n_asked, 4);
    ck_assert_uint_eq(pipeline->stats.redirects, 3);
    close_pipeline();
}
END_TEST

START_TEST(no_request_begins_while_the_bodies_take_all_the_memory)
{
    conf.memory = 1000;
    net.weight = 400;
    start_with_room(5);
    until_held(3);
    turn();
    ck_assert_uint_eq(net.n_asked, 3);
    ck_assert_uint_eq(pipeline_stats(pipeline)->memory, 1200);
    answer_next();
    UNTIL(n_seen == 1);
    turn();
    ck_assert_uint_eq(net.n_asked, 4);
    answer_all();
    expect_end(5);
    close_pipeline();
}
END_TEST

START_TEST(a_response_that_was_too_long_for_the_rate_is_waited_for)
{
    conf.transfer.max_speed = 1000;
    say((struct answer){.url = "http://a/0", .received = 5250});
    net.refusals = 3; /* a request that did not begin takes no tokens */
    start_rows(2);
    UNTIL(n_seen == 1);
    turn(); /* there were 250 tokens, so 5,000 are owed */
    test_clock_pass_ms(4999);
    turn();
    expect_asked("http://a/0 ");
    ck_assert_uint_le(uv_timer_get_due_in(&pipeline->delay), 3);
    ck_assert(uv_is_active((uv_handle_t *)&pipeline->delay));
    test_clock_pass_ms(2);
    expect_end(2);
    expect_asked("http://a/0 http://a/1 ");
    close_pipeline();
}
END_TEST

START_TEST(no_wait_that_a_host_asks_for_is_longer_than_the_user_wants)
{
    conf.retry_max_wait_ms = 5000;
    say((struct answer){
        .url = "http://a/0", .err = ERR_HTTP_ERROR, .http_status = 429, .retry_after_s = 3600});
    start_rows(1);
    UNTIL(net.n_asked == 1 && net.n_inside == 0);
    test_clock_pass_ms(4999);
    turn();
    ck_assert_uint_eq(net.n_asked, 1);
    test_clock_pass_ms(1);
    expect_end(1);
    close_pipeline();
}
END_TEST

START_TEST(a_host_is_asked_no_more_often_than_the_user_wants)
{
    conf.host_rate = 10;
    start_rows(2);
    UNTIL(n_seen == 1);
    test_clock_pass_ms(70); /* (a late timer may catch up by 20 ms) */
    turn();
    ck_assert_uint_eq(net.n_asked, 1);
    test_clock_pass_ms(30);
    expect_end(2);
    close_pipeline();
}
END_TEST

START_TEST(an_attempt_has_all_the_time_of_an_attempt)
{
    conf.timeout_ms = 1234;
    start_rows(1);
    expect_end(1);
    ck_assert_uint_eq(net.last.time_left_ns, 1234 * MS);
    close_pipeline();
}
END_TEST

static sem_t gate; /* the store's thread waits here */

static bool wait_at_gate(void *arg, const char *lines, size_t len)
{
    (void)arg, (void)lines, (void)len;
    sem_wait(&gate);
    return true;
}

START_TEST(nothing_is_asked_for_while_the_disk_has_too_much_to_write)
{
    struct buf large = {0};
    put_large(&large, 33 << 20);
    sem_init(&gate, 0, 0);
    conf.store.originals = false;
    conf.store.on_rows = wait_at_gate;
    conf.concurrency = 1;
    net.holds = true;
    say((struct answer){.url = "http://a/1", .body = &large});
    start_rows(4);
    until_held(1);
    answer_next();
    UNTIL(net.n_asked == 2);
    answer_next();
    turn();
    ck_assert_uint_eq(net.n_asked, 2);
    ck_assert_uint_eq(pipeline_stats(pipeline)->storing, 2);
    for (int i = 0; i < 4; i++)
        sem_post(&gate);
    UNTIL(net.n_asked == 3);
    answer_all();
    expect_end(4);
    close_pipeline();
    buf_fini(&large);
}
END_TEST

/* A host that refuses connections is tried five times, and once more after a while. */
START_TEST(rows_of_a_host_that_is_down_fail_without_a_request)
{
    conf.retries = 0;
    conf.per_host = 1;
    char urls[6][24];
    for (int i = 0; i < 6; i++) {
        snprintf(urls[i], sizeof urls[i], "http://a/%d", i);
        say((struct answer){.url = urls[i], .err = ERR_CONNECT_FAILED});
    }
    start_rows(10);
    UNTIL(n_seen == 5);
    turn();
    ck_assert_uint_eq(net.n_asked, 5);
    test_clock_pass_ms(PACE_HOLD_S * 1000);
    expect_end(10);
    ck_assert_uint_eq(net.n_asked, 6);
    for (unsigned i = 0; i < 10; i++) {
        expect_row(i, i < 6 ? ERR_CONNECT_FAILED : ERR_HOST_DOWN);
        ck_assert_uint_eq(seen[i].attempts, i < 6);
    }
    ck_assert_uint_eq(pipeline->stats.most_in_flight, 1);
    struct hostcount_row host;
    ck_assert_uint_eq(pipeline_failing_hosts(pipeline, &host, 1), 1);
    ck_assert_str_eq(host.host, "a");
    ck_assert_uint_eq(host.n, 10);
    close_pipeline();
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_request_and_what_it_cost_are_counted_once);
    tcase_add_test(t, there_are_never_more_requests_in_flight_than_allowed);
    tcase_add_test(t, a_row_the_backend_has_no_room_for_is_the_next_one_to_be_asked_for);
    tcase_add_test(t, an_evicted_row_is_asked_for_again_after_the_others);
    tcase_add_test(t, a_row_whose_connection_was_stale_goes_first_and_at_once);
    tcase_add_test(t, a_failure_that_may_pass_is_tried_again_after_a_wait);
    tcase_add_test(t, a_request_that_outlasts_a_standstill_does_not_count);
    tcase_add_test(t, a_busy_second_is_no_standstill);
    tcase_add_test(t, a_row_is_tried_as_often_as_the_user_says);
    tcase_add_test(t, a_failure_that_lasts_is_not_tried_again);
    tcase_add_test(t, a_host_that_says_when_is_not_asked_before_and_then_for_the_same_row_first);
    tcase_add_test(t, the_loop_is_woken_when_the_first_of_those_that_wait_may_go_on);
    tcase_add_test(t, a_redirect_is_followed_and_its_hosts_slot_is_free_again);
    tcase_add_test(t, redirects_without_end_fail_the_row);
    tcase_add_test(t, no_request_begins_while_the_bodies_take_all_the_memory);
    tcase_add_test(t, a_response_that_was_too_long_for_the_rate_is_waited_for);
    tcase_add_test(t, no_wait_that_a_host_asks_for_is_longer_than_the_user_wants);
    tcase_add_test(t, a_host_is_asked_no_more_often_than_the_user_wants);
    tcase_add_test(t, an_attempt_has_all_the_time_of_an_attempt);
    tcase_add_test(t, nothing_is_asked_for_while_the_disk_has_too_much_to_write);
    tcase_add_test(t, rows_of_a_host_that_is_down_fail_without_a_request);
}

int main(void)
{
    return test_main("fetching", add);
}
