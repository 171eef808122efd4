#include "image/sniff.h"

#include "base/test.h"
#include "image/test_bodies.h"

#include <zlib.h>

enum { WIDTH = 40, HEIGHT = 30 };

static struct sniff_bare bare;

/* Frees the body. Reads a copy of exactly that size, so that a sanitizer detects reads out of
 * bounds. */
static bool is_bare(struct buf b, enum image_format format)
{
    uint8_t *copy = malloc(b.len ? b.len : 1);
    if (b.len)
        memcpy(copy, b.data, b.len);
    bool ret = sniff_bare(copy, b.len, format, &bare);
    free(copy);
    buf_fini(&b);
    return ret;
}

/* ---- JPEG ---- */

/* One with those bytes before its frame. */
static struct buf jpeg_with(const void *bytes, size_t len)
{
    struct buf plain = {0}, b = {0};
    put_jpeg(&plain, WIDTH, HEIGHT, 0);
    const size_t head = 2 + 18; /* SOI and JFIF */
    put(&b, plain.data, head);
    put(&b, bytes, len);
    put(&b, plain.data + head, plain.len - head);
    buf_fini(&plain);
    return b;
}

START_TEST(a_plain_jpeg_is_bare)
{
    ck_assert(is_bare(jpeg_with("", 0), IMAGE_JPEG));
    ck_assert(bare.width == WIDTH && bare.height == HEIGHT && !bare.has_profile);
    ck_assert(!is_bare(jpeg_with("", 0), IMAGE_PNG));
    ck_assert(is_bare(jpeg_with(BYTES("\xFF\xDB\0\2\xFF\xC4\0\2\xFF\xDD\0\4\0\1")), IMAGE_JPEG));
    ck_assert(is_bare(jpeg_with(BYTES("\xFF\xEE\0\x0E"
                                      "Adobe\0\0\0\0\0\0\1")),
        IMAGE_JPEG));
    ck_assert(!bare.has_profile);
    ck_assert(is_bare(jpeg_with(BYTES("\xFF\xE2\0\x10ICC_PROFILE\0\1\1")), IMAGE_JPEG));
    ck_assert(bare.has_profile);
}
END_TEST

START_TEST(a_jpeg_with_more_than_its_picture_is_not)
{
    static const struct {
        const char *bytes;
        size_t len;
    } segments[] = {
        {BYTES("\xFF\xFE\0\4hi")}, /* a comment */
        {BYTES("\xFF\xE1\0\x08"
               "Exif\0\0")},                                  /* APP1 */
        {BYTES("\xFF\xED\0\4hi")},                            /* APP13 */
        {BYTES("\xFF\xE2\0\6MPF\0")},                         /* more pictures */
        {BYTES("\xFF\xE0\0\7JFXX\0")},                        /* a preview */
        {BYTES("\xFF\xE0\0\x13JFIF\0\1\1\0\0\1\0\1\1\1abc")}, /* the same in JFIF */
        {BYTES("\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\1\1")},
        {BYTES("\xFF\xEE\0\x10"
               "Adobe\0\0\0\0\0\0\1hi")},
        {BYTES("\xFF\xEF\0\2")}, {BYTES("\xFF\xF0\0\2")},
        {BYTES("hi")},           /* bytes outside of segments */
        {BYTES("\xFF\xDB\0\1")}, /* an impossible length */
        {BYTES("\xFF\xD8\0\2")}, /* another start */
    };
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++)
        ck_assert_msg(
            !is_bare(jpeg_with(segments[i].bytes, segments[i].len), IMAGE_JPEG), "segment %zu", i);
    struct buf b = jpeg_with("", 0);
    put(&b, "\n", 1); /* after the end */
    ck_assert(!is_bare(b, IMAGE_JPEG));
    b = (struct buf){0};
    put_jpeg(&b, WIDTH, HEIGHT, 6);
    ck_assert(!is_bare(b, IMAGE_JPEG));
    b = (struct buf){0};
    put_jpeg(&b, WIDTH, HEIGHT, 1);
    ck_assert(!is_bare(b, IMAGE_JPEG)); /* upright, but EXIF says so */
}
END_TEST

START_TEST(metadata_between_scans_counts_too)
{
    static const char scan[] = "\xFF\xDA\0\x08\1\1\0\0\x3F\0\x12\xFF\0\x34\xFF\xFF\xD0\x56";
    struct buf b = jpeg_with("", 0);
    b.len -= 2;
    put(&b, BYTES("\xFF\xC4\0\2"));
    put(&b, scan, sizeof scan - 1);
    put(&b, BYTES("\xFF\xD9"));
    ck_assert(is_bare(b, IMAGE_JPEG));
    b = jpeg_with("", 0);
    b.len -= 2;
    put(&b, BYTES("\xFF\xFE\0\4hi"));
    put(&b, scan, sizeof scan - 1);
    put(&b, BYTES("\xFF\xD9"));
    ck_assert(!is_bare(b, IMAGE_JPEG));
}
END_TEST

