#include "image/sniff_test.h"

/* Every cut of a sound body from `header` bytes on has its size and is
 * truncated; the whole, with or without bytes after it, is not. */
static void check_cuts(struct buf *b, size_t header)
{
    for (size_t len = header; len < b->len; len++) {
        ck_assert_int_eq(sniff_bytes(b->data, len), ERR_OK);
        ck_assert_msg(info.truncated, "cut at %zu of %zu", len, b->len);
    }
    ck_assert_int_eq(sniff(b), ERR_OK);
    ck_assert(!info.truncated);
    put(b, BYTES("\0 more"));
    ck_assert_int_eq(sniff(b), ERR_OK);
    ck_assert(!info.truncated);
}

START_TEST(a_jpeg_shows_its_size_and_orientation)
{
    for (unsigned orientation = 0; orientation <= 8; orientation++) {
        struct buf b = {0};
        put_jpeg(&b, 300, 200, orientation);
        ck_assert_int_eq(sniff(&b), ERR_OK);
        bool turned = orientation >= 5;
        check_info(IMAGE_JPEG, turned ? 200 : 300, turned ? 300 : 200,
            orientation ? orientation : 1, false);
        buf_fini(&b);
    }
}
END_TEST

START_TEST(a_cut_off_jpeg_is_truncated)
{
    struct buf b = {0};
    put_jpeg(&b, 300, 200, 0);
    check_cuts(&b, 31);
    buf_fini(&b);
}
END_TEST

START_TEST(fill_bytes_and_garbage_between_jpeg_segments_are_passed_over)
{
    struct buf b = {0};
    put(&b, BYTES("\xFF\xD8 garbage \xFF\0\xFF\xFF\xFF\xFE\0\4ab"));
    put(&b, BYTES("\xFF\xD0\xFF\x01")); /* markers without a body */
    put_app1(&b, 3);
    put_app1(&b, 6); /* the first one counts */
    put_jpeg_header(&b, 30, 20);
    put(&b, BYTES("data\xFF\xFF\xFF\xD9"));
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_JPEG, 30, 20, 3, false);
    buf_fini(&b);
}
END_TEST

START_TEST(an_end_marker_inside_a_segment_is_not_the_end)
{
    struct buf b = {0};
    put(&b, BYTES("\xFF\xD8\xFF\xE2\0\6\xFF\xD9\xFF\xDA"));
    put_jpeg_header(&b, 30, 20);
    put(&b, BYTES("scan\xFF\xFE\0\5\xFF\xD9!")); /* a comment between two scans */
    put(&b, BYTES("\xFF\xDA\0\x08\x01\x01\0\0\x3F\0more"));
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_JPEG, 30, 20, 1, true);
    put(&b, BYTES("\xFF\xD9"));
    ck_assert_int_eq(sniff(&b), ERR_OK);
    ck_assert(!info.truncated);
    buf_fini(&b);
}
END_TEST

START_TEST(a_jpeg_without_a_frame_or_without_pixels_is_broken)
{
    struct buf b = {0};
    put_jpeg(&b, 300, 0, 0); /* a height that comes later, in DNL */
    ck_assert_int_eq(sniff(&b), ERR_DECODE_ERROR);
    ck_assert_int_eq(info.format, IMAGE_JPEG);
    ck_assert_int_eq(sniff_bytes(BYTES("\xFF\xD8\xFF\xD9")), ERR_DECODE_ERROR);
    ck_assert_int_eq(sniff_bytes(BYTES("\xFF\xD8\xFF\xC0\0\1\0\0\0\0")), ERR_DECODE_ERROR);
    ck_assert_int_eq(sniff_bytes(BYTES("\xFF\xD8\xFF\xDA\0\2\xFF\xC0")), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

START_TEST(a_png_shows_its_size_and_orientation)
{
    struct buf b = {0};
    put_png(&b, 300, 200, 8);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_PNG, 200, 300, 8, false);
    b.len = 0;
    put_png(&b, 300, 200, 0);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_PNG, 300, 200, 1, false);
    buf_fini(&b);
}
END_TEST

START_TEST(a_cut_off_png_is_truncated)
{
    struct buf b = {0};
    put_png(&b, 300, 200, 0);
    b.len -= 4; /* without the last sum nothing is missed */
    check_cuts(&b, 24);
    buf_fini(&b);
}
END_TEST

