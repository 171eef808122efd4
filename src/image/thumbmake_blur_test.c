/* Boxes behind the body are blurred in each thumbnail. */
#include "image/codec.h"
#include "image/orient.h"
#include "image/test_bodies.h"
#include "image/test_jpeg.h"
#include "image/thumbmake.h"
#include "input/boxes.h"

static uint8_t out[1 << 20];
static struct thumbmake_reply reply;

/* A checkerboard of 8x8 fields, black and white, stored so that `orientation` is needed. */
static struct buf board(uint32_t width, uint32_t height, unsigned orientation)
{
    static const uint8_t inverse[9] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
    struct pixels p;
    struct buf b = {0};
    ck_assert(pixels_init(&p, width, height, 3));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            memset(pixels_row(&p, y) + (size_t)x * 3, (x / 8 + y / 8) % 2 ? 255 : 0, 3);
    ck_assert(orient_turn(inverse[orientation], &p));
    struct buf plain = jpeg_of(&p, &(struct jpeg_kind){.quality = 100});
    put(&b, plain.data, 2);
    put_app1(&b, orientation);
    put(&b, plain.data + 2, plain.len - 2);
    buf_fini(&plain);
    pixels_fini(&p);
    return b;
}

/* Makes thumbnails of the body and the boxes behind it, which are in JSON. */
static enum err make(const struct thumbmake_conf *conf, const struct buf *body, const char *text)
{
    const char *why;
    struct boxes *boxes = boxes_parse(text, strlen(text), &why);
    uint8_t *in = malloc(body->len + BOXES_SIZE_MAX);
    ck_assert_msg(boxes != NULL, "%s", why);
    memcpy(in, body->data, body->len);
    size_t len = body->len + boxes_write(boxes, in + body->len);
    thumbmake(conf, in, len, out, sizeof out, &reply);
    free(in);
    free(boxes);
    return (enum err)reply.err;
}

static struct pixels thumb(unsigned i)
{
    struct image_info info;
    const struct codec_wish wish = {UINT32_MAX, UINT32_MAX, false};
    struct picture p = {0};
    bool truncated;
    const uint8_t *file = out + reply.thumbs[i].offset;
    ck_assert_int_eq(image_sniff(file, reply.thumbs[i].size, &info, reply.message), ERR_OK);
    const struct codec_input in = {
        file, reply.thumbs[i].size, &info, &wish, &(struct image_limits){0}, reply.message};
    ck_assert_int_eq(codec_decoder_for(info.format)->decode(&in, &p, &truncated), ERR_OK);
    return flat(&p);
}

/* The largest difference between the middles of neighbouring fields, around that point. */
static int contrast(const struct pixels *p, double x, double y)
{
    uint32_t at_x = (uint32_t)(x * p->width) / 8 * 8 + 4,
             at_y = (uint32_t)(y * p->height) / 8 * 8 + 4;
    const uint8_t *row = pixels_row(p, at_y);
    return abs(row[(size_t)at_x * p->channels] - row[(size_t)(at_x + 8) * p->channels]);
}

static struct thumbmake_conf conf_of(const char *spec)
{
    struct thumbmake_conf conf = {.n_specs = 1, .quality = 95, .blur = true};
    const char *message;
    ck_assert(thumbspec_parse(spec, &conf.specs[0], &message));
    return conf;
}

START_TEST(a_box_is_blurred_where_it_is_seen_in_every_orientation)
{
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct buf body = board(400, 240, orientation);
        struct thumbmake_conf conf = conf_of("400");
        ck_assert_int_eq(make(&conf, &body, "[[0.5,0,1,0.6]]"), ERR_OK);
        struct pixels p = thumb(0);
        ck_assert(p.width == 400 && p.height == 240);
        ck_assert_int_lt(contrast(&p, 0.75, 0.3), 10);
        ck_assert_int_gt(contrast(&p, 0.2, 0.3), 200);
        ck_assert_int_gt(contrast(&p, 0.75, 0.9), 200);
        pixels_fini(&p);
        buf_fini(&body);
    }
}
END_TEST

/* 800x400 to 400x400: what is left lies from 0.25 to 0.75. */
START_TEST(a_cropped_thumbnail_is_blurred_where_the_box_is_in_it)
{
    struct buf body = board(800, 400, 1);
    struct thumbmake_conf conf = conf_of("400:cover");
    ck_assert_int_eq(make(&conf, &body, "[[0.5,0,0.75,1]]"), ERR_OK);
    struct pixels p = thumb(0);
    ck_assert(p.width == 400 && p.height == 400);
    ck_assert_int_lt(contrast(&p, 0.75, 0.5), 10);
    ck_assert_int_gt(contrast(&p, 0.2, 0.5), 200);
    pixels_fini(&p);
    buf_fini(&body);
}
END_TEST

