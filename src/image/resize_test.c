#include "image/resize.h"

#include "base/test.h"
#include "image/resize_kernel.h"

#include <math.h>
#include <string.h>

/* The textbook filters: in double precision, one pixel at a time. */
static double lanczos3(double x)
{
    if (fabs(x) < 1e-9)
        return 1;
    return fabs(x) < 3 ? 3 * sin(M_PI * x) * sin(M_PI * x / 3) / (M_PI * M_PI * x * x) : 0;
}

static double mitchell(double x)
{
    const double b = 1.0 / 3, c = 1.0 / 3;
    x = fabs(x);
    if (x < 1)
        return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + 6 - 2 * b) / 6;
    if (x < 2)
        return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x +
                   8 * b + 24 * c) /
               6;
    return 0;
}

/* Pixel i, and `stretch` pixels around the centre: what both cover. */
static double area(double i, double centre, double stretch)
{
    return fmax(fmin(i + 1, centre + stretch / 2) - fmax(i, centre - stretch / 2), 0);
}

/* weights[i] for output pixel k, summing to 1. */
static void axis_weights(double *weights, enum resize_filter filter, uint32_t source, double start,
    double length, uint32_t n, uint32_t k)
{
    double scale = length / n;
    double stretch = fmax(scale, 1);
    double centre = start + (k + 0.5) * scale;
    double sum = 0;
    for (uint32_t i = 0; i < source; i++) {
        double x = (i + 0.5 - centre) / stretch;
        weights[i] = filter == RESIZE_AREA       ? area(i, centre, stretch)
                     : filter == RESIZE_MITCHELL ? mitchell(x)
                                                 : lanczos3(x);
        sum += weights[i];
    }
    for (uint32_t i = 0; i < source; i++)
        weights[i] /= sum;
}

/* One output pixel, alpha multiplied in, not clipped. */
static void reference(
    const struct pixels *p, bool has_alpha, const double *across, const double *down, double *ret)
{
    memset(ret, 0, 4 * sizeof *ret);
    for (uint32_t y = 0; y < p->height; y++) {
        if (down[y] == 0)
            continue;
        for (uint32_t x = 0; x < p->width; x++) {
            const uint8_t *at = pixels_row(p, y) + (size_t)x * p->channels;
            unsigned last = p->channels - 1;
            double alpha = has_alpha ? at[last] / 255.0 : 1;
            for (unsigned c = 0; c < p->channels; c++) {
                bool is_alpha = has_alpha && c == last;
                ret[c] += across[x] * down[y] * at[c] * (is_alpha ? 1 : alpha);
            }
        }
    }
}

static struct pixels make(uint32_t width, uint32_t height, unsigned channels)
{
    struct pixels p;
    ck_assert(pixels_init(&p, width, height, channels));
    return p;
}

static struct pixels noise(uint32_t width, uint32_t height, unsigned channels, unsigned seed)
{
    struct pixels p = make(width, height, channels);
    for (size_t i = 0; i < pixels_stride(&p) * height; i++) {
        seed = seed * 1664525 + 1013904223;
        /* half of it black and white, where overshoot shows */
        p.data[i] = seed & 1 << 20 ? (uint8_t)(seed >> 24) : seed >> 31 ? 255 : 0;
    }
    return p;
}

static double clip(double v, double most)
{
    return fmin(fmax(v, 0), most);
}

typedef bool resize_call(const struct pixels *, struct pixels_box, uint32_t width, uint32_t height,
    enum resize_filter, struct pixels *ret);

/* The largest difference to the reference, in levels as seen (alpha multiplied in). */
static double worst_error(resize_call *call, const struct pixels *p, struct pixels_box box,
    uint32_t width, uint32_t height, enum resize_filter filter)
{
    bool has_alpha = call == resize && pixels_has_alpha(p);
    struct pixels got;
    ck_assert(call(p, box, width, height, filter, &got));
    ck_assert(got.width == width && got.height == height && got.channels == p->channels);
    double *across = calloc(p->width, sizeof *across);
    double *down = calloc(p->height, sizeof *down);
    double worst = 0;
    for (uint32_t y = 0; y < height; y++) {
        axis_weights(down, filter, p->height, box.y, box.height, height, y);
        for (uint32_t x = 0; x < width; x++) {
            double want[4];
            unsigned last = p->channels - 1;
            const uint8_t *at = pixels_row(&got, y) + (size_t)x * p->channels;
            axis_weights(across, filter, p->width, box.x, box.width, width, x);
            reference(p, has_alpha, across, down, want);
            double alpha = has_alpha ? clip(want[last], 255) : 255;
            for (unsigned c = 0; c < p->channels; c++) {
                bool multiplied = has_alpha && c != last;
                double level = multiplied ? at[c] * (double)at[last] / 255 : at[c];
                worst = fmax(worst, fabs(level - clip(want[c], multiplied ? alpha : 255)));
            }
        }
    }
    free(across);
    free(down);
    pixels_fini(&got);
    return worst;
}

