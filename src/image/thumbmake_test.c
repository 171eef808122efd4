#include "image/thumbmake.h"

#include "base/test.h"
#include "image/codec.h"
#include "image/orient.h"
#include "image/test_bodies.h"
#include "image/test_jpeg.h"

static struct thumbmake_reply reply;
static uint8_t out[1 << 20];

static struct thumbmake_conf conf_of(const char *spec, enum thumb_format format)
{
    struct thumbmake_conf conf = {
        .n_specs = 1, .format = format, .quality = 95, .background = {255, 255, 255}};
    const char *message;
    ck_assert(thumbspec_parse(spec, &conf.specs[0], &message));
    return conf;
}

/* Uses a copy of exactly that size, so that a sanitizer detects reads out of bounds. */
static enum err make_bytes(const struct thumbmake_conf *conf, const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    thumbmake(conf, copy, len, out, sizeof out, &reply);
    free(copy);
    ck_assert_uint_eq(reply.n_thumbs, reply.err ? 0 : conf->n_specs);
    ck_assert(!reply.err == !reply.message[0]);
    return (enum err)reply.err;
}

static enum err make(const struct thumbmake_conf *conf, const struct buf *body)
{
    return make_bytes(conf, body->data, body->len);
}

/* Thumbnail i, decoded again. */
static struct pixels thumb(unsigned i)
{
    struct image_info info;
    const struct codec_wish wish = {UINT32_MAX, UINT32_MAX, false};
    struct picture p = {0};
    bool truncated;
    const uint8_t *file = out + reply.thumbs[i].offset;
    ck_assert_int_eq(image_sniff(file, reply.thumbs[i].size, &info, reply.message), ERR_OK);
    ck_assert(!info.truncated);
    const struct codec_input in = {
        file, reply.thumbs[i].size, &info, &wish, &(struct image_limits){0}, reply.message};
    ck_assert_int_eq(codec_decoder_for(info.format)->decode(&in, &p, &truncated), ERR_OK);
    ck_assert(!truncated);
    ck_assert_uint_eq(p.width, reply.thumbs[i].width);
    ck_assert_uint_eq(p.height, reply.thumbs[i].height);
    return flat(&p);
}

static struct pixels filled(uint32_t width, uint32_t height, unsigned channels, const char *colour)
{
    struct pixels p;
    ck_assert(pixels_init(&p, width, height, channels));
    for (size_t i = 0; i < (size_t)width * height; i++)
        memcpy(p.data + i * channels, colour, channels);
    return p;
}

/* A file of those pixels, which are freed. */
static struct buf encoded(struct pixels p, enum thumb_format format)
{
    struct codec_output file = {.data = malloc(1 << 20), .size = 1 << 20};
    char message[IMAGE_MESSAGE_SIZE];
    const struct codec_encoding encoding = {.quality = 95};
    struct picture picture = picture_of(p);
    ck_assert_int_eq(
        codec_encoder_for(format)->encode(&picture, &encoding, &file, message), ERR_OK);
    picture_fini(&picture);
    return (struct buf){.data = file.data, .len = file.used, .cap = file.size};
}

static void check_colour(const struct pixels *p, double x, double y, const char *want)
{
    const uint8_t *got =
        pixels_row(p, (uint32_t)(y * p->height)) + (size_t)(x * p->width) * p->channels;
    for (unsigned c = 0; c < 3; c++)
        ck_assert_msg(abs(got[c] - (uint8_t)want[c]) <= 12, "at %g,%g: %d %d %d", x, y, got[0],
            got[1], got[2]);
}

