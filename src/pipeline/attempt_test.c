#include "pipeline/test_pipeline.h"

/* What was told, a line for each attempt. */
static char told[1000];

static void on_attempt(void *arg, const struct attempt *a)
{
    static const char *const next[] = {[RETRY_SETTLED] = "settled",
        [RETRY_REDIRECTED] = "redirected",
        [RETRY_AGAIN] = "again",
        [RETRY_WAIT] = "wait",
        [RETRY_EVICTED] = "evicted",
        [RETRY_STALE] = "stale",
        [RETRY_STARVED] = "starved",
        [RETRY_CANCELLED] = "cancelled"};
    ck_assert_ptr_eq(arg, &conf);
    ck_assert((a->wait_ns > 0) == (a->next == RETRY_AGAIN || a->next == RETRY_WAIT));
    ck_assert(a->next != RETRY_WAIT || a->wait_ns == 7000 * MS);
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%llu.%u %s %s %d %s %s%s\n",
        (unsigned long long)a->line, a->number, a->url, err_name(a->err), a->http_status, a->ip,
        next[a->next], a->redirect ? a->redirect : "");
}

static void start_telling(const char *text)
{
    conf.on_attempt = on_attempt;
    told[0] = '\0';
    start(text);
}

START_TEST(each_attempt_and_each_hop_is_told_and_what_follows)
{
    say((struct answer){.url = "http://a/0", .redirect = "http://b/x", .ip = "192.0.2.1"});
    say((struct answer){.url = "http://b/x", .err = ERR_HTTP_ERROR, .http_status = 503});
    say((struct answer){.url = "http://a/0", .err = ERR_HTTP_ERROR, .http_status = 404});
    start_telling("\nhttp://a/0\n");
    UNTIL(pipeline->stats.retries == 1);
    test_clock_pass_ms(60000);
    expect_end(1);
    ck_assert_str_eq(told, "2.1 http://a/0 success 302 192.0.2.1 redirectedhttp://b/x\n"
                           "2.1 http://b/x http_error 503  again\n"
                           "2.2 http://a/0 http_error 404  settled\n");
    close_pipeline();
}
END_TEST

START_TEST(an_attempt_that_does_not_count_is_told_too)
{
    say((struct answer){.url = "http://a/0", .err = ERR_STALE});
    start_telling("http://a/0\n");
    expect_end(1);
    ck_assert_str_eq(told, "1.1 http://a/0 stale 0  stale\n"
                           "1.1 http://a/0 success 200  settled\n");
    close_pipeline();
}
END_TEST

START_TEST(a_server_that_says_when_is_waited_for)
{
    say((struct answer){
        .url = "http://a/0", .err = ERR_HTTP_ERROR, .http_status = 429, .retry_after_s = 7});
    start_telling("http://a/0\n");
    UNTIL(pipeline->stats.retries == 1);
    test_clock_pass_ms(7000);
    expect_end(1);
    ck_assert_str_eq(told, "1.1 http://a/0 http_error 429  wait\n"
                           "1.2 http://a/0 success 200  settled\n");
    close_pipeline();
}
END_TEST

START_TEST(a_run_that_stops_tries_nothing_again)
{
    net.holds = true;
    say((struct answer){.url = "http://a/0", .err = ERR_CONNECT_FAILED});
    start_telling("http://a/0\n");
    until_held(1);
    pipeline_stop(pipeline, PIPELINE_FINISH);
    answer_all();
    until_over();
    ck_assert_str_eq(told, "1.1 http://a/0 connect_failed 0  cancelled\n");
    close_pipeline();
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, each_attempt_and_each_hop_is_told_and_what_follows);
    tcase_add_test(t, an_attempt_that_does_not_count_is_told_too);
    tcase_add_test(t, a_server_that_says_when_is_waited_for);
    tcase_add_test(t, a_run_that_stops_tries_nothing_again);
}

int main(void)
{
    return test_main("attempt", add);
}
