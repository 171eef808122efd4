#include "image/icc.h"

#include "base/test.h"

#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

struct profile {
    uint8_t bytes[4096];
    cmsUInt32Number len;
};

static struct profile saved(cmsHPROFILE made)
{
    struct profile p = {.len = sizeof p.bytes};
    ck_assert(cmsSaveProfileToMem(made, p.bytes, &p.len));
    cmsCloseProfile(made);
    return p;
}

/* sRGB, with green and blue swapped if `swapped`. */
static struct profile rgb(bool swapped)
{
    const cmsCIExyY white = {0.3127, 0.329, 1};
    const cmsCIExyY green = {0.3, 0.6, 1}, blue = {0.15, 0.06, 1};
    const cmsCIExyYTRIPLE primaries = {
        {0.64, 0.33, 1}, swapped ? blue : green, swapped ? green : blue};
    static const double curve[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *tone = cmsBuildParametricToneCurve(NULL, 4, curve);
    cmsToneCurve *const tones[] = {tone, tone, tone};
    struct profile p = saved(cmsCreateRGBProfile(&white, &primaries, tones));
    cmsFreeToneCurve(tone);
    return p;
}

static struct profile grey(double gamma)
{
    cmsToneCurve *tone = cmsBuildGamma(NULL, gamma);
    struct profile p = saved(cmsCreateGrayProfile(cmsD50_xyY(), tone));
    cmsFreeToneCurve(tone);
    return p;
}

static void check(
    const struct profile *profile, enum picture_model model, struct pixels p, const char *want)
{
    struct icc_transform *t = icc_get(profile->bytes, profile->len, model, pixels_has_alpha(&p));
    ck_assert_ptr_nonnull(t);
    ck_assert(icc_apply(t, &p));
    icc_release(t);
    for (size_t i = 0; i < pixels_stride(&p) * p.height; i++)
        ck_assert_msg(abs(p.data[i] - (uint8_t)want[i]) <= 1, "byte %zu: %d", i, p.data[i]);
}

START_TEST(swapped_channels_come_out_swapped)
{
    const struct profile p = rgb(true);
    uint8_t plain[] = {255, 0, 0, 0, 255, 0, 10, 100, 200};
    uint8_t alpha[] = {10, 100, 200, 7, 255, 255, 255, 0};
    for (int i = 0; i < 3; i++) { /* made, kept, kept */
        memcpy(plain, "\xFF\0\0\0\xFF\0\x0A\x64\xC8", 9);
        check(&p, PICTURE_RGB, (struct pixels){plain, 1, 3, 3}, "\xFF\0\0\0\0\xFF\x0A\xC8\x64");
    }
    check(&p, PICTURE_YCC, (struct pixels){plain, 1, 3, 3}, "\xFF\0\0\0\xFF\0\x0A\x64\xC8");
    check(&p, PICTURE_RGB, (struct pixels){alpha, 2, 1, 4}, "\x0A\xC8\x64\x07\xFF\xFF\xFF\0");
}
END_TEST

START_TEST(grey_stays_grey)
{
    const struct profile linear = grey(1);
    uint8_t plain[] = {0, 55, 255};
    uint8_t alpha[] = {55, 9};
    check(&linear, PICTURE_GREY, (struct pixels){plain, 3, 1, 1}, "\0\x80\xFF");
    check(&linear, PICTURE_GREY, (struct pixels){alpha, 1, 1, 2}, "\x80\x09");
}
END_TEST

START_TEST(an_rgb_profile_curves_grey)
{
    const cmsCIExyY white = {0.3127, 0.329, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.3, 0.6, 1}, {0.15, 0.06, 1}};
    cmsToneCurve *tone = cmsBuildGamma(NULL, 1);
    cmsToneCurve *const tones[] = {tone, tone, tone};
    const struct profile linear = saved(cmsCreateRGBProfile(&white, &primaries, tones));
    cmsFreeToneCurve(tone);
    uint8_t plain[] = {0, 55, 128, 255};
    uint8_t alpha[] = {55, 9, 55, 200};
    check(&linear, PICTURE_GREY, (struct pixels){plain, 4, 1, 1}, "\0\x80\xBC\xFF");
    check(&linear, PICTURE_GREY, (struct pixels){alpha, 2, 1, 2}, "\x80\x09\x80\xC8");
}
END_TEST

START_TEST(srgb_and_unusable_profiles_give_no_transform)
{
    const struct profile srgb = rgb(false);
    struct profile broken = rgb(true);
    ck_assert_ptr_null(icc_get(srgb.bytes, srgb.len, PICTURE_RGB, false));
    ck_assert_ptr_null(icc_get(srgb.bytes, srgb.len, PICTURE_RGB, true));
    ck_assert_ptr_null(icc_get(srgb.bytes, srgb.len, PICTURE_GREY, false));
    ck_assert_ptr_null(icc_get(broken.bytes, broken.len, PICTURE_CMYK, false));
    ck_assert_ptr_null(icc_get(NULL, 0, PICTURE_RGB, false));
    for (cmsUInt32Number len = 0; len < broken.len; len += 7) { /* cut off: no crash */
        struct icc_transform *t = icc_get(broken.bytes, len, PICTURE_RGB, false);
        icc_release(t);
    }
    memset(broken.bytes + 36, 'x', 4); /* "acsp" */
    ck_assert_ptr_null(icc_get(broken.bytes, broken.len, PICTURE_RGB, false));
}
END_TEST

START_TEST(a_profile_that_is_too_large_is_none)
{
    const struct profile p = rgb(true);
    uint8_t *padded = calloc(1, PICTURE_ICC_MAX + 1);
    memcpy(padded, p.bytes, p.len);
    struct icc_transform *t = icc_get(padded, PICTURE_ICC_MAX, PICTURE_RGB, false);
    ck_assert_ptr_nonnull(t);
    icc_release(t);
    ck_assert_ptr_null(icc_get(padded, PICTURE_ICC_MAX + 1, PICTURE_RGB, false));
    free(padded);
}
END_TEST

START_TEST(a_transform_outlives_its_place_in_the_cache)
{
    const struct profile p = rgb(true);
    struct icc_transform *t = icc_get(p.bytes, p.len, PICTURE_RGB, false);
    for (int i = 0; i < 20; i++) {
        const struct profile other = grey(1 + i / 10.0);
        icc_release(icc_get(other.bytes, other.len, PICTURE_GREY, false));
    }
    uint8_t colour[] = {10, 100, 200};
    struct pixels pixel = {colour, 1, 1, 3};
    ck_assert(icc_apply(t, &pixel));
    ck_assert_int_le(abs(colour[1] - 200), 1);
    icc_release(t);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, swapped_channels_come_out_swapped);
    tcase_add_test(t, grey_stays_grey);
    tcase_add_test(t, an_rgb_profile_curves_grey);
    tcase_add_test(t, srgb_and_unusable_profiles_give_no_transform);
    tcase_add_test(t, a_profile_that_is_too_large_is_none);
    tcase_add_test(t, a_transform_outlives_its_place_in_the_cache);
}

int main(void)
{
    return test_main("icc", add);
}
