#include "fetch/pace.h"

#include "base/test.h"

static const uint64_t SECOND = 1000000000;

static struct pace pace;
static struct pace_conf conf;
static struct job *jobs[16];
static uint64_t now;

static void begin(unsigned i)
{
    pace_begin(&pace, &conf, jobs[i], now);
}

static void end(unsigned i, enum err err, int status, uint32_t retry_after_s)
{
    jobs[i]->err = err;
    jobs[i]->response.http_status = status;
    jobs[i]->response.retry_after_s = retry_after_s;
    pace_end(&pace, &conf, jobs[i], now);
}

static void once(enum err err, int status, uint32_t retry_after_s)
{
    begin(0);
    end(0, err, status, retry_after_s);
}

static void setup(void)
{
    pace = (struct pace){0};
    conf = (struct pace_conf){.per_host = 8, .max_wait_ns = 60 * SECOND};
    now = 1000 * SECOND;
    for (unsigned i = 0; i < 16; i++)
        jobs[i] = job_new();
}

static void teardown(void)
{
    for (unsigned i = 0; i < 16; i++)
        job_free(jobs[i], NULL);
}

/* How many requests may begin at once. */
static unsigned slots(void)
{
    unsigned n = 0;
    while (n < 100 && pace_has_slot(&pace, &conf, n))
        n++;
    return n;
}

START_TEST(without_a_limit_of_the_host_only_the_user_decides)
{
    ck_assert_uint_eq(slots(), 8);
    conf.per_host = 0;
    ck_assert_uint_eq(slots(), 100);
    once(ERR_OK, 200, 0);
    once(ERR_HTTP_ERROR, 404, 0);
    ck_assert_uint_eq(pace.not_before, 0);
    ck_assert(pace_is_blank(&pace, now));
}
END_TEST

START_TEST(a_rate_spaces_requests_evenly)
{
    conf.rate = 4;
    begin(0);
    ck_assert_uint_ge(pace.not_before, now + SECOND / 4 - SECOND / 40);
    ck_assert_uint_le(pace.not_before, now + SECOND / 4);
    uint64_t first = pace.not_before;
    now = first;
    begin(1);
    ck_assert_uint_eq(pace.not_before, first + SECOND / 4);
    now += 10 * SECOND; /* idle time is not made up for */
    begin(2);
    ck_assert_uint_ge(pace.not_before, now + SECOND / 5);
    ck_assert(!pace_is_blank(&pace, now));
    conf.rate = 1e-300;
    begin(3);
    ck_assert_uint_le(pace.not_before, now + 2 * 86400 * SECOND);
}
END_TEST

START_TEST(a_late_timer_does_not_lower_the_rate)
{
    conf.rate = 100;
    begin(0);
    uint64_t start = now;
    for (unsigned i = 0; i < 1000; i++) {
        now = pace.not_before + SECOND / 1000; /* always 1 ms late */
        begin(1);
    }
    ck_assert_uint_le(now - start, 10 * SECOND + SECOND / 10);
}
END_TEST

START_TEST(retry_after_is_obeyed_and_then_one_request_begins_alone)
{
    static const int statuses[] = {429, 503};
    once(ERR_HTTP_ERROR, statuses[_i], 7);
    ck_assert_uint_eq(pace.not_before, now + 7 * SECOND);
    ck_assert_uint_eq(slots(), 1);
    ck_assert(!pace_is_blank(&pace, now + 100 * SECOND));
    now += 7 * SECOND;
    for (unsigned n = 2; n < 8; n++) {
        once(ERR_OK, 200, 0);
        ck_assert_uint_eq(slots(), n);
    }
    once(ERR_OK, 200, 0);
    ck_assert_uint_eq(slots(), 8);
    ck_assert(pace_is_blank(&pace, now));
}
END_TEST

