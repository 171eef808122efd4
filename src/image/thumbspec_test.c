#include "image/thumbspec.h"

#include "base/test.h"

#include <math.h>

static struct thumbspec parse(const char *text)
{
    struct thumbspec spec;
    const char *message;
    ck_assert_msg(thumbspec_parse(text, &spec, &message), "%s: %s", text, message);
    return spec;
}

START_TEST(every_shape_and_mode_is_understood_and_named)
{
    static const struct {
        const char *text;
        uint32_t width, height;
        enum thumb_mode mode;
        const char *name;
    } cases[] = {
        {"256", 256, 256, THUMB_FIT, "256"},
        {"256:fit", 256, 256, THUMB_FIT, "256"},
        {"256x192", 256, 192, THUMB_FIT, "256x192"},
        {"512x", 512, 0, THUMB_FIT, "512x"},
        {"x512", 0, 512, THUMB_FIT, "x512"},
        {"x512:fit", 0, 512, THUMB_FIT, "x512"},
        {"256:cover", 256, 256, THUMB_COVER, "256-cover"},
        {"256x192:cover", 256, 192, THUMB_COVER, "256x192-cover"},
        {"64:pad", 64, 64, THUMB_PAD, "64-pad"},
        {"64x32:exact", 64, 32, THUMB_EXACT, "64x32-exact"},
        {"64:short", 64, 64, THUMB_SHORT, "64-short"},
        {"1", 1, 1, THUMB_FIT, "1"},
        {"0256", 256, 256, THUMB_FIT, "256"},
        {"16384x16384:exact", 16384, 16384, THUMB_EXACT, "16384x16384-exact"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct thumbspec spec = parse(cases[i].text);
        ck_assert_uint_eq(spec.width, cases[i].width);
        ck_assert_uint_eq(spec.height, cases[i].height);
        ck_assert_int_eq(spec.mode, cases[i].mode);
        ck_assert_str_eq(spec.name, cases[i].name);
    }
}
END_TEST

START_TEST(malformed_specs_are_refused_with_a_reason)
{
    static const char *const bad[] = {"", "x", ":", "abc", "-1", "+5", " 5", "5 ", "0", "0x5",
        "5x0", "16385", "99999999999999999999", "256x16385", "256X192", "256x192x3",
        "256:", "256:Fit", "256:crop", "256:fit:pad", "256,192", "512x:cover", "x512:pad",
        "512x:exact", "x512:short", "x:fit", "1e3", "256x 192"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct thumbspec spec = {.width = 77};
        const char *message = NULL;
        ck_assert_msg(!thumbspec_parse(bad[i], &spec, &message), "'%s'", bad[i]);
        ck_assert_ptr_nonnull(message);
        ck_assert_uint_eq(spec.width, 77);
    }
}
END_TEST

struct expected {
    const char *spec;
    uint32_t source_width, source_height;
    uint32_t width, height;
    bool upscale;
};

static void check(const struct expected *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct expected *c = &cases[i];
        struct thumbspec spec = parse(c->spec);
        struct thumb_layout l;
        thumbspec_layout(&spec, c->source_width, c->source_height, c->upscale, &l);
        ck_assert_msg(l.width == c->width && l.height == c->height,
            "%s of %ux%u%s: %ux%u, not %ux%u", c->spec, c->source_width, c->source_height,
            c->upscale ? " up" : "", l.width, l.height, c->width, c->height);
    }
}

