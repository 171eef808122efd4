#include "image/codec_test.h"
#include "image/icc.h"

#include <zlib.h>

/* A PNG of those rows, each with its filter byte. `before` goes in front of IDAT. */
static struct buf png_of(uint32_t width, uint32_t height, unsigned depth, unsigned colour,
    bool interlaced, const void *rows, size_t len, const struct buf *before)
{
    struct buf b = {0};
    struct buf header = {0};
    uint8_t packed[4096];
    uLongf packed_len = sizeof packed;
    ck_assert_int_eq(compress(packed, &packed_len, rows, len), Z_OK);
    put(&b, BYTES("\x89PNG\r\n\x1A\n"));
    put_be(&header, width, 4);
    put_be(&header, height, 4);
    put_be(&header, depth, 1);
    put_be(&header, colour, 1);
    put_be(&header, interlaced, 3);
    put_chunk(&b, "IHDR", header.data, header.len);
    if (before)
        put(&b, before->data, before->len);
    put_chunk(&b, "IDAT", packed, packed_len);
    put_chunk(&b, "IEND", "", 0);
    buf_fini(&header);
    return b;
}

static enum err decode_png(struct buf b)
{
    enum err err = decode(&codec_png, b.data, b.len);
    buf_fini(&b);
    return err;
}

START_TEST(sixteen_bits_are_rounded_not_cut)
{
    static const char row[] = "\0"
                              "\x7F\x80\x00\x80\x00\x81\xFF\x7F\xFF\xFF\x80\x7F";
    ck_assert_int_eq(decode_png(png_of(2, 1, 16, 2, false, row, 13, NULL)), ERR_OK);
    ck_assert(picture.model == PICTURE_RGB && picture.planes[0].channels == 3);
    check_pixel(0, 0, "\x7F\x00\x01"); /* 0x7F80 is 127.0, 0x0080 0.498, 0x0081 0.502 */
    check_pixel(1, 0, "\xFF\xFF\x80");
}
END_TEST

START_TEST(a_colour_of_sixteen_bits_is_transparent_if_all_its_bits_are)
{
    struct buf key = {0};
    put_chunk(&key, "tRNS", "\x12\x34", 2);
    ck_assert_int_eq(decode_png(png_of(2, 1, 16, 0, false, "\0\x12\x34\x12\x35", 5, &key)), ERR_OK);
    ck_assert(picture.model == PICTURE_GREY && picture.planes[0].channels == 2);
    check_pixel(0, 0, "\x12\0");
    check_pixel(1, 0, "\x12\xFF");
    buf_fini(&key);
}
END_TEST

START_TEST(every_colour_type_has_its_channels)
{
    struct buf palette = {0};
    put_chunk(&palette, "PLTE", "\1\2\3\xFA\xFB\xFC", 6);
    ck_assert_int_eq(decode_png(png_of(4, 1, 2, 0, false, "\0\x1B", 2, NULL)), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 1);
    check_pixel(1, 0, "\x55");
    check_pixel(3, 0, "\xFF");
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 4, false, "\0\x1B\x80", 3, NULL)), ERR_OK);
    check_pixel(0, 0, "\x1B\x80");
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 6, false, "\0\1\2\3\4", 5, NULL)), ERR_OK);
    check_pixel(0, 0, "\1\2\3\4");
    ck_assert_int_eq(decode_png(png_of(2, 1, 1, 3, false, "\0\x40", 2, &palette)), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 3);
    check_pixel(0, 0, "\1\2\3");
    check_pixel(1, 0, "\xFA\xFB\xFC");
    put_chunk(&palette, "tRNS", "\x07", 1);
    ck_assert_int_eq(decode_png(png_of(2, 1, 1, 3, false, "\0\x40", 2, &palette)), ERR_OK);
    check_pixel(0, 0, "\1\2\3\x07");
    check_pixel(1, 0, "\xFA\xFB\xFC\xFF");
    buf_fini(&palette);
}
END_TEST

START_TEST(chunks_beside_the_picture_cannot_fail_it)
{
    struct buf odd = {0};
    put_chunk(&odd, "gAMA", "\0\0\0\0", 4);
    put_chunk(&odd, "tEXt", "", 0);
    put_chunk(&odd, "sPLT", "x", 1);
    put_chunk(&odd, "iCCP", "no end of its name", 18);
    put_chunk(&odd, "PLTE", "?", 1); /* in a picture without a palette */
    put_chunk(&odd, "ODDX", "of great importance", 19);
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 2, false, "\0\x10\x20\x30", 4, &odd)), ERR_OK);
    check_pixel(0, 0, "\x10\x20\x30");
    ck_assert_ptr_null(picture.icc);
    buf_fini(&odd);
}
END_TEST