START_TEST(a_429_without_a_time_waits_a_second_and_so_do_two_overloads_in_a_row)
{
    static const int overloads[] = {503, 509, 529};
    once(ERR_HTTP_ERROR, 429, 0);
    ck_assert_uint_eq(pace.not_before, now + SECOND);
    ck_assert(jobs[0]->is_host_held);
    for (size_t i = 0; i < sizeof overloads / sizeof *overloads; i++) {
        pace = (struct pace){0};
        for (int n = 0; n < 3; n++) {
            once(ERR_HTTP_ERROR, overloads[i], 0);
            ck_assert_uint_eq(pace.not_before, 0);
            ck_assert(!jobs[0]->is_host_held);
            once(ERR_HTTP_ERROR, 500, 0); /* no overload */
        }
        once(ERR_HTTP_ERROR, overloads[i], 0);
        once(ERR_HTTP_ERROR, overloads[i], 0);
        ck_assert_uint_eq(pace.not_before, now + SECOND);
        ck_assert_uint_eq(slots(), 1);
        ck_assert(jobs[0]->is_host_held);
        now += SECOND;
        once(ERR_OK, 200, 0);
        ck_assert_uint_eq(slots(), 2);
        once(ERR_HTTP_ERROR, overloads[i], 0); /* one more while it recovers */
        ck_assert_uint_eq(pace.not_before, now + SECOND);
        ck_assert_uint_eq(slots(), 1);
    }
}
END_TEST

START_TEST(where_it_was_too_much_before_a_host_recovers_slowly)
{
    once(ERR_HTTP_ERROR, 429, 0);
    for (int i = 0; i < 5; i++) /* 2, 3, 4, 5, 6 at once: and that is too much again */
        once(ERR_OK, 200, 0);
    ck_assert_uint_eq(slots(), 6);
    once(ERR_HTTP_ERROR, 429, 0);
    once(ERR_OK, 200, 0);
    once(ERR_OK, 200, 0);
    ck_assert_uint_eq(slots(), 3); /* half of it */
    for (int i = 0; i < 15; i++)
        once(ERR_OK, 200, 0);
    ck_assert_uint_eq(slots(), 3);
    once(ERR_OK, 200, 0);
    ck_assert_uint_eq(slots(), 4);
    for (int i = 0; i < 1000; i++)
        once(ERR_OK, 200, 0);
    ck_assert_uint_eq(slots(), 8);
    ck_assert(pace_is_blank(&pace, now + SECOND));
    ck_assert_uint_eq(pace.threshold, 0);
}
END_TEST

START_TEST(a_retry_after_of_years_is_cut_to_the_longest_wait)
{
    once(ERR_HTTP_ERROR, 429, UINT32_MAX);
    ck_assert_uint_eq(pace.not_before, now + 60 * SECOND);
}
END_TEST

START_TEST(a_later_response_never_shortens_the_wait)
{
    begin(0);
    begin(1);
    end(0, ERR_HTTP_ERROR, 429, 30);
    end(1, ERR_HTTP_ERROR, 429, 2);
    ck_assert_uint_eq(pace.not_before, now + 30 * SECOND);
}
END_TEST

static void fail_often(enum err err)
{
    for (unsigned i = 0; i < PACE_TRIES; i++)
        begin(i);
    for (unsigned i = 0; i < PACE_TRIES; i++)
        end(i, err, 0, 0);
}

START_TEST(a_host_that_does_not_respond_is_held_and_probed)
{
    static const enum err errors[] = {
        ERR_CONNECT_FAILED, ERR_CONNECT_TIMEOUT, ERR_TIMEOUT, ERR_STALLED};
    begin(10); /* two requests that begin before the hold */
    begin(11);
    fail_often(errors[_i]);
    ck_assert_uint_eq(pace.not_before, now + PACE_HOLD_S * SECOND);
    ck_assert(!pace_is_down(&pace, now));
    end(10, ERR_CONNECT_FAILED, 0, 0); /* does not count */
    ck_assert(!pace_is_down(&pace, now));
    now = pace.not_before;
    begin(6);
    ck_assert_uint_eq(slots(), 0); /* alone */
    end(11, ERR_CONNECT_FAILED, 0, 0);
    ck_assert_uint_eq(slots(), 0);
    end(6, ERR_OK, 200, 0);
    ck_assert(!pace_is_down(&pace, now));
    ck_assert_uint_eq(slots(), 2);
}
END_TEST

