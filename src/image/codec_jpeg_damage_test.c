/* JPEGs with damage: what is there is kept, and says so. */
#include "image/test_bodies.h"
#include "image/test_jpeg.h"

enum { WIDTH = 64, HEIGHT = 480, MCU = 16 }; /* 30 rows of MCUs */

static struct picture picture;
static bool truncated;
static char message[IMAGE_MESSAGE_SIZE];
static struct image_limits limits;

static enum err decode(const struct buf *file)
{
    struct image_info info;
    uint8_t *copy = malloc(file->len + 1); /* so that a sanitizer sees a step outside */
    memcpy(copy, file->data, file->len);
    picture_fini(&picture);
    picture = (struct picture){0};
    enum err err = image_sniff(copy, file->len, &info, message);
    struct codec_wish wish = {UINT32_MAX, UINT32_MAX, false};
    const struct codec_input in = {copy, file->len, &info, &wish, &limits, message};
    if (!err)
        err = codec_jpeg.decode(&in, &picture, &truncated);
    free(copy);
    return err;
}

static struct buf make(const struct jpeg_kind *kind)
{
    struct pixels p = scenery(WIDTH, HEIGHT, 3);
    struct buf file = jpeg_of(&p, kind);
    pixels_fini(&p);
    return file;
}

/* Row by row; Y is the first plane. Returns how many rows agree before one does not. */
static uint32_t rows_alike(const struct picture *a, const struct picture *b)
{
    uint32_t y = 0;
    while (y < HEIGHT && !memcmp(pixels_row(&a->planes[0], y), pixels_row(&b->planes[0], y), WIDTH))
        y++;
    return y;
}

static struct picture decode_sound(const struct buf *file)
{
    ck_assert_int_eq(decode(file), ERR_OK);
    ck_assert(!truncated);
    struct picture sound = picture;
    picture = (struct picture){0};
    return sound;
}

/* Four bytes of nothing before each restart marker. */
static struct buf with_stray_bytes(const struct buf *file)
{
    struct buf b = {0};
    for (size_t i = 0; i < file->len; i++) {
        uint8_t next = i + 1 < file->len ? file->data[i + 1] : 0;
        if (file->data[i] == 0xFF && next >= 0xD0 && next <= 0xD7)
            put(&b, "\x11\x22\x33\x44", 4);
        put(&b, file->data + i, 1);
    }
    return b;
}

START_TEST(bytes_before_restart_markers_harm_no_pixel)
{
    struct buf file = make(&(struct jpeg_kind){.restart_rows = 1});
    struct picture sound = decode_sound(&file);
    struct buf stray = with_stray_bytes(&file);
    ck_assert_uint_eq(stray.len, file.len + 4 * (HEIGHT / MCU - 1));
    ck_assert_int_eq(decode(&stray), ERR_OK);
    ck_assert(truncated); /* they may have been samples */
    ck_assert_uint_eq(rows_alike(&sound, &picture), HEIGHT);
    picture_fini(&sound);
    buf_fini(&stray);
    buf_fini(&file);
}
END_TEST

/* A hundred warnings and more: a byte of each restart interval is another one. */
START_TEST(any_number_of_warnings_leaves_a_picture)
{
    struct pixels p = scenery(MCU, 4096, 3);
    struct buf file = jpeg_of(&p, &(struct jpeg_kind){.restart_rows = 1});
    for (size_t i = file.len / 20; i + 60 < file.len; i++)
        if (file.data[i] == 0xFF && file.data[i + 1] >= 0xD0 && file.data[i + 1] <= 0xD7)
            memset(file.data + i + 10, 0x55, 40);
    ck_assert_int_eq(decode(&file), ERR_OK);
    ck_assert(truncated);
    ck_assert_uint_eq(picture.height, 4096);
    buf_fini(&file);
    pixels_fini(&p);
}
END_TEST

/* Where the n-th restart marker is. */
static size_t restart(const struct buf *file, unsigned n)
{
    for (size_t i = 0; i + 1 < file->len; i++)
        if (file->data[i] == 0xFF && file->data[i + 1] >= 0xD0 && file->data[i + 1] <= 0xD7 &&
            --n == 0)
            return i;
    ck_abort_msg("no such restart marker");
}