START_TEST(fit_keeps_the_ratio_inside_the_box)
{
    static const struct expected cases[] = {
        {"256", 4000, 3000, 256, 192, false},
        {"256", 3000, 4000, 192, 256, false},
        {"256", 1000, 1000, 256, 256, false},
        {"256", 500, 333, 256, 170, false}, /* 170.496 */
        {"256", 500, 334, 256, 171, false}, /* 171.008 */
        {"256", 512, 333, 256, 167, false}, /* 166.5: up */
        {"256x192", 4000, 3000, 256, 192, false},
        {"256x192", 1000, 1000, 192, 192, false},
        {"256x100", 3000, 4000, 75, 100, false},
        {"256", 100, 50, 100, 50, false},
        {"256", 256, 256, 256, 256, false},
        {"256", 256, 1, 256, 1, false},
        {"256", 100, 50, 256, 128, true},
        {"256x192", 1, 1, 192, 192, true},
    };
    check(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(a_free_side_follows_the_other)
{
    static const struct expected cases[] = {
        {"512x", 4000, 3000, 512, 384, false},
        {"512x", 1000, 9000, 512, 4608, false},
        {"512x", 300, 9000, 300, 9000, false},
        {"x512", 4000, 3000, 683, 512, false},
        {"x512", 9000, 300, 9000, 300, false},
        {"512x", 256, 100, 512, 200, true},
    };
    check(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(short_sets_the_shortest_side)
{
    static const struct expected cases[] = {
        {"256:short", 4000, 3000, 341, 256, false}, {"256:short", 3000, 4000, 256, 341, false},
        {"256:short", 200, 4000, 200, 4000, false}, {"256:short", 100, 50, 512, 256, true},
        {"256:short", 513, 512, 257, 256, false},       /* 256.5: up */
        {"100x200:short", 1000, 1000, 200, 200, false}, /* no side below the box */
    };
    check(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(exact_stops_at_the_source_per_side)
{
    static const struct expected cases[] = {
        {"256x192:exact", 4000, 3000, 256, 192, false},
        {"256:exact", 4000, 100, 256, 100, false},
        {"256:exact", 100, 100, 100, 100, false},
        {"256:exact", 100, 4000, 256, 256, true},
    };
    check(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(a_line_of_pixels_stays_at_least_one_pixel_thick)
{
    static const struct expected cases[] = {
        {"256", 65500, 1, 256, 1, false},
        {"256", 1, 65500, 1, 256, false},
        {"256", 65500, 1, 256, 1, true},
        {"x512", 65500, 1, 65500, 1, false},
        {"256:short", 65500, 1, 65500, 1, false},
        {"256:pad", 65500, 1, 256, 1, false},
        {"256:exact", 65500, 1, 256, 1, false},
        {"256:exact", 65500, 1, 256, 256, true},
        {"256:cover", 65500, 1, 256, 1, false},
        {"256:cover", 65500, 1, 256, 256, true},
        {"512x", 1, 65500, 1, 65500, false},
    };
    check(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(upscaling_ends_where_a_free_side_would_pass_the_largest)
{
    static const struct expected cases[] = {
        {"512x", 1, 100, 164, 16384, true},
        {"x512", 65500, 1, 65500, 1, true},
        {"256:short", 1000, 1, 16384, 16, true},
        {"16384", 1, 1, 16384, 16384, true},
    };
    check(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(cover_cuts_the_longer_side_evenly)
{
    struct thumbspec spec = parse("256x128:cover");
    struct thumb_layout l;
    thumbspec_layout(&spec, 1000, 1000, false, &l);
    ck_assert(l.width == 256 && l.height == 128);
    ck_assert(l.crop_x == 0 && l.crop_width == 1000);
    ck_assert(l.crop_y == 250 && l.crop_height == 500);
    thumbspec_layout(&spec, 3001, 1000, false, &l);
    ck_assert(l.crop_x == 500.5 && l.crop_width == 2000);
    ck_assert(l.crop_y == 0 && l.crop_height == 1000);
    ck_assert(l.canvas_width == 256 && l.canvas_height == 128 && l.left == 0 && l.top == 0);
}
END_TEST

START_TEST(cover_without_upscale_copies_small_pictures)
{
    struct thumbspec spec = parse("256:cover");
    struct thumb_layout l;
    thumbspec_layout(&spec, 1000, 50, false, &l); /* one side reaches */
    ck_assert(l.width == 256 && l.height == 50);
    ck_assert(l.crop_x == 372 && l.crop_width == 256 && l.crop_y == 0 && l.crop_height == 50);
    thumbspec_layout(&spec, 100, 50, false, &l); /* none does */
    ck_assert(l.width == 100 && l.height == 50 && l.crop_width == 100 && l.crop_height == 50);
    thumbspec_layout(&spec, 100, 50, true, &l);
    ck_assert(l.width == 256 && l.height == 256 && l.crop_width == 50 && l.crop_x == 25);
}
END_TEST

START_TEST(pad_centres_on_the_whole_box)
{
    struct thumbspec spec = parse("256x200:pad");
    struct thumb_layout l;
    thumbspec_layout(&spec, 4000, 2000, false, &l);
    ck_assert(l.width == 256 && l.height == 128);
    ck_assert(l.canvas_width == 256 && l.canvas_height == 200 && l.left == 0 && l.top == 36);
    thumbspec_layout(&spec, 11, 21, false, &l);
    ck_assert(l.width == 11 && l.height == 21 && l.left == 122 && l.top == 89);
    ck_assert(l.canvas_width == 256 && l.canvas_height == 200);
}
END_TEST

/* img2dataset's modes (resize_mode), by their published rules. */
enum peer_mode { PEER_KEEP_RATIO, PEER_KEEP_RATIO_LARGEST, PEER_BORDER, PEER_CENTER_CROP };

/* Python's round(). */
static uint32_t half_to_even(double x)
{
    double below = floor(x);
    bool is_odd = fmod(below, 2) == 1;
    return (uint32_t)(x - below > 0.5 || (x - below == 0.5 && is_odd) ? below + 1 : below);
}

/* The size that img2dataset gives a picture. */
static void peer_size(
    enum peer_mode mode, bool only_if_bigger, double size, uint32_t *width, uint32_t *height)
{
    bool by_shortest = mode == PEER_KEEP_RATIO || mode == PEER_CENTER_CROP;
    double side = by_shortest == (*width < *height) ? *width : *height;
    if (only_if_bigger && side <= size)
        return;
    *width = half_to_even(*width * (size / side));
    *height = half_to_even(*height * (size / side));
    if (mode == PEER_BORDER || mode == PEER_CENTER_CROP)
        *width = *height = (uint32_t)size;
}

START_TEST(sizes_are_those_of_img2dataset_where_asked_for)
{
    static const struct {
        enum peer_mode mode;
        const char *spec;
    } modes[] = {
        {PEER_KEEP_RATIO, "256:short"},
        {PEER_KEEP_RATIO_LARGEST, "256"},
        {PEER_BORDER, "256:pad"},
        {PEER_CENTER_CROP, "256:cover"},
    };
    /* Some have halves: 256.5, 170.5, 166.5. */
    static const uint32_t sizes[][2] = {{200, 301}, {100, 80}, {257, 256}, {513, 512}, {512, 513},
        {256, 256}, {256, 300}, {1024, 682}, {1536, 1023}, {1000, 50}, {4000, 3000}, {333, 512},
        {1, 1}};
    unsigned n = 0;
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        struct thumbspec spec = parse(modes[m].spec);
        for (int only = 0; only <= 1; only++) {
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++, n++) {
                uint32_t width = sizes[i][0], height = sizes[i][1];
                struct thumb_layout l;
                thumbspec_layout(
                    &spec, width, height, only ? THUMB_ONLY_SHRINK : THUMB_UPSCALE, &l);
                peer_size(modes[m].mode, only, 256, &width, &height);
                ck_assert_msg(l.canvas_width == width && l.canvas_height == height,
                    "%s of %ux%u, %d: %ux%u, not %ux%u", modes[m].spec, sizes[i][0], sizes[i][1],
                    only, l.canvas_width, l.canvas_height, width, height);
            }
        }
    }
    ck_assert_uint_eq(n, 104);
}
END_TEST

START_TEST(only_shrink_leaves_alone_what_the_box_does_not_shrink)
{
    static const struct {
        const char *spec;
        uint32_t source_width, source_height, width, height;
    } cases[] = {
        {"256:pad", 100, 80, 100, 80}, {"256:pad", 256, 256, 256, 256},
        {"256:pad", 256, 10, 256, 10}, {"256:pad", 257, 10, 256, 256},
        {"256x100:pad", 200, 101, 256, 100}, {"256:cover", 200, 301, 200, 301},
        {"256:cover", 257, 256, 257, 256}, {"256:cover", 257, 257, 256, 256},
        {"256x100:cover", 300, 100, 300, 100}, {"256x100:cover", 300, 101, 256, 100},
        {"256:short", 200, 301, 200, 301}, {"256:short", 513, 512, 256, 256},
        {"256", 512, 333, 256, 166}, {"512x", 1024, 683, 512, 342},
        {"256:exact", 4000, 100, 256, 100}, {"256", 65500, 1, 256, 1},
        {"16384", 8000, 9000, 8000, 9000},
        {"384", 2816, 55, 384, 7}, /* 7.5, but 55 * (384 / 2816.0) is less */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct thumbspec spec = parse(cases[i].spec);
        struct thumb_layout l;
        thumbspec_layout(
            &spec, cases[i].source_width, cases[i].source_height, THUMB_ONLY_SHRINK, &l);
        ck_assert_msg(l.canvas_width == cases[i].width && l.canvas_height == cases[i].height,
            "%s of %ux%u: %ux%u", cases[i].spec, cases[i].source_width, cases[i].source_height,
            l.canvas_width, l.canvas_height);
    }
    struct thumbspec cover = parse("256:cover");
    struct thumb_layout l;
    thumbspec_layout(&cover, 1000, 50, THUMB_ONLY_SHRINK, &l); /* nothing is cut */
    ck_assert(l.width == 1000 && l.crop_width == 1000 && l.crop_x == 0 && l.left == 0);
}
END_TEST

/* Checks the promises of the header for all modes and many sizes. */
START_TEST(every_layout_lies_inside_its_source_and_canvas)
{
    static const char *const specs[] = {"256", "256x10", "7x", "x7", "100x3:cover", "3x100:cover",
        "64:pad", "5x9:exact", "33:short", "16384x1:cover"};
    static const uint32_t sides[] = {
        1, 2, 3, 7, 8, 63, 64, 65, 100, 255, 256, 257, 1000, 4001, 65499, 65500, 65535};
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        struct thumbspec spec = parse(specs[s]);
        for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
            for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
                for (int scaling = THUMB_AT_MOST; scaling <= THUMB_ONLY_SHRINK; scaling++) {
                    struct thumb_layout l;
                    thumbspec_layout(&spec, sides[i], sides[k], scaling, &l);
                    ck_assert(l.width >= 1 && l.height >= 1);
                    ck_assert(l.left + l.width <= l.canvas_width);
                    ck_assert(l.top + l.height <= l.canvas_height);
                    ck_assert(l.crop_x >= 0 && l.crop_x + l.crop_width <= sides[i] + 1e-6);
                    ck_assert(l.crop_y >= 0 && l.crop_y + l.crop_height <= sides[k] + 1e-6);
                    ck_assert(l.crop_width > 0 && l.crop_height > 0);
                    if (scaling != THUMB_UPSCALE)
                        ck_assert(l.width <= l.crop_width + 0.5 && l.height <= l.crop_height + 0.5);
                    if (spec.mode == THUMB_FIT && spec.width)
                        ck_assert_uint_le(l.width, spec.width);
                    if (spec.mode == THUMB_FIT && spec.height)
                        ck_assert_uint_le(l.height, spec.height);
                }
            }
        }
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_shape_and_mode_is_understood_and_named);
    tcase_add_test(t, malformed_specs_are_refused_with_a_reason);
    tcase_add_test(t, fit_keeps_the_ratio_inside_the_box);
    tcase_add_test(t, a_free_side_follows_the_other);
    tcase_add_test(t, short_sets_the_shortest_side);
    tcase_add_test(t, exact_stops_at_the_source_per_side);
    tcase_add_test(t, a_line_of_pixels_stays_at_least_one_pixel_thick);
    tcase_add_test(t, upscaling_ends_where_a_free_side_would_pass_the_largest);
    tcase_add_test(t, cover_cuts_the_longer_side_evenly);
    tcase_add_test(t, cover_without_upscale_copies_small_pictures);
    tcase_add_test(t, pad_centres_on_the_whole_box);
    tcase_add_test(t, sizes_are_those_of_img2dataset_where_asked_for);
    tcase_add_test(t, only_shrink_leaves_alone_what_the_box_does_not_shrink);
    tcase_add_test(t, every_layout_lies_inside_its_source_and_canvas);
}

int main(void)
{
    return test_main("thumbspec", add);
}
