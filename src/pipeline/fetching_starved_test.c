#include "pipeline/test_pipeline.h"

/* 24 requests are in flight; one of them is starved. */
static void starve_one(void)
{
    conf.concurrency = 24;
    say((struct answer){.url = "http://a/0", .err = ERR_STARVED});
    net.holds = true;
    start_rows(200);
    net.room = UINT16_MAX;
    until_held(24);
    answer_next();
    turn();
}

START_TEST(with_too_few_descriptors_an_eighth_fewer_are_in_flight)
{
    starve_one();
    ck_assert_uint_eq(pipeline->stats.starved, 1);
    ck_assert_uint_eq(net.n_inside, 23); /* and may be 23 - 23 / 8 from now on */
    test_clock_pass_ms(100);
    answer_next();
    answer_next();
    turn();
    ck_assert_uint_eq(net.n_inside, 21);
    answer_next();
    answer_next();
    turn();
    ck_assert_uint_eq(net.n_inside, 21);
    ck_assert_uint_eq(net.n_asked, 24 + 2); /* the starved row is one of them */
    answer_all();
    expect_end(200);
    ck_assert_uint_eq(seen[0].attempts, 1);
    ck_assert_uint_eq(pipeline->stats.retries, 0);
    close_pipeline();
}
END_TEST

START_TEST(no_request_begins_for_a_tenth_of_a_second_after_one_was_starved)
{
    starve_one();
    for (int i = 0; i < 10; i++)
        answer_next();
    test_clock_pass_ms(99);
    turn();
    ck_assert_uint_eq(net.n_inside, 13);
    ck_assert(uv_is_active((uv_handle_t *)&pipeline->delay));
    ck_assert_uint_le(uv_timer_get_due_in(&pipeline->delay), 101);
    test_clock_pass_ms(1);
    turn();
    ck_assert_uint_eq(net.n_inside, 21);
    ck_assert_str_eq(net.last.url.text, "http://a/30");
    ck_assert(!uv_is_active((uv_handle_t *)&pipeline->delay));
    answer_all();
    expect_end(200);
    close_pipeline();
}
END_TEST

START_TEST(requests_that_end_well_bring_the_number_in_flight_back)
{
    starve_one();
    test_clock_pass_ms(100);
    for (unsigned room = 21, n = 0; room < 24; room++, n = 0) {
        ck_assert_uint_eq(pipeline->window.size, room);
        for (; pipeline->window.size == room; n++) {
            answer_next();
            turn();
            ck_assert_uint_le(
                net.n_inside, pipeline->window.size > 22 ? pipeline->window.size : 22);
        }
        ck_assert_uint_eq(n, room); /* one more after as many successes */
    }
    for (int i = 0; i < 50; i++) { /* and never more than at first */
        answer_next();
        turn();
    }
    ck_assert_uint_eq(net.n_inside, 24);
    answer_all();
    expect_end(200);
    ck_assert_uint_eq(net.most_inside, 24);
    close_pipeline();
}
END_TEST

START_TEST(requests_that_fail_do_not_bring_it_back)
{
    starve_one();
    test_clock_pass_ms(100);
    for (int i = 0; i < 60; i++) {
        struct job *j = TAILQ_FIRST(&net.inside);
        say((struct answer){j->request.url.text, ERR_HTTP_ERROR, .http_status = 404});
        answer_next();
        net.n_answers--;
        turn();
    }
    ck_assert_uint_eq(net.n_inside, 21);
    answer_all();
    expect_end(200);
    close_pipeline();
}
END_TEST

START_TEST(the_last_request_that_is_starved_is_still_asked_for_alone)
{
    for (int i = 0; i < 3; i++)
        say((struct answer){.url = "http://a/0", .err = ERR_STARVED});
    net.holds = true;
    start_rows(1);
    for (unsigned i = 1; i <= 4; i++) {
        UNTIL(net.n_asked == i && net.n_inside == 1);
        ck_assert_uint_eq(pipeline->window.size, i == 1 ? 8 : 1);
        answer_next();
        test_clock_pass_ms(100);
    }
    expect_end(1);
    expect_row(0, ERR_OK);
    ck_assert_uint_eq(pipeline->stats.starved, 3);
    ck_assert_uint_eq(seen[0].attempts, 1);
    close_pipeline();
}
END_TEST

START_TEST(the_count_of_those_that_ended_well_begins_anew_when_one_is_starved_again)
{
    starve_one();
    test_clock_pass_ms(100);
    for (int i = 0; i < 12; i++) {
        answer_next();
        turn();
    }
    ck_assert_uint_eq(net.n_inside, 21);
    say((struct answer){.url = TAILQ_FIRST(&net.inside)->request.url.text, .err = ERR_STARVED});
    answer_next();
    test_clock_pass_ms(100);
    ck_assert_uint_eq(pipeline->window.size, 18);
    for (int i = 0; i < 17; i++) {
        answer_next();
        turn();
    }
    ck_assert_uint_eq(pipeline->window.size, 18);
    answer_next();
    ck_assert_uint_eq(pipeline->window.size, 19);
    answer_all();
    expect_end(200);
    close_pipeline();
}
END_TEST

/* One host must wait this long when another host's request is starved. */
static void starve_while_a_host_waits(uint32_t seconds, uint64_t most_ms, uint64_t due_ms)
{
    conf.retry_max_wait_ms = most_ms;
    net.holds = true;
    say((struct answer){.url = "http://a/", .err = ERR_STARVED});
    say((struct answer){
        .url = "http://b/", .err = ERR_HTTP_ERROR, .http_status = 429, .retry_after_s = seconds});
    start("http://a/\nhttp://b/\n");
    until_held(2);
    answer_next();
    answer_next();
    turn();
    ck_assert(uv_is_active((uv_handle_t *)&pipeline->delay));
    ck_assert_uint_le(uv_timer_get_due_in(&pipeline->delay), due_ms);
    test_clock_pass_ms(60000);
    answer_all();
    expect_end(2);
    close_pipeline();
}

START_TEST(the_loop_is_woken_for_what_may_go_on_first)
{
    starve_while_a_host_waits(50, 60000, 101);
    tear_down();
    set_up();
    starve_while_a_host_waits(50, 40, 41);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, with_too_few_descriptors_an_eighth_fewer_are_in_flight);
    tcase_add_test(t, no_request_begins_for_a_tenth_of_a_second_after_one_was_starved);
    tcase_add_test(t, requests_that_end_well_bring_the_number_in_flight_back);
    tcase_add_test(t, requests_that_fail_do_not_bring_it_back);
    tcase_add_test(t, the_last_request_that_is_starved_is_still_asked_for_alone);
    tcase_add_test(t, the_loop_is_woken_for_what_may_go_on_first);
    tcase_add_test(t, the_count_of_those_that_ended_well_begins_anew_when_one_is_starved_again);
}

int main(void)
{
    return test_main("fetching_starved", add);
}
