#include "image/codec_test.h"

/* A canvas of 4x3 with black and white, up to where the first frame may come. */
static void put_head(struct buf *b)
{
    put(b, BYTES("GIF89a\4\0\3\0\x80\1\0\0\0\0\xFF\xFF\xFF"));
}

static void put_frame(
    struct buf *b, unsigned left, unsigned top, unsigned width, unsigned height, unsigned flags)
{
    put(b, ",", 1);
    put_le(b, left, 2);
    put_le(b, top, 2);
    put_le(b, width, 2);
    put_le(b, height, 2);
    put_le(b, flags, 1);
}

/* Indices of up to 2 bits as codes of 3 bits: the table is cleared before it needs more. */
static void put_indices(struct buf *b, const char *indices)
{
    enum { CLEAR = 4, END = 5, BITS = 3 };
    struct buf data = {0};
    uint32_t bits = 0;
    unsigned n = 0;
    for (size_t i = 0; i <= strlen(indices); i++) {
        const unsigned codes[] = {CLEAR, indices[i] ? (unsigned)(indices[i] - '0') : END};
        for (unsigned k = 0; k < 2; k++) {
            bits |= codes[k] << n;
            for (n += BITS; n >= 8; n -= 8, bits >>= 8)
                put_le(&data, bits & 0xFF, 1);
        }
    }
    put_le(&data, bits, 1);
    put(b, BYTES("\2"));
    put_le(b, data.len, 1);
    put(b, data.data, data.len);
    put(b, "", 1);
    buf_fini(&data);
}

static enum err decode_gif(const struct buf *b)
{
    return decode(&codec_gif, b->data, b->len);
}

START_TEST(a_frame_lies_on_its_canvas)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 1, 1, 2, 2, 0);
    put_indices(&b, "0110");
    ck_assert_int_eq(decode_gif(&b), ERR_OK); /* the trailer is missing: no matter */
    ck_assert(picture.width == 4 && picture.height == 3 && picture.planes[0].channels == 4);
    ck_assert(!truncated);
    check_pixel(0, 0, "\0\0\0\0");
    check_pixel(1, 1, "\0\0\0\xFF");
    check_pixel(2, 1, "\xFF\xFF\xFF\xFF");
    check_pixel(2, 2, "\0\0\0\xFF");
    check_pixel(3, 2, "\0\0\0\0");
    buf_fini(&b);
}
END_TEST

START_TEST(a_frame_that_covers_the_canvas_has_no_alpha_and_nothing_after_it_counts)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 0, 0, 4, 3, 0);
    put_indices(&b, "001101010011");
    put(&b, BYTES("what follows is no GIF"));
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, 3);
    check_pixel(2, 0, "\xFF\xFF\xFF");
    check_pixel(0, 2, "\0\0\0");
    buf_fini(&b);
}
END_TEST

START_TEST(a_frame_may_reach_beyond_the_canvas)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 3, 2, 2, 2, 0);
    put_indices(&b, "1000");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    check_pixel(3, 2, "\xFF\xFF\xFF\xFF");
    check_pixel(2, 2, "\0\0\0\0");
    b.len = 0;
    put_head(&b);
    put_frame(&b, 60000, 60000, 2, 2, 0);
    put_indices(&b, "1000");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    check_pixel(3, 2, "\0\0\0\0");
    buf_fini(&b);
}
END_TEST

START_TEST(colours_are_the_frames_own_and_one_may_be_transparent)
{
    struct buf b = {0};
    put_head(&b);
    put(&b, BYTES("!\xFE\4text\0"));
    put(&b, BYTES("!\xF9\4\1\0\0\1\0"));
    put_frame(&b, 0, 0, 4, 3, 0x81); /* four colours */
    put(&b, BYTES("\1\2\3\4\5\6\7\x08\x09\x0A\x0B\x0C"));
    put_indices(&b, "012301230123");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    check_pixel(0, 1, "\1\2\3\xFF");
    check_pixel(1, 1, "\0\0\0\0");
    check_pixel(3, 1, "\x0A\x0B\x0C\xFF");
    buf_fini(&b);
}
END_TEST

START_TEST(interlaced_rows_come_to_their_places)
{
    struct buf b = {0};
    put(&b, BYTES("GIF87a\1\0\7\0\x82\0\0"));
    for (unsigned i = 0; i < 8; i++)
        put(&b, (const uint8_t[]){(uint8_t)i, 0, 0}, 3);
    put_frame(&b, 0, 0, 1, 7, 0x40);
    put_indices(&b, "0123012"); /* rows 0, 4, 2, 6, 1, 3, 5 */
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    static const char want[] = {0, 0, 2, 1, 1, 2, 3};
    for (uint32_t y = 0; y < 7; y++)
        check_pixel(0, y, (const char[]){want[y], 0, 0});
    buf_fini(&b);
}
END_TEST

START_TEST(what_a_frame_lacks_is_transparent)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 0, 0, 4, 3, 0);
    put_indices(&b, "00110");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(truncated);
    check_pixel(3, 0, "\xFF\xFF\xFF\xFF");
    check_pixel(0, 1, "\0\0\0\xFF");
    check_pixel(1, 1, "\0\0\0\0");
    buf_fini(&b);
}
END_TEST

START_TEST(broken_gifs_say_what_is_wrong)
{
    static const struct {
        const char *data;
        size_t len;
        const char *want;
    } cases[] = {
        {BYTES("\2\1\7\0"), "a GIF with broken data"},   /* code 7 of nothing */
        {BYTES("\x0C\1\7\0"), "a GIF with broken data"}, /* 12 bits */
        {BYTES("\2\1\5\0"), "a GIF that ends before its pixels"},
        {BYTES("\2"), "a GIF that ends before its pixels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        put_head(&b);
        put_frame(&b, 0, 0, 4, 3, 0);
        put(&b, cases[i].data, cases[i].len);
        ck_assert_int_eq(decode_gif(&b), ERR_DECODE_ERROR);
        ck_assert_str_eq(message, cases[i].want);
        buf_fini(&b);
    }
    struct buf none = {0};
    put(&none, BYTES("GIF89a\4\0\3\0\0\0\0"));
    put_frame(&none, 0, 0, 4, 3, 0);
    put_indices(&none, "0");
    ck_assert_int_eq(decode_gif(&none), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "a GIF without colours");
    buf_fini(&none);
}
END_TEST

START_TEST(a_few_pixels_of_very_many_count_as_none)
{
    struct buf b = {0};
    put(&b, BYTES("GIF89a\x40\0\x40\0\x80\1\0\0\0\0\xFF\xFF\xFF"));
    put_frame(&b, 0, 0, 64, 64, 0);
    size_t head = b.len;
    put_indices(&b, "0101010101"); /* of 4096 */
    ck_assert_int_eq(decode_gif(&b), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "a GIF that ends before its pixels");
    b.len = head;
    put_indices(&b, "01010101010101010101010101010101010101010101010101010101010101010101");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(truncated);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_frame_lies_on_its_canvas);
    tcase_add_test(t, a_frame_that_covers_the_canvas_has_no_alpha_and_nothing_after_it_counts);
    tcase_add_test(t, a_frame_may_reach_beyond_the_canvas);
    tcase_add_test(t, colours_are_the_frames_own_and_one_may_be_transparent);
    tcase_add_test(t, interlaced_rows_come_to_their_places);
    tcase_add_test(t, what_a_frame_lacks_is_transparent);
    tcase_add_test(t, broken_gifs_say_what_is_wrong);
    tcase_add_test(t, a_few_pixels_of_very_many_count_as_none);
}

int main(void)
{
    return test_main("codec_gif", add);
}