/* Red, green / blue, yellow as seen; stored so that `orientation` is needed. */
static struct buf quadrants(unsigned orientation, enum thumb_format format)
{
    static const char colours[4][4] = {"\xFF\0\0", "\0\xFF\0", "\0\0\xFF", "\xFF\xFF\0"};
    static const uint8_t inverse[9] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
    struct pixels p = filled(96, 64, 3, colours[0]);
    for (uint32_t y = 0; y < 64; y++)
        for (uint32_t x = 0; x < 96; x++)
            memcpy(pixels_row(&p, y) + (size_t)x * 3, colours[(x >= 48) + 2 * (y >= 32)], 3);
    ck_assert(orient_turn(inverse[orientation], &p));
    struct buf plain = encoded(p, format);
    struct buf b = {0};
    size_t head = format == THUMB_JPG ? 2 : 33; /* after SOI, after IHDR */
    struct buf exif = {0};
    put_exif(&exif, orientation);
    put(&b, plain.data, head);
    if (format == THUMB_JPG)
        put_app1(&b, orientation);
    else
        put_chunk(&b, "eXIf", exif.data, exif.len);
    put(&b, plain.data + head, plain.len - head);
    buf_fini(&plain);
    buf_fini(&exif);
    return b;
}

START_TEST(all_eight_orientations_come_out_upright)
{
    static const enum thumb_format formats[] = {THUMB_JPG, THUMB_PNG};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned orientation = 1; orientation <= 8; orientation++) {
            struct buf b = quadrants(orientation, formats[i]);
            struct thumbmake_conf conf = conf_of("48", THUMB_PNG);
            ck_assert_int_eq(make(&conf, &b), ERR_OK);
            struct pixels p = thumb(0);
            ck_assert(p.width == 48 && p.height == 32);
            check_colour(&p, 0.25, 0.25, "\xFF\0\0");
            check_colour(&p, 0.75, 0.25, "\0\xFF\0");
            check_colour(&p, 0.25, 0.75, "\0\0\xFF");
            check_colour(&p, 0.75, 0.75, "\xFF\xFF\0");
            pixels_fini(&p);
            buf_fini(&b);
        }
    }
}
END_TEST

START_TEST(a_turned_picture_is_cut_at_the_right_sides)
{
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct buf b = quadrants(orientation, THUMB_PNG);
        /* 96x64 fills 48x8 with its middle 16 rows: 8 above, 8 below the border */
        struct thumbmake_conf conf = conf_of("48x8:cover", THUMB_PNG);
        ck_assert_int_eq(make(&conf, &b), ERR_OK);
        struct pixels p = thumb(0);
        ck_assert(p.width == 48 && p.height == 8);
        check_colour(&p, 0.2, 0.2, "\xFF\0\0");
        check_colour(&p, 0.8, 0.2, "\0\xFF\0");
        check_colour(&p, 0.2, 0.8, "\0\0\xFF");
        check_colour(&p, 0.8, 0.8, "\xFF\xFF\0");
        pixels_fini(&p);
        buf_fini(&b);
    }
}
END_TEST

START_TEST(several_thumbnails_stand_one_after_another)
{
    struct buf b = quadrants(6, THUMB_JPG);
    struct thumbmake_conf conf = conf_of("48", THUMB_JPG);
    conf.specs[1] = conf_of("20x20:pad", THUMB_JPG).specs[0];
    conf.specs[2] = conf_of("1000", THUMB_JPG).specs[0];
    conf.n_specs = 3;
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    static const uint32_t sizes[3][2] = {{48, 32}, {20, 20}, {96, 64}};
    uint32_t offset = 0;
    for (unsigned i = 0; i < 3; i++) {
        struct pixels p = thumb(i);
        ck_assert(p.width == sizes[i][0] && p.height == sizes[i][1]);
        ck_assert_uint_eq(reply.thumbs[i].offset, offset);
        offset += reply.thumbs[i].size;
        pixels_fini(&p);
    }
    buf_fini(&b);
}
END_TEST

START_TEST(all_thumbnails_are_made_or_none)
{
    struct buf b = quadrants(1, THUMB_PNG);
    struct thumbmake_conf conf = conf_of("32", THUMB_PNG);
    conf.specs[1] = conf.specs[0];
    conf.n_specs = 2;
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    size_t needed = reply.thumbs[0].size + reply.thumbs[1].size;
    for (size_t size = 0; size < needed; size += 7) {
        uint8_t *small = malloc(size ? size : 1);
        thumbmake(&conf, b.data, b.len, small, size, &reply);
        ck_assert_int_eq(reply.err, ERR_DECODE_MEMORY);
        ck_assert_uint_eq(reply.n_thumbs, 0);
        ck_assert_uint_eq(reply.thumbs[0].size, 0);
        free(small);
    }
    buf_fini(&b);
}
END_TEST

