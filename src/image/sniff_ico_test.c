/* Icons and cursors: which picture counts, and its own size. */
#include "image/sniff_test.h"

static void put_icons(struct buf *b, unsigned n)
{
    b->len = 0;
    put(b, BYTES("\0\0\1\0"));
    put_le(b, n, 2);
}

START_TEST(the_largest_picture_counts)
{
    struct buf b = {0};
    put_ico(&b);
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_ICO, 64, 32, 1, false);
    check_broken(b.data, 30, "an icon that ends before its picture"); /* one entry is there */
    check_broken("\0\0\1\0\0\0", 6, "an icon without pictures");
    buf_fini(&b);
}
END_TEST

START_TEST(there_are_as_many_pictures_as_it_says)
{
    struct buf b = {0};
    put_icons(&b, 1);
    put_ico_entry(&b, 16, 16, 40, 38);
    put_ico_entry(&b, 32, 32, 40, 78); /* what comes next is not its entry */
    put_icon_bitmap(&b, 16, 32, 32);
    put_icon_bitmap(&b, 32, 64, 32);
    check_size(&b, 16, 16);
    b.data[4] = 2;
    check_size(&b, 32, 32);
    buf_fini(&b);
}
END_TEST

START_TEST(a_side_of_zero_is_256_when_the_largest_is_looked_for)
{
    struct buf b = {0};
    put_icons(&b, 2);
    put_ico_entry(&b, 32, 32, 40, 38);
    put_ico_entry(&b, 16, 0, 40, 78);
    put_icon_bitmap(&b, 32, 64, 32);
    put_icon_bitmap(&b, 16, 512, 32);
    check_size(&b, 16, 256);
    buf_fini(&b);
}
END_TEST

START_TEST(of_two_alike_the_one_with_more_bits_counts_and_else_the_first)
{
    struct buf b = {0};
    put_icons(&b, 2);
    put_ico_entry(&b, 16, 16, 40, 38);
    put_ico_entry(&b, 16, 16, 40, 78);
    put_icon_bitmap(&b, 16, 32, 32);
    put_icon_bitmap(&b, 15, 32, 32);
    check_size(&b, 16, 16);
    b.data[22 + 6] = 64; /* bits of the second */
    check_size(&b, 15, 16);
    b.data[2] = 2; /* a cursor: it is where it points */
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_CUR, 16, 16, 1, false);
    buf_fini(&b);
}
END_TEST

START_TEST(the_picture_must_be_there_or_a_part_of_it)
{
    static const struct {
        uint32_t size, offset;
        bool truncated;
    } cases[] = {{40, 22, false}, {41, 22, true}, {UINT32_MAX, 22, true}, {0, 22, false}};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_icons(&b, 1);
        put_ico_entry(&b, 16, 16, cases[i].size, cases[i].offset);
        put_icon_bitmap(&b, 16, 32, 32);
        check_size(&b, 16, 16);
        ck_assert_int_eq(info.truncated, cases[i].truncated);
    }
    static const uint32_t outside[] = {62, 63, UINT32_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        put_icons(&b, 1);
        put_ico_entry(&b, 16, 16, 40, outside[i]);
        put_icon_bitmap(&b, 16, 32, 32);
        check_broken(b.data, b.len, "an icon that ends before its picture");
    }
    buf_fini(&b);
}
END_TEST

START_TEST(the_size_is_the_pictures_not_the_directorys)
{
    struct buf b = {0};
    put_icons(&b, 1);
    put_ico_entry(&b, 32, 32, 0, 22);
    put_icon_bitmap(&b, 48, 96, 32);
    check_size(&b, 48, 48);

    put_icons(&b, 1);
    put_ico_entry(&b, 32, 32, 0, 22);
    put_png(&b, 64, 65, 6); /* turned */
    check_size(&b, 65, 64);

    put_icons(&b, 1);
    put_ico_entry(&b, 32, 32, 0, 22);
    put_le(&b, 12, 4); /* OS/2's header: sizes of two bytes */
    put(&b, BYTES("\x11\0\x22\0\1\0\1\0"));
    check_size(&b, 17, 17);

    put_icons(&b, 1);
    put_ico_entry(&b, 32, 32, 0, 22);
    put_icon_bitmap(&b, 8, (unsigned)-16, 32); /* top row first */
    check_size(&b, 8, 8);
    buf_fini(&b);
}
END_TEST

/* With pixels for all rows it is the picture's own height. */
START_TEST(a_height_may_lack_the_mask)
{
    static const struct {
        unsigned bits, more;
        uint32_t height;
    } cases[] = {{32, 2 * 2 * 4, 2}, {32, 2 * 2 * 4 - 1, 1}, {4, 16 * 4 + 2 * 4, 2},
        {4, 16 * 4 + 2 * 4 - 1, 1}};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_icons(&b, 1);
        put_ico_entry(&b, 2, 2, 0, 22);
        put_icon_bitmap(&b, 2, 2, cases[i].bits);
        for (unsigned n = 0; n < cases[i].more; n++)
            put(&b, "", 1);
        check_size(&b, 2, cases[i].height);
        b.data[7] = 1; /* the directory's height: doubled, as it should be */
        check_size(&b, 2, 1);
    }
    buf_fini(&b);
}
END_TEST

START_TEST(a_broken_picture_makes_a_broken_icon)
{
    struct buf b = {0};
    put_icons(&b, 1);
    put_ico_entry(&b, 2, 2, 0, 22);
    put_icon_bitmap(&b, 0, 4, 32);
    check_broken(b.data, b.len, "an image without pixels: a side of zero");
    put_icons(&b, 1);
    put_ico_entry(&b, 2, 2, 0, 22);
    put(&b, BYTES("\x89PNG\r\n\x1A\n----------------"));
    check_broken(b.data, b.len, "a PNG that does not begin with its header");
    buf_fini(&b);
}
END_TEST

/* The first bytes are those of a TGA with true colours, too. */
START_TEST(a_cursor_has_a_sound_directory)
{
    struct buf b = {0};
    put_icons(&b, 1);
    put_ico_entry(&b, 16, 16, 40, 22);
    put_icon_bitmap(&b, 16, 32, 32);
    b.data[2] = 2;
    ck_assert_int_eq(sniff(&b), ERR_OK);
    check_info(IMAGE_CUR, 16, 16, 1, false);
    static const struct {
        unsigned at;
        uint8_t byte;
    } lies[] = {{4, 0}, {4, 2}, {9, 1}, {18, 21}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint8_t right = b.data[lies[i].at];
        b.data[lies[i].at] = lies[i].byte;
        ck_assert_int_eq(sniff(&b), ERR_UNSUPPORTED_FORMAT);
        b.data[lies[i].at] = right;
    }
    ck_assert_int_eq(sniff_bytes(b.data, 21), ERR_UNSUPPORTED_FORMAT);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, the_largest_picture_counts);
    tcase_add_test(t, there_are_as_many_pictures_as_it_says);
    tcase_add_test(t, a_side_of_zero_is_256_when_the_largest_is_looked_for);
    tcase_add_test(t, of_two_alike_the_one_with_more_bits_counts_and_else_the_first);
    tcase_add_test(t, the_picture_must_be_there_or_a_part_of_it);
    tcase_add_test(t, the_size_is_the_pictures_not_the_directorys);
    tcase_add_test(t, a_height_may_lack_the_mask);
    tcase_add_test(t, a_broken_picture_makes_a_broken_icon);
    tcase_add_test(t, a_cursor_has_a_sound_directory);
}

int main(void)
{
    return test_main("sniff_ico", add);
}
