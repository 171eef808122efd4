/* The perceptual hash that comes with the thumbnails. */
#include "image/thumbmake.h"

#include "base/test.h"
#include "image/codec.h"
#include "image/phash.h"

#include <math.h>

enum { WIDTH = 90, HEIGHT = 60 };

static struct thumbmake_reply reply;
static uint8_t out[1 << 20], body[1 << 16];
static size_t body_len;

/* A PNG of two waves. */
static void make_body(void)
{
    struct pixels p;
    char message[IMAGE_MESSAGE_SIZE];
    struct codec_output to = {.data = body, .size = sizeof body};
    const struct codec_encoding encoding = {.quality = 90};
    ck_assert(pixels_init(&p, WIDTH, HEIGHT, 3));
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint8_t *pixel = pixels_row(&p, y) + (size_t)x * 3;
            pixel[0] = (uint8_t)(128 + 90 * sin(0.002 * x * y));
            pixel[1] = (uint8_t)(128 + 60 * cos(0.07 * x - 0.1 * y));
            pixel[2] = (uint8_t)(x + y);
        }
    struct picture picture = picture_of(p);
    ck_assert_int_eq(
        codec_encoder_for(THUMB_PNG)->encode(&picture, &encoding, &to, message), ERR_OK);
    picture_fini(&picture);
    body_len = to.used;
}

static struct thumbmake_conf conf_of(const char *first, const char *second, bool phash)
{
    struct thumbmake_conf conf = {
        .n_specs = 2, .quality = 95, .background = {255, 255, 255}, .phash = phash};
    const char *message;
    conf.format = THUMB_PNG;
    ck_assert(thumbspec_parse(first, &conf.specs[0], &message));
    ck_assert(thumbspec_parse(second, &conf.specs[1], &message));
    return conf;
}

static uint64_t hash_with(const struct thumbmake_conf *conf)
{
    thumbmake(conf, body, body_len, out, sizeof out, &reply);
    ck_assert_int_eq(reply.err, ERR_OK);
    ck_assert_uint_eq(reply.has_phash, 1);
    return reply.phash;
}

/* Of the first thumbnail, decoded again. */
static uint64_t hash_of_file(const struct thumbmake_conf *conf)
{
    struct image_info info;
    const struct codec_wish wish = {UINT32_MAX, UINT32_MAX, false};
    struct picture p = {0};
    bool truncated;
    uint64_t hash;
    ck_assert_int_eq(image_sniff(out, reply.thumbs[0].size, &info, reply.message), ERR_OK);
    const struct codec_input in = {
        out, reply.thumbs[0].size, &info, &wish, &(struct image_limits){0}, reply.message};
    ck_assert_int_eq(codec_decoder_for(info.format)->decode(&in, &p, &truncated), ERR_OK);
    ck_assert(phash_of(&p, conf->background, &hash));
    picture_fini(&p);
    return hash;
}

START_TEST(it_is_that_of_the_first_thumbnail_in_every_format)
{
    struct thumbmake_conf conf = conf_of("48", "20x48:cover", true);
    make_body();
    for (int format = 0; format < THUMB_FORMAT_COUNT; format++) {
        conf.format = format;
        if (!codec_encoder_for(format))
            continue;
        uint64_t hash = hash_with(&conf);
        ck_assert_uint_ne(hash, 0);
        ck_assert_uint_le(phash_distance(hash, hash_of_file(&conf)), format == THUMB_PNG ? 0 : 4);
    }
}
END_TEST

START_TEST(sizes_hardly_change_it_and_cutting_does)
{
    make_body();
    struct thumbmake_conf conf = conf_of("48", "20x48:cover", true);
    uint64_t hash = hash_with(&conf);
    conf = conf_of("80", "64", true);
    ck_assert_uint_le(phash_distance(hash_with(&conf), hash), 4);
    conf = conf_of("20x48:cover", "48", true);
    ck_assert_uint_gt(phash_distance(hash_with(&conf), hash), 4);
}
END_TEST

START_TEST(there_is_none_unless_it_is_wanted_and_the_image_is_good)
{
    make_body();
    struct thumbmake_conf conf = conf_of("48", "64", false);
    thumbmake(&conf, body, body_len, out, sizeof out, &reply);
    ck_assert_int_eq(reply.err, ERR_OK);
    ck_assert_uint_eq(reply.has_phash | reply.phash, 0);
    conf.phash = true;
    for (int broken = 0; broken < 2; broken++) { /* no image, and no room for the second file */
        uint64_t hash = hash_with(&conf);
        size_t room = reply.thumbs[1].offset + 1;
        ck_assert_uint_ne(hash, 0);
        thumbmake(&conf, body, broken ? body_len : 4, out, broken ? room : sizeof out, &reply);
        ck_assert_int_ne(reply.err, ERR_OK);
        ck_assert_uint_eq(reply.has_phash | reply.phash, 0);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, it_is_that_of_the_first_thumbnail_in_every_format);
    tcase_add_test(t, sizes_hardly_change_it_and_cutting_does);
    tcase_add_test(t, there_is_none_unless_it_is_wanted_and_the_image_is_good);
}

int main(void)
{
    return test_main("thumbmake_phash", add);
}
