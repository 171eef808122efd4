/* Bodies without magic bytes at their front: SVG however it is stored, and old formats. */
#include "image/sniff_test.h"

#include <zlib.h>

static void check_format(const void *bytes, size_t len, enum image_format want)
{
    ck_assert_int_eq(sniff_bytes(bytes, len), ERR_UNSUPPORTED_FORMAT);
    ck_assert_int_eq(info.format, want);
}

START_TEST(an_svg_may_begin_with_long_comments)
{
    struct buf b = {0};
    put(&b, BYTES("<?xml version='1.0'?><!--"));
    for (int i = 0; i < 64 << 10; i++)
        put(&b, "-", 1);
    put(&b, BYTES("--><svg/>"));
    check_format(b.data, b.len, IMAGE_SVG);
    buf_fini(&b);
}
END_TEST

static void put_wide(struct buf *b, const char *text, bool big)
{
    for (; *text; text++)
        put(b, (const char[]){big ? 0 : *text, big ? *text : 0}, 2);
}

START_TEST(markup_may_be_utf16)
{
    static const char svg[] = "<?xml version='1.0'?><svg>";
    for (int big = 0; big < 2; big++) {
        struct buf b = {0};
        put_wide(&b, svg, big);
        check_format(b.data, b.len, IMAGE_SVG);
        b.len = 0;
        put(&b, big ? "\xFE\xFF" : "\xFF\xFE", 2);
        put_wide(&b, svg, big);
        check_format(b.data, b.len, IMAGE_SVG);
        check_format(b.data, b.len - 1, IMAGE_SVG);
        b.len = 2;
        put_wide(&b, "<html>", big);
        ck_assert_int_eq(sniff(&b), ERR_NOT_AN_IMAGE);
        ck_assert_str_eq(message, "UTF-16 text");
        buf_fini(&b);
    }
    ck_assert_int_eq(sniff_bytes(BYTES("\xFF\xFE")), ERR_NOT_AN_IMAGE);
}
END_TEST

static struct buf gzip(const void *text, size_t len)
{
    struct buf b = {0};
    uint8_t out[4096];
    z_stream z = {.next_in = (uint8_t *)text, .avail_in = (uInt)len};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    int status;
    do {
        z.next_out = out;
        z.avail_out = sizeof out;
        status = deflate(&z, Z_FINISH);
        put(&b, out, sizeof out - z.avail_out);
    } while (status == Z_OK);
    ck_assert_int_eq(deflateEnd(&z), Z_OK);
    return b;
}

START_TEST(an_svg_may_be_compressed)
{
    struct buf b = gzip(BYTES("<!-- by a program --><svg xmlns='x'><path/></svg>"));
    check_format(b.data, b.len, IMAGE_SVG);
    for (size_t len = 2; len < b.len; len++) /* cut off anywhere: one or the other */
        ck_assert_int_eq(sniff_bytes(b.data, len), ERR_UNSUPPORTED_FORMAT);
    buf_fini(&b);
    size_t size = 64 << 20; /* of blanks: 64 KB, of which little is inflated */
    char *blanks = malloc(size);
    memset(blanks, ' ', size);
    b = gzip(blanks, size);
    ck_assert_int_eq(sniff(&b), ERR_UNSUPPORTED_FORMAT);
    ck_assert_str_eq(message, "gzip data");
    ck_assert_int_eq(info.format, IMAGE_UNKNOWN);
    buf_fini(&b);
    free(blanks);
    b = gzip(BYTES("<html>"));
    ck_assert_int_eq(sniff(&b), ERR_UNSUPPORTED_FORMAT);
    ck_assert_str_eq(message, "gzip data");
    buf_fini(&b);
}
END_TEST

/* Each byte of a header, changed to what it cannot be. */
struct lie {
    unsigned at;
    uint8_t byte;
};

static void check_lies(
    uint8_t *header, size_t len, const struct lie *lies, size_t n, enum image_format format)
{
    check_format(header, len, format);
    for (size_t i = 0; i < n; i++) {
        uint8_t right = header[lies[i].at];
        header[lies[i].at] = lies[i].byte;
        sniff_bytes(header, len);
        ck_assert_msg(info.format != format, "lie %zu", i);
        header[lies[i].at] = right;
    }
    sniff_bytes(header, len - 1);
    ck_assert_int_ne(info.format, format);
}

START_TEST(a_pcx_has_a_header_that_makes_sense)
{
    static const struct lie lies[] = {
        {0, 11}, {1, 1}, {1, 6}, {2, 2}, {3, 3}, {8, 0}, {10, 0}, {64, 1}, {65, 0}, {65, 5}};
    uint8_t header[128] = {10, 5, 1, 8, 1, 0, 1, 0, 9, 0, 9, 0};
    header[65] = 3;
    check_lies(header, sizeof header, lies, sizeof lies / sizeof *lies, IMAGE_PCX);
}
END_TEST

START_TEST(a_tga_has_a_header_that_makes_sense)
{
    static const struct lie coloured[] = {{1, 2}, {1, 1}, {2, 4}, {2, 1}, {2, 3}, {3, 1}, {5, 1},
        {7, 24}, {12, 0}, {14, 0}, {16, 8}, {17, 0x40}, {17, 0x80}};
    uint8_t colours[18] = {0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 8, 0, 24, 0x20};
    check_lies(colours, sizeof colours, coloured, sizeof coloured / sizeof *coloured, IMAGE_TGA);
    colours[2] |= 8; /* with run lengths */
    check_format(colours, sizeof colours, IMAGE_TGA);
    static const struct lie mapped[] = {{1, 0}, {5, 0}, {7, 8}, {16, 16}};
    uint8_t map[18] = {0, 1, 1, 0, 0, 16, 0, 24, 0, 0, 0, 0, 8, 0, 8, 0, 8, 0};
    check_lies(map, sizeof map, mapped, sizeof mapped / sizeof *mapped, IMAGE_TGA);
}
END_TEST

START_TEST(a_windows_metafile_names_itself_late)
{
    uint8_t header[44] = {1};
    memcpy(header + 40, " EMF", 4);
    check_format(header, sizeof header, IMAGE_EMF);
    ck_assert_str_eq(message, "Windows metafile images are not supported");
    ck_assert_int_eq(sniff_bytes(header, 43), ERR_UNSUPPORTED_FORMAT);
    ck_assert_str_eq(message, "unknown content");
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, an_svg_may_begin_with_long_comments);
    tcase_add_test(t, markup_may_be_utf16);
    tcase_add_test(t, an_svg_may_be_compressed);
    tcase_add_test(t, a_pcx_has_a_header_that_makes_sense);
    tcase_add_test(t, a_tga_has_a_header_that_makes_sense);
    tcase_add_test(t, a_windows_metafile_names_itself_late);
}

int main(void)
{
    return test_main("sniff_other", add);
}
