/* JPEG: which markers have a body, and where an image ends. */
#include "image/sniff.h"
#include "image/sniff_test.h"

/* A JPEG with these bytes before its frame of 300x200. */
static void put_jpeg_with(struct buf *b, const void *bytes, size_t len)
{
    b->len = 0;
    put(b, BYTES("\xFF\xD8"));
    put(b, bytes, len);
    put_jpeg_header(b, 300, 200);
    put(b, BYTES("scan\xFF\xD9"));
}

START_TEST(tables_are_no_frames_and_the_first_frame_counts)
{
    struct buf b = {0};
    for (unsigned marker = 0xC0; marker <= 0xCF; marker++) {
        bool is_frame = marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        const uint8_t segment[] = {0xFF, (uint8_t)marker, 0, 8, 8, 0, 9, 0, 7, 0};
        put_jpeg_with(&b, segment, sizeof segment);
        check_size(&b, is_frame ? 7 : 300, is_frame ? 9 : 200);
    }
    put_jpeg_with(&b, BYTES("\xFF\xD0\0\x08\x08\0\x09\0\7\0"));
    check_size(&b, 300, 200);
    buf_fini(&b);
}
END_TEST

START_TEST(markers_without_a_segment_have_no_length)
{
    struct buf b = {0};
    for (unsigned marker = 0xD0; marker <= 0xD8; marker++) {
        const uint8_t bytes[] = {0xFF, (uint8_t)marker};
        put_jpeg_with(&b, bytes, sizeof bytes);
        check_size(&b, 300, 200);
    }
    put_jpeg_with(&b, BYTES("\xFF\x01"));
    check_size(&b, 300, 200);
    buf_fini(&b);
}
END_TEST

START_TEST(a_segment_has_its_length_in_it)
{
    struct buf b = {0};
    put_jpeg_with(&b, BYTES("\xFF\xFE\0\2"));
    check_size(&b, 300, 200);
    put_jpeg_with(&b, BYTES("\xFF\xFE\0\1")); /* impossible: what follows is looked at */
    check_size(&b, 300, 200);
    put_jpeg_with(&b, BYTES("\xFF\xFE\0\0"));
    check_size(&b, 300, 200);
    put_jpeg_with(&b, BYTES("\xFF\xC0\0\1"));
    check_broken(b.data, b.len, "a JPEG without a frame header");
    check_broken(BYTES("\xFF\xD8\xFF\xFE\0"), "a JPEG without a frame header"); /* cut off */
    put_jpeg_with(&b, BYTES("\xFF\xC0\0\6\x08\0\x09\0")); /* a byte of its width is missing */
    check_broken(b.data, b.len, "a JPEG without a frame header");
    buf_fini(&b);
}
END_TEST

START_TEST(no_end_of_a_jpeg_is_read_over)
{
    static const char *const ends[] = {"\xFF", "\xFF\xFF", "\xFF\xFF\xFF\xFF\xFF", "x\xFF", "x"};
    struct buf b = {0};
    for (unsigned i = 0; i < 5; i++) {
        put_jpeg_with(&b, "", 0);
        b.len -= 2;
        put(&b, ends[i], strlen(ends[i]));
        check_size(&b, 300, 200);
        ck_assert(info.truncated);
        b.len = 0;
        put(&b, BYTES("\xFF\xD8"));
        put(&b, ends[i], strlen(ends[i]));
        check_broken(b.data, b.len, "a JPEG without a frame header");
    }
    buf_fini(&b);
}
END_TEST

START_TEST(an_end_inside_of_a_scans_head_is_none)
{
    struct buf b = {0};
    put(&b, BYTES("\xFF\xD8"));
    put_jpeg_header(&b, 300, 200);
    b.len -= 6;
    put(&b, BYTES("\xFF\xD9\1\0\x3F\0scan")); /* in the first scan's */
    ck_assert_int_eq(sniff(&b), ERR_OK);
    ck_assert(info.truncated);
    put(&b, BYTES("\xFF\xDA\0\6\xFF\xD9\0\0scan\xFF\xD8scan")); /* in the second's */
    ck_assert_int_eq(sniff(&b), ERR_OK);
    ck_assert(info.truncated);
    put(&b, BYTES("\xFF\xD9")); /* and after a start that is damage */
    ck_assert_int_eq(sniff(&b), ERR_OK);
    ck_assert(!info.truncated);
    buf_fini(&b);
}
END_TEST

START_TEST(a_jpeg_whose_end_comes_before_any_scan_is_truncated)
{
    ck_assert_int_eq(
        sniff_bytes(BYTES("\xFF\xD8\xFF\xC0\0\x08\x08\0\x09\0\7\0\xFF\xD9\0\2\xFF\xD9")), ERR_OK);
    check_info(IMAGE_JPEG, 7, 9, 1, true);
}
END_TEST

START_TEST(a_scan_is_there_when_a_byte_of_its_data_is)
{
    struct buf b = {0};
    put(&b, BYTES("\xFF\xD8"));
    put_jpeg_header(&b, 300, 200);
    ck_assert(!sniff_jpeg_has_scan(at_the_edge(b.data, b.len), b.len));
    ck_assert(!sniff_jpeg_has_scan(at_the_edge(b.data, b.len - 1), b.len - 1));
    ck_assert(!sniff_jpeg_has_scan(at_the_edge(b.data, b.len - 10), b.len - 10));
    put(&b, "x", 1);
    ck_assert(sniff_jpeg_has_scan(at_the_edge(b.data, b.len), b.len));
    b.data[b.len - 10] = 0xD9; /* instead of the scan */
    ck_assert(!sniff_jpeg_has_scan(at_the_edge(b.data, b.len), b.len));
    buf_fini(&b);
}
END_TEST

START_TEST(an_exif_segment_begins_with_its_name_a_zero_and_any_byte)
{
    struct buf b = {0};
    put_jpeg(&b, 300, 200, 6);
    uint8_t *name = memmem(b.data, b.len, "Exif", 4);
    check_size(&b, 200, 300);
    name[5] = 0xFF;
    check_size(&b, 200, 300);
    name[4] = 1;
    check_size(&b, 300, 200);
    buf_fini(&b);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, tables_are_no_frames_and_the_first_frame_counts);
    tcase_add_test(t, markers_without_a_segment_have_no_length);
    tcase_add_test(t, a_segment_has_its_length_in_it);
    tcase_add_test(t, no_end_of_a_jpeg_is_read_over);
    tcase_add_test(t, an_end_inside_of_a_scans_head_is_none);
    tcase_add_test(t, a_jpeg_whose_end_comes_before_any_scan_is_truncated);
    tcase_add_test(t, a_scan_is_there_when_a_byte_of_its_data_is);
    tcase_add_test(t, an_exif_segment_begins_with_its_name_a_zero_and_any_byte);
}

int main(void)
{
    return test_main("sniff_jpeg", add);
}
