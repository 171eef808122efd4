#include "image/image.h"

#include "base/test.h"
#include "image/test_bodies.h"

static struct image_info info;
static char message[IMAGE_MESSAGE_SIZE];

/* Uses a copy of exactly that size, so that a sanitizer detects reads out of bounds. */
static enum err sniff_bytes(const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    memset(message, 0, sizeof message);
    enum err err = image_sniff(copy, len, &info, message);
    free(copy);
    ck_assert(err == ERR_OK || message[0]);
    return err;
}

START_TEST(every_format_has_a_name_and_an_extension)
{
    ck_assert_ptr_null(image_format_name(IMAGE_UNKNOWN));
    ck_assert_str_eq(image_format_extension(IMAGE_UNKNOWN), "bin");
    for (int format = IMAGE_UNKNOWN + 1; format < IMAGE_FORMAT_COUNT; format++) {
        ck_assert_ptr_nonnull(image_format_name((enum image_format)format));
        ck_assert_ptr_nonnull(image_format_extension((enum image_format)format));
        ck_assert_int_eq(image_format_named(image_format_name((enum image_format)format)), format);
    }
    ck_assert_int_eq(image_format_named(NULL), IMAGE_UNKNOWN);
    ck_assert_int_eq(image_format_named("jpg"), IMAGE_UNKNOWN);
    ck_assert_str_eq(image_format_name(IMAGE_JPEG), "jpeg");
    ck_assert_str_eq(image_format_extension(IMAGE_JPEG), "jpg");
}
END_TEST

