#include "image/codec_test.h"

#include <dlfcn.h>
#include <jxl/encode.h>

/* Files are made by libjxl itself, which is loaded, not linked: a call by its name. */
#define CALL(name) ((__typeof__(name) *)symbol(#name))

static void *symbol(const char *name)
{
    void *library = dlopen(CODEC_JXL_SONAME, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library, "%s", dlerror());
    void *ret = dlsym(library, name);
    ck_assert_msg(ret, "%s", dlerror());
    return ret;
}

/* How a file is made. */
static struct {
    unsigned channels;
    bool lossy;
    JxlTransferFunction transfer;
    JxlOrientation orientation;
} kind;

static struct buf encode(uint32_t width, uint32_t height, const uint8_t *samples)
{
    struct buf ret = {0};
    uint8_t out[4096], *at;
    size_t left;
    JxlBasicInfo info;
    JxlEncoder *e = CALL(JxlEncoderCreate)(NULL);
    CALL(JxlEncoderInitBasicInfo)(&info);
    info.xsize = width;
    info.ysize = height;
    info.bits_per_sample = 8;
    info.num_color_channels = kind.channels < 3 ? 1 : 3;
    info.num_extra_channels = kind.channels % 2 == 0;
    info.alpha_bits = kind.channels % 2 == 0 ? 8 : 0;
    info.uses_original_profile = !kind.lossy;
    info.orientation = kind.orientation;
    ck_assert_int_eq(CALL(JxlEncoderSetBasicInfo)(e, &info), JXL_ENC_SUCCESS);
    JxlColorEncoding colour = {
        .color_space = kind.channels < 3 ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB,
        .white_point = JXL_WHITE_POINT_D65,
        .primaries =
            kind.transfer == JXL_TRANSFER_FUNCTION_PQ ? JXL_PRIMARIES_2100 : JXL_PRIMARIES_SRGB,
        .transfer_function = kind.transfer};
    ck_assert_int_eq(CALL(JxlEncoderSetColorEncoding)(e, &colour), JXL_ENC_SUCCESS);
    JxlEncoderFrameSettings *s = CALL(JxlEncoderFrameSettingsCreate)(e, NULL);
    CALL(JxlEncoderSetFrameLossless)(s, !kind.lossy);
    CALL(JxlEncoderFrameSettingsSetOption)(s, JXL_ENC_FRAME_SETTING_EFFORT, 1);
    JxlPixelFormat format = {.num_channels = kind.channels, .data_type = JXL_TYPE_UINT8};
    ck_assert_int_eq(
        CALL(JxlEncoderAddImageFrame)(s, &format, samples, (size_t)width * height * kind.channels),
        JXL_ENC_SUCCESS);
    CALL(JxlEncoderCloseInput)(e);
    JxlEncoderStatus status;
    do {
        at = out;
        left = sizeof out;
        status = CALL(JxlEncoderProcessOutput)(e, &at, &left);
        put(&ret, out, sizeof out - left);
    } while (status == JXL_ENC_NEED_MORE_OUTPUT);
    ck_assert_int_eq(status, JXL_ENC_SUCCESS);
    CALL(JxlEncoderDestroy)(e);
    return ret;
}

static void set_up(void)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* libjxl 0.7 explains each error */
    kind.channels = 3;
    kind.lossy = false;
    kind.transfer = JXL_TRANSFER_FUNCTION_SRGB;
    kind.orientation = JXL_ORIENT_IDENTITY;
}

START_TEST(every_number_of_channels_comes_out_as_it_went_in)
{
    uint8_t samples[16 * 9 * 4];
    for (size_t i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)((unsigned)i * 2654435761u >> 24);
    for (kind.channels = 1; kind.channels <= 4; kind.channels++) {
        struct buf b = encode(16, 9, samples);
        ck_assert_int_eq(decode(&codec_jxl, b.data, b.len), ERR_OK);
        ck_assert(!truncated);
        ck_assert(picture.width == 16 && picture.height == 9);
        ck_assert(picture.model == (kind.channels < 3 ? PICTURE_GREY : PICTURE_RGB));
        ck_assert_uint_eq(picture.planes[0].channels, kind.channels);
        ck_assert_mem_eq(picture.planes[0].data, samples, (size_t)16 * 9 * kind.channels);
        buf_fini(&b);
    }
}
END_TEST

START_TEST(the_picture_stays_as_stored_and_its_colours_are_told)
{
    uint8_t samples[16 * 8 * 3] = {0};
    kind.orientation = JXL_ORIENT_ROTATE_90_CW;
    kind.transfer = JXL_TRANSFER_FUNCTION_PQ;
    struct buf b = encode(16, 8, samples);
    ck_assert_int_eq(decode(&codec_jxl, b.data, b.len), ERR_OK);
    ck_assert(picture.width == 16 && picture.height == 8);
    ck_assert_uint_eq(picture.colour.curve, COLOUR_PQ);
    ck_assert(picture.colour.green[1] > 0.796F && picture.colour.green[1] < 0.798F);
    buf_fini(&b);
}
END_TEST

/* Large enough for several groups, which come one after the other. */
static struct buf large_picture(void)
{
    enum { SIDE = 700 };
    uint8_t *samples = malloc(SIDE * SIDE * 3);
    uint32_t noise = 1;
    for (size_t i = 0; i < SIDE * SIDE * 3; i++) {
        noise = noise * 1664525 + 1013904223;
        samples[i] = (uint8_t)(100 + (noise >> 27));
    }
    kind.lossy = true;
    struct buf b = encode(SIDE, SIDE, samples);
    free(samples);
    return b;
}

START_TEST(a_truncated_picture_keeps_what_came)
{
    struct buf b = large_picture();
    ck_assert_int_eq(decode(&codec_jxl, b.data, b.len * 7 / 10), ERR_OK);
    ck_assert(truncated);
    ck_assert(picture.width == 700 && picture.height == 700);
    for (size_t len = 0; len < 60; len += 3)
        ck_assert_int_ne(decode(&codec_jxl, b.data, len), ERR_OK);
    buf_fini(&b);
}
END_TEST

START_TEST(damage_is_an_error_and_no_crash)
{
    uint8_t samples[64 * 64 * 3] = {0};
    struct buf b = encode(64, 64, samples);
    for (size_t at = 2; at < b.len; at++) {
        uint8_t right = b.data[at];
        b.data[at] ^= 0x55;
        decode(&codec_jxl, b.data, b.len);
        b.data[at] = right;
    }
    buf_fini(&b);
}
END_TEST

START_TEST(limits_hold)
{
    const struct image_limits usual = limits;
    struct buf b = large_picture();
    limits.max_pixels = 700 * 700 - 1;
    ck_assert_int_eq(decode(&codec_jxl, b.data, b.len), ERR_IMAGE_TOO_LARGE);
    limits = usual;
    limits.max_memory = 700 * 700 * (3 + 12) - 1;
    ck_assert_int_eq(decode(&codec_jxl, b.data, b.len), ERR_DECODE_MEMORY);
    limits.max_memory++;
    ck_assert_int_eq(decode(&codec_jxl, b.data, b.len), ERR_OK);
    limits = usual;
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, every_number_of_channels_comes_out_as_it_went_in);
    tcase_add_test(t, the_picture_stays_as_stored_and_its_colours_are_told);
    tcase_add_test(t, a_truncated_picture_keeps_what_came);
    tcase_add_test(t, damage_is_an_error_and_no_crash);
    tcase_add_test(t, limits_hold);
}

int main(void)
{
    return test_main("codec_jxl", add);
}