/* Not what every viewer reads. */
START_TEST(an_arithmetic_lossless_or_12_bit_jpeg_is_not_bare)
{
    static const uint8_t frames[] = {0xC3, 0xC9, 0xCA, 0xC5};
    for (size_t i = 0; i < sizeof frames; i++) {
        struct buf b = jpeg_with("", 0);
        b.data[21] = frames[i]; /* behind SOI, JFIF and FF */
        ck_assert(!is_bare(b, IMAGE_JPEG));
    }
    struct buf b = jpeg_with("", 0);
    b.data[21] = 0xC2; /* progressive */
    ck_assert(is_bare(b, IMAGE_JPEG));
    b = jpeg_with("", 0);
    b.data[24] = 12;
    ck_assert(!is_bare(b, IMAGE_JPEG));
}
END_TEST

START_TEST(a_jpeg_without_a_scan_is_not_bare)
{
    struct buf b = jpeg_with("", 0);
    b.len = 2 + 18 + 13; /* SOI, JFIF and the frame */
    put(&b, BYTES("\xFF\xD9"));
    ck_assert(!is_bare(b, IMAGE_JPEG));
}
END_TEST

START_TEST(no_part_of_a_jpeg_is_bare)
{
    for (size_t n = 1;; n++) {
        struct buf b = jpeg_with("", 0);
        if (n >= b.len) {
            buf_fini(&b);
            break;
        }
        b.len -= n;
        ck_assert(!is_bare(b, IMAGE_JPEG));
    }
}
END_TEST

/* ---- PNG ---- */

static void put_summed(struct buf *b, const char *type, const void *data, size_t len)
{
    size_t start = b->len + 4;
    put_be(b, len, 4);
    put(b, type, 4);
    put(b, data, len);
    put_be(b, crc32_z(0, b->data + start, len + 4), 4);
}

/* One with that chunk, if any, between header and pixels. */
static struct buf png_with(unsigned depth, const char *type, const void *data, size_t len)
{
    struct buf b = {0}, header = {0};
    put(&b, BYTES("\x89PNG\r\n\x1A\n"));
    put_be(&header, WIDTH, 4);
    put_be(&header, HEIGHT, 4);
    put_be(&header, depth, 1);
    put(&header, BYTES("\2\0\0\0"));
    put_summed(&b, "IHDR", header.data, header.len);
    if (type)
        put_summed(&b, type, data, len);
    put_summed(&b, "IDAT", "abcdef", 6);
    put_summed(&b, "IEND", "", 0);
    buf_fini(&header);
    return b;
}

START_TEST(a_png_is_bare_with_the_chunks_of_its_picture)
{
    static const char *const picture[] = {
        "PLTE", "tRNS", "IDAT", "sRGB", "gAMA", "cHRM", "cICP", "sBIT", "pHYs"};
    ck_assert(is_bare(png_with(8, NULL, NULL, 0), IMAGE_PNG));
    ck_assert(bare.width == WIDTH && bare.height == HEIGHT && !bare.has_profile);
    ck_assert(is_bare(png_with(1, NULL, NULL, 0), IMAGE_PNG));
    for (size_t i = 0; i < sizeof picture / sizeof *picture; i++)
        ck_assert_msg(is_bare(png_with(8, picture[i], "hi", 2), IMAGE_PNG), "%s", picture[i]);
    ck_assert(is_bare(png_with(8, "iCCP", "x\0\0z", 4), IMAGE_PNG));
    ck_assert(bare.has_profile);
}
END_TEST

