#include "image/codec_test.h"

#include <webp/encode.h>

/* The chunks of a lossless picture in those RGBA pixels: what comes after "WEBP". */
static void put_picture(struct buf *b, const uint8_t *rgba, int width, int height)
{
    uint8_t *file = NULL;
    size_t len = WebPEncodeLosslessRGBA(rgba, width, height, width * 4, &file);
    ck_assert_uint_gt(len, 12);
    put(b, file + 12, len - 12);
    WebPFree(file);
}

static struct buf still(const uint8_t *rgba, int width, int height)
{
    struct buf chunks = {0};
    struct buf b = {0};
    put_picture(&chunks, rgba, width, height);
    put_riff(&b, &chunks);
    buf_fini(&chunks);
    return b;
}

/* A canvas of 4x3, and a frame of 2x1 on it: red, half-transparent blue. */
static struct buf animated(unsigned left, unsigned top)
{
    struct buf chunks = {0};
    struct buf frame = {0};
    struct buf b = {0};
    put_riff_chunk(&chunks, "VP8X", "\x22\0\0\0\3\0\0\2\0\0", 10);
    put_riff_chunk(&chunks, "ICCP", "profile", 7);
    put_riff_chunk(&chunks, "ANIM", "\0\xFF\0\xFF\0\0", 6); /* the background: ignored */
    put_le(&frame, left / 2, 3);
    put_le(&frame, top / 2, 3);
    put(&frame, BYTES("\1\0\0\0\0\0\x64\0\0\2"));
    put_picture(&frame, (const uint8_t *)"\xFF\0\0\xFF\0\0\xFF\x80", 2, 1);
    put_riff_chunk(&chunks, "ANMF", frame.data, frame.len);
    put_riff_chunk(&chunks, "ANMF", "broken", 6);
    put_riff(&b, &chunks);
    buf_fini(&frame);
    buf_fini(&chunks);
    return b;
}

START_TEST(the_first_frame_lies_on_a_transparent_canvas)
{
    struct buf b = animated(2, 2);
    ck_assert_int_eq(decode(&codec_webp, b.data, b.len), ERR_OK);
    ck_assert(picture.width == 4 && picture.height == 3);
    check_pixel(0, 0, "\0\0\0\0");
    check_pixel(2, 2, "\xFF\0\0\xFF");
    check_pixel(3, 2, "\0\0\xFF\x80");
    ck_assert_uint_eq(picture.icc_len, 7);
    ck_assert_mem_eq(picture.icc, "profile", 7);
    buf_fini(&b);
}
END_TEST

/* The bit that says "no alpha" is a hint. */
START_TEST(lossless_pixels_have_the_alpha_that_they_have)
{
    const uint8_t rgba[] = {1, 2, 3, 255, 4, 5, 6, 7};
    struct buf b = still(rgba, 2, 1);
    ck_assert_uint_eq(b.data[24] & 0x10, 0x10);
    b.data[24] &= (uint8_t)~0x10;
    ck_assert_int_eq(decode(&codec_webp, b.data, b.len), ERR_OK);
    check_pixel(1, 0, "\4\5\6\7");
    buf_fini(&b);
    const uint8_t opaque[] = {1, 2, 3, 255, 4, 5, 6, 255};
    b = still(opaque, 2, 1);
    ck_assert_int_eq(decode(&codec_webp, b.data, b.len), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 3);
    buf_fini(&b);
}
END_TEST

START_TEST(a_frame_beside_its_canvas_is_an_error)
{
    struct buf b = animated(4, 0);
    ck_assert_int_eq(decode(&codec_webp, b.data, b.len), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "a WebP whose first frame leaves its canvas");
    buf_fini(&b);
}
END_TEST

START_TEST(a_wish_is_met_and_transparent_pixels_do_not_bleed)
{
    enum { SIDE = 64 };
    uint8_t rgba[SIDE * SIDE * 4];
    for (int i = 0; i < SIDE * SIDE; i++) /* columns: opaque green, clear magenta */
        memcpy(rgba + i * 4, i % 2 ? "\xFF\0\xFF\0" : "\0\xFF\0\xFF", 4);
    struct buf b = still(rgba, SIDE, SIDE);
    ck_assert_int_eq(
        decode_at(&codec_webp, b.data, b.len, (struct codec_wish){.width = 16, .height = 1000}),
        ERR_OK);
    ck_assert(picture.planes[0].width == 16 && picture.planes[0].height == SIDE);
    ck_assert(picture.width == SIDE && picture.extents[0].width == 16);
    const uint8_t *p = picture.planes[0].data;
    ck_assert(p[0] <= 1 && p[1] >= 254 && p[2] <= 1);
    ck_assert_int_le(abs(p[3] - 128), 1);
    buf_fini(&b);
}
END_TEST

