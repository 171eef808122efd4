/* skip_reencode: bodies that are their own thumbnails. */
#include "image/thumbmake.h"

#include "base/test.h"
#include "image/codec.h"
#include "image/test_bodies.h"
#include "image/test_jpeg.h"

#include <lcms2.h>
#include <zlib.h>

enum { WIDTH = 60, HEIGHT = 40 };

static struct thumbmake_reply reply;
static uint8_t out[1 << 20];
static struct thumbmake_conf conf;

static void set_up(void)
{
    conf = (struct thumbmake_conf){.n_specs = 1, .quality = 85, .skip_reencode = true};
}

/* Makes one thumbnail. True: it is the body. Frees the body. */
static bool is_kept(const char *spec, struct buf body)
{
    const char *message;
    ck_assert(thumbspec_parse(spec, &conf.specs[0], &message));
    thumbmake(&conf, body.data, body.len, out, sizeof out, &reply);
    buf_fini(&body);
    ck_assert_msg(!reply.err, "%s", reply.message);
    const struct thumbmake_thumb *t = &reply.thumbs[0];
    ck_assert_uint_le(t->is_body, 1);
    ck_assert_uint_eq(t->offset, 0);
    ck_assert_int_eq(t->size == 0, t->is_body == 1);
    return t->is_body;
}

/* A slope of colours, so that there is something to decode. */
static struct pixels slope(unsigned channels)
{
    struct pixels p;
    ck_assert(pixels_init(&p, WIDTH, HEIGHT, channels));
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * channels; i++)
        p.data[i] = (uint8_t)(i * 7 / channels + i % channels * 80);
    return p;
}

static struct buf jpeg(unsigned channels)
{
    struct pixels p = slope(channels);
    struct buf b = jpeg_of(&p, &(struct jpeg_kind){0});
    pixels_fini(&p);
    return b;
}

static struct buf encoded(enum thumb_format format, unsigned channels)
{
    struct codec_output file = {.data = malloc(1 << 16), .size = 1 << 16};
    char message[IMAGE_MESSAGE_SIZE];
    const struct codec_encoding encoding = {.quality = 95};
    struct picture picture = picture_of(slope(channels));
    ck_assert_int_eq(
        codec_encoder_for(format)->encode(&picture, &encoding, &file, message), ERR_OK);
    picture_fini(&picture);
    return (struct buf){.data = file.data, .len = file.used, .cap = file.size};
}

/* The body with those bytes put in at an offset. */
static struct buf with(struct buf plain, size_t at, const void *bytes, size_t len)
{
    struct buf b = {0};
    put(&b, plain.data, at);
    put(&b, bytes, len);
    put(&b, plain.data + at, plain.len - at);
    buf_fini(&plain);
    return b;
}

static struct buf jpeg_with_profile(struct buf plain, const void *profile, size_t len)
{
    struct buf segment = {0};
    put(&segment, BYTES("\xFF\xE2"));
    put_be(&segment, 2 + 14 + len, 2);
    put(&segment, BYTES("ICC_PROFILE\0\1\1"));
    put(&segment, profile, len);
    struct buf b = with(plain, 20, segment.data, segment.len); /* behind SOI and JFIF */
    buf_fini(&segment);
    return b;
}

static struct buf png_with(const char *type, const void *data, size_t len)
{
    struct buf chunk = {0};
    put_be(&chunk, len, 4);
    put(&chunk, type, 4);
    put(&chunk, data, len);
    put_be(&chunk, crc32_z(0, chunk.data + 4, 4 + len), 4);
    struct buf b = with(encoded(THUMB_PNG, 3), 33, chunk.data, chunk.len); /* behind IHDR */
    buf_fini(&chunk);
    return b;
}

START_TEST(a_picture_that_fits_is_kept)
{
    ck_assert(is_kept("256", jpeg(3)));
    ck_assert_uint_eq(reply.thumbs[0].width, WIDTH);
    ck_assert_uint_eq(reply.thumbs[0].height, HEIGHT);
    ck_assert(is_kept("60", jpeg(1)));
    ck_assert(is_kept("60x40:cover", jpeg(3)));
    ck_assert(is_kept("60x40:pad", jpeg(3)));
    ck_assert(is_kept("40:short", jpeg(3)));
    ck_assert(is_kept("x99", jpeg(3)));
    conf.progressive = true; /* says how to encode, so it does not count */
    ck_assert(is_kept("256", jpeg(3)));
    conf.skip_reencode = false;
    ck_assert(!is_kept("256", jpeg(3)));
}
END_TEST

START_TEST(a_picture_whose_pixels_would_change_is_encoded)
{
    ck_assert(!is_kept("59", jpeg(3)));
    ck_assert(!is_kept("50x40:cover", jpeg(3))); /* cut */
    ck_assert(!is_kept("256:pad", jpeg(3)));
    ck_assert(!is_kept("39:short", jpeg(3)));
    conf.upscale = true;
    ck_assert(!is_kept("61", jpeg(3)));
    conf.upscale = false;
    conf.only_shrink = true;
    ck_assert(is_kept("256:pad", jpeg(3)));
    ck_assert(is_kept("50x40:cover", jpeg(3)));
    ck_assert(!is_kept("59:pad", jpeg(3)));
}
END_TEST

