#include "fetch/test_retry.h"

START_TEST(a_retry_waits_and_after_a_failed_look_up_a_little_longer)
{
    for (int attempt = 1; attempt <= 2; attempt++) {
        begin(0);
        ck_assert_int_eq(end_badly(ERR_TIMEOUT, 0), RETRY_AGAIN);
        ck_assert_uint_le(j->delay_ns, (uint64_t)attempt * S);
        ck_assert_uint_gt(j->delay_ns, 0);
    }
    j->attempts = 0;
    begin(0);
    ck_assert_int_eq(end_badly(ERR_DNS_FAILURE, 0), RETRY_AGAIN);
    ck_assert_uint_le(j->delay_ns, (RESOLVER_TTL_FAILURE + 1) * S);
    ck_assert_uint_gt(j->delay_ns, RESOLVER_TTL_FAILURE * S);
}
END_TEST

START_TEST(the_longest_wait_is_the_users)
{
    limits.max_wait_ns = S / 100;
    for (unsigned attempt = 1; attempt <= 2; attempt++) {
        begin(0);
        ck_assert_int_eq(end_badly(ERR_DNS_FAILURE, 0), RETRY_AGAIN);
        ck_assert_uint_le(j->delay_ns, S / 100);
    }
}
END_TEST

START_TEST(a_row_that_is_told_to_wait_does_so_with_its_host)
{
    begin(0);
    j->is_host_held = true;
    j->response.retry_after_s = 3;
    ck_assert_int_eq(end_badly(ERR_HTTP_ERROR, 503), RETRY_WAIT);
    ck_assert_uint_eq(j->response.retry_after_s, 0);
    begin(0);
    ck_assert_int_eq(end_badly(ERR_HTTP_ERROR, 429), RETRY_WAIT);
    begin(0);
    ck_assert_int_eq(end_badly(ERR_HTTP_ERROR, 429), RETRY_SETTLED);
    ck_assert_uint_eq(j->attempts, 3);
}
END_TEST

START_TEST(a_hop_for_which_there_was_no_descriptor_does_not_count)
{
    begin(0);
    ck_assert_int_eq(end_badly(ERR_STARVED, 0), RETRY_STARVED);
    ck_assert_uint_eq(j->attempts, 0);
    ck_assert_int_eq(j->err, ERR_OK);
    begin(0);
    ck_assert_uint_eq(j->attempts, 1);
}
END_TEST

START_TEST(a_row_of_a_host_that_is_down_is_settled)
{
    job_fail(j, ERR_HOST_DOWN, "down");
    ck_assert_int_eq(retry_hop_end(j, &limits), RETRY_SETTLED);
    ck_assert_int_eq(j->err, ERR_HOST_DOWN);
    ck_assert_uint_eq(j->attempts, 0);
}
END_TEST

START_TEST(the_wait_before_a_retry_doubles_up_to_half_a_minute)
{
    static const struct {
        unsigned attempts, ms;
    } cases[] = {{0, 1000}, {1, 1000}, {2, 2000}, {3, 4000}, {4, 8000}, {5, 16000}, {6, 30000},
        {7, 30000}, {UINT16_MAX, 30000}, {UINT32_MAX, 30000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t most = cases[i].ms * UINT64_C(1000000), longest = 0;
        for (int n = 0; n < 200; n++) {
            uint64_t ns = retry_backoff_ns(cases[i].attempts);
            ck_assert_uint_le(ns, most);
            ck_assert_uint_gt(ns, 0);
            longest = ns > longest ? ns : longest;
        }
        ck_assert_uint_gt(
            longest, most / 2); /* 200 random times that are all shorter: practically impossible */
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_retry_waits_and_after_a_failed_look_up_a_little_longer);
    tcase_add_test(t, the_longest_wait_is_the_users);
    tcase_add_test(t, a_row_that_is_told_to_wait_does_so_with_its_host);
    tcase_add_test(t, a_hop_for_which_there_was_no_descriptor_does_not_count);
    tcase_add_test(t, a_row_of_a_host_that_is_down_is_settled);
    tcase_add_test(t, the_wait_before_a_retry_doubles_up_to_half_a_minute);
}

int main(void)
{
    return test_main("retry_wait", add);
}
