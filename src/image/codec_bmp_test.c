#include "image/codec_test.h"

/* A BMP of 32 bits with a header of `header_size` bytes and masks of alpha, blue, green, red. */
static struct buf masked(uint32_t header_size, const char *pixels, size_t len, unsigned width)
{
    struct buf b = {0};
    put(&b, BYTES("BM\0\0\0\0\0\0\0\0"));
    put_le(&b, 14 + header_size, 4);
    put_le(&b, header_size, 4);
    put_le(&b, width, 4);
    put_le(&b, 1, 4);
    put_le(&b, 1 | 32 << 16, 4);
    put_le(&b, 3, 4); /* BI_BITFIELDS */
    for (int i = 0; i < 5; i++)
        put_le(&b, 0, 4);
    put(&b, BYTES("\0\0\0\xFF\0\0\xFF\0\0\xFF\0\0\xFF\0\0\0"));
    for (uint32_t i = 56; i < header_size; i++)
        put(&b, "", 1);
    put(&b, pixels, len);
    return b;
}

static enum err decode_bmp(struct buf b)
{
    enum err err = decode(&codec_bmp, b.data, b.len);
    buf_fini(&b);
    return err;
}

/* 4x2, with four colours; run-length codes follow. */
static struct buf run_length(unsigned bits, const char *codes, size_t len)
{
    struct buf b = {0};
    put(&b, BYTES("BM\0\0\0\0\0\0\0\0"));
    put_le(&b, 14 + 40 + 16, 4);
    put_le(&b, 40, 4);
    put_le(&b, 4, 4);
    put_le(&b, 2, 4);
    put_le(&b, 1 | bits << 16, 4);
    put_le(&b, bits == 8 ? 1 : 2, 4);
    for (int i = 0; i < 3; i++)
        put_le(&b, 0, 4);
    put_le(&b, 4, 4);
    put_le(&b, 0, 4);
    put(&b, BYTES("\0\0\0\0\0\0\xFF\0\0\xFF\0\0\xFF\0\0\0")); /* black, red, green, blue */
    put(&b, codes, len);
    return b;
}

START_TEST(alpha_counts_where_some_pixel_has_any)
{
    ck_assert_int_eq(decode_bmp(masked(108, BYTES("\x80\1\2\3\0\4\5\6"), 2)), ERR_OK);
    check_pixel(0, 0, "\3\2\1\x80");
    check_pixel(1, 0, "\6\5\4\0");
    ck_assert_int_eq(decode_bmp(masked(108, BYTES("\0\1\2\3\0\4\5\6"), 2)), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 3);
    check_pixel(1, 0, "\6\5\4");
}
END_TEST

START_TEST(pixels_follow_the_masks_that_follow_the_header)
{
    struct buf b = {0};
    put(&b, BYTES("BM\0\0\0\0\0\0\0\0\0\0\0\0")); /* which does not say where they begin */
    put_le(&b, 40, 4);
    put_le(&b, 1, 4);
    put_le(&b, 1, 4);
    put_le(&b, 1 | 32 << 16, 4);
    put_le(&b, 3, 4); /* BI_BITFIELDS */
    for (int i = 0; i < 5; i++)
        put_le(&b, 0, 4);
    put(&b, BYTES("\xFF\0\0\0\0\xFF\0\0\0\0\xFF\0")); /* red, green, blue */
    put(&b, BYTES("\1\2\3\0"));
    ck_assert_int_eq(decode_bmp(b), ERR_OK);
    check_pixel(0, 0, "\1\2\3");
}
END_TEST

START_TEST(runs_literals_and_jumps_come_to_their_places)
{
    /* Below: red twice, then green, blue, black by name, of which one is too many; above: two
     * pixels are left out, then blue. */
    static const char eight[] = "\2\1\0\3\2\3\0\0\0\0\0\2\2\0\2\3\0\1";
    ck_assert_int_eq(decode_bmp(run_length(8, BYTES(eight))), ERR_OK);
    ck_assert(!truncated && picture.planes[0].channels == 4);
    check_pixel(1, 1, "\xFF\0\0\xFF");
    check_pixel(2, 1, "\0\xFF\0\xFF");
    check_pixel(3, 1, "\0\0\xFF\xFF");
    check_pixel(1, 0, "\0\0\0\0");
    check_pixel(3, 0, "\0\0\xFF\xFF");
    /* Four bits: red and green by turns; then blue, green, red, and a byte to fill up. */
    ck_assert_int_eq(decode_bmp(run_length(4, BYTES("\4\x12\0\0\0\3\x32\x10\1\x33\0\1"))), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 3);
    check_pixel(2, 1, "\xFF\0\0");
    check_pixel(3, 1, "\0\xFF\0");
    check_pixel(0, 0, "\0\0\xFF");
    check_pixel(2, 0, "\xFF\0\0");
    check_pixel(3, 0, "\0\0\xFF");
}
END_TEST

