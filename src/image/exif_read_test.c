#include "image/exif_read.h"

#include "base/test.h"
#include "image/test_exif.h"

#include <math.h>

static struct exiftags tags;

/* Reads the tags of a copy of exactly that size, so that a sanitizer detects reads out of bounds.
 */
static void read_body(const struct buf *b, bool gps)
{
    struct image_info info;
    char message[IMAGE_MESSAGE_SIZE];
    uint8_t *copy = malloc(b->len);
    memcpy(copy, b->data, b->len);
    ck_assert_int_eq(image_sniff(copy, b->len, &info, message), ERR_OK);
    exif_read(&info, copy, b->len, gps, &tags);
    free(copy);
    ck_assert(exiftags_are_sound(&tags));
}

static void put_app1_block(struct buf *b, const struct buf *block)
{
    put(b, BYTES("\xFF\xE1"));
    put_be(b, 2 + 6 + block->len, 2);
    put(b, BYTES("Exif\0\0"));
    put(b, block->data, block->len);
}

static void read_block(const struct buf *block, bool gps)
{
    struct buf b = {0};
    put(&b, BYTES("\xFF\xD8"));
    put_app1_block(&b, block);
    put_jpeg_header(&b, 64, 48);
    read_body(&b, gps);
    buf_fini(&b);
}

static void expect_camera(bool gps)
{
    ck_assert_str_eq(tags.make, "Acme");
    ck_assert_str_eq(tags.model, "Snap 9");
    ck_assert_str_eq(tags.datetime_original, "2024:05:01 12:34:56");
    ck_assert(fabs(tags.exposure_time - 0.004) < 1e-12 && fabs(tags.f_number - 2.8) < 1e-12);
    ck_assert(tags.focal_length == 35 && tags.iso == 400);
    ck_assert_uint_eq(tags.has_gps, gps);
    ck_assert(fabs(tags.latitude - (gps ? 48.858333333 : 0)) < 1e-8);
    ck_assert(fabs(tags.longitude - (gps ? 2.2945 : 0)) < 1e-8);
}

static void expect_nothing(void)
{
    static const struct exiftags none;
    ck_assert_mem_eq(&tags, &none, sizeof tags);
}

START_TEST(tags_of_a_jpeg_are_read_in_both_byte_orders)
{
    for (int big = 0; big < 2; big++) {
        struct buf block = {0};
        put_camera_exif(&block, big);
        read_block(&block, false);
        expect_camera(false);
        read_block(&block, true);
        expect_camera(true);
        buf_fini(&block);
    }
}
END_TEST

START_TEST(tags_of_a_png_are_read)
{
    struct buf block = {0}, b = {0}, plain = {0};
    put_camera_exif(&block, true);
    put_png(&plain, 64, 48, 0);
    put(&b, plain.data, 33);
    put_chunk(&b, "eXIf", block.data, block.len);
    put(&b, plain.data + 33, plain.len - 33);
    read_body(&b, true);
    expect_camera(true);
    buf_fini(&block);
    buf_fini(&plain);
    buf_fini(&b);
}
END_TEST

START_TEST(tags_of_a_webp_are_read_with_and_without_a_prefix)
{
    for (int prefix = 0; prefix < 2; prefix++) {
        struct buf data = {0}, chunks = {0}, b = {0}, block = {0};
        put_le(&data, 0x08, 4);
        put_le(&data, 63, 3);
        put_le(&data, 47, 3);
        put_riff_chunk(&chunks, "VP8X", data.data, data.len);
        put_riff_chunk(&chunks, "VP8 ", "odd", 3);
        data.len = 0;
        put(&data, "Exif\0\0", prefix ? 6 : 0);
        put_camera_exif(&block, false);
        put(&data, block.data, block.len);
        put_riff_chunk(&chunks, "EXIF", data.data, data.len);
        put_riff(&b, &chunks);
        read_body(&b, true);
        expect_camera(true);
        buf_fini(&data);
        buf_fini(&chunks);
        buf_fini(&b);
        buf_fini(&block);
    }
}
END_TEST

/* An AVIF with an item of EXIF. iloc: the box's body up to the item's place, which is added as an
 * offset and a length of 4 bytes. */
