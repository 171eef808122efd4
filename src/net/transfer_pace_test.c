#include "net/transfer_pace.h"

#include "base/test.h"

static const uint64_t S = 1000000000, MB = 1 << 20, STEP = TRANSFER_RESERVE;

/* A body of 64 MB whose first byte has just come, with a minute left. */
static struct transfer_pace large(void)
{
    return (struct transfer_pace){.begun = 100 * S, .until = 160 * S, .length = 64 * MB};
}

START_TEST(what_is_only_announced_gets_a_step)
{
    struct transfer_pace p = large();
    ck_assert_uint_eq(transfer_pace_room(&p, 1, 100 * S), 1 + STEP);
    ck_assert_uint_eq(transfer_pace_room(&p, STEP - 1, 100 * S), 2 * STEP - 1);
}
END_TEST

START_TEST(a_body_that_comes_fast_gets_all_it_needs)
{
    struct transfer_pace p = large();
    ck_assert_uint_eq(transfer_pace_room(&p, STEP, 100 * S), 64 * MB);
    ck_assert_uint_eq(transfer_pace_room(&p, 2 * MB, 101 * S), 64 * MB);
    ck_assert_uint_eq(transfer_pace_room(&p, 64 * MB, 110 * S), 64 * MB);
}
END_TEST

START_TEST(a_body_that_comes_slowly_gets_what_its_pace_will_bring)
{
    struct transfer_pace p = large();
    uint64_t room = transfer_pace_room(&p, 4 * MB, 120 * S); /* 8 MB will come in 40 s */
    ck_assert_uint_ge(room, 12 * MB + STEP - 1);
    ck_assert_uint_le(room, 12 * MB + STEP);
    ck_assert_uint_eq(transfer_pace_room(&p, 4 * MB, 160 * S), 4 * MB + STEP);
    ck_assert_uint_eq(transfer_pace_room(&p, 4 * MB, 170 * S), 4 * MB + STEP);
}
END_TEST

START_TEST(a_small_body_gets_its_length_and_one_without_a_length_a_step)
{
    struct transfer_pace p = large();
    p.length = 20000;
    ck_assert_uint_eq(transfer_pace_room(&p, 1, 100 * S), 20000);
    ck_assert_uint_eq(transfer_pace_room(&p, 20001, 100 * S), 20001); /* it lied */
    p.length = 0;
    ck_assert_uint_eq(transfer_pace_room(&p, 5 * MB, 100 * S), 5 * MB + STEP);
}
END_TEST

START_TEST(after_ten_seconds_the_rest_must_fit_in_twice_the_time_left)
{
    struct transfer_pace p = large();
    /* At 110 s there are 50 s left: in 100 s, ten times as much comes as so far. */
    uint64_t least = 64 * MB / 11 + 1;
    ck_assert(!transfer_pace_is_hopeless(&p, 200, 0, 110 * S - 1));
    ck_assert(transfer_pace_is_hopeless(&p, 200, 0, 110 * S));
    ck_assert(transfer_pace_is_hopeless(&p, least - 1000, 0, 110 * S));
    ck_assert(!transfer_pace_is_hopeless(&p, least + 1000, 0, 110 * S));
    ck_assert(!transfer_pace_is_hopeless(&p, 64 * MB, 0, 159 * S));
}
END_TEST

START_TEST(what_cannot_be_known_is_not_judged)
{
    struct transfer_pace p = large();
    p.begun = 0;
    ck_assert(!transfer_pace_is_hopeless(&p, 0, 0, 130 * S));
    p = large();
    p.length = 0;
    ck_assert(!transfer_pace_is_hopeless(&p, 200, 0, 130 * S));
}
END_TEST

START_TEST(a_body_is_not_blamed_for_our_own_limit)
{
    struct transfer_pace p = large();
    ck_assert(!transfer_pace_is_hopeless(&p, 10000, 2000, 110 * S));
    ck_assert(transfer_pace_is_hopeless(&p, 9000, 2000, 110 * S));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, what_is_only_announced_gets_a_step);
    tcase_add_test(t, a_body_that_comes_fast_gets_all_it_needs);
    tcase_add_test(t, a_body_that_comes_slowly_gets_what_its_pace_will_bring);
    tcase_add_test(t, a_small_body_gets_its_length_and_one_without_a_length_a_step);
    tcase_add_test(t, after_ten_seconds_the_rest_must_fit_in_twice_the_time_left);
    tcase_add_test(t, what_cannot_be_known_is_not_judged);
    tcase_add_test(t, a_body_is_not_blamed_for_our_own_limit);
}

int main(void)
{
    return test_main("transfer_pace", add);
}
