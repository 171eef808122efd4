#include "pipeline/latency.h"
#include "base/test.h"

START_TEST(quantiles_are_within_a_class_of_the_truth)
{
    struct latency l = {0};
    for (uint64_t us = 1; us <= 100000; us++)
        latency_add(&l, us * 1000);
    const double q[] = {0.01, 0.5, 0.95, 0.99};
    for (int i = 0; i < 4; i++) {
        double truth = q[i] * 100000 * 1000;
        ck_assert_double_ge((double)latency_quantile(&l, q[i]), truth);
        ck_assert_double_le((double)latency_quantile(&l, q[i]), truth * 1.07);
    }
}
END_TEST

START_TEST(nothing_and_the_extremes_are_fine)
{
    struct latency l = {0};
    ck_assert_uint_eq(latency_quantile(&l, 0.5), 0);
    latency_add(&l, 0);
    ck_assert_uint_eq(latency_quantile(&l, 0.99), 1000);
    latency_add(&l, UINT64_MAX);
    ck_assert_uint_gt(latency_quantile(&l, 0.99), (uint64_t)3600 * 1000000000);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, quantiles_are_within_a_class_of_the_truth);
    tcase_add_test(t, nothing_and_the_extremes_are_fine);
}

int main(void)
{
    return test_main("latency", add);
}
