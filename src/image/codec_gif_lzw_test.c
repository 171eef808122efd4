/* GIFs as encoders make them: codes that grow, a dictionary that is full. */
#include "image/codec_test.h"
#include "image/test_gif.h"

enum { WIDTH = 400, HEIGHT = 300, PIXELS = WIDTH * HEIGHT, BLUE = 7 };

static struct gif_encoder encoder;
static uint8_t indices[PIXELS];

/* The bits of a colour, of which there are 1 to 8. */
static unsigned colour_bits;

/* Noise, and runs between: strings of all lengths, and those that a reader meets before it has
 * made them. All colours occur to the very end. */
static void make_indices(void)
{
    uint32_t random = 1;
    for (size_t i = 0; i < PIXELS;) {
        random = random * 1664525 + 1013904223;
        size_t run = random >> 28 ? 1 : random >> 20 & 0x1F;
        for (; run > 0 && i < PIXELS; run--)
            indices[i++] = random >> 18 & ((1u << colour_bits) - 1);
    }
}

/* Colour i is {i, 255 - i, BLUE}. */
static void put_screen(struct buf *b, unsigned width, unsigned height, bool interlaced)
{
    unsigned n = 1u << colour_bits;
    put(b, BYTES("GIF89a"));
    put_le(b, width, 2);
    put_le(b, height, 2);
    put_le(b, 0x80 | (colour_bits - 1), 1);
    put(b, BYTES("\0\0"));
    for (unsigned i = 0; i < n; i++)
        put(b, (const uint8_t[]){(uint8_t)i, (uint8_t)(255 - i), BLUE}, 3);
    put(b, BYTES(",\0\0\0\0"));
    put_le(b, width, 2);
    put_le(b, height, 2);
    put_le(b, interlaced ? 0x40 : 0, 1);
}

/* The row of the picture that each row of the data is, as appendix E has it. */
static void order_rows(unsigned height, bool interlaced, unsigned *ret)
{
    static const unsigned starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    unsigned n = 0;
    for (unsigned y = 0; !interlaced && y < height; y++)
        ret[n++] = y;
    for (unsigned pass = 0; interlaced && pass < 4; pass++)
        for (unsigned y = starts[pass]; y < height; y += steps[pass])
            ret[n++] = y;
}

static void check_row(const uint8_t *got, const uint8_t *want, unsigned width, unsigned channels)
{
    uint8_t row[WIDTH * 4];
    for (unsigned x = 0; x < width; x++)
        memcpy(row + x * channels, (const uint8_t[]){want[x], (uint8_t)(255 - want[x]), BLUE, 255},
            channels);
    ck_assert_mem_eq(got, row, width * channels);
}

static void check_picture(unsigned width, unsigned height, bool interlaced)
{
    unsigned rows[HEIGHT];
    order_rows(height, interlaced, rows);
    ck_assert_uint_eq(picture.width, width);
    ck_assert_uint_eq(picture.height, height);
    ck_assert_uint_eq(picture.planes[0].channels, 3);
    ck_assert(!truncated);
    for (unsigned y = 0; y < height; y++)
        check_row(pixels_row(picture.planes, rows[y]), indices + y * width, width, 3);
}

static void put_pixels(struct buf *b, size_t n)
{
    encoder.data_bits = colour_bits < 2 ? 2 : colour_bits;
    gif_put_data(b, &encoder, indices, n);
}

static void encode_and_check(unsigned width, unsigned height, bool interlaced)
{
    struct buf b = {0};
    put_screen(&b, width, height, interlaced);
    put_pixels(&b, (size_t)width * height);
    put(&b, ";", 1);
    enum err err = decode(&codec_gif, b.data, b.len);
    ck_assert_msg(err == ERR_OK, "%u bits: %s", colour_bits, message);
    check_picture(width, height, interlaced);
    buf_fini(&b);
}

/* _i: the bits of a colour. */
START_TEST(a_dictionary_that_is_full_stays_as_it_is)
{
    colour_bits = (unsigned)_i;
    make_indices();
    encoder.keeps_full = true;
    encode_and_check(WIDTH, HEIGHT, false);
    ck_assert_uint_eq(encoder.next, GIF_CODES);
    encode_and_check(WIDTH, HEIGHT, true);
}
END_TEST

START_TEST(a_dictionary_that_is_cleared_is_built_anew)
{
    colour_bits = (unsigned)_i;
    make_indices();
    encode_and_check(WIDTH, HEIGHT, false);
    encode_and_check(WIDTH, HEIGHT, true);
}
END_TEST

/* At each number of strings, while codes grow to 10 bits. */
START_TEST(data_may_end_wherever_the_picture_does)
{
    colour_bits = (unsigned)_i;
    make_indices();
    for (unsigned width = 1; width <= WIDTH; width++)
        encode_and_check(width, 5, false);
}
END_TEST

START_TEST(the_first_clear_and_the_end_may_be_missing)
{
    colour_bits = 4;
    make_indices();
    encoder.begins_unclear = true;
    encode_and_check(WIDTH, 20, false);
    encoder.ends_open = true;
    encode_and_check(WIDTH, 20, false);
    encoder.begins_unclear = false;
    encode_and_check(WIDTH, 20, false);
}
END_TEST