static const struct {
    uint32_t width, height, to_width, to_height;
    struct pixels_box box;
} cases[] = {
    {40, 30, 16, 12, {0, 0, 40, 30}},
    {40, 30, 39, 29, {0, 0, 40, 30}},
    {40, 30, 1, 1, {0, 0, 40, 30}},
    {40, 30, 40, 7, {0, 0, 40, 30}},
    {40, 30, 7, 30, {0, 0, 40, 30}},
    {17, 23, 40, 50, {0, 0, 17, 23}},
    {40, 30, 10, 10, {3.25, 1.5, 30.5, 20.75}},
    {40, 30, 20, 9, {39, 29, 1, 1}},
    {1, 1, 5, 4, {0, 0, 1, 1}},
    {2, 1, 5, 4, {0, 0, 2, 1}},
    {300, 2, 3, 2, {0, 0, 300, 2}},
    {2, 300, 1, 7, {0, 0, 2, 300}},
};

/* `most`: half a level for rounding; under alpha, colour is rounded twice. */
static void check_cases(resize_call *call, unsigned channels, double most)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pixels p =
            noise(cases[i].width, cases[i].height, channels, (unsigned)(i * 4 + channels));
        for (enum resize_filter filter = RESIZE_LANCZOS3; filter <= RESIZE_AREA; filter++) {
            double error =
                worst_error(call, &p, cases[i].box, cases[i].to_width, cases[i].to_height, filter);
            ck_assert_msg(error <= most, "case %zu, %u channels, filter %d: %g", i, channels,
                (int)filter, error);
        }
        pixels_fini(&p);
    }
}

START_TEST(every_filter_is_within_one_level_of_the_exact_one)
{
    check_cases(resize, 1, 0.6);
    check_cases(resize, 3, 0.6);
}
END_TEST

START_TEST(with_alpha_what_is_seen_is_within_one_level)
{
    check_cases(resize, 2, 1.0);
    check_cases(resize, 4, 1.0);
}
END_TEST

START_TEST(plain_channels_are_all_alike)
{
    check_cases(resize_plain, 2, 0.6);
    check_cases(resize_plain, 4, 0.6);
}
END_TEST

/* Every kernel that this machine supports gives the same bytes as plain C. */
static void check_kernels(const struct pixels *p, bool alpha, struct pixels_box box, uint32_t width,
    uint32_t height, enum resize_filter filter)
{
    const struct resize_kernel *const kernels[] = {resize_sse2(), resize_avx2()};
    struct pixels want;
    ck_assert(resize_with(resize_scalar(), p, alpha, box, width, height, filter, &want));
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        struct pixels got;
        if (!kernels[i])
            continue;
        ck_assert(resize_with(kernels[i], p, alpha, box, width, height, filter, &got));
        ck_assert_msg(!memcmp(got.data, want.data, pixels_stride(&want) * height),
            "%s: %ux%u, %u channels, to %ux%u, filter %d", kernels[i]->name, p->width, p->height,
            p->channels, width, height, (int)filter);
        pixels_fini(&got);
    }
    pixels_fini(&want);
}

START_TEST(every_kernel_gives_the_same_bytes)
{
    static const uint32_t widths[] = {1, 2, 3, 8, 15, 17, 33, 100, 1100};
    static const uint32_t heights[] = {1, 7, 40, 133};
    unsigned seed = 0;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t h = 0; h < sizeof heights / sizeof *heights; h++)
            for (unsigned channels = 1; channels <= 4; channels++) {
                struct pixels p = noise(widths[w], heights[h], channels, ++seed);
                struct pixels_box box = {0, 0, widths[w], heights[h]};
                for (uint32_t to = 1; to < 130; to += to < 20 ? 3 : 37) {
                    enum resize_filter filter = (enum resize_filter)((seed + to) % 3);
                    check_kernels(&p, pixels_has_alpha(&p), box, to, 1 + to * 3 / 4, filter);
                    struct pixels_box part = {
                        box.width * 0.17, box.height / 3, box.width * 0.6, box.height * 0.4};
                    check_kernels(&p, false, part, 1 + to * 2 / 3, to, filter);
                }
                pixels_fini(&p);
            }
}
END_TEST

START_TEST(one_colour_stays_that_colour_at_any_scale)
{
    static const uint8_t colour[4] = {3, 128, 254, 255};
    static const uint32_t sides[] = {1, 2, 3, 50, 255, 3000};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        struct pixels p = make(sides[i], 61, 4);
        for (size_t k = 0; k < (size_t)sides[i] * 61; k++)
            memcpy(p.data + k * 4, colour, 4);
        for (uint32_t to = 1; to < 300; to += 37) {
            struct pixels got;
            ck_assert(
                resize(&p, (struct pixels_box){0, 0, sides[i], 61}, to, to, RESIZE_LANCZOS3, &got));
            size_t others = 0;
            for (size_t k = 0; k < (size_t)to * to; k++)
                others += memcmp(got.data + k * 4, colour, 4) != 0;
            ck_assert_uint_eq(others, 0);
            pixels_fini(&got);
        }
        pixels_fini(&p);
    }
}
END_TEST

