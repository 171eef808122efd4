#include "image/test_jpeg.h"

static uint8_t bytes[1 << 20];
static char message[IMAGE_MESSAGE_SIZE];

static struct buf write_picture(const struct picture *p, struct codec_encoding encoding)
{
    struct codec_output out = {.data = bytes, .size = sizeof bytes};
    ck_assert_int_eq(codec_jpeg_write.encode(p, &encoding, &out, message), ERR_OK);
    return (struct buf){.data = bytes, .len = out.used};
}

/* Y, Cb and Cr of RGB, by JFIF's formulas; Cb and Cr are means of two by two. */
static struct picture planes_of(const struct pixels *rgb)
{
    struct picture p = {.model = PICTURE_YCC, .width = rgb->width, .height = rgb->height};
    static const double weights[3][3] = {
        {0.299, 0.587, 0.114}, {-0.168736, -0.331264, 0.5}, {0.5, -0.418688, -0.081312}};
    for (unsigned i = 0; i < 3; i++) {
        uint32_t step = i ? 2 : 1;
        struct pixels *plane = &p.planes[i];
        ck_assert(
            pixels_init(plane, (rgb->width + step - 1) / step, (rgb->height + step - 1) / step, 1));
        for (uint32_t y = 0; y < plane->height; y++) {
            for (uint32_t x = 0; x < plane->width; x++) {
                double sum = 0;
                int n = 0;
                for (uint32_t v = y * step; v < (y + 1) * step && v < rgb->height; v++) {
                    for (uint32_t u = x * step; u < (x + 1) * step && u < rgb->width; u++, n++)
                        for (unsigned c = 0; c < 3; c++)
                            sum += weights[i][c] * pixels_row(rgb, v)[(size_t)u * 3 + c];
                }
                pixels_row(plane, y)[x] = (uint8_t)(sum / n + (i ? 128.5 : 0.5));
            }
        }
    }
    return p;
}

static double difference(const struct pixels *want, const struct pixels *got)
{
    size_t n = want->height * pixels_stride(want);
    double *levels = calloc(n, sizeof *levels);
    ck_assert(want->width == got->width && want->height == got->height);
    for (size_t i = 0; i < n; i++)
        levels[i] = want->data[i];
    double db = psnr(levels, got);
    free(levels);
    return db;
}

START_TEST(planes_of_any_size_are_written_as_good_as_pixels)
{
    static const uint32_t sizes[][2] = {
        {1, 1}, {2, 1}, {1, 2}, {3, 5}, {8, 8}, {15, 17}, {16, 16}, {17, 33}, {171, 256}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pixels rgb = scenery(sizes[i][0], sizes[i][1], 3);
        struct picture planes = planes_of(&rgb);
        struct picture pixels = picture_of(rgb);
        const struct codec_encoding encoding = {.quality = 90};
        struct buf file = write_picture(&pixels, encoding);
        struct pixels by_pixels = jpeg_pixels(&file);
        file = write_picture(&planes, encoding);
        struct pixels by_planes = jpeg_pixels(&file);
        double want = difference(&rgb, &by_pixels);
        double got = difference(&rgb, &by_planes);
        ck_assert_msg(got > want - 1, "%ux%u: %.1f, not %.1f dB", rgb.width, rgb.height, got, want);
        pixels_fini(&by_planes);
        pixels_fini(&by_pixels);
        picture_fini(&planes);
        picture_fini(&pixels);
    }
}
END_TEST

static bool has_marker(const struct buf *file, uint8_t code)
{
    return memmem(file->data, file->len, (uint8_t[]){0xFF, code}, 2);
}

START_TEST(a_progressive_file_shows_the_same_picture)
{
    enum { SOF0 = 0xC0, SOF2 = 0xC2 };
    struct picture p = picture_of(scenery(100, 70, 3));
    struct buf file = write_picture(&p, (struct codec_encoding){.quality = 85});
    ck_assert(has_marker(&file, SOF0) && !has_marker(&file, SOF2));
    struct pixels want = jpeg_pixels(&file);
    file = write_picture(&p, (struct codec_encoding){.quality = 85, .progressive = true});
    ck_assert(has_marker(&file, SOF2) && !has_marker(&file, SOF0));
    struct pixels got = jpeg_pixels(&file);
    ck_assert_mem_eq(got.data, want.data, (size_t)100 * 70 * 3);
    pixels_fini(&want);
    pixels_fini(&got);
    picture_fini(&p);
}
END_TEST

START_TEST(quality_decides_about_the_size)
{
    struct picture p = picture_of(scenery(100, 70, 1));
    size_t last = 0;
    for (int quality = 1; quality <= 100; quality += 33) {
        struct buf file = write_picture(&p, (struct codec_encoding){.quality = quality});
        ck_assert_uint_gt(file.len, last);
        last = file.len;
    }
    struct buf file = {.data = bytes, .len = last};
    struct pixels got = jpeg_pixels(&file);
    ck_assert_uint_eq(got.channels, 1);
    ck_assert(difference(&p.planes[0], &got) > 50);
    pixels_fini(&got);
    picture_fini(&p);
}
END_TEST

START_TEST(nothing_is_written_beyond_the_room_there_is)
{
    struct picture p = picture_of(scenery(50, 40, 3));
    size_t whole = write_picture(&p, (struct codec_encoding){.quality = 85}).len;
    for (size_t size = 0; size < whole; size++) {
        uint8_t *small = malloc(size ? size : 1);
        struct codec_output out = {.data = small, .size = size};
        ck_assert_int_eq(
            codec_jpeg_write.encode(&p, &(struct codec_encoding){.quality = 85}, &out, message),
            ERR_DECODE_MEMORY);
        ck_assert(out.full);
        free(small);
    }
    picture_fini(&p);
}
END_TEST

START_TEST(a_side_that_no_jpeg_can_have_is_too_large)
{
    struct pixels line;
    ck_assert(pixels_init(&line, 65536, 1, 1));
    memset(line.data, 0, 65536);
    struct picture p = picture_of(line);
    struct codec_output out = {.data = bytes, .size = sizeof bytes};
    ck_assert_int_eq(
        codec_jpeg_write.encode(&p, &(struct codec_encoding){.quality = 85}, &out, message),
        ERR_IMAGE_TOO_LARGE);
    ck_assert(message[0] && !out.used);
    picture_fini(&p);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, planes_of_any_size_are_written_as_good_as_pixels);
    tcase_add_test(t, a_progressive_file_shows_the_same_picture);
    tcase_add_test(t, quality_decides_about_the_size);
    tcase_add_test(t, nothing_is_written_beyond_the_room_there_is);
    tcase_add_test(t, a_side_that_no_jpeg_can_have_is_too_large);
}

int main(void)
{
    return test_main("codec_jpeg_write", add);
}