START_TEST(runs_stay_in_their_rows_and_what_is_missing_is_transparent)
{
    ck_assert_int_eq(decode_bmp(run_length(8, BYTES("\xFF\1\0\xFF\1"))), ERR_OK);
    ck_assert(truncated);
    check_pixel(3, 1, "\xFF\0\0\xFF");
    check_pixel(0, 0, "\0\0\0\0");
    ck_assert_int_eq(decode_bmp(run_length(8, BYTES("\0\2\xFF\xFF\4\1\0\1"))), ERR_OK);
    check_pixel(3, 1, "\0\0\0\0");
    ck_assert_int_eq(decode_bmp(run_length(8, BYTES("\0\0\7\1\0\1"))), ERR_OK);
    check_pixel(3, 0, "\xFF\0\0\xFF");
    check_pixel(0, 1, "\0\0\0\0");
}
END_TEST

START_TEST(a_truncated_picture_keeps_its_whole_rows)
{
    struct buf b = {0};
    put_bmp(&b, 3, 2);
    b.data[54] = 7;
    ck_assert_int_eq(decode(&codec_bmp, b.data, b.len - 1), ERR_OK);
    ck_assert(!truncated); /* the last byte only fills up */
    ck_assert_int_eq(decode(&codec_bmp, b.data, b.len - 12), ERR_OK);
    ck_assert(truncated);
    check_pixel(0, 1, "\0\0\7");
    ck_assert_int_eq(decode(&codec_bmp, b.data, 54), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

START_TEST(a_large_picture_with_almost_no_data_is_refused)
{
    struct buf plain = {0};
    put_bmp(&plain, 3, 20);
    struct buf runs = run_length(8, BYTES("\xFF\1\xFF\1\xFF\1\xFF\1"));
    put_le(&plain, 0, 4);
    for (int i = 0; i < 2; i++) {
        struct buf *b = i ? &runs : &plain;
        memcpy(b->data + 18, "\xE8\3\0\0\xE8\3\0\0", 8); /* 1000x1000 */
        ck_assert_int_eq(decode(&codec_bmp, b->data, b->len), ERR_DECODE_ERROR);
        ck_assert_str_eq(message, "BMP: it ends before its pixels");
        memcpy(b->data + 18, "\xE8\3\0\0\1\0\0\0", 8); /* 1000x1 */
        ck_assert_int_eq(decode(&codec_bmp, b->data, b->len), ERR_OK);
        ck_assert(truncated);
        buf_fini(b);
    }
}
END_TEST

START_TEST(rare_kinds_are_named)
{
    struct buf b = {0};
    put_bmp(&b, 3, 2);
    b.data[30] = 4; /* a JPEG in a BMP */
    ck_assert_int_eq(decode(&codec_bmp, b.data, b.len), ERR_UNSUPPORTED_FORMAT);
    ck_assert_str_eq(message, "BMP: an unknown compression");
    b.data[30] = 1; /* run lengths of 8 bits, in 24 */
    ck_assert_int_eq(decode(&codec_bmp, b.data, b.len), ERR_DECODE_ERROR);
    buf_fini(&b);
}
END_TEST

/* An icon with one picture: a BMP's, with both its height and its mask. */
static struct buf icon(const char *pixels, size_t len, const char *mask)
{
    struct buf b = {0};
    put(&b, BYTES("\0\0\1\0\1\0"));
    put_ico_entry(&b, 2, 1, 40 + (unsigned)len + 4, 22);
    put_icon_bitmap(&b, 2, 2, 32);
    put(&b, pixels, len);
    put(&b, mask, 4);
    return b;
}

START_TEST(an_icons_mask_counts_where_its_pixels_have_no_alpha)
{
    struct buf b = icon(BYTES("\1\2\3\0\4\5\6\0"), "\x40\0\0\0");
    ck_assert_int_eq(decode(&codec_ico, b.data, b.len), ERR_OK);
    ck_assert(picture.width == 2 && picture.height == 1);
    check_pixel(0, 0, "\3\2\1\xFF");
    check_pixel(1, 0, "\6\5\4\0");
    buf_fini(&b);
    b = icon(BYTES("\1\2\3\0\4\5\6\x90"), "\x40\0\0\0");
    ck_assert_int_eq(decode(&codec_ico, b.data, b.len), ERR_OK);
    check_pixel(0, 0, "\3\2\1\0");
    check_pixel(1, 0, "\6\5\4\x90");
    ck_assert_int_eq(decode(&codec_ico, b.data, 22), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "an icon that ends before its picture");
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, alpha_counts_where_some_pixel_has_any);
    tcase_add_test(t, pixels_follow_the_masks_that_follow_the_header);
    tcase_add_test(t, runs_literals_and_jumps_come_to_their_places);
    tcase_add_test(t, runs_stay_in_their_rows_and_what_is_missing_is_transparent);
    tcase_add_test(t, a_truncated_picture_keeps_its_whole_rows);
    tcase_add_test(t, a_large_picture_with_almost_no_data_is_refused);
    tcase_add_test(t, rare_kinds_are_named);
    tcase_add_test(t, an_icons_mask_counts_where_its_pixels_have_no_alpha);
}

int main(void)
{
    return test_main("codec_bmp", add);
}