START_TEST(a_png_with_more_than_its_picture_is_not)
{
    static const char *const more[] = {"tEXt", "zTXt", "iTXt", "eXIf", "tIME", "acTL", "fcTL",
        "fdAT", "bKGD", "caBX", "vpAg", "ABCD"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        ck_assert_msg(!is_bare(png_with(8, more[i], "hi", 2), IMAGE_PNG), "%s", more[i]);
    ck_assert(!is_bare(png_with(16, NULL, NULL, 0), IMAGE_PNG)); /* becomes 8 bits */
    ck_assert(!is_bare(png_with(8, "IEND", "hi", 2), IMAGE_PNG));
    struct buf b = png_with(8, NULL, NULL, 0);
    put(&b, "\n", 1); /* after the end */
    ck_assert(!is_bare(b, IMAGE_PNG));
}
END_TEST

START_TEST(a_png_with_a_wrong_bit_or_a_missing_byte_is_not_bare)
{
    struct buf whole = png_with(8, NULL, NULL, 0);
    for (size_t i = 8; i < whole.len; i++) {
        struct buf b = png_with(8, NULL, NULL, 0);
        b.data[i] ^= 1;
        ck_assert_msg(!is_bare(b, IMAGE_PNG), "byte %zu", i);
        b = png_with(8, NULL, NULL, 0);
        b.len = i;
        ck_assert_msg(!is_bare(b, IMAGE_PNG), "%zu bytes", i);
    }
    buf_fini(&whole);
}
END_TEST

/* ---- WebP ---- */

/* An extended one with that chunk, if any, and `pictures` pictures. */
static struct buf webp_with(const char *type, unsigned pictures)
{
    struct buf data = {0}, chunks = {0}, b = {0};
    put_le(&data, 0, 4);
    put_le(&data, WIDTH - 1, 3);
    put_le(&data, HEIGHT - 1, 3);
    put_riff_chunk(&chunks, "VP8X", data.data, data.len);
    if (type)
        put_riff_chunk(&chunks, type, "odd", 3);
    for (unsigned i = 0; i < pictures; i++)
        put_riff_chunk(&chunks, "VP8 ", "pixels", 6);
    put_riff(&b, &chunks);
    buf_fini(&data);
    buf_fini(&chunks);
    return b;
}

START_TEST(a_webp_is_bare_with_one_picture_and_nothing_else)
{
    struct buf b = {0};
    put_webp_lossless(&b, WIDTH, HEIGHT);
    ck_assert(is_bare(b, IMAGE_WEBP));
    b = (struct buf){0};
    put_webp_lossy(&b, WIDTH, HEIGHT);
    ck_assert(is_bare(b, IMAGE_WEBP));
    ck_assert(bare.width == WIDTH && bare.height == HEIGHT && !bare.has_profile);
    ck_assert(is_bare(webp_with(NULL, 1), IMAGE_WEBP));
    ck_assert(is_bare(webp_with("ALPH", 1), IMAGE_WEBP));
    ck_assert(!bare.has_profile);
    ck_assert(is_bare(webp_with("ICCP", 1), IMAGE_WEBP));
    ck_assert(bare.has_profile);
    static const char *const more[] = {"EXIF", "XMP ", "ANIM", "ANMF", "abcd"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        ck_assert_msg(!is_bare(webp_with(more[i], 1), IMAGE_WEBP), "%s", more[i]);
    ck_assert(!is_bare(webp_with(NULL, 0), IMAGE_WEBP));
    ck_assert(!is_bare(webp_with(NULL, 2), IMAGE_WEBP));
    b = webp_with(NULL, 1);
    put(&b, "\n", 1); /* after the end */
    ck_assert(!is_bare(b, IMAGE_WEBP));
    b = webp_with(NULL, 1);
    b.data[4]++; /* the file's length */
    ck_assert(!is_bare(b, IMAGE_WEBP));
    b = webp_with(NULL, 1);
    b.data[b.len - 10]++; /* the picture's */
    ck_assert(!is_bare(b, IMAGE_WEBP));
}
END_TEST

START_TEST(other_formats_are_never_bare)
{
    struct buf b = {0};
    put_bmp(&b, WIDTH, HEIGHT);
    ck_assert(!is_bare(b, IMAGE_BMP));
    b = (struct buf){0};
    ck_assert(!is_bare(b, IMAGE_UNKNOWN));
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_plain_jpeg_is_bare);
    tcase_add_test(t, a_jpeg_with_more_than_its_picture_is_not);
    tcase_add_test(t, metadata_between_scans_counts_too);
    tcase_add_test(t, an_arithmetic_lossless_or_12_bit_jpeg_is_not_bare);
    tcase_add_test(t, a_jpeg_without_a_scan_is_not_bare);
    tcase_add_test(t, no_part_of_a_jpeg_is_bare);
    tcase_add_test(t, a_png_is_bare_with_the_chunks_of_its_picture);
    tcase_add_test(t, a_png_with_more_than_its_picture_is_not);
    tcase_add_test(t, a_png_with_a_wrong_bit_or_a_missing_byte_is_not_bare);
    tcase_add_test(t, a_webp_is_bare_with_one_picture_and_nothing_else);
    tcase_add_test(t, other_formats_are_never_bare);
}

int main(void)
{
    return test_main("sniff_bare", add);
}
