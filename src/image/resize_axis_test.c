#include "image/resize_axis.h"

#include "base/test.h"

#include <stdlib.h>

static const enum resize_filter filters[] = {RESIZE_LANCZOS3, RESIZE_MITCHELL, RESIZE_AREA};

/* Checks what resize_axis.h promises for every output pixel. */
static void check_axis(const struct resize_axis *axis, uint32_t source)
{
    int one = 1 << axis->shift;
    ck_assert(axis->shift >= 14 && axis->shift <= RESIZE_MAX_SHIFT);
    ck_assert(axis->from < axis->to && axis->to <= (source + 1) / 2);
    for (uint32_t i = 0; i < axis->n; i++) {
        const int16_t *weights = axis->weights + i * axis->room;
        int sum = 0;
        int sizes = 0;
        ck_assert(axis->pairs[i] >= 1 && 2 * axis->pairs[i] <= axis->room);
        ck_assert(axis->first[i] >= axis->from && axis->first[i] + axis->pairs[i] <= axis->to);
        for (uint32_t k = 0; k < 2 * axis->pairs[i]; k++) {
            sum += weights[k];
            sizes += abs(weights[k]);
            if (2 * axis->first[i] + k >= source)
                ck_assert_int_eq(weights[k], 0);
        }
        ck_assert_int_eq(sum, one);
        ck_assert_msg(sizes <= one * (axis->shift == RESIZE_MAX_SHIFT ? 1.45 : 1.6),
            "sizes %.3f, shift %u", (double)sizes / one, axis->shift);
    }
}

START_TEST(weights_sum_to_one_and_stay_within_bounds_at_every_scale)
{
    for (uint32_t source = 1; source < 400; source += source < 20 ? 1 : 37)
        for (uint32_t n = 1; n < 300; n += n < 20 ? 1 : 31)
            for (unsigned part = 0; part < 4; part++)
                for (size_t f = 0; f < sizeof filters / sizeof *filters; f++) {
                    double start = part * source / 5.3;
                    double length = part & 1 ? source - start : (source - start) * 0.61;
                    struct resize_axis axis;
                    ck_assert(
                        resize_axis_init(&axis, filters[f], source, start, length, part & 2, n));
                    check_axis(&axis, source);
                    resize_axis_fini(&axis);
                }
}
END_TEST

static int weight_of(const struct resize_axis *axis, uint32_t i, uint32_t source_pixel)
{
    uint32_t at = source_pixel - 2 * axis->first[i]; /* before the first: very large */
    return at < 2 * axis->pairs[i] ? axis->weights[i * axis->room + at] : 0;
}

START_TEST(weights_that_are_the_same_again_are_as_if_made_for_each_pixel)
{
    static const struct {
        uint32_t source, n;
        double start, length;
        bool doubled;
    } cases[] = {{640, 256, 0, 640, false}, {320, 128, 0, 320, true}, {1000, 256, 0, 1000, false},
        {90, 120, 0, 90, false}, {400, 100, 7.25, 300, false}, {401, 100, 1, 400, true}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t f = 0; f < sizeof filters / sizeof *filters; f++) {
            const double scale = cases[c].length / cases[c].n;
            struct resize_axis axis;
            ck_assert(resize_axis_init(&axis, filters[f], cases[c].source, cases[c].start,
                cases[c].length, cases[c].doubled, cases[c].n));
            check_axis(&axis, cases[c].source);
            for (uint32_t i = 0; i < cases[c].n; i++) {
                struct resize_axis one;
                ck_assert(resize_axis_init(&one, filters[f], cases[c].source,
                    cases[c].start + i * scale, scale, cases[c].doubled, 1));
                const unsigned finer = one.shift - axis.shift;
                for (uint32_t x = 0; x < cases[c].source; x++)
                    ck_assert_int_le(
                        abs(weight_of(&axis, i, x) - (weight_of(&one, 0, x) >> finer)), 1);
                resize_axis_fini(&one);
            }
            resize_axis_fini(&axis);
        }
}
END_TEST

START_TEST(the_longest_side_is_weighed_evenly)
{
    struct resize_axis axis;
    ck_assert(resize_axis_init(&axis, RESIZE_AREA, 65535, 0, 65535, false, 1));
    check_axis(&axis, 65535);
    for (uint32_t k = 0; k < 65535; k++)
        ck_assert_int_le(abs(axis.weights[k] - 1), 1);
    resize_axis_fini(&axis);
}
END_TEST

START_TEST(a_pixel_that_stays_where_it_is_takes_one_pair)
{
    for (size_t f = 0; f < sizeof filters / sizeof *filters; f++) {
        struct resize_axis axis;
        if (filters[f] == RESIZE_MITCHELL) /* it blurs */
            continue;
        ck_assert(resize_axis_init(&axis, filters[f], 50, 7, 20, false, 20));
        for (uint32_t i = 0; i < 20; i++) {
            ck_assert_uint_eq(axis.pairs[i], 1);
            ck_assert_uint_eq(axis.first[i], (7 + i) / 2);
            ck_assert_int_eq(axis.weights[i * axis.room + (7 + i) % 2], 1 << axis.shift);
        }
        resize_axis_fini(&axis);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, weights_sum_to_one_and_stay_within_bounds_at_every_scale);
    tcase_add_test(t, weights_that_are_the_same_again_are_as_if_made_for_each_pixel);
    tcase_add_test(t, the_longest_side_is_weighed_evenly);
    tcase_add_test(t, a_pixel_that_stays_where_it_is_takes_one_pair);
}

int main(void)
{
    return test_main("resize_axis", add);
}
