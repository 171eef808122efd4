/* The bounds of the readers of heads, each from both sides; AVIF, BMP and JPEG have tests of their
 * own. */
#include "image/sniff_test.h"

/* ---- GIF ---- */

START_TEST(an_unknown_block_of_a_gif_leaves_the_rest_to_the_decoder)
{
    ck_assert_int_eq(sniff_bytes(BYTES("GIF89a\5\0\2\0\0\0\0x;")), ERR_OK);
    check_info(IMAGE_GIF, 5, 2, 1, false);
}
END_TEST

/* ---- PNG ---- */

START_TEST(the_head_of_a_png_comes_first_and_whole)
{
    struct buf b = {0};
    put_png(&b, 5, 2, 0);
    for (size_t len = 8; len < 24; len++)
        check_broken(b.data, len, "a PNG that does not begin with its header");
    b.data[11] = 12;
    check_broken(b.data, b.len, "a PNG that does not begin with its header");
    b.data[11] = 14;
    check_broken(b.data, b.len, "a PNG that does not begin with its header");
    buf_fini(&b);
}
END_TEST

START_TEST(the_sides_of_a_png_have_31_bits)
{
    struct buf b = {0};
    put_png(&b, INT32_MAX, INT32_MAX, 0);
    check_size(&b, INT32_MAX, INT32_MAX);
    b.len = 0;
    put_png(&b, 1, 0x80000000, 0);
    check_broken(b.data, b.len, "a PNG with an impossible size");
    b.len = 0;
    put_png(&b, UINT32_MAX, 1, 0);
    check_broken(b.data, b.len, "a PNG with an impossible size");
    buf_fini(&b);
}
END_TEST

START_TEST(a_chunk_has_a_name_of_four_letters)
{
    static const char edges[] = "AZaz", beyond[] = "@[`{";
    struct buf b = {0};
    for (unsigned at = 0; at < 4; at++)
        for (unsigned i = 0; i < 8; i++) {
            char type[] = "abcd";
            type[at] = i < 4 ? edges[i] : beyond[i - 4];
            b.len = 0;
            put_png(&b, 5, 2, 0);
            b.len -= 12 + 12 + 6;
            put_chunk(&b, type, "", 0); /* and then the end of the file */
            check_size(&b, 5, 2);
            ck_assert_int_eq(info.truncated, i < 4);
        }
    buf_fini(&b);
}
END_TEST

START_TEST(the_first_orientation_of_a_png_counts)
{
    struct buf b = {0}, exif = {0};
    put_png(&b, 300, 200, 3);
    b.len -= 12;
    put_exif(&exif, 6);
    put_chunk(&b, "eXIf", exif.data, exif.len);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    ck_assert_uint_eq(info.orientation, 3);
    buf_fini(&b);
    buf_fini(&exif);
}
END_TEST

/* ---- WebP ---- */

static void put_webp(struct buf *b, const char *type, uint32_t size, const void *data, size_t len)
{
    b->len = 0;
    put(b, BYTES("RIFF\x10\0\0\0WEBP"));
    put(b, type, 4);
    put_le(b, size, 4);
    put(b, data, len);
}

START_TEST(the_sides_of_a_webp_have_14_bits)
{
    struct buf b = {0};
    put_webp(&b, "VP8 ", 10, BYTES("\0\0\0\x9D\x01\x2A\xFF\xFF\xFF\xFF"));
    check_size(&b, 0x3FFF, 0x3FFF);
    put_webp(&b, "VP8L", 5, BYTES("\x2F\xFF\xFF\xFF\xFF"));
    check_size(&b, 0x4000, 0x4000);
    buf_fini(&b);
}
END_TEST

START_TEST(no_size_of_a_webp_wraps_around)
{
    struct buf b = {0};
    put_webp(&b, "VP8L", UINT32_MAX, BYTES("\x2F\4\x40\0\0"));
    check_size(&b, 5, 2);
    ck_assert(!info.truncated);
    for (unsigned size = 16; size < 24; size++) { /* of the whole, less 8 */
        b.data[4] = (uint8_t)size;
        check_size(&b, 5, 2);
        ck_assert_int_eq(info.truncated, size + 8 > b.len);
    }
    memcpy(b.data + 4, "\xFC\xFF\xFF\xFF", 4);
    check_size(&b, 5, 2);
    ck_assert(info.truncated);
    buf_fini(&b);
}
END_TEST

START_TEST(chunks_of_a_webp_are_even_and_may_be_enormous)
{
    struct buf b = {0}, exif = {0};
    put_exif(&exif, 6);
    put_webp(&b, "VP8X", 11, BYTES("\x08\0\0\0\4\0\0\1\0\0??"));
    put_riff_chunk(&b, "EXIF", exif.data, exif.len);
    check_size(&b, 2, 5); /* turned: the EXIF chunk was found behind a byte that fills up */
    put_webp(&b, "VP8X", 10, BYTES("\x08\0\0\0\4\0\0\1\0\0none\xFF\xFF\xFF\xFF"));
    put_riff_chunk(&b, "EXIF", exif.data, exif.len);
    check_size(&b, 5, 2); /* inside of another chunk */
    buf_fini(&b);
    buf_fini(&exif);
}
END_TEST

START_TEST(a_webp_has_the_head_of_its_first_chunk)
{
    struct buf b = {0};
    put_webp(&b, "VP8L", 5, BYTES("\x2F\4\x40\0\0"));
    for (size_t len = 12; len < b.len; len++)
        if (len != 20) /* where the head is whole, and nothing of the picture is there */
            check_broken(b.data, len, "a WebP without a whole header");
    buf_fini(&b);
}
END_TEST

/* ---- other bodies ---- */

START_TEST(the_first_66_kib_say_whether_it_is_text)
{
    enum { WINDOW = 66 << 10 };
    static uint8_t text[WINDOW + 1];
    memset(text, 'x', sizeof text);
    text[WINDOW] = 0;
    ck_assert_int_eq(sniff_bytes(text, sizeof text), ERR_NOT_AN_IMAGE);
    ck_assert_str_eq(message, "plain text");
    text[WINDOW - 1] = 0;
    ck_assert_int_eq(sniff_bytes(text, sizeof text), ERR_UNSUPPORTED_FORMAT);
    ck_assert_str_eq(message, "unknown content");
}
END_TEST

START_TEST(four_bytes_can_be_a_netpbm_image)
{
    ck_assert_int_eq(sniff_bytes(BYTES("P5 1")), ERR_UNSUPPORTED_FORMAT);
    ck_assert_int_eq(info.format, IMAGE_NETPBM);
    ck_assert_int_eq(sniff_bytes(BYTES("P5 ")), ERR_NOT_AN_IMAGE);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, an_unknown_block_of_a_gif_leaves_the_rest_to_the_decoder);
    tcase_add_test(t, the_head_of_a_png_comes_first_and_whole);
    tcase_add_test(t, the_sides_of_a_png_have_31_bits);
    tcase_add_test(t, a_chunk_has_a_name_of_four_letters);
    tcase_add_test(t, the_first_orientation_of_a_png_counts);
    tcase_add_test(t, the_sides_of_a_webp_have_14_bits);
    tcase_add_test(t, no_size_of_a_webp_wraps_around);
    tcase_add_test(t, chunks_of_a_webp_are_even_and_may_be_enormous);
    tcase_add_test(t, a_webp_has_the_head_of_its_first_chunk);
    tcase_add_test(t, the_first_66_kib_say_whether_it_is_text);
    tcase_add_test(t, four_bytes_can_be_a_netpbm_image);
}

int main(void)
{
    return test_main("sniff_bounds", add);
}
