/* Tags come with the thumbnails, or alone. */
#include "base/test.h"
#include "image/exif_read.h"
#include "image/test_exif.h"
#include "image/thumbmake.h"

static uint8_t out[1 << 16];
static struct thumbmake_reply reply;

/* A JPEG with a frame header, a scan, tags and no end: only its header can be read. */
static struct buf make_body(void)
{
    struct buf b = {0}, block = {0};
    put_camera_exif(&block, true);
    put(&b, BYTES("\xFF\xD8\xFF\xE1"));
    put_be(&b, 2 + 6 + block.len, 2);
    put(&b, BYTES("Exif\0\0"));
    put(&b, block.data, block.len);
    put_jpeg_header(&b, 64, 48);
    buf_fini(&block);
    return b;
}

static void make(const struct thumbmake_conf *conf, const struct buf *body)
{
    thumbmake(conf, body->data, body->len, out, sizeof out, &reply);
}

START_TEST(without_thumbnails_only_the_tags_are_read)
{
    struct thumbmake_conf conf = {.exif = THUMB_EXIF_CAMERA};
    struct buf body = make_body();
    make(&conf, &body);
    ck_assert_int_eq(reply.err, ERR_OK);
    ck_assert_uint_eq(reply.n_thumbs, 0);
    ck_assert_str_eq(reply.exif.make, "Acme");
    ck_assert_uint_eq(reply.exif.has_gps, 0);
    conf.exif = THUMB_EXIF_GPS;
    make(&conf, &body);
    ck_assert_uint_eq(reply.exif.has_gps, 1);
    conf.exif = THUMB_EXIF_NONE;
    make(&conf, &body);
    ck_assert_str_eq(reply.exif.make, "");
    buf_fini(&body);
}
END_TEST

START_TEST(tags_of_what_cannot_be_decoded_are_not_told)
{
    static const struct exiftags none;
    struct thumbmake_conf conf = {.exif = THUMB_EXIF_GPS, .n_specs = 1, .quality = 85};
    struct buf body = make_body();
    conf.specs[0] = (struct thumbspec){.width = 8, .height = 8};
    make(&conf, &body);
    ck_assert_int_eq(reply.err, ERR_DECODE_ERROR);
    ck_assert_mem_eq(&reply.exif, &none, sizeof none);
    conf.n_specs = 0;
    conf.limits.max_pixels = 10;
    make(&conf, &body);
    ck_assert_int_eq(reply.err, ERR_IMAGE_TOO_LARGE);
    ck_assert_mem_eq(&reply.exif, &none, sizeof none);
    buf_fini(&body);
}
END_TEST

static void add(TCase *t)
{
    if (!exif_read_is_there())
        return;
    tcase_add_test(t, without_thumbnails_only_the_tags_are_read);
    tcase_add_test(t, tags_of_what_cannot_be_decoded_are_not_told);
}

int main(void)
{
    return test_main("thumbmake_exif", add);
}
