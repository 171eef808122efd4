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
    for (size_t at = 0; at < data.len; at += 255) {
        size_t len = data.len - at < 255 ? data.len - at : 255;
        put_le(b, len, 1);
        put(b, data.data + at, len);
    }
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

START_TEST(the_canvas_grows_to_the_edges_of_the_frame)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 3, 2, 2, 2, 0);
    put_indices(&b, "1000");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(picture.width == 5 && picture.height == 4);
    check_pixel(3, 2, "\xFF\xFF\xFF\xFF");
    check_pixel(4, 3, "\0\0\0\xFF");
    check_pixel(2, 2, "\0\0\0\0");
    b.len = 0;
    put_head(&b);
    put_frame(&b, 60000, 60000, 2, 2, 0);
    put_indices(&b, "1000");
    ck_assert_int_eq(decode_gif(&b), ERR_IMAGE_TOO_LARGE);
    b.len = 0;
    put(&b, BYTES("GIF89a\0\0\0\0\x80\1\0\0\0\0\xFF\xFF\xFF")); /* 0x0 */
    put_frame(&b, 0, 0, 2, 2, 0);
    put_indices(&b, "0100");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(picture.width == 2 && picture.height == 2 && picture.planes[0].channels == 3);
    check_pixel(1, 0, "\xFF\xFF\xFF");
    buf_fini(&b);
}
END_TEST

