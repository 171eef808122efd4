/* BMP: headers of all versions, and how many bytes of pixels there must be. */
#include "image/sniff_test.h"

struct bmp {
    unsigned header_size, compression, bits, image_size, offset;
};

/* Of 5x2, with n bytes behind the first 54. */
static void check_bmp(const struct bmp *bmp, unsigned n, bool truncated)
{
    struct buf b = {0};
    put(&b, BYTES("BM\0\0\0\0\0\0\0\0"));
    put_le(&b, bmp->offset ? bmp->offset : 54, 4);
    put_le(&b, bmp->header_size, 4);
    put(&b, BYTES("\5\0\0\0\2\0\0\0\1\0"));
    put_le(&b, bmp->bits, 2);
    put_le(&b, bmp->compression, 4);
    put_le(&b, bmp->image_size, 4);
    for (size_t end = 54 + n; b.len < end;)
        put(&b, "", 1);
    check_size(&b, 5, 2);
    ck_assert_int_eq(info.truncated, truncated);
    buf_fini(&b);
}

START_TEST(a_bmp_has_its_rows_or_as_many_bytes_as_it_says)
{
    enum { RLE = 1, BITFIELDS = 3, JPEG = 4, ALPHA = 6 };
    static const struct {
        struct bmp bmp;
        unsigned whole; /* so many bytes of pixels */
    } cases[] = {
        {{40, 0, 24, 999, 0}, 2 * 16}, /* whole words a row; what it says does not count */
        {{40, 0, 32, 0, 0}, 2 * 20},
        {{40, 0, 1, 0, 0}, 2 * 4},
        {{40, BITFIELDS, 16, 999, 0}, 2 * 12},
        {{40, ALPHA, 32, 999, 0}, 2 * 20},
        {{40, RLE, 8, 7, 0}, 7},
        {{40, JPEG, 24, 100, 0}, 100},
        {{64, BITFIELDS, 1, 33, 0}, 33}, /* Huffman's, where OS/2 wrote it */
        {{24, RLE, 8, 7, 0}, 7},
        {{23, RLE, 8, 7, 0}, 2 * 8}, /* too old to be compressed */
        {{40, 0, 24, 0, 60}, 6 + 2 * 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_bmp(&cases[i].bmp, cases[i].whole, false);
        check_bmp(&cases[i].bmp, cases[i].whole - 1, true);
    }
    check_bmp(&(struct bmp){40, 0, 24, 0, 1000}, 200, true); /* its pixels are beyond the end */
    check_bmp(&(struct bmp){40, 0, 24, 0, UINT32_MAX}, 200, true);
    check_bmp(&(struct bmp){40, RLE, 8, 1, 1000}, 200, true);
}
END_TEST

/* Its head alone, cut off after `len` bytes. */
static void put_bmp_head(struct buf *b, unsigned header_size, unsigned bits)
{
    b->len = 0;
    put(b, BYTES("BM\0\0\0\0\0\0\0\0\x1A\0\0\0"));
    put_le(b, header_size, 4);
    put(b, BYTES("\5\0\2\0\3\0\0\0\1\0"));
    put_le(b, bits, 2);
}

START_TEST(the_head_of_a_bmp_has_a_size_that_can_be)
{
    static const unsigned wrong[] = {0, 11, 1025, UINT32_MAX};
    struct buf b = {0};
    for (unsigned i = 0; i < 4; i++) {
        put_bmp_head(&b, wrong[i], 1);
        ck_assert_int_eq(sniff(&b), ERR_UNSUPPORTED_FORMAT);
        ck_assert_int_eq(info.format, IMAGE_UNKNOWN);
    }
    put_bmp_head(&b, 1024, 1);
    check_size(&b, 0x20005, 3); /* two bytes each became four */
    put_bmp_head(&b, 16, 1);
    check_size(&b, 0x20005, 3);
    put_bmp_head(&b, 15, 1);
    check_size(&b, 5, 2);
    put_bmp_head(&b, 12, 1);
    check_size(&b, 5, 2);
    buf_fini(&b);
}
END_TEST

START_TEST(a_bmp_has_at_most_32_bits_and_a_head_up_to_there)
{
    struct buf b = {0};
    put_bmp_head(&b, 40, 32);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    put_bmp_head(&b, 40, 33);
    check_broken(b.data, b.len, "a BMP with an impossible depth");
    put_bmp_head(&b, 40, 1);
    for (size_t len = 18; len < b.len; len++)
        if (len < 22)
            check_broken(b.data, len, "a BMP without a whole header");
        else
            ck_assert_int_eq(sniff_bytes(b.data, len), ERR_DECODE_ERROR);
    check_broken(b.data, b.len - 1, "a BMP without a whole header");
    put_bmp_head(&b, 40, 0); /* no bits: no row is missing, but the rest of the head */
    ck_assert_int_eq(sniff(&b), ERR_OK);
    ck_assert(info.truncated);
    buf_fini(&b);
}
END_TEST

START_TEST(a_bmp_of_the_largest_height_is_not_upside_down)
{
    struct buf b = {0};
    put_bmp(&b, 1, 1);
    memcpy(b.data + 18, "\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F", 8);
    check_size(&b, INT32_MAX, INT32_MAX);
    memcpy(b.data + 22, "\xFF\xFF\xFF\xFF", 4);
    check_size(&b, INT32_MAX, 1);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_bmp_has_its_rows_or_as_many_bytes_as_it_says);
    tcase_add_test(t, the_head_of_a_bmp_has_a_size_that_can_be);
    tcase_add_test(t, a_bmp_has_at_most_32_bits_and_a_head_up_to_there);
    tcase_add_test(t, a_bmp_of_the_largest_height_is_not_upside_down);
}

int main(void)
{
    return test_main("sniff_bmp", add);
}
