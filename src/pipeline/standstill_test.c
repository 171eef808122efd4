#include "pipeline/standstill.h"
#include "base/test.h"

static const uint64_t s = 1000000000;

START_TEST(looks_every_second_are_no_standstill)
{
    struct standstill still = {0};
    for (uint64_t now = 100 * s; now < 120 * s; now += s)
        standstill_look(&still, now);
    ck_assert(!standstill_was_within(&still, 120 * s, 1000 * s));
}
END_TEST

START_TEST(a_standstill_concerns_what_had_begun)
{
    struct standstill still = {0};
    standstill_look(&still, 100 * s);
    standstill_look(&still, 110 * s);
    standstill_look(&still, 111 * s);
    ck_assert(standstill_was_within(&still, 111 * s, 11 * s));
    ck_assert(standstill_was_within(&still, 113 * s, 3 * s));
    ck_assert(!standstill_was_within(&still, 111 * s, 2 * s)); /* it began after that */
    ck_assert(!standstill_was_within(&still, 120 * s, 5 * s));
}
END_TEST

START_TEST(the_first_look_is_no_standstill)
{
    struct standstill still = {0};
    ck_assert(!standstill_was_within(&still, s, s));
    standstill_look(&still, 1000 * s);
    ck_assert(!standstill_was_within(&still, 1000 * s, 1000 * s));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, looks_every_second_are_no_standstill);
    tcase_add_test(t, a_standstill_concerns_what_had_begun);
    tcase_add_test(t, the_first_look_is_no_standstill);
}

int main(void)
{
    return test_main("standstill", add);
}