/* Each side that the frame leaves open, on its own. */
START_TEST(a_canvas_shows_through_wherever_no_frame_is)
{
    static const struct {
        unsigned left, top, width, height, hole_x, hole_y;
    } cases[] = {{1, 0, 4, 3, 0, 1}, {0, 1, 4, 3, 1, 0}, {0, 0, 3, 3, 3, 1}, {0, 0, 4, 2, 1, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        put_head(&b);
        put_frame(&b, cases[i].left, cases[i].top, cases[i].width, cases[i].height, 0);
        put_indices(&b, &"111111111111"[12 - cases[i].width * cases[i].height]);
        ck_assert_int_eq(decode_gif(&b), ERR_OK);
        ck_assert(!truncated);
        ck_assert_uint_eq(picture.planes[0].channels, 4);
        for (uint32_t y = 0; y < 3; y++)
            for (uint32_t x = 0; x < 4; x++) {
                bool inside = x >= cases[i].left && x < cases[i].left + cases[i].width &&
                              y >= cases[i].top && y < cases[i].top + cases[i].height;
                check_pixel(x, y, inside ? "\xFF\xFF\xFF\xFF" : "\0\0\0\0");
            }
        check_pixel(cases[i].hole_x, cases[i].hole_y, "\0\0\0\0");
        buf_fini(&b);
    }
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

/* Pixel 0 of all colours 0: is it shown? */
static void check_control(const char *extension, size_t len, bool is_shown)
{
    struct buf b = {0};
    put_head(&b);
    put(&b, extension, len);
    put_frame(&b, 0, 0, 4, 3, 0);
    put_indices(&b, "000000000000");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert_uint_eq(picture.planes[0].channels, is_shown ? 3 : 4);
    check_pixel(0, 0, is_shown ? "\0\0\0" : "\0\0\0\0");
    buf_fini(&b);
}

START_TEST(a_colour_is_transparent_only_where_a_whole_control_block_says_so)
{
    check_control(BYTES("!\xF9\4\1\0\0\0\0"), false);
    check_control(BYTES("!\xF9\4\0\0\0\0\0"), true);                  /* the flag is not set */
    check_control(BYTES("!\xF9\4\xFE\0\0\0\0"), true);                /* all others are */
    check_control(BYTES("!\xF9\4\1\0\0\1\0"), true);                  /* another colour */
    check_control(BYTES("!\xF9\3\1\0\0\0"), true);                    /* no colour */
    check_control(BYTES("!\xF9\4\0\0\0\0\4\1\0\0\0\0"), true);        /* in a second sub-block */
    check_control(BYTES("!\xF9\4\1\0\0\0\4\0\0\0\0\0"), false);       /* the first one counts */
    check_control(BYTES("!\xFE\4\1\0\0\0\0"), true);                  /* a comment */
    check_control(BYTES("!\xF9\4\1\0\0\0\0!\xF9\4\0\0\0\0\0"), true); /* the last block counts */
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

START_TEST(missing_pixels_of_a_frame_are_transparent)
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
        {BYTES("\2\1\7\0"), "a GIF with broken data"},           /* code 7 of nothing */
        {BYTES("\2\1\6\0"), "a GIF with broken data"},           /* 6, which is next, of nothing */
        {BYTES("\2\1\x34\0"), "a GIF with broken data"},         /* ... after a CLEAR */
        {BYTES("\0\2\0\0\0"), "a GIF with broken data"},         /* no bits */
        {BYTES("\x09\5\0\0\0\0\0\0"), "a GIF with broken data"}, /* 9 bits */
        {BYTES("\x0C\1\7\0"), "a GIF with broken data"},         /* 12 bits */
        {BYTES("\2"), "a GIF with broken data"},
        {BYTES("\2\1"), "a GIF with broken data"},
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
}
END_TEST

START_TEST(empty_pictures_are_transparent)
{
    static const struct {
        const char *data;
        size_t len;
        unsigned width, height;
    } cases[] = {
        {BYTES("\2\0;"), 4, 3},         /* no data */
        {BYTES("\2\1\5\0;"), 4, 3},     /* only END */
        {BYTES("\2\1\x2C\0;"), 4, 3},   /* CLEAR and END */
        {BYTES("\2\2\x44\1\0;"), 0, 3}, /* no area */
        {BYTES("\2\2\x44\1\0;"), 4, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        put_head(&b);
        put_frame(&b, 0, 0, cases[i].width, cases[i].height, 0);
        put(&b, cases[i].data, cases[i].len);
        ck_assert_int_eq(decode_gif(&b), ERR_OK);
        ck_assert(!truncated);
        ck_assert(picture.width == 4 && picture.height == 3);
        check_pixel(0, 0, "\0\0\0\0");
        check_pixel(3, 2, "\0\0\0\0");
        buf_fini(&b);
    }
}
END_TEST

START_TEST(colours_that_are_missing_are_transparent)
{
    struct buf b = {0};
    put(&b, BYTES("GIF89a\4\0\3\0\0\0\0")); /* no table */
    put_frame(&b, 0, 0, 4, 3, 0);
    put_indices(&b, "000000000000");
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(!truncated);
    check_pixel(0, 0, "\0\0\0\0");
    check_pixel(3, 2, "\0\0\0\0");
    buf_fini(&b);
}
END_TEST

START_TEST(a_damaged_picture_has_what_came_before_the_damage)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 0, 0, 4, 3, 0);
    put(&b, BYTES("\2\2\x41\x0E\0;")); /* 1, 0, 1, and 7 where 7 is no code yet */
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(truncated);
    check_pixel(0, 0, "\xFF\xFF\xFF\xFF");
    check_pixel(1, 0, "\0\0\0\xFF");
    check_pixel(3, 2, "\0\0\0\0");
    buf_fini(&b);
}
END_TEST

START_TEST(a_code_that_is_made_as_it_is_read_is_sound)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 0, 0, 4, 3, 0);
    put(&b, BYTES("\2\2\x71\x2C\0")); /* 1, 6 (which is 1 and 1), 1, 6 */
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(truncated);
    check_pixel(1, 1, "\xFF\xFF\xFF\xFF");
    check_pixel(2, 1, "\0\0\0\0");
    buf_fini(&b);
}
END_TEST

START_TEST(the_last_code_needs_no_byte_after_it)
{
    struct buf b = {0};
    put_head(&b);
    put_frame(&b, 0, 0, 4, 3, 0);
    put(&b, BYTES("\7\x0C\0\1\0\1\0\1\0\1\0\1\0\1")); /* codes of 8 bits, and no END */
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(!truncated);
    check_pixel(3, 2, "\xFF\xFF\xFF");
    buf_fini(&b);
}
END_TEST

