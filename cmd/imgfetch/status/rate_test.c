#include "cmd/imgfetch/status/rate.h"
#include "base/test.h"

static const uint64_t ms = 1000000;

/* Notes `per_s` a second for so many seconds, five times a second. */
static void run(struct rate *r, uint64_t *at_ms, uint64_t *n, unsigned seconds, unsigned per_s)
{
    for (unsigned i = 0; i < 5 * seconds; i++) {
        *at_ms += 200;
        *n += per_s / 5;
        rate_note(r, *at_ms * ms, *n);
    }
}

START_TEST(a_rate_is_that_of_the_last_seconds)
{
    struct rate r = {0};
    uint64_t at = 1000, n = 0;
    rate_note(&r, at * ms, n);
    ck_assert_double_eq(rate_of(&r, 5), 0);
    run(&r, &at, &n, 1, 100);
    ck_assert_double_eq_tol(rate_of(&r, 5), 100, 0.1);
    run(&r, &at, &n, 60, 1000);
    ck_assert_double_eq_tol(rate_of(&r, 5), 1000, 0.1);
    run(&r, &at, &n, 6, 0);
    ck_assert_double_eq_tol(rate_of(&r, 5), 0, 0.1);
    ck_assert_double_gt(rate_of(&r, 30), 700);
}
END_TEST

START_TEST(a_rate_of_more_seconds_than_are_kept_is_that_of_all_kept)
{
    struct rate r = {0};
    uint64_t at = 0, n = 0;
    rate_note(&r, 0, 0);
    run(&r, &at, &n, 100, 50);
    ck_assert_double_eq_tol(rate_of(&r, 1000), 50, 0.1);
}
END_TEST

START_TEST(what_is_expected_is_steady_until_little_comes)
{
    struct rate r = {0};
    uint64_t at = 0, n = 0;
    rate_note(&r, 0, 0);
    run(&r, &at, &n, 30, 100);
    run(&r, &at, &n, 5, 60);
    ck_assert_double_gt(rate_expected(&r), 90);
    run(&r, &at, &n, 6, 20);
    ck_assert_double_eq_tol(rate_expected(&r), 20, 1);
    run(&r, &at, &n, 6, 0);
    ck_assert_double_eq(rate_expected(&r), 0);
}
END_TEST

START_TEST(notes_at_the_same_time_are_harmless)
{
    struct rate r = {0};
    for (int i = 0; i < 5; i++)
        rate_note(&r, 7, 9);
    ck_assert_double_eq(rate_of(&r, 5), 0);
}
END_TEST

START_TEST(the_time_left_counts_down_like_a_clock)
{
    struct rate_left l = {0};
    ck_assert_double_eq_tol(rate_left(&l, 0, 1000, 10), 100, 0.01);
    ck_assert_double_eq_tol(rate_left(&l, 1000 * ms, 1000, 10), 99, 0.01);   /* as shown */
    ck_assert_double_eq_tol(rate_left(&l, 4000 * ms, 1000, 10.5), 96, 0.01); /* near enough */
    ck_assert_double_eq_tol(rate_left(&l, 5000 * ms, 1000, 20), 50, 0.01);   /* not any more */
    ck_assert_double_eq_tol(rate_left(&l, 6000 * ms, 1000, 10), 49, 0.01);   /* so soon again? */
    ck_assert_double_eq_tol(rate_left(&l, 8000 * ms, 1000, 10), 100, 0.01);
}
END_TEST

START_TEST(the_time_left_does_not_stay_at_nothing)
{
    struct rate_left l = {0};
    ck_assert_double_eq_tol(rate_left(&l, 0, 10, 10), 1, 0.01);
    ck_assert_double_eq_tol(rate_left(&l, 1500 * ms, 10, 10), 1, 0.01);
}
END_TEST

START_TEST(the_time_left_is_unknown_while_nothing_moves)
{
    struct rate_left l = {0};
    ck_assert_double_eq(rate_left(&l, 0, 1000, 0), 0);
    ck_assert_double_eq_tol(rate_left(&l, 1000 * ms, 1000, 10), 100, 0.01);
    ck_assert_double_eq(rate_left(&l, 2000 * ms, 1000, 0), 0);
    ck_assert_double_eq_tol(rate_left(&l, 3000 * ms, 500, 10), 50, 0.01);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_rate_is_that_of_the_last_seconds);
    tcase_add_test(t, a_rate_of_more_seconds_than_are_kept_is_that_of_all_kept);
    tcase_add_test(t, what_is_expected_is_steady_until_little_comes);
    tcase_add_test(t, notes_at_the_same_time_are_harmless);
    tcase_add_test(t, the_time_left_counts_down_like_a_clock);
    tcase_add_test(t, the_time_left_does_not_stay_at_nothing);
    tcase_add_test(t, the_time_left_is_unknown_while_nothing_moves);
}

int main(void)
{
    return test_main("rate", add);
}