START_TEST(each_size_is_kept_or_encoded_by_itself)
{
    static const char *const specs[] = {"30", "256", "20", "60x"};
    struct buf body = jpeg(3);
    const char *message;
    conf.n_specs = 4;
    for (unsigned i = 0; i < 4; i++)
        ck_assert(thumbspec_parse(specs[i], &conf.specs[i], &message));
    thumbmake(&conf, body.data, body.len, out, sizeof out, &reply);
    buf_fini(&body);
    const struct thumbmake_thumb *t = reply.thumbs;
    ck_assert(!t[0].is_body && t[1].is_body && !t[2].is_body && t[3].is_body);
    ck_assert_uint_eq(t[1].offset, t[0].size);
    ck_assert_uint_eq(t[2].offset, t[0].size);
    ck_assert_uint_eq(t[3].offset, t[0].size + t[2].size);
    ck_assert_mem_eq(out + t[2].offset, "\xFF\xD8", 2);
}
END_TEST

START_TEST(a_picture_in_another_format_is_encoded)
{
    for (int from = 0; from < THUMB_FORMAT_COUNT; from++) {
        for (int to = 0; to < THUMB_FORMAT_COUNT; to++) {
            conf.format = to;
            ck_assert_msg(is_kept("256", encoded(from, 3)) == (from == to), "%d %d", from, to);
        }
    }
    conf.format = THUMB_PNG;
    ck_assert(is_kept("256", encoded(THUMB_PNG, 4)));
    conf.format = THUMB_WEBP;
    ck_assert(is_kept("256", encoded(THUMB_WEBP, 4)));
}
END_TEST

START_TEST(a_picture_with_metadata_is_encoded)
{
    ck_assert(!is_kept("256", with(jpeg(3), 20, BYTES("\xFF\xFE\0\4hi"))));
    struct buf app1 = {0};
    put_app1(&app1, 6);
    ck_assert(!is_kept("256", with(jpeg(3), 20, app1.data, app1.len)));
    buf_fini(&app1);
}
END_TEST

/* Primaries of sRGB, or with green and blue swapped; a curve near that of sRGB. */
static struct buf jpeg_in(bool swapped)
{
    const cmsCIExyY white = {0.3127, 0.329, 1}, green = {0.3, 0.6, 1}, blue = {0.15, 0.06, 1};
    const cmsCIExyYTRIPLE primaries = {
        {0.64, 0.33, 1}, swapped ? blue : green, swapped ? green : blue};
    static const double curve[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *tone = cmsBuildParametricToneCurve(NULL, 4, curve);
    cmsHPROFILE made =
        cmsCreateRGBProfile(&white, &primaries, (cmsToneCurve *[]){tone, tone, tone});
    uint8_t profile[4096];
    cmsUInt32Number len = sizeof profile;
    ck_assert(cmsSaveProfileToMem(made, profile, &len));
    cmsCloseProfile(made);
    cmsFreeToneCurve(tone);
    return jpeg_with_profile(jpeg(3), profile, len);
}

START_TEST(a_picture_in_other_colours_than_srgb_is_encoded)
{
    ck_assert(is_kept("256", jpeg_in(false)));
    ck_assert(!is_kept("256", jpeg_in(true)));
    ck_assert(!is_kept("256", jpeg_with_profile(jpeg(3), "no profile", 10)));
    struct pixels p = slope(4);
    ck_assert(!is_kept("256", jpeg_of(&p, &(struct jpeg_kind){.stored = JCS_CMYK})));
    pixels_fini(&p);
    conf.format = THUMB_PNG;
    ck_assert(is_kept("256", png_with("gAMA", "\0\0\xB1\x8F", 4)));  /* 0.45455 */
    ck_assert(!is_kept("256", png_with("gAMA", "\0\1\x86\xA0", 4))); /* 1.0 */
    ck_assert(!is_kept("256", png_with("cICP", "\x0C\x0D\0\1", 4))); /* Display P3 */
    ck_assert(!is_kept("256", png_with("iCCP", "x\0\0broken", 9)));  /* which others may read */
}
END_TEST

START_TEST(a_damaged_picture_is_encoded)
{
    struct buf b = jpeg(3);
    b.len -= 2;
    ck_assert(!is_kept("256", b)); /* no end */
    ck_assert(reply.truncated);
    b = jpeg(3);
    memmove(b.data + b.len - 200, b.data + b.len - 100, 100); /* the last part is missing */
    b.len -= 100;
    ck_assert(!is_kept("256", b));
    ck_assert(reply.truncated);
    conf.format = THUMB_PNG;
    b = encoded(THUMB_PNG, 3);
    b.data[b.len - 13] ^= 1; /* the last checksum of the pixels: the decoder does not look at it */
    ck_assert(!is_kept("256", b));
    ck_assert(!reply.truncated);
    conf.format = THUMB_WEBP;
    b = encoded(THUMB_WEBP, 3);
    b.len -= 20;
    ck_assert(!is_kept("256", b));
    ck_assert(reply.truncated);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, a_picture_that_fits_is_kept);
    tcase_add_test(t, a_picture_whose_pixels_would_change_is_encoded);
    tcase_add_test(t, each_size_is_kept_or_encoded_by_itself);
    tcase_add_test(t, a_picture_in_another_format_is_encoded);
    tcase_add_test(t, a_picture_with_metadata_is_encoded);
    tcase_add_test(t, a_picture_in_other_colours_than_srgb_is_encoded);
    tcase_add_test(t, a_damaged_picture_is_encoded);
}

int main(void)
{
    return test_main("thumbmake_keep", add);
}