START_TEST(a_gif_whose_frame_does_not_begin_has_no_picture)
{
    struct buf b = {0};
    put_head(&b);
    size_t head = b.len;
    put(&b, BYTES("x\0\0\0\0\4\0\3\0\0"));
    put_indices(&b, "000000000000");
    ck_assert_int_eq(decode_gif(&b), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "a GIF without a picture");
    b.len = head;
    put_frame(&b, 0, 0, 4, 3, 0);
    for (; b.len > head; b.len--) {
        ck_assert_int_eq(decode(&codec_gif, b.data, b.len - 1), ERR_DECODE_ERROR);
        ck_assert_str_eq(message, "a GIF without a picture");
    }
    buf_fini(&b);
}
END_TEST

/* Of the canvas and of the frame, which are bombs each. */
START_TEST(sizes_are_checked_before_memory_is_taken)
{
    const struct image_limits usual = limits;
    struct buf b = {0};
    put(&b, BYTES("GIF89a\0\x10\0\x10\x80\1\0\0\0\0\xFF\xFF\xFF")); /* 4096x4096 */
    put_frame(&b, 0, 0, 1, 1, 0);
    put_indices(&b, "0");
    ck_assert_int_eq(decode_gif(&b), ERR_IMAGE_TOO_LARGE);
    b.len = 0;
    put_head(&b);
    put_frame(&b, 0, 0, 4096, 4096, 0);
    put_indices(&b, "0");
    ck_assert_int_eq(decode_gif(&b), ERR_IMAGE_TOO_LARGE);

    b.len = 0;
    put_head(&b);
    put_frame(&b, 0, 0, 8, 3, 0);
    put_indices(&b, "000000000000000000000000");
    enum {
        NEEDS = 8 * 3 + 8 * 3 * 4
    }; /* an index for each pixel of the frame, RGBA for the canvas */
    limits.max_memory = NEEDS;
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    limits.max_memory = NEEDS - 1;
    ck_assert_int_eq(decode_gif(&b), ERR_DECODE_MEMORY);
    limits = usual;
    buf_fini(&b);
}
END_TEST

START_TEST(less_than_a_twentieth_counts_as_nothing)
{
    struct buf b = {0};
    put(&b, BYTES("GIF89a\x40\0\x40\0\x80\1\0\0\0\0\xFF\xFF\xFF"));
    put_frame(&b, 0, 0, 64, 64, 0);
    size_t head = b.len;
    char indices[206] = {0};
    memset(indices, '1', 204); /* of 4096: 4.98 % */
    put_indices(&b, indices);
    ck_assert_int_eq(decode_gif(&b), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, "a GIF with broken data");
    b.len = head;
    indices[204] = '1'; /* 5.005 % */
    put_indices(&b, indices);
    ck_assert_int_eq(decode_gif(&b), ERR_OK);
    ck_assert(truncated);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_frame_lies_on_its_canvas);
    tcase_add_test(t, a_frame_that_covers_the_canvas_has_no_alpha_and_nothing_after_it_counts);
    tcase_add_test(t, the_canvas_grows_to_the_edges_of_the_frame);
    tcase_add_test(t, a_canvas_shows_through_wherever_no_frame_is);
    tcase_add_test(t, colours_are_the_frames_own_and_one_may_be_transparent);
    tcase_add_test(t, a_colour_is_transparent_only_where_a_whole_control_block_says_so);
    tcase_add_test(t, interlaced_rows_come_to_their_places);
    tcase_add_test(t, missing_pixels_of_a_frame_are_transparent);
    tcase_add_test(t, broken_gifs_say_what_is_wrong);
    tcase_add_test(t, empty_pictures_are_transparent);
    tcase_add_test(t, colours_that_are_missing_are_transparent);
    tcase_add_test(t, a_damaged_picture_has_what_came_before_the_damage);
    tcase_add_test(t, a_code_that_is_made_as_it_is_read_is_sound);
    tcase_add_test(t, the_last_code_needs_no_byte_after_it);
    tcase_add_test(t, a_gif_whose_frame_does_not_begin_has_no_picture);
    tcase_add_test(t, sizes_are_checked_before_memory_is_taken);
    tcase_add_test(t, less_than_a_twentieth_counts_as_nothing);
}

int main(void)
{
    return test_main("codec_gif", add);
}