START_TEST(a_host_whose_probe_fails_is_down_and_probed_once_more)
{
    fail_often(ERR_CONNECT_FAILED);
    now = pace.not_before;
    once(ERR_CONNECT_FAILED, 0, 0);
    ck_assert(pace_is_down(&pace, now));
    now += PACE_DOWN_S * SECOND - 1;
    ck_assert(pace_is_down(&pace, now));
    now += 1;
    ck_assert(!pace_is_down(&pace, now));
    begin(1);
    ck_assert_uint_eq(slots(), 0);
    if (_i) {
        end(1, ERR_HTTP_ERROR, 404, 0);
        ck_assert(!pace_is_down(&pace, now));
        ck_assert_uint_ge(slots(), 1);
    } else {
        end(1, ERR_CONNECT_TIMEOUT, 0, 0);
        ck_assert(pace_is_down(&pace, now + 1000000 * SECOND));
    }
}
END_TEST

START_TEST(a_probe_that_was_never_sent_is_sent_again)
{
    fail_often(ERR_CONNECT_FAILED);
    now = pace.not_before;
    once(ERR_STARVED, 0, 0);
    once(ERR_STALE, 0, 0);
    ck_assert(!pace_is_down(&pace, now));
    begin(1);
    pace_unbegin(&pace, jobs[1]);
    ck_assert(pace_has_slot(&pace, &conf, 0));
    begin(2);
    end(2, ERR_CONNECT_FAILED, 0, 0);
    ck_assert(pace_is_down(&pace, now));
}
END_TEST

START_TEST(one_response_in_between_clears_the_host)
{
    for (unsigned i = 0; i < 10 * PACE_TRIES; i++)
        once(i % PACE_TRIES ? ERR_CONNECT_FAILED : ERR_HTTP_ERROR, i % PACE_TRIES ? 0 : 500, 0);
    ck_assert_int_eq(pace.state, PACE_UP);
    ck_assert_uint_eq(pace.not_before, 0);
}
END_TEST

START_TEST(a_slow_response_is_a_response)
{
    for (unsigned i = 0; i < 10 * PACE_TRIES; i++)
        once(ERR_TIMEOUT, 200, 0);
    ck_assert_int_eq(pace.state, PACE_UP);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, without_a_limit_of_the_host_only_the_user_decides);
    tcase_add_test(t, a_rate_spaces_requests_evenly);
    tcase_add_test(t, a_late_timer_does_not_lower_the_rate);
    tcase_add_loop_test(t, retry_after_is_obeyed_and_then_one_request_begins_alone, 0, 2);
    tcase_add_test(t, a_429_without_a_time_waits_a_second_and_so_do_two_overloads_in_a_row);
    tcase_add_test(t, where_it_was_too_much_before_a_host_recovers_slowly);
    tcase_add_test(t, a_retry_after_of_years_is_cut_to_the_longest_wait);
    tcase_add_test(t, a_later_response_never_shortens_the_wait);
    tcase_add_loop_test(t, a_host_that_does_not_respond_is_held_and_probed, 0, 4);
    tcase_add_loop_test(t, a_host_whose_probe_fails_is_down_and_probed_once_more, 0, 2);
    tcase_add_test(t, a_probe_that_was_never_sent_is_sent_again);
    tcase_add_test(t, one_response_in_between_clears_the_host);
    tcase_add_test(t, a_slow_response_is_a_response);
}

int main(void)
{
    return test_main("pace", add);
}