static struct buf avif_of(const char *iloc, size_t iloc_len, bool in_idat)
{
    struct buf item = {0}, meta = {0}, place = {0}, b = {0};
    put_be(&item, 2, 4);
    put(&item, "..", 2);
    struct buf block = {0};
    put_camera_exif(&block, true);
    put(&item, block.data, block.len);
    buf_fini(&block);
    for (uint32_t offset = 0, pass = 0; pass < 2; pass++) {
        b.len = meta.len = place.len = 0;
        put_box_bytes(&b, "ftyp", BYTES("avif\0\0\0\0"));
        put_be(&meta, 0, 4);
        put_box_bytes(&meta, "iinf",
            BYTES("\0\0\0\0\0\2\0\0\0\x14infe\2\0\0\0\0\1\0\0av01\0\0\0\x14infe\2\0\0\0\0\2\0\0Exi"
                  "f"));
        put(&place, iloc, iloc_len);
        put_be(&place, in_idat ? 0 : offset, 4);
        put_be(&place, item.len, 4);
        put_box(&meta, "iloc", &place);
        if (in_idat)
            put_box(&meta, "idat", &item);
        put_box(&b, "meta", &meta);
        offset = (uint32_t)b.len + 8;
        put_box(&b, "mdat", &item);
    }
    buf_fini(&item);
    buf_fini(&meta);
    buf_fini(&place);
    return b;
}

static void read_avif(const char *iloc, size_t iloc_len, bool in_idat)
{
    const struct image_info info = {.format = IMAGE_AVIF};
    struct buf b = avif_of(iloc, iloc_len, in_idat);
    exif_read(&info, b.data, b.len, true, &tags);
    buf_fini(&b);
}

START_TEST(tags_of_an_avif_are_read_wherever_the_item_lies)
{
    read_avif(BYTES("\0\0\0\0\x44\0\0\1\0\2\0\0\0\1"), false);
    expect_camera(true);
    /* behind another item */
    read_avif(BYTES("\0\0\0\0\x44\0\0\2\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\2\0\0\0\1"), false);
    expect_camera(true);
    /* with wide numbers, a base and an index */
    read_avif(BYTES("\2\0\0\0\x44\x44\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\0\0\1\0\0\0\0"), false);
    expect_camera(true);
    read_avif(BYTES("\1\0\0\0\x44\0\0\1\0\2\0\1\0\0\0\1"), true);
    expect_camera(true);
}
END_TEST

START_TEST(an_avif_whose_item_is_nowhere_has_no_tags)
{
    read_avif(BYTES("\0\0\0\0\x44\0\0\1\0\3\0\0\0\1"), false); /* of another item */
    expect_nothing();
    read_avif(BYTES("\0\0\0\0\x44\0\0\1\0\2\0\0\0\0"), false); /* no extent */
    expect_nothing();
    read_avif(BYTES("\1\0\0\0\x44\0\0\1\0\2\0\2\0\0\0\1"), false); /* made of other items */
    expect_nothing();
    read_avif(BYTES("\0\0\0\0\x24\0\0\1\0\2\0\0\0\1"), false); /* no such size */
    expect_nothing();
    read_avif(BYTES("\0\0\0\0\x44\x80\0\1\0\2\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\1"), false);
    expect_nothing();
    read_avif(BYTES("\7\0\0\0\x44\0\0\1\0\2\0\0\0\1"), false); /* no such version */
    expect_nothing();
}
END_TEST

static void read_tags_of(const struct test_tag *camera, unsigned n_camera,
    const struct test_tag *picture, unsigned n_picture, const struct test_tag *place,
    unsigned n_place)
{
    struct buf block = {0};
    put_tags(&block, false, camera, n_camera, picture, n_picture, place, n_place);
    read_block(&block, true);
    buf_fini(&block);
}

START_TEST(texts_are_bounded_and_valid)
{
    char make[400];
    memset(make, 'a', sizeof make);
    memcpy(make, " \xC3\xA9\xFF\x1B[1m", 8);
    const struct test_tag camera[] = {
        {0x010F, TEST_ASCII, sizeof make, make, {0}}, TEST_TEXT(0x0110, " \n ")};
    read_tags_of(camera, 2, NULL, 0, NULL, 0);
    ck_assert_uint_eq(strlen(tags.make), sizeof tags.make - 1);
    ck_assert_mem_eq(tags.make, "\xC3\xA9\xEF\xBF\xBD [1maaa", 12);
    ck_assert_str_eq(tags.model, "");
    memset(make, 0xC3, sizeof make); /* each becomes three bytes, and 127 is no multiple of 3 */
    read_tags_of(camera, 1, NULL, 0, NULL, 0);
    ck_assert_uint_eq(strlen(tags.make), sizeof tags.make - 2);
}
END_TEST

