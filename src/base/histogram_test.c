#include "base/histogram.h"
#include "base/test.h"

START_TEST(quantiles_are_within_a_class_of_the_truth)
{
    struct histogram h = {0};
    for (uint64_t value = 1; value <= 100000; value++)
        histogram_add(&h, value);
    const double q[] = {0.01, 0.5, 0.95, 0.99};
    for (int i = 0; i < 4; i++) {
        double truth = q[i] * 100000;
        ck_assert_double_ge((double)histogram_quantile(&h, q[i]), truth);
        ck_assert_double_le((double)histogram_quantile(&h, q[i]), truth * 1.07);
    }
}
END_TEST

START_TEST(nothing_and_the_extremes_are_fine)
{
    struct histogram h = {0};
    ck_assert_uint_eq(histogram_quantile(&h, 0.5), 0);
    histogram_add(&h, 0);
    ck_assert_uint_eq(histogram_quantile(&h, 0.99), 1);
    histogram_add(&h, UINT64_MAX);
    ck_assert_uint_gt(histogram_quantile(&h, 0.99), (uint64_t)3600 * 1000000);
}
END_TEST

START_TEST(values_between_ends_of_classes_are_counted_exactly)
{
    struct histogram h = {0};
    for (uint64_t value = 0; value < 5000; value++)
        histogram_add(&h, value);
    ck_assert_uint_eq(histogram_between(&h, 0, 1), 1);
    ck_assert_uint_eq(histogram_between(&h, 4, 6), 2);
    ck_assert_uint_eq(histogram_between(&h, 1024, 1536), 512);
    ck_assert_uint_eq(histogram_between(&h, 1536, 2048), 512);
    ck_assert_uint_eq(histogram_between(&h, 4096, 8192), 904);
    ck_assert_uint_eq(histogram_between(&h, 8192, UINT64_MAX), 0);
    ck_assert_uint_eq(histogram_between(&h, 8, 8), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, quantiles_are_within_a_class_of_the_truth);
    tcase_add_test(t, nothing_and_the_extremes_are_fine);
    tcase_add_test(t, values_between_ends_of_classes_are_counted_exactly);
}

int main(void)
{
    return test_main("histogram", add);
}