START_TEST(a_jpeg_thumbnail_shows_the_background_through_alpha)
{
    struct buf b = encoded(filled(40, 40, 4, "\0\0\xFF\x80"), THUMB_PNG);
    struct thumbmake_conf conf = conf_of("20", THUMB_JPG);
    memcpy(conf.background, "\xFF\0\0", 3);
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    struct pixels p = thumb(0);
    ck_assert_uint_eq(p.channels, 3);
    check_colour(&p, 0.5, 0.5, "\x7F\0\x80");
    pixels_fini(&p);
    buf_fini(&b);
}
END_TEST

START_TEST(a_png_thumbnail_keeps_alpha_inside_a_solid_pad)
{
    struct buf b = encoded(filled(40, 20, 4, "\0\0\xFF\x80"), THUMB_PNG);
    struct thumbmake_conf conf = conf_of("20:pad", THUMB_PNG);
    memcpy(conf.background, "\1\2\3", 3);
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    struct pixels p = thumb(0);
    ck_assert_uint_eq(p.channels, 4);
    for (uint32_t y = 0; y < 20; y++)
        for (uint32_t x = 0; x < 20; x++)
            ck_assert_mem_eq(pixels_row(&p, y) + (size_t)x * 4,
                y >= 5 && y < 15 ? "\0\0\xFF\x80" : "\1\2\3\xFF", 4);
    pixels_fini(&p);
    buf_fini(&b);
}
END_TEST

START_TEST(padding_goes_on_all_four_sides_of_a_small_picture)
{
    struct buf b = encoded(filled(3, 5, 3, "\x0A\x14\x1E"), THUMB_PNG);
    struct thumbmake_conf conf = conf_of("11x9:pad", THUMB_PNG);
    memcpy(conf.background, "\1\2\3", 3);
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    struct pixels p = thumb(0);
    for (uint32_t y = 0; y < 9; y++) {
        for (uint32_t x = 0; x < 11; x++) {
            bool inside = x >= 4 && x < 7 && y >= 2 && y < 7;
            ck_assert_mem_eq(
                pixels_row(&p, y) + (size_t)x * 3, inside ? "\x0A\x14\x1E" : "\1\2\3", 3);
        }
    }
    pixels_fini(&p);
    buf_fini(&b);
}
END_TEST

START_TEST(grey_stays_grey_where_the_background_allows)
{
    struct buf grey = encoded(filled(40, 20, 1, "\x64"), THUMB_PNG);
    struct buf clear = encoded(filled(40, 20, 2, "\x64\0"), THUMB_PNG);
    struct thumbmake_conf conf = conf_of("20:pad", THUMB_PNG);
    ck_assert_int_eq(make(&conf, &grey), ERR_OK);
    struct pixels p = thumb(0);
    ck_assert_uint_eq(p.channels, 1);
    ck_assert(p.data[0] == 255 && p.data[10 * 20] == 100);
    pixels_fini(&p);
    ck_assert_int_eq(make(&conf, &clear), ERR_OK);
    p = thumb(0);
    ck_assert_uint_eq(p.channels, 2);
    ck_assert_mem_eq(p.data, "\xFF\xFF", 2);
    ck_assert_uint_eq(p.data[10 * 20 * 2 + 1], 0);
    pixels_fini(&p);

    conf.background[0] = 9;
    ck_assert_int_eq(make(&conf, &grey), ERR_OK);
    p = thumb(0);
    ck_assert_uint_eq(p.channels, 3);
    ck_assert_mem_eq(p.data, "\x09\xFF\xFF", 3);
    ck_assert_mem_eq(p.data + 10 * 20 * 3, "\x64\x64\x64", 3);
    pixels_fini(&p);
    conf.format = THUMB_JPG;
    ck_assert_int_eq(make(&conf, &clear), ERR_OK);
    p = thumb(0);
    check_colour(&p, 0.5, 0.5, "\x09\xFF\xFF");
    pixels_fini(&p);
    buf_fini(&grey);
    buf_fini(&clear);
}
END_TEST