START_TEST(a_pixel_that_cannot_be_seen_does_not_bleed)
{
    /* left half red and solid, right half green and clear */
    struct pixels p = make(64, 8, 4);
    for (uint32_t i = 0; i < 64 * 8; i++)
        memcpy(p.data + 4 * i, i % 64 < 32 ? "\xFF\0\0\xFF" : "\0\xFF\0\0", 4);
    struct pixels got;
    ck_assert(resize(&p, (struct pixels_box){0, 0, 64, 8}, 7, 3, RESIZE_LANCZOS3, &got));
    for (uint32_t i = 0; i < 7 * 3; i++) {
        const uint8_t *at = got.data + 4 * i;
        ck_assert_uint_eq(at[1], 0);
        ck_assert_uint_eq(at[0], at[3] ? 255 : 0);
    }
    ck_assert_uint_eq(got.data[3], 255);
    ck_assert_uint_eq(got.data[6 * 4 + 3], 0);
    ck_assert_uint_gt(got.data[3 * 4 + 3], 100);
    ck_assert_uint_lt(got.data[3 * 4 + 3], 155);
    pixels_fini(&got);
    pixels_fini(&p);
}
END_TEST

START_TEST(the_same_size_is_a_copy)
{
    struct pixels p = noise(31, 17, 4, 5);
    struct pixels got;
    ck_assert(resize(&p, (struct pixels_box){0, 0, 31, 17}, 31, 17, RESIZE_LANCZOS3, &got));
    ck_assert_mem_eq(got.data, p.data, 31 * 17 * 4);
    pixels_fini(&got);
    ck_assert(resize(&p, (struct pixels_box){3, 2, 10, 9}, 10, 9, RESIZE_LANCZOS3, &got));
    for (uint32_t y = 0; y < 9; y++)
        ck_assert_mem_eq(pixels_row(&got, y), pixels_row(&p, y + 2) + 3 * 4, 10 * 4);
    pixels_fini(&got);
    pixels_fini(&p);
}
END_TEST

START_TEST(a_box_that_hangs_over_the_edge_is_cut)
{
    struct pixels p = noise(20, 10, 3, 9);
    struct pixels got;
    struct pixels want;
    ck_assert(resize(
        &p, (struct pixels_box){-1e-9, -1e-9, 20 + 1e-6, 10 + 1e-6}, 6, 3, RESIZE_LANCZOS3, &got));
    ck_assert(resize(&p, (struct pixels_box){0, 0, 20, 10}, 6, 3, RESIZE_LANCZOS3, &want));
    ck_assert_mem_eq(got.data, want.data, 6 * 3 * 3);
    pixels_fini(&got);
    pixels_fini(&want);
    pixels_fini(&p);
}
END_TEST

START_TEST(the_longest_image_shrinks_to_a_dot)
{
    struct pixels p = make(65535, 3, 3);
    memset(p.data, 200, (size_t)65535 * 3 * 3);
    struct pixels got;
    ck_assert(resize(&p, (struct pixels_box){0, 0, 65535, 3}, 1, 1, RESIZE_LANCZOS3, &got));
    ck_assert_mem_eq(got.data, "\xC8\xC8\xC8", 3);
    pixels_fini(&got);
    pixels_fini(&p);
}
END_TEST

START_TEST(a_size_no_memory_could_hold_is_refused)
{
    struct pixels p = noise(4, 4, 4, 1);
    struct pixels got = {.width = 7};
    ck_assert(!resize(
        &p, (struct pixels_box){0, 0, 4, 4}, UINT32_MAX, UINT32_MAX, RESIZE_LANCZOS3, &got));
    ck_assert_uint_eq(got.width, 7);
    pixels_fini(&p);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_filter_is_within_one_level_of_the_exact_one);
    tcase_add_test(t, with_alpha_what_is_seen_is_within_one_level);
    tcase_add_test(t, plain_channels_are_all_alike);
    tcase_add_test(t, every_kernel_gives_the_same_bytes);
    tcase_add_test(t, one_colour_stays_that_colour_at_any_scale);
    tcase_add_test(t, a_pixel_that_cannot_be_seen_does_not_bleed);
    tcase_add_test(t, the_same_size_is_a_copy);
    tcase_add_test(t, a_box_that_hangs_over_the_edge_is_cut);
    tcase_add_test(t, the_longest_image_shrinks_to_a_dot);
    tcase_add_test(t, a_size_no_memory_could_hold_is_refused);
}

int main(void)
{
    return test_main("resize", add);
}
