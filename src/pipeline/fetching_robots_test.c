#include "pipeline/test_pipeline.h"

static const char rules[] = "User-agent: *\nDisallow: /private\n";
static struct buf robots_txt;

/* The hosts are addresses, which need no look-up. */
#define A "http://192.0.2.1"
#define B "http://192.0.2.2"

static void set_up_robots(void)
{
    set_up();
    net_backend.needs_address = true;
    conf.robots_txt = true;
    conf.retries = 0;
    put(&robots_txt, rules, strlen(rules));
}

static void tear_down_robots(void)
{
    buf_fini(&robots_txt);
    tear_down();
}

START_TEST(a_sites_robots_txt_is_asked_for_once_before_its_rows)
{
    net.holds = true;
    say((struct answer){.url = A "/robots.txt", .body = &robots_txt});
    start(A "/1\n" A "/private/2\n" A "/3\n");
    until_held(1);
    turn();
    expect_asked(A "/robots.txt ");
    ck_assert(net.last.is_robots_txt);
    ck_assert_uint_eq(pipeline->stats.outstanding, 4);
    answer_all();
    expect_end(3);
    expect_asked(A "/robots.txt " A "/1 " A "/3 ");
    expect_row(1, ERR_ROBOTS_TAG);
    ck_assert_uint_eq(seen[1].attempts, 0);
    ck_assert_uint_eq(tally_rows(&pipeline->stats.tally), 3); /* it is no row */
    close_pipeline();
    ck_assert_uint_eq(count_written(), 3);
}
END_TEST

START_TEST(rows_that_waited_for_it_go_before_those_that_came_later)
{
    conf.per_host = 1;
    net.holds = true;
    start(A "/1\n" A "/2\n" A "/3\n");
    until_held(1);
    answer_all();
    expect_end(3);
    expect_asked(A "/robots.txt " A "/1 " A "/2 " A "/3 ");
    close_pipeline();
}
END_TEST

START_TEST(rows_of_a_site_whose_robots_txt_cannot_be_had_fail_as_it_did)
{
    say((struct answer){.url = A "/robots.txt", .err = ERR_HTTP_ERROR, .http_status = 503});
    say((struct answer){.url = B "/robots.txt", .err = ERR_HTTP_ERROR, .http_status = 404});
    start(A "/1\n" B "/1\n" A "/2\n");
    expect_end(3);
    expect_row(0, ERR_HTTP_ERROR);
    expect_row(1, ERR_OK);
    expect_row(2, ERR_HTTP_ERROR);
    ck_assert(!strncmp(seen[0].message, "robots.txt: ", 12));
    ck_assert_uint_eq(net.n_asked, 3);
    ck_assert_uint_eq(pipeline->stats.tally.by_code[ERR_HTTP_ERROR], 2);
    close_pipeline();
}
END_TEST

START_TEST(a_robots_txt_is_tried_again_and_followed_like_a_row)
{
    conf.retries = 1;
    say((struct answer){.url = A "/robots.txt", .err = ERR_TIMEOUT});
    say((struct answer){.url = A "/robots.txt", .redirect = B "/rules"});
    say((struct answer){.url = B "/rules", .body = &robots_txt});
    start(A "/private\n");
    UNTIL(net.n_asked == 1 && net.n_inside == 0);
    test_clock_pass_ms(1000);
    expect_end(1);
    expect_asked(A "/robots.txt " A "/robots.txt " B "/rules ");
    expect_row(0, ERR_ROBOTS_TAG);
    close_pipeline();
}
END_TEST

START_TEST(where_a_redirect_leads_to_is_asked_for_its_robots_txt_too)
{
    say((struct answer){.url = A "/1", .redirect = B "/private"});
    say((struct answer){.url = B "/robots.txt", .body = &robots_txt});
    start(A "/1\n");
    expect_end(1);
    expect_asked(A "/robots.txt " A "/1 " B "/robots.txt ");
    expect_row(0, ERR_ROBOTS_TAG);
    close_pipeline();
}
END_TEST

START_TEST(nobody_is_asked_for_a_robots_txt_that_the_user_does_not_want)
{
    conf.robots_txt = false;
    start(A "/private\n");
    expect_end(1);
    expect_asked(A "/private ");
    close_pipeline();
}
END_TEST

/* The robots.txt ends, or is dropped, too; either way it is not counted as a row. */
static void stop_while_rows_wait(enum pipeline_stop how)
{
    net.holds = true;
    say((struct answer){.url = A "/robots.txt", .body = &robots_txt});
    start(A "/1\n" A "/2\n");
    until_held(1);
    pipeline_stop(pipeline, how);
    answer_all();
    until_over();
    ck_assert_uint_eq(pipeline->stats.dropped, 2);
    ck_assert_uint_eq(n_seen, 0);
    ck_assert_uint_eq(net.n_asked, 1);
    close_pipeline();
}

START_TEST(rows_that_wait_for_a_robots_txt_are_dropped_when_the_run_is_stopped)
{
    stop_while_rows_wait(PIPELINE_FINISH);
    tear_down_robots();
    set_up_robots();
    stop_while_rows_wait(PIPELINE_ABORT);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up_robots, tear_down_robots);
    tcase_add_test(t, a_sites_robots_txt_is_asked_for_once_before_its_rows);
    tcase_add_test(t, rows_that_waited_for_it_go_before_those_that_came_later);
    tcase_add_test(t, rows_of_a_site_whose_robots_txt_cannot_be_had_fail_as_it_did);
    tcase_add_test(t, a_robots_txt_is_tried_again_and_followed_like_a_row);
    tcase_add_test(t, where_a_redirect_leads_to_is_asked_for_its_robots_txt_too);
    tcase_add_test(t, nobody_is_asked_for_a_robots_txt_that_the_user_does_not_want);
    tcase_add_test(t, rows_that_wait_for_a_robots_txt_are_dropped_when_the_run_is_stopped);
}

int main(void)
{
    return test_main("fetching_robots", add);
}
