#include "backends/guide.h"

#include "base/test.h"

enum { MIB = 1 << 20 };

START_TEST(large_bodies_are_for_threads_while_they_are_few_for_the_cores)
{
    ck_assert_int_eq(guide_judge(MIB, 16, 0, 2), GUIDE_LONG_TRANSFERS);
    ck_assert_int_eq(guide_judge(MIB, 17, 0, 2), GUIDE_SMALL_WAITS);
    ck_assert_int_eq(guide_judge(MIB - 1, 1, 0, 2), GUIDE_SMALL_WAITS);
    ck_assert_int_eq(guide_judge(0, 0, 0, 1), GUIDE_SMALL_WAITS);
}
END_TEST

START_TEST(decoding_counts_first_where_it_takes_most_of_the_time)
{
    ck_assert_int_eq(guide_judge(MIB, 1, 0.6, 2), GUIDE_CPU_HEAVY);
    ck_assert_int_eq(guide_judge(MIB, 1, 0.59, 2), GUIDE_LONG_TRANSFERS);
    ck_assert_int_eq(guide_judge(1000, 64, 0.59, 2), GUIDE_MIXED);
    ck_assert_int_eq(guide_judge(1000, 64, 0.15, 2), GUIDE_MIXED);
    ck_assert_int_eq(guide_judge(1000, 64, 0.14, 2), GUIDE_SMALL_WAITS);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, large_bodies_are_for_threads_while_they_are_few_for_the_cores);
    tcase_add_test(t, decoding_counts_first_where_it_takes_most_of_the_time);
}

int main(void)
{
    return test_main("guide", add);
}