START_TEST(a_broken_png_header_is_an_error)
{
    struct buf b = {0};
    put_png(&b, 0, 200, 0);
    ck_assert_int_eq(sniff(&b), ERR_DECODE_ERROR);
    b.len = 0;
    put_png(&b, 0x80000000, 200, 0);
    ck_assert_int_eq(sniff(&b), ERR_DECODE_ERROR);
    b.len = 0;
    put_png(&b, 1, 1, 0);
    ck_assert_int_eq(sniff_bytes(b.data, 20), ERR_DECODE_ERROR);
    ck_assert_int_eq(info.format, IMAGE_PNG);
    memcpy(b.data + 12, "IDAT", 4);
    ck_assert_int_eq(sniff(&b), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

START_TEST(a_gif_is_whole_when_its_first_picture_is)
{
    struct buf b = {0};
    put_gif(&b, 300, 200);
    check_cuts(&b, 13);
    check_info(IMAGE_GIF, 300, 200, 1, false);
    memcpy(b.data, "GIF87a", 6);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    ck_assert_int_eq(sniff_bytes(BYTES("GIF89a\1\0\1\0\0\0\0;")), ERR_DECODE_ERROR);
    ck_assert_int_eq(sniff_bytes(b.data, 12), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

START_TEST(each_kind_of_webp_shows_its_size)
{
    struct buf b = {0};
    put_webp_lossless(&b, 16384, 3);
    check_cuts(&b, 25);
    check_info(IMAGE_WEBP, 16384, 3, 1, false);
    b.len = 0;
    put_webp_lossy(&b, 300, 200);
    check_cuts(&b, 30);
    check_info(IMAGE_WEBP, 300, 200, 1, false);
    b.len = 0;
    put_webp_extended(&b, 300, 200, 3, "");
    check_cuts(&b, 30);
    check_info(IMAGE_WEBP, 300, 200, 3, false);
    b.len = 0;
    put_webp_extended(&b, 300, 200, 6, "Exif\0");
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_WEBP, 200, 300, 6, false);
    buf_fini(&b);
}
END_TEST

START_TEST(a_broken_webp_header_is_an_error)
{
    struct buf b = {0};
    put_webp_lossy(&b, 300, 200);
    b.data[20] |= 1; /* not a key frame */
    ck_assert_int_eq(sniff(&b), ERR_DECODE_ERROR);
    ck_assert_int_eq(info.format, IMAGE_WEBP);
    memcpy(b.data + 12, "ALPH", 4);
    ck_assert_int_eq(sniff(&b), ERR_DECODE_ERROR);
    ck_assert_int_eq(sniff_bytes(BYTES("RIFF\0\0\0\0WEBPVP8")), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

START_TEST(a_bmp_shows_its_size_whichever_way_it_is_stored)
{
    struct buf b = {0};
    put_bmp(&b, 30, 20);
    check_cuts(&b, 54);
    check_info(IMAGE_BMP, 30, 20, 1, false);
    b.len = 0;
    put_bmp(&b, 30, -20);
    check_cuts(&b, 54);
    check_info(IMAGE_BMP, 30, 20, 1, false);
    memcpy(b.data + 18, "\xE2\xFF\xFF\xFF", 4); /* a width below zero */
    ck_assert_int_eq(sniff(&b), ERR_DECODE_ERROR);
    /* the oldest header: two bytes a side */
    ck_assert_int_eq(
        sniff_bytes(BYTES("BM\0\0\0\0\0\0\0\0\x1A\0\0\0\x0C\0\0\0\2\0\1\0\1\0\x18\0pixels\0\0")),
        ERR_OK);
    check_info(IMAGE_BMP, 2, 1, 1, false);
    buf_fini(&b);
}
END_TEST

START_TEST(a_huge_bmp_size_does_not_wrap_around)
{
    struct buf b = {0};
    put_bmp(&b, 1, 1);
    memcpy(b.data + 18, "\xFF\xFF\xFF\x7F\0\0\0\x80", 8);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_BMP, 0x7FFFFFFF, 0x80000000, 1, true);
    buf_fini(&b);
}
END_TEST

START_TEST(an_avif_shows_the_size_and_turn_of_its_primary_item)
{
    /* quarters against the clock, then the mirror: none, top-bottom, left-right */
    static const unsigned want[3][4] = {{1, 8, 3, 6}, {4, 5, 2, 7}, {2, 7, 4, 5}};
    for (int mirror = -1; mirror <= 1; mirror++) {
        for (unsigned quarters = 0; quarters < 4; quarters++) {
            struct buf b = {0};
            put_avif(&b, 300, 200, quarters, mirror);
            ck_assert_int_eq(sniff(&b), ERR_OK);
            bool turned = quarters % 2;
            check_info(IMAGE_AVIF, turned ? 200 : 300, turned ? 300 : 200,
                want[mirror + 1][quarters], false);
            buf_fini(&b);
        }
    }
}
END_TEST

START_TEST(an_avif_cut_in_its_pixels_is_truncated)
{
    struct buf b = {0};
    put_avif(&b, 300, 200, 0, -1);
    for (size_t cut = 1; cut <= 6; cut++) {
        ck_assert_int_eq(sniff_bytes(b.data, b.len - cut), ERR_OK);
        check_info(IMAGE_AVIF, 300, 200, 1, true);
    }
    ck_assert_int_eq(sniff_bytes(b.data, 40), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

START_TEST(an_avif_without_a_primary_item_has_the_largest_size)
{
    struct buf b = {0};
    put_avif(&b, 300, 200, 0, -1);
    memcpy(memmem(b.data, b.len, "pitm", 4), "free", 4);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_AVIF, 600, 400, 1, false);
    buf_fini(&b);
}
END_TEST

enum { SAMPLES = 10 };

static void make_samples(struct buf samples[SAMPLES])
{
    memset(samples, 0, SAMPLES * sizeof *samples);
    put_jpeg(&samples[0], 300, 200, 6);
    put_png(&samples[1], 300, 200, 6);
    put_gif(&samples[2], 300, 200);
    put_webp_lossless(&samples[3], 300, 200);
    put_webp_lossy(&samples[4], 300, 200);
    put_webp_extended(&samples[5], 300, 200, 6, "Exif\0");
    put_bmp(&samples[6], 3, -2);
    put_ico(&samples[7]);
    put_avif(&samples[8], 300, 200, 1, 1);
    put(&samples[9], BYTES("<?xml version='1.0'?><!-- c --><!DOCTYPE a [<!ENTITY b 'c'>]><svg/>"));
}

START_TEST(every_prefix_of_every_kind_can_be_sniffed)
{
    struct buf samples[SAMPLES];
    make_samples(samples);
    for (int i = 0; i < SAMPLES; i++) {
        for (size_t len = 0; len <= samples[i].len; len++)
            sniff_bytes(samples[i].data, len);
        buf_fini(&samples[i]);
    }
}
END_TEST

START_TEST(no_damage_harms)
{
    struct buf samples[SAMPLES];
    make_samples(samples);
    srandom(1);
    for (int round = 0; round < 100000; round++) {
        const struct buf *sample = &samples[round % SAMPLES];
        uint8_t bytes[256];
        size_t len = sample->len < sizeof bytes ? sample->len : sizeof bytes;
        memcpy(bytes, sample->data, len);
        for (long n = random() % 4; n >= 0; n--) {
            static const uint8_t odd[] = {0, 1, 0x7F, 0x80, 0xFF};
            bytes[(size_t)random() % len] =
                random() % 2 ? odd[(size_t)random() % sizeof odd] : (uint8_t)random();
        }
        if (sniff_bytes(bytes, len) == ERR_OK) {
            ck_assert(info.width && info.height);
            ck_assert(info.orientation >= 1 && info.orientation <= 8);
        }
    }
    for (int i = 0; i < SAMPLES; i++)
        buf_fini(&samples[i]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_jpeg_shows_its_size_and_orientation);
    tcase_add_test(t, a_cut_off_jpeg_is_truncated);
    tcase_add_test(t, fill_bytes_and_garbage_between_jpeg_segments_are_passed_over);
    tcase_add_test(t, an_end_marker_inside_a_segment_is_not_the_end);
    tcase_add_test(t, a_jpeg_without_a_frame_or_without_pixels_is_broken);
    tcase_add_test(t, a_png_shows_its_size_and_orientation);
    tcase_add_test(t, a_cut_off_png_is_truncated);
    tcase_add_test(t, a_broken_png_header_is_an_error);
    tcase_add_test(t, a_gif_is_whole_when_its_first_picture_is);
    tcase_add_test(t, each_kind_of_webp_shows_its_size);
    tcase_add_test(t, a_broken_webp_header_is_an_error);
    tcase_add_test(t, a_bmp_shows_its_size_whichever_way_it_is_stored);
    tcase_add_test(t, a_huge_bmp_size_does_not_wrap_around);
    tcase_add_test(t, an_avif_shows_the_size_and_turn_of_its_primary_item);
    tcase_add_test(t, an_avif_cut_in_its_pixels_is_truncated);
    tcase_add_test(t, an_avif_without_a_primary_item_has_the_largest_size);
    tcase_add_test(t, every_prefix_of_every_kind_can_be_sniffed);
    tcase_add_test(t, no_damage_harms);
}

int main(void)
{
    return test_main("sniff", add);
}