START_TEST(a_truncated_picture_keeps_its_decoded_part)
{
    enum { SIDE = 64 };
    uint8_t rgba[SIDE * SIDE * 4];
    for (int i = 0; i < SIDE * SIDE * 4; i++)
        rgba[i] = (uint8_t)(i % 4 == 3 ? 255 : (unsigned)i * 2654435761u >> 24);
    struct buf b = still(rgba, SIDE, SIDE);
    ck_assert_int_eq(decode(&codec_webp, b.data, b.len * 3 / 4), ERR_OK);
    ck_assert(truncated);
    check_pixel(5, 0, (const char *)rgba + 20);
    ck_assert_int_eq(decode(&codec_webp, b.data, 40), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

/* _i: 0 lossless, 1 lossy. */
START_TEST(a_damaged_picture_keeps_the_part_before_the_damage)
{
    enum { WIDTH = 32, HEIGHT = 256 };
    static uint8_t rgb[WIDTH * HEIGHT * 3];
    uint8_t *file;
    uint32_t noise = 1;
    for (size_t i = 0; i < sizeof rgb; i++) {
        noise = noise * 1664525 + 1013904223;
        rgb[i] = (uint8_t)(noise >> 24);
    }
    size_t len = _i ? WebPEncodeRGB(rgb, WIDTH, HEIGHT, WIDTH * 3, 90, &file)
                    : WebPEncodeLosslessRGB(rgb, WIDTH, HEIGHT, WIDTH * 3, &file);
    ck_assert_int_eq(decode(&codec_webp, file, len), ERR_OK);
    ck_assert(!truncated);
    struct picture sound = picture;
    picture = (struct picture){0};
    uint32_t part = (uint32_t)len * 6 / 10 / 2 * 2; /* the file is whole, its picture is not */
    for (int k = 0; k < 4; k++) {
        file[4 + k] = (uint8_t)((part - 8) >> 8 * k);
        file[16 + k] = (uint8_t)((part - 20) >> 8 * k);
    }
    ck_assert_int_eq(decode(&codec_webp, file, part), ERR_OK);
    ck_assert(truncated);
    unsigned channels = picture.planes[0].channels; /* what is missing may be transparent */
    for (size_t i = 0; i < WIDTH * HEIGHT / 4; i++)
        ck_assert_mem_eq(picture.planes[0].data + i * channels, sound.planes[0].data + i * 3, 3);
    picture_fini(&sound);
    memset(file + 30, 0xFF, part - 30);
    enum err err = decode(&codec_webp, file, part);
    ck_assert(err == ERR_DECODE_ERROR || (!err && _i)); /* any bits are VP8 */
    WebPFree(file);
}
END_TEST

START_TEST(a_lossless_picture_is_held_as_a_whole_and_needs_memory_for_it)
{
    uint8_t *rgba = calloc(100 * 100, 4);
    struct buf b = still(rgba, 100, 100);
    const struct codec_wish small = {10, 10, true};
    limits.max_memory = 40000;
    ck_assert_int_eq(decode_at(&codec_webp, b.data, b.len, small), ERR_DECODE_MEMORY);
    limits.max_memory = 41000;
    ck_assert_int_eq(decode_at(&codec_webp, b.data, b.len, small), ERR_OK);
    buf_fini(&b);
    free(rgba);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_first_frame_lies_on_a_transparent_canvas);
    tcase_add_test(t, lossless_pixels_have_the_alpha_that_they_have);
    tcase_add_test(t, a_frame_beside_its_canvas_is_an_error);
    tcase_add_test(t, a_wish_is_met_and_transparent_pixels_do_not_bleed);
    tcase_add_test(t, a_truncated_picture_keeps_its_decoded_part);
    tcase_add_loop_test(t, a_damaged_picture_keeps_the_part_before_the_damage, 0, 2);
    tcase_add_test(t, a_lossless_picture_is_held_as_a_whole_and_needs_memory_for_it);
}

int main(void)
{
    return test_main("codec_webp", add);
}