START_TEST(sub_blocks_have_any_size)
{
    static const unsigned sizes[] = {1, 2, 3, 127, 254, 255};
    colour_bits = 7;
    make_indices();
    for (unsigned i = 0; i < 6; i++) {
        encoder.block = sizes[i];
        encode_and_check(WIDTH, 20, false);
    }
}
END_TEST

START_TEST(interlaced_pictures_of_every_height_are_whole)
{
    colour_bits = 5;
    make_indices();
    for (unsigned height = 1; height <= 40; height++)
        encode_and_check(3, height, true);
}
END_TEST

/* One colour: each string is the one before and a byte more, met before it is made. */
START_TEST(strings_may_be_as_long_as_the_picture)
{
    colour_bits = 3;
    memset(indices, 5, sizeof indices);
    encode_and_check(WIDTH, HEIGHT, false);
}
END_TEST

START_TEST(pixels_beyond_the_picture_are_left_out)
{
    enum { MORE = 7 };
    struct buf b = {0};
    colour_bits = 2;
    memset(indices, 3, sizeof indices); /* so that one string goes over the end */
    for (unsigned height = 1; height < 40; height++) {
        b.len = 0;
        put_screen(&b, 5, height, false);
        put_pixels(&b, 5 * height + MORE);
        ck_assert_int_eq(decode(&codec_gif, b.data, b.len), ERR_OK);
        check_picture(5, height, false);
    }
    buf_fini(&b);
}
END_TEST

START_TEST(a_picture_that_is_cut_off_has_the_pixels_that_came)
{
    struct buf b = {0};
    colour_bits = 8;
    make_indices();
    put_screen(&b, WIDTH, HEIGHT, false);
    size_t head = b.len, seen = 0;
    put_pixels(&b, PIXELS);
    for (size_t len = head + (b.len - head) / 8; len < b.len - 4; len += 997) {
        ck_assert_int_eq(decode(&codec_gif, b.data, len), ERR_OK);
        ck_assert(truncated);
        ck_assert_uint_eq(picture.planes[0].channels, 4);
        size_t n = 0;
        const uint8_t *got = picture.planes[0].data;
        while (n < PIXELS && got[n * 4 + 3])
            n++;
        ck_assert_uint_gt(n, seen); /* more bytes, more pixels */
        ck_assert_uint_lt(n, PIXELS);
        seen = n;
        for (size_t at = 0; at < n; at += WIDTH)
            check_row(got + at * 4, indices + at, n - at < WIDTH ? n - at : WIDTH, 4);
        while (n < PIXELS && !memcmp(got + n * 4, "\0\0\0\0", 4))
            n++;
        ck_assert_uint_eq(n, PIXELS);
    }
    buf_fini(&b);
}
END_TEST

/* Cut after each row: whatever is missing is like a row above it. */
START_TEST(an_interlaced_picture_that_is_cut_off_is_filled_in)
{
    enum { W = 3, H = 21 };
    unsigned rows[H];
    colour_bits = 8;
    order_rows(H, true, rows);
    for (unsigned i = 0; i < W * H; i++)
        indices[i] = (uint8_t)(rows[i / W]); /* a row has its number as colour */
    for (unsigned there = 2; there < H; there++) {
        struct buf b = {0};
        bool known[H] = {false};
        put_screen(&b, W, H, true);
        put_pixels(&b, (size_t)there * W);
        put(&b, ";", 1);
        for (unsigned i = 0; i < there; i++)
            known[rows[i]] = true;
        ck_assert_int_eq(decode(&codec_gif, b.data, b.len), ERR_OK);
        ck_assert(truncated);
        for (unsigned y = 0; y < H; y++) {
            unsigned got = pixels_row(picture.planes, y)[0];
            ck_assert(known[got] && got <= y && (!known[y] || got == y) && y - got < 24);
            ck_assert(there < 3 || y - got < 8 || rows[there - 1] == got);
        }
        buf_fini(&b);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_loop_test(t, a_dictionary_that_is_full_stays_as_it_is, 1, 9);
    tcase_add_loop_test(t, a_dictionary_that_is_cleared_is_built_anew, 1, 9);
    tcase_add_loop_test(t, data_may_end_wherever_the_picture_does, 1, 9);
    tcase_add_test(t, the_first_clear_and_the_end_may_be_missing);
    tcase_add_test(t, sub_blocks_have_any_size);
    tcase_add_test(t, interlaced_pictures_of_every_height_are_whole);
    tcase_add_test(t, strings_may_be_as_long_as_the_picture);
    tcase_add_test(t, pixels_beyond_the_picture_are_left_out);
    tcase_add_test(t, a_picture_that_is_cut_off_has_the_pixels_that_came);
    tcase_add_test(t, an_interlaced_picture_that_is_cut_off_is_filled_in);
}

int main(void)
{
    return test_main("codec_gif_lzw", add);
}