/* A stored profile of those bytes as a chunk. */
static void put_iccp(struct buf *b, const void *profile, size_t len)
{
    struct buf data = {0};
    uint8_t packed[1024];
    uLongf packed_len = sizeof packed;
    compress(packed, &packed_len, profile, len);
    put(&data, BYTES("name\0\0"));
    put(&data, packed, packed_len);
    put_chunk(b, "iCCP", data.data, data.len);
    buf_fini(&data);
}

START_TEST(a_profile_is_found_unless_the_file_says_srgb)
{
    static const char profile[] = "\0\0\0\x0Cprofile!";
    struct buf chunks = {0};
    put_iccp(&chunks, profile, 12);
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 0, false, "\0\x10", 2, &chunks)), ERR_OK);
    ck_assert_uint_eq(picture.icc_len, 12);
    ck_assert_mem_eq(picture.icc, profile, 12);
    put_chunk(&chunks, "sRGB", "\0", 1);
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 0, false, "\0\x10", 2, &chunks)), ERR_OK);
    ck_assert_ptr_null(picture.icc);
    chunks.len = 0;
    put_chunk(&chunks, "iCCP", BYTES("name\0\0")); /* nothing of it */
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 0, false, "\0\x10", 2, &chunks)), ERR_OK);
    ck_assert_ptr_null(picture.icc);
    chunks.len = 0;
    put_iccp(&chunks, "\x7F\0\0\0too long", 12);
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 0, false, "\0\x10", 2, &chunks)), ERR_OK);
    ck_assert_ptr_null(picture.icc);
    buf_fini(&chunks);
}
END_TEST

/* ---- colours that the file describes ---- */

#define P3_POINTS                                                                                  \
    "\0\0\x7A\x26\0\0\x80\x84\0\1\x09\xA0\0\0\x7D\0\0\0\x67\x84\0\1\x0D\x88\0\0\x3A\x98\0\0"       \
    "\x17\x70"
#define GAMMA(bytes) "gAMA", BYTES(bytes)

/* The description of a picture with these chunks. */
static struct colour described(struct buf *chunks)
{
    ck_assert_int_eq(decode_png(png_of(1, 1, 8, 0, false, "\0\x10", 2, chunks)), ERR_OK);
    return picture.colour;
}

START_TEST(a_gamma_counts_and_primaries_beside_it)
{
    struct buf chunks = {0};
    put_chunk(&chunks, "cHRM", BYTES(P3_POINTS));
    ck_assert_uint_eq(described(&chunks).curve, COLOUR_NONE); /* no gamma */
    put_chunk(&chunks, GAMMA("\0\0\xB1\x8F"));
    struct colour c = described(&chunks); /* 45455 */
    ck_assert(c.curve == COLOUR_GAMMA && c.gamma > 2.19F && c.gamma < 2.21F);
    ck_assert(c.green[0] > 0.264F && c.green[0] < 0.266F && c.green[1] > 0.689F);
    chunks.len = 0;
    put_chunk(&chunks, GAMMA("\0\0\xB1\x8F"));
    ck_assert_uint_eq(described(&chunks).curve, COLOUR_NONE); /* alone it means sRGB */
    chunks.len = 0;
    put_chunk(&chunks, GAMMA("\0\1\x86\xA0"));
    c = described(&chunks);
    ck_assert(c.curve == COLOUR_GAMMA && c.gamma == 1 && c.green[0] > 0.299F);
    put_chunk(&chunks, "sRGB", "\0", 1);
    ck_assert_uint_eq(described(&chunks).curve, COLOUR_NONE);
    static const char *const broken[] = {"\0\0\0\0", "\x80\0\0\0"};
    for (int i = 0; i < 2; i++) {
        chunks.len = 0;
        put_chunk(&chunks, "gAMA", broken[i], 4);
        ck_assert_uint_eq(described(&chunks).curve, COLOUR_NONE);
    }
    chunks.len = 0;
    put_chunk(&chunks, "gAMA", "\0\1\x86", 3);
    ck_assert_uint_eq(described(&chunks).curve, COLOUR_NONE);
    buf_fini(&chunks);
}
END_TEST