START_TEST(a_gif_and_a_bmp_become_thumbnails)
{
    struct buf b = {0};
    struct thumbmake_conf conf = conf_of("4", THUMB_JPG);
    put_gif(&b, 1, 1);
    put(&b, ";", 1);
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    b.len = 0;
    put_bmp(&b, 9, -5);
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    ck_assert(reply.thumbs[0].width == 4 && reply.thumbs[0].height == 2);
    buf_fini(&b);
}
END_TEST

START_TEST(the_thinnest_picture_becomes_a_line)
{
    struct buf b = encoded(filled(65500, 1, 3, "\x40\x80\xC0"), THUMB_PNG);
    struct thumbmake_conf conf = conf_of("256", THUMB_PNG);
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    struct pixels p = thumb(0);
    ck_assert(p.width == 256 && p.height == 1);
    check_colour(&p, 0.5, 0, "\x40\x80\xC0");
    pixels_fini(&p);
    buf_fini(&b);
}
END_TEST

START_TEST(limits_hold_before_anything_is_decoded)
{
    struct buf b = {0};
    put_png(&b, 60000, 60000, 0);
    struct thumbmake_conf conf = conf_of("256", THUMB_JPG);
    conf.limits.max_pixels = 100000000;
    ck_assert_int_eq(make(&conf, &b), ERR_IMAGE_TOO_LARGE);
    conf.limits = (struct image_limits){0};
    b.len = 0;
    put_png(&b, 70000, 1, 0); /* more than any codec here takes */
    ck_assert_int_eq(make(&conf, &b), ERR_IMAGE_TOO_LARGE);
    conf.limits.min_side = 2;
    ck_assert_int_eq(make(&conf, &b), ERR_IMAGE_TOO_SMALL);
    buf_fini(&b);
}
END_TEST

START_TEST(no_decoder_takes_more_memory_than_it_may)
{
    struct buf bodies[4] = {encoded(filled(512, 512, 3, "abc"), THUMB_JPG),
        encoded(filled(512, 512, 3, "abc"), THUMB_PNG)};
    struct thumbmake_conf conf = conf_of("8", THUMB_JPG);
    put_bmp(&bodies[2], 512, 512);
    put_gif(&bodies[3], 512, 512); /* of it a pixel is covered: the canvas counts */
    for (int i = 0; i < 4; i++) {
        conf.limits.max_memory = 10000; /* a JPEG shrunk by 8 has 64 by 64 by 3 samples */
        ck_assert_int_eq(make(&conf, &bodies[i]), ERR_DECODE_MEMORY);
        conf.limits.max_memory = 512 * 512 * 4 + 1;
        ck_assert_int_eq(make(&conf, &bodies[i]), ERR_OK);
        buf_fini(&bodies[i]);
    }
}
END_TEST

START_TEST(undecodable_bodies_have_an_error_and_a_message)
{
    struct buf b = {0};
    struct thumbmake_conf conf = conf_of("256", THUMB_JPG);
    put_webp_lossy(&b, 30, 20);
    enum err err = make(&conf, &b);
    if (codec_decoder_for(IMAGE_WEBP)) {
        ck_assert_int_eq(err, ERR_DECODE_ERROR);
    } else {
        ck_assert_int_eq(err, ERR_UNSUPPORTED_FORMAT);
        ck_assert_str_eq(reply.message, "this build cannot decode WebP");
    }
    ck_assert_int_eq(make_bytes(&conf, BYTES("<html>")), ERR_NOT_AN_IMAGE);
    ck_assert_str_eq(reply.message, "an HTML page");
    ck_assert_int_eq(make_bytes(&conf, BYTES("II*\0")), ERR_UNSUPPORTED_FORMAT);
    b.len = 0;
    put_jpeg(&b, 30, 20, 0); /* a header, and no picture */
    ck_assert_int_eq(make(&conf, &b), ERR_DECODE_ERROR);
    struct buf jpg = quadrants(1, THUMB_JPG);
    const uint8_t *scan = memmem(jpg.data, jpg.len, "\xFF\xDA", 2);
    ck_assert_int_eq(make_bytes(&conf, jpg.data, (size_t)(scan - jpg.data)), ERR_DECODE_ERROR);
    buf_fini(&jpg);
    buf_fini(&b);
}
END_TEST

