#include "pipeline/test_pipeline.h"

enum { MOST = 4096 };

/* A list may come so slowly that most turns of the first round had too few rows: such a round
 * says nothing of the window, and the clock of the test would bring no other. */
static void begin_full_round(void)
{
    pipeline->window.round.turns = pipeline->window.round.full = 0;
}

static void start_adapting(unsigned rows)
{
    conf.concurrency = MOST;
    conf.adapts = true;
    net.holds = true;
    start_rows(rows);
    net.room = UINT16_MAX;
    until_held(64);
    turn();
    ck_assert_uint_eq(net.n_inside, 64);
    begin_full_round();
}

/* All that are in flight are answered, after this time. */
static void answer_round(uint64_t ms)
{
    test_clock_pass_ms(ms);
    for (unsigned n = net.n_inside; n; n--)
        answer_next();
    turn();
}

START_TEST(it_begins_with_64_and_grows_while_the_rate_does)
{
    start_adapting(3000);
    ck_assert(uv_is_active((uv_handle_t *)&pipeline->delay)); /* even if nothing comes */
    ck_assert_uint_le(uv_timer_get_due_in(&pipeline->delay), 101);
    answer_round(100);
    until_held(256);
    answer_round(100);
    until_held(2048);
    ck_assert_uint_eq(pipeline_stats(pipeline)->window, 2048);
    answer_all();
    expect_end(3000);
    ck_assert_uint_eq(net.most_inside, 2048);
    close_pipeline();
}
END_TEST

START_TEST(memory_bounds_it)
{
    conf.memory = 100 * TRANSFER_RESERVE;
    start_adapting(1000);
    answer_round(100);
    until_held(100);
    ck_assert_uint_eq(pipeline_stats(pipeline)->window, 100);
    answer_all();
    expect_end(1000);
    close_pipeline();
}
END_TEST

START_TEST(few_rows_leave_it_as_it_is)
{
    conf.concurrency = MOST;
    conf.adapts = true;
    net.holds = true;
    start_rows(40);
    until_held(40);
    answer_round(5000);
    expect_end(40);
    ck_assert_uint_eq(pipeline_stats(pipeline)->window, 64);
    close_pipeline();
}
END_TEST

START_TEST(time_outs_of_hosts_that_answered_make_it_smaller)
{
    start_adapting(1000);
    answer_round(100);
    until_held(256);
    for (unsigned n = 0; n < 200; n++) {
        struct job *j = TAILQ_FIRST(&net.inside);
        say((struct answer){j->request.url.text, ERR_TIMEOUT, .ms = 5000});
        test_clock_pass_ms(30);
        answer_next();
        net.n_answers--;
        turn();
    }
    ck_assert_uint_lt(pipeline_stats(pipeline)->window, 200);
    pipeline_stop(pipeline, PIPELINE_ABORT);
    answer_all();
    until_over();
    close_pipeline();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, it_begins_with_64_and_grows_while_the_rate_does);
    tcase_add_test(t, memory_bounds_it);
    tcase_add_test(t, few_rows_leave_it_as_it_is);
    tcase_add_test(t, time_outs_of_hosts_that_answered_make_it_smaller);
}

int main(void)
{
    return test_main("fetching_window", add);
}
