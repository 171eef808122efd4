#include "base/test.h"
#include "image/resize.h"

#include <math.h>
#include <stdlib.h>

static struct pixels noise(uint32_t width, uint32_t height, unsigned seed)
{
    struct pixels p;
    ck_assert(pixels_init(&p, width, height, 1));
    for (size_t i = 0; i < (size_t)width * height; i++) {
        seed = seed * 1664525 + 1013904223;
        p.data[i] = (uint8_t)(seed >> 24);
    }
    return p;
}

/* Each pixel becomes two, 3/4 of it and 1/4 of the neighbour on that side. */
static struct pixels enlarged(const struct pixels *p, bool across, bool down)
{
    struct pixels made;
    ck_assert(pixels_init(&made, p->width << across, p->height << down, p->channels));
    for (uint32_t y = 0; y < made.height; y++) {
        for (uint32_t x = 0; x < made.width; x++) {
            double from_x = across ? fmin(fmax((x - 0.5) / 2, 0), p->width - 1) : x;
            double from_y = down ? fmin(fmax((y - 0.5) / 2, 0), p->height - 1) : y;
            uint32_t left = (uint32_t)from_x;
            uint32_t top = (uint32_t)from_y;
            uint32_t right = left + 1 < p->width ? left + 1 : left;
            uint32_t bottom = top + 1 < p->height ? top + 1 : top;
            double upper = pixels_row(p, top)[left] * (1 - (from_x - left)) +
                           pixels_row(p, top)[right] * (from_x - left);
            double lower = pixels_row(p, bottom)[left] * (1 - (from_x - left)) +
                           pixels_row(p, bottom)[right] * (from_x - left);
            pixels_row(&made, y)[x] =
                (uint8_t)(upper * (1 - (from_y - top)) + lower * (from_y - top) + 0.5);
        }
    }
    return made;
}

START_TEST(a_doubled_picture_is_as_one_that_was_enlarged_before)
{
    static const uint32_t sizes[][2] = {{61, 47}, {40, 31}, {13, 9}, {1, 1}, {100, 80}};
    struct pixels p = noise(50, 40, 7);
    for (int ways = 0; ways < 4; ways++) {
        bool across = ways & 1;
        bool down = ways & 2;
        struct pixels large = enlarged(&p, across, down);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            uint32_t width = sizes[i][0];
            uint32_t height = sizes[i][1];
            struct pixels got;
            struct pixels want;
            ck_assert(resize_channels(&p, 1,
                (struct resize_extra){.double_across = across, .double_down = down},
                (struct pixels_box){3.25, 0, 46, 39.5}, width, height, RESIZE_LANCZOS3, &got));
            ck_assert(resize(&large,
                (struct pixels_box){ldexp(3.25, across), 0, ldexp(46, across), ldexp(39.5, down)},
                width, height, RESIZE_LANCZOS3, &want));
            for (size_t k = 0; k < (size_t)width * height; k++)
                ck_assert_int_le(abs(got.data[k] - want.data[k]), 2);
            pixels_fini(&got);
            pixels_fini(&want);
        }
        pixels_fini(&large);
    }
    pixels_fini(&p);
}
END_TEST

START_TEST(a_doubled_picture_that_shrinks_by_two_is_filtered_all_the_same)
{
    struct pixels p = noise(50, 40, 7);
    struct pixels large = enlarged(&p, true, true);
    struct pixels got;
    struct pixels want;
    ck_assert(
        resize_channels(&p, 1, (struct resize_extra){.double_across = true, .double_down = true},
            (struct pixels_box){0, 0, 50, 40}, 50, 40, RESIZE_LANCZOS3, &got));
    ck_assert(resize(&large, (struct pixels_box){0, 0, 100, 80}, 50, 40, RESIZE_LANCZOS3, &want));
    for (size_t k = 0; k < 50 * 40; k++)
        ck_assert_int_le(abs(got.data[k] - want.data[k]), 2);
    pixels_fini(&got);
    pixels_fini(&want);
    pixels_fini(&large);
    pixels_fini(&p);
}
END_TEST

START_TEST(planes_that_are_resized_together_are_as_each_alone)
{
    static const struct resize_extra extras[] = {
        {0}, {.fine = true}, {.double_across = true, .double_down = true}};
    static const uint32_t widths[] = {21, 50}; /* the last may be a copy */
    struct pixels planes[] = {noise(50, 40, 7), noise(50, 40, 8)};
    const struct pixels_box box = {0, 0, 50, 40};
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++)
        for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
            struct pixels got[2];
            ck_assert(
                resize_channels(planes, 2, extras[i], box, widths[k], 40, RESIZE_LANCZOS3, got));
            for (size_t plane = 0; plane < 2; plane++) {
                struct pixels want;
                ck_assert(resize_channels(
                    &planes[plane], 1, extras[i], box, widths[k], 40, RESIZE_LANCZOS3, &want));
                ck_assert_mem_eq(got[plane].data, want.data, pixels_stride(&want) * want.height);
                pixels_fini(&want);
                pixels_fini(&got[plane]);
            }
        }
    pixels_fini(&planes[0]);
    pixels_fini(&planes[1]);
}
END_TEST

START_TEST(fine_samples_are_what_would_be_rounded)
{
    static const uint32_t widths[] = {7, 16, 33, 50}; /* the last is a copy */
    struct pixels p = noise(50, 40, 7);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct pixels_box box = {0, 0, 50, 40};
        struct pixels fine;
        struct pixels want;
        unsigned halves = 0;
        ck_assert(resize_channels(&p, 1, (struct resize_extra){.fine = true}, box, widths[i], 40,
            RESIZE_LANCZOS3, &fine));
        ck_assert(resize(&p, box, widths[i], 40, RESIZE_LANCZOS3, &want));
        ck_assert_uint_eq(fine.channels, 2);
        for (size_t k = 0; k < (size_t)widths[i] * 40; k++) {
            uint8_t more = fine.data[2 * k + 1];
            ck_assert_int_eq(fine.data[2 * k] + (more >= 128), want.data[k]);
            halves += more >= 64 && more < 192;
        }
        if (widths[i] < 50)
            ck_assert_uint_gt(halves, widths[i] * 2);
        else
            ck_assert_uint_eq(halves, 0);
        pixels_fini(&fine);
        pixels_fini(&want);
    }
    pixels_fini(&p);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_doubled_picture_is_as_one_that_was_enlarged_before);
    tcase_add_test(t, a_doubled_picture_that_shrinks_by_two_is_filtered_all_the_same);
    tcase_add_test(t, planes_that_are_resized_together_are_as_each_alone);
    tcase_add_test(t, fine_samples_are_what_would_be_rounded);
}

int main(void)
{
    return test_main("resize channels", add);
}
