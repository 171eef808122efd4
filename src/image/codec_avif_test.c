#include "image/codec_test.h"

#include <avif/avif.h>
#include <dlfcn.h>
#include <math.h>

/* Files are made by libavif itself, which is loaded, not linked: a call by its name. */
#define CALL(name) ((__typeof__(name) *)symbol(#name))

static void *symbol(const char *name)
{
    void *library = dlopen(CODEC_AVIF_SONAME, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library, "%s", dlerror());
    void *ret = dlsym(library, name);
    ck_assert_msg(ret, "%s", dlerror());
    return ret;
}

/* Left half one colour, right half another, of 3 channels or with alpha. */
struct kind {
    avifPixelFormat format;
    unsigned depth, channels;
    const char *left, *right;
    const char *icc;
};

/* What files say of their colours (H.273); 0: nothing. */
static unsigned primaries, transfer;

enum { WIDTH = 32, HEIGHT = 16 };

static avifImage *image_of(const struct kind *kind)
{
    avifImage *image = CALL(avifImageCreate)(WIDTH, HEIGHT, (int)kind->depth, kind->format);
    uint8_t pixels[WIDTH * HEIGHT * 4];
    avifRGBImage rgb;
    CALL(avifRGBImageSetDefaults)(&rgb, image);
    rgb.depth = 8;
    rgb.format = kind->channels == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = pixels;
    rgb.rowBytes = WIDTH * kind->channels;
    for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
        memcpy(pixels + (size_t)i * kind->channels,
            i % WIDTH < WIDTH / 2 ? kind->left : kind->right, kind->channels);
    ck_assert_int_eq(CALL(avifImageRGBToYUV)(image, &rgb), AVIF_RESULT_OK);
    if (transfer) {
        image->colorPrimaries = (avifColorPrimaries)primaries;
        image->transferCharacteristics = (avifTransferCharacteristics)transfer;
    }
    if (kind->icc)
        CALL(avifImageSetProfileICC)(image, (const uint8_t *)kind->icc, strlen(kind->icc));
    return image;
}

/* To be given back by avifRWDataFree(). */
static avifRWData file_of(struct kind kind)
{
    avifRWData file = AVIF_DATA_EMPTY;
    avifEncoder *encoder = CALL(avifEncoderCreate)();
    avifImage *image = image_of(&kind);
    encoder->speed = AVIF_SPEED_FASTEST;
    encoder->minQuantizer = encoder->maxQuantizer = AVIF_QUANTIZER_BEST_QUALITY;
    encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = AVIF_QUANTIZER_LOSSLESS;
    ck_assert_int_eq(CALL(avifEncoderWrite)(encoder, image, &file), AVIF_RESULT_OK);
    CALL(avifImageDestroy)(image);
    CALL(avifEncoderDestroy)(encoder);
    return file;
}

static enum err decode_avif(struct kind kind)
{
    avifRWData file = file_of(kind);
    enum err err = decode(&codec_avif, file.data, file.size);
    CALL(avifRWDataFree)(&file);
    return err;
}

static void check_close(uint32_t x, const char *want)
{
    const struct pixels *p = picture.planes;
    const uint8_t *got = pixels_row(p, HEIGHT / 2) + (size_t)x * p->channels;
    for (unsigned c = 0; c < p->channels; c++)
        ck_assert_msg(abs(got[c] - (uint8_t)want[c]) <= 3, "at %u, channel %u: %d", x, c, got[c]);
}

static const char red[] = "\xC8\x1E\x28\xFF";
static const char blue[] = "\x14\x3C\xDC\x40";

START_TEST(every_sampling_and_depth_gives_its_colours)
{
    static const struct kind kinds[] = {
        {AVIF_PIXEL_FORMAT_YUV420, 8, 3, red, blue, NULL},
        {AVIF_PIXEL_FORMAT_YUV422, 8, 3, red, blue, NULL},
        {AVIF_PIXEL_FORMAT_YUV444, 8, 3, red, blue, NULL},
        {AVIF_PIXEL_FORMAT_YUV444, 10, 3, red, blue, NULL},
        {AVIF_PIXEL_FORMAT_YUV420, 12, 3, red, blue, NULL},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ck_assert_int_eq(decode_avif(kinds[i]), ERR_OK);
        ck_assert(picture.model == PICTURE_RGB && picture.planes[0].channels == 3);
        ck_assert(picture.width == WIDTH && picture.height == HEIGHT && !truncated);
        check_close(4, red);
        check_close(WIDTH - 4, blue);
    }
}
END_TEST

START_TEST(alpha_comes_along_and_is_not_multiplied_in)
{
    ck_assert_int_eq(
        decode_avif((struct kind){AVIF_PIXEL_FORMAT_YUV444, 8, 4, red, blue, NULL}), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 4);
    check_close(4, red);
    check_close(WIDTH - 4, blue);
}
END_TEST

