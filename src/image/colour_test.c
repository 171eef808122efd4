/* Colours that files describe, held to what Chromium 156 shows of the same numbers. */
#include "image/colour.h"

#include "base/test.h"
#include "image/icc.h"

/* What becomes of a pixel; grey has equal channels. */
static void convert(unsigned primaries, unsigned transfer, const uint8_t in[3], uint8_t ret[3])
{
    struct colour c = {0};
    struct pixels p;
    ck_assert(colour_of_primaries(primaries, &c));
    ck_assert(colour_of_transfer(transfer, &c));
    ck_assert(pixels_init(&p, 1, 1, 3));
    memcpy(p.data, in, 3);
    struct icc_transform *t = icc_of_colour(&c, PICTURE_RGB, false);
    if (t)
        ck_assert(icc_apply(t, &p));
    icc_release(t);
    memcpy(ret, p.data, 3);
    pixels_fini(&p);
}

START_TEST(colours_are_as_in_chromium)
{
    static const struct {
        uint8_t primaries, transfer, in[3], want[3], tolerance;
    } cases[] = {
        {1, 13, {156, 64, 78}, {156, 64, 78}, 0},
        {12, 13, {156, 64, 78}, {169, 56, 76}, 1},
        {11, 13, {156, 64, 78}, {165, 56, 77}, 1},
        {9, 14, {156, 64, 78}, {185, 8, 67}, 2},
        {6, 13, {156, 192, 78}, {157, 190, 77}, 1},
        {22, 13, {156, 16, 78}, {158, 31, 78}, 1},
        {4, 4, {156, 192, 78}, {145, 189, 61}, 2},
        {8, 13, {156, 128, 78}, {165, 127, 70}, 1},
        {10, 13, {156, 128, 78}, {211, 87, 71}, 2},
        {1, 8, {156, 128, 78}, {205, 188, 150}, 1},
        {1, 5, {128, 128, 128}, {106, 106, 106}, 1},
        {1, 6, {64, 64, 64}, {54, 54, 54}, 1},
        {1, 7, {64, 64, 64}, {81, 81, 81}, 1},
        {1, 17, {64, 64, 64}, {48, 48, 48}, 1},
        {9, 16, {64, 64, 64}, {30, 30, 30}, 2},
        {9, 16, {128, 128, 128}, {132, 132, 132}, 2},
        {9, 16, {160, 160, 160}, {213, 213, 213}, 2},
        {9, 16, {192, 192, 192}, {255, 255, 255}, 1},
        {1, 16, {160, 0, 0}, {229, 0, 0}, 4},
        {1, 16, {192, 96, 48}, {255, 51, 9}, 4},
        {9, 18, {64, 64, 64}, {43, 43, 43}, 2},
        {9, 18, {128, 128, 128}, {99, 99, 99}, 2},
        {9, 18, {192, 192, 192}, {189, 189, 189}, 2},
        {9, 18, {128, 64, 32}, {112, 35, 9}, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t got[3];
        convert(cases[i].primaries, cases[i].transfer, cases[i].in, got);
        for (int c = 0; c < 3; c++)
            ck_assert_msg(abs(got[c] - cases[i].want[c]) <= cases[i].tolerance,
                "%u/%u: %u,%u,%u is %u,%u,%u", cases[i].primaries, cases[i].transfer,
                cases[i].in[0], cases[i].in[1], cases[i].in[2], got[0], got[1], got[2]);
    }
}
END_TEST

START_TEST(what_means_nothing_is_refused)
{
    static const unsigned no_primaries[] = {0, 2, 3, 13, 21, 23, 255};
    static const unsigned no_transfer[] = {0, 2, 3, 9, 10, 11, 12, 19, 255};
    struct colour c = {0};
    for (size_t i = 0; i < sizeof no_primaries / sizeof *no_primaries; i++)
        ck_assert(!colour_of_primaries(no_primaries[i], &c));
    for (size_t i = 0; i < sizeof no_transfer / sizeof *no_transfer; i++)
        ck_assert(!colour_of_transfer(no_transfer[i], &c));
    ck_assert_ptr_null(icc_of_colour(&c, PICTURE_RGB, false));
}
END_TEST

START_TEST(srgb_needs_no_transform)
{
    struct colour c = {0};
    colour_of_primaries(1, &c);
    colour_of_transfer(13, &c);
    ck_assert_ptr_null(icc_of_colour(&c, PICTURE_RGB, false));
    ck_assert_ptr_null(icc_of_colour(&c, PICTURE_RGB, true));
    ck_assert_ptr_null(icc_of_colour(&c, PICTURE_YCC, false));
    ck_assert_ptr_null(icc_of_colour(&c, PICTURE_GREY, false));
    ck_assert_ptr_null(icc_of_colour(&c, PICTURE_CMYK, false));
}
END_TEST

START_TEST(grey_and_alpha_stay_what_they_are)
{
    struct colour c = {0};
    uint8_t pixels[] = {128, 9, 0, 255};
    struct pixels p = {pixels, 2, 1, 2};
    colour_of_primaries(12, &c);
    colour_of_transfer(8, &c);
    struct icc_transform *t = icc_of_colour(&c, PICTURE_GREY, true);
    ck_assert_ptr_nonnull(t);
    ck_assert(icc_apply(t, &p));
    icc_release(t);
    ck_assert(abs(pixels[0] - 188) <= 1);
    ck_assert(pixels[1] == 9 && pixels[2] == 0 && pixels[3] == 255);
    ck_assert_ptr_null(icc_of_colour(&c, PICTURE_CMYK, false)); /* inks are not described by it */
}
END_TEST

/* A file may say anything. */
START_TEST(impossible_primaries_change_nothing_or_something_but_do_no_harm)
{
    static const float odd[] = {0, -1, 1e9F, 21474.83F, 0.0001F};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (uint32_t curve = COLOUR_SRGB; curve <= COLOUR_HLG; curve++) {
            float o = odd[i];
            struct colour c = {curve, 1, {o, o}, {o, o}, {o, o}, {o, o}};
            uint8_t pixel[3] = {1, 2, 3};
            struct pixels p = {pixel, 1, 1, 3};
            struct icc_transform *t = icc_of_colour(&c, PICTURE_RGB, false);
            if (t)
                ck_assert(icc_apply(t, &p));
            icc_release(t);
        }
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, colours_are_as_in_chromium);
    tcase_add_test(t, what_means_nothing_is_refused);
    tcase_add_test(t, srgb_needs_no_transform);
    tcase_add_test(t, grey_and_alpha_stay_what_they_are);
    tcase_add_test(t, impossible_primaries_change_nothing_or_something_but_do_no_harm);
}

int main(void)
{
    return test_main("colour", add);
}