START_TEST(a_cut_off_jpeg_is_filled_up)
{
    struct buf jpg = quadrants(1, THUMB_JPG);
    struct thumbmake_conf conf = conf_of("48", THUMB_PNG);
    ck_assert_int_eq(make(&conf, &jpg), ERR_OK);
    ck_assert_uint_eq(reply.truncated, 0);
    ck_assert_int_eq(make_bytes(&conf, jpg.data, jpg.len - 2), ERR_OK);
    ck_assert_uint_eq(reply.truncated, 1);
    struct pixels p = thumb(0);
    check_colour(&p, 0.75, 0.25, "\0\xFF\0");
    pixels_fini(&p);
    ck_assert_int_eq(make_bytes(&conf, jpg.data, jpg.len - 40), ERR_OK);
    ck_assert_uint_eq(reply.truncated, 1);
    p = thumb(0);
    check_colour(&p, 0.25, 0.25, "\xFF\0\0"); /* the top was there */
    pixels_fini(&p);
    buf_fini(&jpg);
}
END_TEST

enum { SAMPLES = 5 };

static void make_samples(struct buf samples[SAMPLES])
{
    memset(samples, 0, SAMPLES * sizeof *samples);
    samples[0] = quadrants(6, THUMB_JPG);
    samples[1] = quadrants(6, THUMB_PNG);
    samples[2] = encoded(filled(40, 20, 4, "\0\0\xFF\x80"), THUMB_PNG);
    put_gif(&samples[3], 1, 1);
    put(&samples[3], ";", 1);
    put_bmp(&samples[4], 3, -2);
}

START_TEST(every_prefix_gives_a_thumbnail_or_one_clean_error)
{
    struct buf samples[SAMPLES];
    make_samples(samples);
    struct thumbmake_conf conf = conf_of("7x5:cover", THUMB_JPG);
    for (int i = 0; i < SAMPLES; i++) {
        for (size_t len = 0; len <= samples[i].len; len++) {
            enum err err = make_bytes(&conf, samples[i].data, len);
            ck_assert(!err || err_is_resize(err));
        }
        ck_assert_int_eq(reply.err, ERR_OK); /* the whole */
        buf_fini(&samples[i]);
    }
}
END_TEST

START_TEST(the_warm_up_runs_and_leaves_all_well)
{
    thumbmake_warm_up();
    struct buf b = quadrants(3, THUMB_JPG);
    struct thumbmake_conf conf = conf_of("48", THUMB_JPG);
    ck_assert_int_eq(make(&conf, &b), ERR_OK);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, all_eight_orientations_come_out_upright);
    tcase_add_test(t, a_turned_picture_is_cut_at_the_right_sides);
    tcase_add_test(t, several_thumbnails_stand_one_after_another);
    tcase_add_test(t, all_thumbnails_are_made_or_none);
    tcase_add_test(t, a_jpeg_thumbnail_shows_the_background_through_alpha);
    tcase_add_test(t, a_png_thumbnail_keeps_alpha_inside_a_solid_pad);
    tcase_add_test(t, padding_goes_on_all_four_sides_of_a_small_picture);
    tcase_add_test(t, grey_stays_grey_where_the_background_allows);
    tcase_add_test(t, a_gif_and_a_bmp_become_thumbnails);
    tcase_add_test(t, the_thinnest_picture_becomes_a_line);
    tcase_add_test(t, limits_hold_before_anything_is_decoded);
    tcase_add_test(t, no_decoder_takes_more_memory_than_it_may);
    tcase_add_test(t, undecodable_bodies_have_an_error_and_a_message);
    tcase_add_test(t, a_cut_off_jpeg_is_filled_up);
    tcase_add_test(t, every_prefix_gives_a_thumbnail_or_one_clean_error);
    tcase_add_test(t, the_warm_up_runs_and_leaves_all_well);
}

int main(void)
{
    return test_main("thumbmake", add);
}