START_TEST(images_that_are_not_handled_are_named)
{
    static const struct {
        enum image_format format;
        const char *body;
        size_t len;
    } cases[] = {
        {IMAGE_TIFF, BYTES("II*\0rest")},
        {IMAGE_TIFF, BYTES("MM\0*rest")},
        {IMAGE_TIFF, BYTES("II+\0rest")},
        {IMAGE_HEIC, BYTES("\0\0\0\x18"
                           "ftypheic\0\0\0\0mif1heic")},
        {IMAGE_HEIC, BYTES("\0\0\0\x18"
                           "ftypmif1\0\0\0\0mif1heic")},

        {IMAGE_JP2, BYTES("\0\0\0\x0CjP  \r\n\x87\nrest")},
        {IMAGE_JP2, BYTES("\xFF\x4F\xFF\x51rest")},
        {IMAGE_PSD, BYTES("8BPS\0\1rest")},
        {IMAGE_CGBI, BYTES("\x89PNG\r\n\x1A\n\0\0\0\4CgBI\x50\0\x20\2")},
        {IMAGE_RAW, BYTES("II*\0\x10\0\0\0CR\2\0")},
        {IMAGE_RAW, BYTES("\0\0\0\x18"
                          "ftypcrx \0\0\0\1crx isom")},
        {IMAGE_RAW, BYTES("FUJIFILMCCD-RAW 0201")},
        {IMAGE_RAW, BYTES("IIRO\x08\0\0\0")},
        {IMAGE_RAW, BYTES("IIU\0\x18\0\0\0")},
        {IMAGE_RAW, BYTES("II\x1A\0\0\0HEAPCCDR")},
        {IMAGE_JXR, BYTES("II\xBC\1rest")},
        {IMAGE_EXR, BYTES("v/1\1rest")},
        {IMAGE_HDR, BYTES("#?RADIANCE\n")},
        {IMAGE_QOI, BYTES("qoif\0")},
        {IMAGE_NETPBM, BYTES("P4\n8 8\n\1")},
        {IMAGE_NETPBM, BYTES("P3\n# by hand\n1 1\n")},
        {IMAGE_TGA, BYTES("\0\0\2\0\0\0\0\0\0\0\0\0\x08\0\x08\0\x18\x20rest")},
        {IMAGE_TGA, BYTES("\0\1\x09\0\0\0\1\x18\0\0\0\0\x08\0\x08\0\x08\0rest")},
        {IMAGE_TGA, BYTES("no header that we know, but an end.....TRUEVISION-XFILE.\0")},
        {IMAGE_SVG, BYTES("<\0s\0v\0g\0>\0")},
        {IMAGE_SVG, BYTES("\xFE\xFF\0<\0?\0x\0m\0l\0?\0>\0<\0s\0v\0g\0/\0>")},
        {IMAGE_SVG, BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>")},
        {IMAGE_SVG, BYTES("\xEF\xBB\xBF\n<?xml version='1.0'?>\n<!-- <html> -->\n<svg:svg/>")},
        {IMAGE_SVG, BYTES("<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'>\n<svg>")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(sniff_bytes(cases[i].body, cases[i].len), ERR_UNSUPPORTED_FORMAT);
        ck_assert_int_eq(info.format, cases[i].format);
    }
    ck_assert_str_eq(message, "SVG images are not supported");
}
END_TEST

START_TEST(bodies_that_are_no_images_are_described)
{
    static const struct {
        const char *want, *body;
        size_t len;
        bool is_text;
    } cases[] = {
        {"an empty body", BYTES(""), true},
        {"an HTML page", BYTES("<!DOCTYPE html><html>"), true},
        {"an HTML page", BYTES("\r\n\t <!doctype HTML PUBLIC '-//W3C//DTD'>"), true},
        {"an HTML page", BYTES("<!-- note --><HEAD>"), true},
        {"an HTML page", BYTES("<script>location='/'</script>"), true},
        {"an HTML page", BYTES("<?xml version='1.0'?><html xmlns='x'>"), true},
        {"an XML text", BYTES("<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code>"), true},
        {"an XML text", BYTES("<?xml version='1.0'?>"), true},
        {"text with markup", BYTES("<rss>"), true},
        {"a JSON text", BYTES(" {\"error\": 404}"), true},
        {"a JSON text", BYTES("[]"), true},
        {"plain text", BYTES("Not Found\n"), true},
        {"plain text", BYTES("BMW is a car, and not a bitmap"), true},
        {"plain text", BYTES("RIF"), true},
        {"a blank text", BYTES(" \r\n"), true},
        {"a PDF document", BYTES("%PDF-1.4"), false},
        {"plain text", BYTES("P3 is a road"), true},
        {"gzip data", BYTES("\x1F\x8B\x08\0"), false},
        {"an MP4 video",
            BYTES("\0\0\0\x14"
                  "ftypisom\0\0\0\0isom"),
            false},
        {"a RIFF file that is not WebP", BYTES("RIFF\4\0\0\0AVI "), false},
        {"unknown content", BYTES("\1\2\3"), false},
        {"unknown content", BYTES("\0"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(sniff_bytes(cases[i].body, cases[i].len),
            cases[i].is_text ? ERR_NOT_AN_IMAGE : ERR_UNSUPPORTED_FORMAT);
        ck_assert_str_eq(message, cases[i].want);
        ck_assert_int_eq(info.format, IMAGE_UNKNOWN);
    }
}
END_TEST

START_TEST(limits_are_kept)
{
    const struct image_info wide = {.format = IMAGE_PNG, .width = 400, .height = 100};
    const struct image_info huge = {.format = IMAGE_PNG, .width = UINT32_MAX, .height = UINT32_MAX};
    ck_assert_int_eq(image_check(&wide, &(struct image_limits){0}, message), ERR_OK);
    ck_assert_int_eq(image_check(&huge, &(struct image_limits){0}, message), ERR_OK);
    const struct image_limits at = {.max_pixels = 40000, .min_side = 100, .max_aspect = 4};
    ck_assert_int_eq(image_check(&wide, &at, message), ERR_OK);
    ck_assert_int_eq(image_check(&wide, &(struct image_limits){.max_pixels = 39999}, message),
        ERR_IMAGE_TOO_LARGE);
    ck_assert_int_eq(
        image_check(&wide, &(struct image_limits){.min_side = 101}, message), ERR_IMAGE_TOO_SMALL);
    ck_assert_int_eq(
        image_check(&wide, &(struct image_limits){.max_aspect = 3.99}, message), ERR_ASPECT_RATIO);
    ck_assert_str_eq(message, "400x100 has an aspect ratio above 3.99");
    ck_assert_int_eq(
        image_check(&huge, &(struct image_limits){.max_pixels = UINT64_MAX >> 1}, message),
        ERR_IMAGE_TOO_LARGE);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_format_has_a_name_and_an_extension);
    tcase_add_test(t, images_that_are_not_handled_are_named);
    tcase_add_test(t, bodies_that_are_no_images_are_described);
    tcase_add_test(t, limits_are_kept);
}

int main(void)
{
    return test_main("image", add);
}