START_TEST(code_points_win_over_everything_else_if_they_are_for_rgb)
{
    static const struct {
        const char *bytes;
        enum colour_curve curve;
    } cases[] = {{"\x0C\x0D\0\1", COLOUR_SRGB}, {"\x09\x10\0\1", COLOUR_PQ},
        {"\x0C\x0D\x09\1", COLOUR_GAMMA}, /* YCbCr */
        {"\x0C\x0D\0\0", COLOUR_GAMMA},   /* not the full range */
        {"\x02\x0D\0\1", COLOUR_GAMMA}, {"\x0C\x02\0\1", COLOUR_GAMMA}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf chunks = {0};
        put_chunk(&chunks, "cICP", cases[i].bytes, 4);
        put_chunk(&chunks, GAMMA("\0\1\x86\xA0"));
        ck_assert_uint_eq(described(&chunks).curve, cases[i].curve);
        chunks.len = 0;
        put_chunk(&chunks, "cICP", cases[i].bytes, 4);
        put_iccp(&chunks, "\0\0\0\x0Cprofile!", 12);
        described(&chunks);
        ck_assert((picture.icc != NULL) == (cases[i].curve == COLOUR_GAMMA));
        buf_fini(&chunks);
    }
}
END_TEST

START_TEST(a_truncated_picture_keeps_its_rows)
{
    /* stored, not compressed: a row of three needs four bytes */
    static const char rows[] = "\0\1\2\3\0\4\5\6\0\7\x08\x09";
    struct buf b = png_of(3, 3, 8, 0, false, rows, 12, NULL);
    size_t kept = 0;
    for (size_t len = 8; len < b.len; len++) {
        enum err err = decode(&codec_png, b.data, len);
        ck_assert(err == ERR_OK || err == ERR_DECODE_ERROR);
        if (err || !truncated)
            continue;
        kept++;
        check_pixel(2, 0, "\3");
    }
    ck_assert_uint_ge(kept, 4);
    buf_fini(&b);
}
END_TEST

START_TEST(less_than_a_twentieth_of_the_rows_counts_as_nothing)
{
    static const char row[] = "\0\1\2\3\0"; /* and the next row's filter */
    struct buf b = png_of(3, 21, 8, 0, false, row, 5, NULL);
    ck_assert_int_eq(decode(&codec_png, b.data, b.len), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "a PNG that ends before its pixels");
    buf_fini(&b);
    b = png_of(3, 20, 8, 0, false, row, 5, NULL);
    ck_assert_int_eq(decode(&codec_png, b.data, b.len), ERR_OK);
    ck_assert(truncated);
    check_pixel(2, 0, "\3");
    check_pixel(2, 19, "\0");
    buf_fini(&b);
}
END_TEST

START_TEST(missing_interlaced_pixels_are_like_their_neighbours)
{
    /* The first pass of 9x9, which has four pixels, and the next row's filter. */
    ck_assert_int_eq(
        decode_png(png_of(9, 9, 8, 0, true, "\0\x10\x20\0\x30\x40\0", 7, NULL)), ERR_OK);
    ck_assert(truncated);
    check_pixel(0, 0, "\x10");
    check_pixel(7, 7, "\x10");
    check_pixel(8, 0, "\x20");
    check_pixel(7, 8, "\x30");
    check_pixel(8, 8, "\x40");
}
END_TEST

START_TEST(a_damaged_picture_has_the_rows_before_the_damage)
{
    struct buf b = png_of(3, 3, 8, 0, false, "\0\1\2\3\0\4\5\6\x09\7\x08\x09", 12, NULL);
    ck_assert_int_eq(decode(&codec_png, b.data, b.len), ERR_OK); /* no filter is called 9 */
    ck_assert(truncated);
    check_pixel(2, 0, "\3"); /* libspng reads the next row's filter with a row */
    check_pixel(0, 2, "\0");
    buf_fini(&b);
}
END_TEST

START_TEST(data_that_is_broken_from_the_start_is_an_error)
{
    struct buf b = png_of(3, 3, 8, 0, false, "\x09\1\2\3\0\4\5\6\0\7\x08\x09", 12, NULL);
    ck_assert_int_eq(decode(&codec_png, b.data, b.len), ERR_DECODE_ERROR); /* no such filter */
    ck_assert(strncmp(message, "PNG: ", 5) == 0);
    buf_fini(&b);
}
END_TEST

