/* JPEG XL: the header's bits, by hand, bare and in containers. */
#include "image/sniff_test.h"

/* Bits from the lowest of each byte on. */
struct writer {
    struct buf *out;
    uint8_t byte;
    unsigned n;
};

static void put_bits(struct writer *w, uint32_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        w->byte |= (uint8_t)((value >> i & 1) << w->n);
        if (++w->n == 8) {
            put(w->out, &w->byte, 1);
            w->byte = 0;
            w->n = 0;
        }
    }
}

/* A side of 1 to 2^30, by the shortest of its forms. */
static void put_side(struct writer *w, uint32_t side)
{
    static const uint8_t n_bits[] = {9, 13, 18, 30};
    unsigned form = 0;
    while ((side - 1) >> n_bits[form])
        form++;
    put_bits(w, form, 2);
    put_bits(w, side - 1, n_bits[form]);
}

/* ratio 0: the width stands there. orientation 0: the metadata are the default. */
static void put_codestream(
    struct buf *b, uint32_t width, uint32_t height, unsigned ratio, unsigned orientation)
{
    struct writer w = {.out = b};
    bool small = height % 8 == 0 && height <= 256 && (ratio || (width % 8 == 0 && width <= 256));
    put(b, BYTES("\xFF\x0A"));
    put_bits(&w, small, 1);
    if (small)
        put_bits(&w, height / 8 - 1, 5);
    else
        put_side(&w, height);
    put_bits(&w, ratio, 3);
    if (!ratio && small)
        put_bits(&w, width / 8 - 1, 5);
    else if (!ratio)
        put_side(&w, width);
    put_bits(&w, !orientation, 1);
    if (orientation) {
        put_bits(&w, 1, 1);
        put_bits(&w, orientation - 1, 3);
    }
    put_bits(&w, 0, 7); /* the rest of a byte */
}

START_TEST(a_side_has_four_forms_or_a_short_one)
{
    static const uint32_t sides[] = {
        1, 8, 255, 256, 257, 512, 513, 8192, 8193, 262144, 262145, 1u << 30};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        struct buf b = {0};
        put_codestream(&b, sides[i], 300, 0, 0);
        ck_assert_int_eq(sniff(&b), ERR_OK);
        check_info(IMAGE_JXL, sides[i], 300, 1, false);
        b.len = 0;
        put_codestream(&b, 300, sides[i], 0, 0);
        check_size(&b, 300, sides[i]);
        buf_fini(&b);
    }
}
END_TEST

START_TEST(a_width_may_be_a_ratio_of_the_height)
{
    static const uint32_t widths[] = {0, 1001, 1201, 1334, 1501, 1779, 1251, 2002};
    for (unsigned ratio = 1; ratio < 8; ratio++) {
        struct buf b = {0};
        put_codestream(&b, 0, 1001, ratio, 0);
        check_size(&b, widths[ratio], 1001);
        buf_fini(&b);
    }
}
END_TEST

START_TEST(the_orientation_is_the_codestreams)
{
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct buf b = {0};
        put_codestream(&b, 304, 200, 0, orientation);
        ck_assert_int_eq(sniff(&b), ERR_OK);
        bool turned = orientation >= 5;
        check_info(IMAGE_JXL, turned ? 200 : 304, turned ? 304 : 200, orientation, false);
        buf_fini(&b);
    }
}
END_TEST

#define SIGNATURE "\0\0\0\x0CJXL \r\n\x87\n"

START_TEST(a_container_has_its_codestream_in_one_box_or_in_parts)
{
    struct buf code = {0}, part = {0}, b = {0};
    put_codestream(&code, 304, 200, 0, 6);
    put(&code, BYTES("pixels"));
    put(&b, BYTES(SIGNATURE));
    put_box_bytes(&b, "ftyp", BYTES("jxl \0\0\0\0jxl "));
    size_t head = b.len;
    put_box_bytes(&b, "Exif", BYTES("\0\0\0\0II"));
    put_box(&b, "jxlc", &code);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_JXL, 200, 304, 6, false);
    ck_assert_int_eq(sniff_bytes(b.data, b.len - 1), ERR_OK);
    ck_assert(info.truncated);

    b.len = head;
    put_be(&part, 0, 4);
    put(&part, code.data, code.len);
    put_box(&b, "jxlp", &part);
    put_box_bytes(&b, "jxlp", BYTES("\x80\0\0\1more"));
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_JXL, 200, 304, 6, false);

    check_broken(b.data, head, "a JPEG XL without a picture");
    b.len = head;
    put_box_bytes(&b, "jxlc", BYTES("no codestream"));
    check_broken(b.data, b.len, "a JPEG XL without a picture");
    buf_fini(&code);
    buf_fini(&part);
    buf_fini(&b);
}
END_TEST

START_TEST(a_header_must_be_whole)
{
    struct buf b = {0};
    put_codestream(&b, 70000, 70001, 0, 6);
    for (size_t len = 2; len < b.len - 1; len++)
        check_broken(b.data, len, "a JPEG XL without a whole header");
    check_size(&b, 70001, 70000);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_side_has_four_forms_or_a_short_one);
    tcase_add_test(t, a_width_may_be_a_ratio_of_the_height);
    tcase_add_test(t, the_orientation_is_the_codestreams);
    tcase_add_test(t, a_container_has_its_codestream_in_one_box_or_in_parts);
    tcase_add_test(t, a_header_must_be_whole);
}

int main(void)
{
    return test_main("sniff_jxl", add);
}