START_TEST(grey_stays_grey_with_alpha_and_without)
{
    struct kind kind = {
        AVIF_PIXEL_FORMAT_YUV400, 8, 3, "\x20\x20\x20\xFF", "\xC0\xC0\xC0\x80", NULL};
    ck_assert_int_eq(decode_avif(kind), ERR_OK);
    ck_assert(picture.model == PICTURE_GREY && picture.planes[0].channels == 1);
    check_close(4, "\x20");
    check_close(WIDTH - 4, "\xC0");
    kind.channels = 4;
    ck_assert_int_eq(decode_avif(kind), ERR_OK);
    ck_assert(picture.model == PICTURE_GREY && picture.planes[0].channels == 2);
    check_close(4, "\x20\xFF");
    check_close(WIDTH - 4, "\xC0\x80");
}
END_TEST

START_TEST(the_profile_comes_along)
{
    ck_assert_int_eq(
        decode_avif((struct kind){AVIF_PIXEL_FORMAT_YUV420, 8, 3, red, blue, "a profile"}), ERR_OK);
    ck_assert_uint_eq(picture.icc_len, 9);
    ck_assert_mem_eq(picture.icc, "a profile", 9);
}
END_TEST

START_TEST(the_described_colours_come_along_and_a_cameras_curve_counts_as_srgb)
{
    static const struct {
        unsigned primaries, transfer;
        enum colour_curve curve;
        float green;
    } cases[] = {{0, 0, COLOUR_SRGB, 0.3F}, {1, 1, COLOUR_SRGB, 0.3F},
        {12, 13, COLOUR_SRGB, 0.265F}, {9, 14, COLOUR_SRGB, 0.17F}, {9, 16, COLOUR_PQ, 0.17F},
        {9, 18, COLOUR_HLG, 0.17F}, {1, 8, COLOUR_GAMMA, 0.3F}, {2, 5, COLOUR_GAMMA, 0.3F},
        {12, 2, COLOUR_SRGB, 0.265F}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        primaries = cases[i].primaries;
        transfer = cases[i].transfer;
        ck_assert_int_eq(
            decode_avif((struct kind){AVIF_PIXEL_FORMAT_YUV444, 8, 3, red, blue, NULL}), ERR_OK);
        ck_assert_uint_eq(picture.colour.curve, cases[i].curve);
        ck_assert(fabsf(picture.colour.green[0] - cases[i].green) < 1e-6F);
    }
}
END_TEST

START_TEST(limits_hold_before_the_pixels_are_decoded)
{
    static const struct image_limits usual = {.max_pixels = 1 << 20};
    const struct kind kind = {AVIF_PIXEL_FORMAT_YUV444, 10, 3, red, blue, NULL};
    limits.max_pixels = WIDTH * HEIGHT - 1;
    ck_assert_int_ne(decode_avif(kind), ERR_OK);
    limits = usual;
    limits.max_memory = WIDTH * HEIGHT * (2 * 3 + 4) - 1; /* two bytes a sample, and RGBA */
    ck_assert_int_eq(decode_avif(kind), ERR_DECODE_MEMORY);
    limits.max_memory++;
    ck_assert_int_eq(decode_avif(kind), ERR_OK);
    limits = usual;
}
END_TEST

START_TEST(every_prefix_is_a_picture_or_one_clean_error)
{
    avifRWData file = file_of((struct kind){AVIF_PIXEL_FORMAT_YUV420, 8, 4, red, blue, NULL});
    for (size_t len = 0; len < file.size; len++) {
        enum err err = decode(&codec_avif, file.data, len);
        ck_assert_msg(!err || *message, "%zu bytes: %d without a message", len, err);
        ck_assert_msg(!err || err == ERR_DECODE_ERROR || err == ERR_NOT_AN_IMAGE ||
                          err == ERR_UNSUPPORTED_FORMAT,
            "%zu bytes: %d", len, err);
    }
    CALL(avifRWDataFree)(&file);
}
END_TEST

static void add(TCase *t)
{
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_sampling_and_depth_gives_its_colours);
    tcase_add_test(t, alpha_comes_along_and_is_not_multiplied_in);
    tcase_add_test(t, grey_stays_grey_with_alpha_and_without);
    tcase_add_test(t, the_profile_comes_along);
    tcase_add_test(t, the_described_colours_come_along_and_a_cameras_curve_counts_as_srgb);
    tcase_add_test(t, limits_hold_before_the_pixels_are_decoded);
    tcase_add_test(t, every_prefix_is_a_picture_or_one_clean_error);
}

int main(void)
{
    return test_main("codec_avif", add);
}