START_TEST(padding_is_not_blurred_and_does_not_bleed)
{
    struct buf body = board(400, 200, 1);
    struct thumbmake_conf conf = conf_of("400:pad");
    memset(conf.background, 255, 3);
    conf.format = THUMB_PNG;
    ck_assert_int_eq(make(&conf, &body, "[[0,0,1,1]]"), ERR_OK);
    struct pixels p = thumb(0);
    ck_assert(p.width == 400 && p.height == 400);
    for (uint32_t x = 0; x < 400; x++) {
        ck_assert_uint_eq(pixels_row(&p, 99)[3 * x], 255);
        ck_assert_int_lt(abs(pixels_row(&p, 100)[3 * x] - 127), 8);
    }
    pixels_fini(&p);
    buf_fini(&body);
}
END_TEST

START_TEST(every_thumbnail_is_blurred_in_every_format)
{
    struct buf body = board(400, 400, 1);
    for (int format = 0; format < THUMB_FORMAT_COUNT; format++) {
        struct thumbmake_conf conf = conf_of("400");
        if (!codec_encoder_for(format))
            continue;
        conf.format = (enum thumb_format)format;
        conf.n_specs = 2;
        conf.specs[1] = conf.specs[0];
        ck_assert_int_eq(make(&conf, &body, "[[0,0,0.6,1]]"), ERR_OK);
        for (unsigned i = 0; i < 2; i++) {
            struct pixels p = thumb(i);
            ck_assert_int_lt(contrast(&p, 0.3, 0.5), 10);
            ck_assert_int_gt(contrast(&p, 0.85, 0.5), 200);
            pixels_fini(&p);
        }
    }
    buf_fini(&body);
}
END_TEST

START_TEST(no_boxes_change_nothing)
{
    static uint8_t with[1 << 18];
    struct buf body = board(400, 240, 1);
    struct thumbmake_conf conf = conf_of("256");
    ck_assert_int_eq(make(&conf, &body, "[]"), ERR_OK);
    uint32_t size = reply.thumbs[0].size;
    ck_assert_uint_le(size, sizeof with);
    memcpy(with, out, size);
    conf.blur = false;
    thumbmake(&conf, body.data, body.len, out, sizeof out, &reply);
    ck_assert_uint_eq(reply.thumbs[0].size, size);
    ck_assert_mem_eq(with, out, size);
    buf_fini(&body);
}
END_TEST

START_TEST(a_picture_that_is_blurred_is_encoded)
{
    struct pixels p;
    ck_assert(pixels_init(&p, 40, 24, 3));
    memset(p.data, 77, pixels_stride(&p) * p.height);
    struct buf body = jpeg_of(&p, &(struct jpeg_kind){.quality = 90});
    struct thumbmake_conf conf = conf_of("256");
    conf.skip_reencode = true;
    ck_assert_int_eq(make(&conf, &body, "[]"), ERR_OK);
    ck_assert_uint_eq(reply.thumbs[0].is_body, 1);
    ck_assert_int_eq(make(&conf, &body, "[[0.1,0.1,0.4,0.4]]"), ERR_OK);
    ck_assert_uint_eq(reply.thumbs[0].is_body, 0);
    ck_assert_uint_gt(reply.thumbs[0].size, 0);
    pixels_fini(&p);
    buf_fini(&body);
}
END_TEST

START_TEST(without_valid_boxes_there_is_no_thumbnail)
{
    struct buf body = board(64, 64, 1);
    struct thumbmake_conf conf = conf_of("64");
    thumbmake(&conf, body.data, body.len, out, sizeof out, &reply);
    ck_assert_int_eq(reply.err, ERR_DECODE_ERROR);
    ck_assert_ptr_nonnull(strstr(reply.message, "boxes"));
    ck_assert_uint_eq(reply.n_thumbs, 0);
    thumbmake(&conf, body.data, 0, out, sizeof out, &reply);
    ck_assert_int_eq(reply.err, ERR_DECODE_ERROR);
    conf.limits.max_memory = 70000; /* enough for the picture, but not to blur it */
    ck_assert_int_eq(make(&conf, &body, "[]"), ERR_OK);
    ck_assert_int_eq(make(&conf, &body, "[[0,0,1,1]]"), ERR_DECODE_MEMORY);
    ck_assert_uint_eq(reply.n_thumbs, 0);
    buf_fini(&body);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_box_is_blurred_where_it_is_seen_in_every_orientation);
    tcase_add_test(t, a_cropped_thumbnail_is_blurred_where_the_box_is_in_it);
    tcase_add_test(t, padding_is_not_blurred_and_does_not_bleed);
    tcase_add_test(t, every_thumbnail_is_blurred_in_every_format);
    tcase_add_test(t, no_boxes_change_nothing);
    tcase_add_test(t, a_picture_that_is_blurred_is_encoded);
    tcase_add_test(t, without_valid_boxes_there_is_no_thumbnail);
}

int main(void)
{
    return test_main("thumbmake_blur", add);
}