/* A frame of an animation (PNG 3, 11.3.5.2). */
static void put_fctl(struct buf *b, uint32_t width, uint32_t height, uint32_t x, uint32_t y)
{
    struct buf data = {0};
    const uint32_t numbers[] = {0, width, height, x, y};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put_be(&data, numbers[i], 4);
    put_be(&data, 0, 4); /* how long it is shown */
    put_be(&data, 0, 2); /* and how it is put on the canvas */
    put_chunk(b, "fcTL", data.data, data.len);
    buf_fini(&data);
}

/* Rows of a frame, as an fdAT chunk. */
static void put_fdat(struct buf *b, const void *rows, size_t len)
{
    uint8_t packed[100] = {0};
    uLongf packed_len = sizeof packed - 4;
    ck_assert_int_eq(compress(packed + 4, &packed_len, rows, len), Z_OK);
    put_chunk(b, "fdAT", packed, packed_len + 4);
}

/* Two grey pixels, 1 and 2, or the frame that fctl and `rows` say. acTL: 1 frame. */
static struct buf animation(bool after, const struct buf *fctl, const void *rows, size_t len)
{
    struct buf before = {0};
    put_chunk(&before, "acTL", "\0\0\0\1\0\0\0\0", 8);
    if (!after)
        put(&before, fctl->data, fctl->len);
    struct buf b = png_of(2, 1, 8, 0, false, "\0\1\2", 3, &before);
    b.len -= 12; /* IEND */
    if (after)
        put(&b, fctl->data, fctl->len);
    put_fdat(&b, rows, len);
    put_fctl(&b, 2, 1, 0, 0);
    put_fdat(&b, "\0\x0A\x0B", 3);
    put_chunk(&b, "IEND", "", 0);
    buf_fini(&before);
    return b;
}

START_TEST(the_first_frame_is_shown_where_the_default_image_is_no_frame)
{
    struct buf whole = {0}, part = {0}, outside = {0};
    put_fctl(&whole, 2, 1, 0, 0);
    put_fctl(&part, 1, 1, 1, 0);
    put_fctl(&outside, 2, 1, 1, 0);
    ck_assert_int_eq(decode_png(animation(true, &whole, "\0\7\x08", 3)), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 1);
    check_pixel(0, 0, "\7");
    check_pixel(1, 0, "\x08");
    ck_assert_int_eq(decode_png(animation(true, &part, "\0\7", 2)), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 2);
    ck_assert_uint_eq(picture.planes[0].width, 2);
    check_pixel(0, 0, "\0\0");
    check_pixel(1, 0, "\7\xFF");
    ck_assert_int_eq(decode_png(animation(false, &whole, "\0\7\x08", 3)), ERR_OK);
    check_pixel(0, 0, "\1");
    ck_assert_int_eq(decode_png(animation(true, &outside, "\0\7\x08", 3)), ERR_OK);
    check_pixel(0, 0, "\1");
    buf_fini(&whole);
    buf_fini(&part);
    buf_fini(&outside);
}
END_TEST

START_TEST(a_frame_that_is_cut_off_anywhere_is_no_crash)
{
    struct buf part = {0};
    put_fctl(&part, 1, 1, 1, 0);
    struct buf b = animation(true, &part, "\0\7", 2);
    for (size_t len = 8; len < b.len; len++) {
        enum err err = decode(&codec_png, b.data, len);
        ck_assert(err == ERR_OK || err == ERR_DECODE_ERROR);
    }
    buf_fini(&part);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, sixteen_bits_are_rounded_not_cut);
    tcase_add_test(t, a_colour_of_sixteen_bits_is_transparent_if_all_its_bits_are);
    tcase_add_test(t, every_colour_type_has_its_channels);
    tcase_add_test(t, chunks_beside_the_picture_cannot_fail_it);
    tcase_add_test(t, a_profile_is_found_unless_the_file_says_srgb);
    tcase_add_test(t, a_gamma_counts_and_primaries_beside_it);
    tcase_add_test(t, code_points_win_over_everything_else_if_they_are_for_rgb);
    tcase_add_test(t, a_truncated_picture_keeps_its_rows);
    tcase_add_test(t, less_than_a_twentieth_of_the_rows_counts_as_nothing);
    tcase_add_test(t, missing_interlaced_pixels_are_like_their_neighbours);
    tcase_add_test(t, a_damaged_picture_has_the_rows_before_the_damage);
    tcase_add_test(t, the_first_frame_is_shown_where_the_default_image_is_no_frame);
    tcase_add_test(t, a_frame_that_is_cut_off_anywhere_is_no_crash);
    tcase_add_test(t, data_that_is_broken_from_the_start_is_an_error);
}

int main(void)
{
    return test_main("codec_png", add);
}