/* _i: 0 the body is cut off, 1 the image ends too early. */
START_TEST(a_twentieth_of_the_rows_is_a_picture_and_less_is_none)
{
    struct buf file = make(&(struct jpeg_kind){.restart_rows = 1});
    struct picture sound = decode_sound(&file);
    for (unsigned rows = 1; rows <= 3; rows++) {
        struct buf part = {0};
        put(&part, file.data, restart(&file, rows) - 60);
        if (_i)
            put(&part, "\xFF\xD9", 2);
        enum err err = decode(&part);
        if (rows < 2) { /* of 30 */
            ck_assert_int_eq(err, ERR_DECODE_ERROR);
            ck_assert_str_eq(message, "JPEG: less than 5 % of its rows are there");
        } else {
            ck_assert_int_eq(err, ERR_OK);
            ck_assert(truncated);
            ck_assert_uint_ge(rows_alike(&sound, &picture), (rows - 1) * MCU - 2);
            ck_assert_uint_lt(rows_alike(&sound, &picture), rows * MCU);
        }
        buf_fini(&part);
    }
    picture_fini(&sound);
    buf_fini(&file);
}
END_TEST

START_TEST(a_later_scan_may_end_anywhere)
{
    struct buf file = make(&(struct jpeg_kind){.progressive = true});
    size_t second = 0;
    for (unsigned scans = 0; scans < 2; second++)
        scans += file.data[second] == 0xFF && file.data[second + 1] == 0xDA;
    struct buf part = {0};
    put(&part, file.data, second + 20);
    ck_assert_int_eq(decode(&part), ERR_OK);
    ck_assert(truncated);
    buf_fini(&part);
    buf_fini(&file);
}
END_TEST

/* ---- segments ---- */

/* The file with a segment after its first two bytes. */
static struct buf with_segment(const struct buf *file, const void *segment, size_t len)
{
    struct buf b = {0};
    put(&b, file->data, 2);
    put(&b, segment, len);
    put(&b, file->data + 2, file->len - 2);
    return b;
}

START_TEST(a_comment_or_application_segment_may_have_an_impossible_length)
{
    static const char codes[] = "\xFE\xE0\xE1\xE2\xEE";
    struct buf file = make(&(struct jpeg_kind){0});
    struct picture sound = decode_sound(&file);
    for (size_t i = 0; i < sizeof codes - 1; i++) {
        for (char length = 0; length < 2; length++) {
            struct buf b = with_segment(&file, (const char[]){'\xFF', codes[i], 0, length}, 4);
            ck_assert_int_eq(decode(&b), ERR_OK);
            ck_assert(!truncated);
            ck_assert_uint_eq(rows_alike(&sound, &picture), HEIGHT);
            buf_fini(&b);
        }
    }
    picture_fini(&sound);
    buf_fini(&file);
}
END_TEST

#define PART(n, of, text) "\xFF\xE2\0\x14ICC_PROFILE\0" n of text

START_TEST(a_profile_may_be_stored_twice_and_in_any_order)
{
    static const struct {
        const char *segments;
        size_t len;
        const char *want;
    } cases[] = {
        {BYTES(PART("\1", "\1", "ABCD")), "ABCD"},
        {BYTES(PART("\1", "\1", "ABCD") PART("\1", "\1", "ABCD")), "ABCD"},
        {BYTES(PART("\1", "\1", "ABCD") PART("\1", "\1", "WXYZ")), "ABCD"}, /* the first */
        {BYTES(PART("\2", "\2", "EFGH") PART("\1", "\2", "ABCD")), "ABCDEFGH"},
        {BYTES(PART("\1", "\2", "ABCD") PART("\2", "\2", "EFGH") PART("\1", "\2", "ABCD")
                 PART("\2", "\2", "EFGH")),
            "ABCDEFGH"},
        {BYTES(PART("\1", "\2", "ABCD")), ""}, /* the second is missing */
        {BYTES(PART("\1", "\2", "ABCD") PART("\2", "\3", "EFGH")), ""},
        {BYTES(PART("\1", "\0", "ABCD")), ""},
        {BYTES("\xFF\xE2\0\x0FICC_PROFILE\0\1"), ""},   /* too short for its numbers */
        {BYTES("\xFF\xE2\0\x10ICC_PROFILE\0\1\1"), ""}, /* and with nothing in it */
    };
    struct buf file = make(&(struct jpeg_kind){0});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = with_segment(&file, cases[i].segments, cases[i].len);
        ck_assert_int_eq(decode(&b), ERR_OK);
        ck_assert_uint_eq(picture.icc_len, strlen(cases[i].want));
        if (picture.icc_len)
            ck_assert_mem_eq(picture.icc, cases[i].want, picture.icc_len);
        buf_fini(&b);
    }
    buf_fini(&file);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, bytes_before_restart_markers_harm_no_pixel);
    tcase_add_test(t, any_number_of_warnings_leaves_a_picture);
    tcase_add_loop_test(t, a_twentieth_of_the_rows_is_a_picture_and_less_is_none, 0, 2);
    tcase_add_test(t, a_later_scan_may_end_anywhere);
    tcase_add_test(t, a_comment_or_application_segment_may_have_an_impossible_length);
    tcase_add_test(t, a_profile_may_be_stored_twice_and_in_any_order);
}

int main(void)
{
    return test_main("codec_jpeg_damage", add);
}