START_TEST(what_makes_no_sense_is_not_known)
{
    const struct test_tag picture[] = {
        {0x829A, TEST_RATIONAL, 1, NULL, {1, 0}},
        {0x829D, TEST_SHORT, 1, NULL, {28}},
        {0x8827, TEST_ASCII, 4, "400", {0}},
        TEST_TEXT(0x9003, "    :  :     :  :  "),
        {0x920A, TEST_RATIONAL, 1, NULL, {4000000000, 1}},
    };
    read_tags_of(NULL, 0, picture, 5, NULL, 0);
    expect_nothing();
    const struct test_tag later[] = {
        TEST_TEXT(0x9003, "yesterday"), {0x8827, TEST_LONG, 1, NULL, {102400}}};
    read_tags_of(NULL, 0, later, 2, NULL, 0);
    ck_assert_str_eq(tags.datetime_original, "");
    ck_assert_uint_eq(tags.iso, 102400);
}
END_TEST

START_TEST(a_place_is_on_earth_or_not_known)
{
    struct test_tag place[] = {
        TEST_TEXT(1, "S"),
        {2, TEST_RATIONAL, 3, NULL, {33, 1, 5154, 100, 0, 1}},
        TEST_TEXT(3, "W"),
        {4, TEST_RATIONAL, 3, NULL, {70, 1, 0, 0, 0, 0}},
    };
    read_tags_of(NULL, 0, NULL, 0, place, 4);
    ck_assert_uint_eq(tags.has_gps, 1);
    ck_assert(fabs(tags.latitude + 33.859) < 1e-9 && tags.longitude == -70);
    place[1].numbers[0] = 90; /* and minutes */
    read_tags_of(NULL, 0, NULL, 0, place, 4);
    expect_nothing();
    place[1].numbers[0] = 33;
    place[2].text = "X";
    read_tags_of(NULL, 0, NULL, 0, place, 4);
    expect_nothing();
    read_tags_of(NULL, 0, NULL, 0, place, 2);
    expect_nothing();
    place[2].text = "W";
    place[3].numbers[1] = 0;
    read_tags_of(NULL, 0, NULL, 0, place, 4);
    expect_nothing();
}
END_TEST

START_TEST(an_image_without_a_sound_block_has_no_tags)
{
    struct buf b = {0}, block = {0};
    put_jpeg(&b, 64, 48, 0);
    read_body(&b, true);
    expect_nothing();
    b.len = 0;
    put_jpeg(&b, 64, 48, 6); /* no more than its orientation */
    read_body(&b, true);
    expect_nothing();
    put(&block, BYTES("nonsense, and more of it"));
    read_block(&block, true);
    expect_nothing();
    buf_fini(&b);
    buf_fini(&block);
}
END_TEST

START_TEST(a_block_cut_anywhere_is_read_as_far_as_it_goes)
{
    struct buf block = {0};
    put_camera_exif(&block, false);
    for (size_t len = block.len; len > 0; len--) {
        struct buf part = {.data = block.data, .len = len};
        read_block(&part, true);
    }
    buf_fini(&block);
}
END_TEST

static void add(TCase *t)
{
    if (!exif_read_is_there())
        return;
    tcase_add_test(t, tags_of_a_jpeg_are_read_in_both_byte_orders);
    tcase_add_test(t, tags_of_a_png_are_read);
    tcase_add_test(t, tags_of_a_webp_are_read_with_and_without_a_prefix);
    tcase_add_test(t, tags_of_an_avif_are_read_wherever_the_item_lies);
    tcase_add_test(t, an_avif_whose_item_is_nowhere_has_no_tags);
    tcase_add_test(t, texts_are_bounded_and_valid);
    tcase_add_test(t, what_makes_no_sense_is_not_known);
    tcase_add_test(t, a_place_is_on_earth_or_not_known);
    tcase_add_test(t, an_image_without_a_sound_block_has_no_tags);
    tcase_add_test(t, a_block_cut_anywhere_is_read_as_far_as_it_goes);
}

int main(void)
{
    return test_main("exif_read", add);
}
