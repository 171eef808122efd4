#include "image/image.h"

#include "image/sniff.h"

#include <string.h>

typedef const char *sniff_reader(const uint8_t *body, size_t len, struct image_info *ret);

static const struct {
    const char *name, *extension, *title;
    sniff_reader *read; /* NULL: recognised, not supported */
} formats[IMAGE_FORMAT_COUNT] = {
#define ROW(id, ...) [id] = {__VA_ARGS__},
    IMAGE_FORMATS(ROW)
#undef ROW
};

/* A format may have several magics; the first match counts. */
static const struct {
    enum image_format format;
    uint8_t offset, len;
    char bytes[17];
} magics[] = {
    {IMAGE_JPEG, 0, 2, "\xFF\xD8"},
    {IMAGE_CGBI, 0, 16, "\x89PNG\r\n\x1A\n\0\0\0\4CgBI"},
    {IMAGE_PNG, 0, 8, "\x89PNG\r\n\x1A\n"},
    {IMAGE_GIF, 0, 6, "GIF89a"},
    {IMAGE_GIF, 0, 6, "GIF87a"},
    {IMAGE_WEBP, 8, 4, "WEBP"},
    {IMAGE_ICO, 0, 4, "\0\0\1\0"},
    {IMAGE_RAW, 0, 10, "II*\0\x10\0\0\0CR"}, /* Canon's CR2: otherwise a TIFF */
    {IMAGE_TIFF, 0, 4, "II*\0"},
    {IMAGE_TIFF, 0, 4, "MM\0*"},
    {IMAGE_TIFF, 0, 4, "II+\0"}, /* BigTIFF */
    {IMAGE_TIFF, 0, 4, "MM\0+"},
    {IMAGE_JXL, 0, 2, "\xFF\x0A"}, /* bare codestream */
    {IMAGE_JXL, 0, 12, "\0\0\0\x0CJXL \r\n\x87\n"},
    {IMAGE_JP2, 0, 12, "\0\0\0\x0CjP  \r\n\x87\n"},
    {IMAGE_JP2, 0, 4, "\xFF\x4F\xFF\x51"}, /* bare codestream */
    {IMAGE_PSD, 0, 4, "8BPS"},
    {IMAGE_RAW, 0, 15, "FUJIFILMCCD-RAW"},
    {IMAGE_RAW, 0, 4, "IIRO"}, /* Olympus */
    {IMAGE_RAW, 0, 4, "IIRS"},
    {IMAGE_RAW, 0, 4, "MMOR"},
    {IMAGE_RAW, 0, 4, "IIU\0"}, /* Panasonic */
    {IMAGE_RAW, 0, 4, "FOVb"},  /* Sigma */
    {IMAGE_RAW, 0, 4, "\0MRM"}, /* Minolta */
    {IMAGE_RAW, 6, 8, "HEAPCCDR"},
    {IMAGE_JXR, 0, 4, "II\xBC\1"},
    {IMAGE_JXR, 0, 4, "II\xBC\0"},
    {IMAGE_EMF, 40, 4, " EMF"},
    {IMAGE_EMF, 0, 4, "\xD7\xCD\xC6\x9A"}, /* WMF */
    {IMAGE_EXR, 0, 4, "v/1\1"},
    {IMAGE_HDR, 0, 10, "#?RADIANCE"},
    {IMAGE_HDR, 0, 6, "#?RGBE"},
    {IMAGE_QOI, 0, 4, "qoif"},
    {IMAGE_DDS, 0, 4, "DDS "},
    {IMAGE_ICNS, 0, 4, "icns"},
    {IMAGE_XCF, 0, 8, "gimp xcf"},
    {IMAGE_BPG, 0, 4, "BPG\xFB"},
    {IMAGE_FLIF, 0, 4, "FLIF"},
    {IMAGE_FARBFELD, 0, 8, "farbfeld"},
    {IMAGE_MNG, 0, 4, "\x8AMNG"},
    {IMAGE_MNG, 0, 4, "\x8BJNG"},
};

const char *image_format_name(enum image_format format)
{
    return formats[format].name;
}

enum image_format image_format_named(const char *name)
{
    for (int f = IMAGE_UNKNOWN + 1; name && f < IMAGE_FORMAT_COUNT; f++)
        if (!strcmp(formats[f].name, name))
            return (enum image_format)f;
    return IMAGE_UNKNOWN;
}

const char *image_format_extension(enum image_format format)
{
    return formats[format].extension;
}

const char *image_format_title(enum image_format format)
{
    return formats[format].title;
}

static enum image_format recognise(const uint8_t *body, size_t len)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        size_t end = (size_t)magics[i].offset + magics[i].len;
        if (len < end || memcmp(body + magics[i].offset, magics[i].bytes, magics[i].len))
            continue;
        if (magics[i].format == IMAGE_WEBP && memcmp(body, "RIFF", 4))
            continue;
        return magics[i].format;
    }
    if (sniff_bmp_is(body, len))
        return IMAGE_BMP;
    if (sniff_ico_is_cursor(body, len))
        return IMAGE_CUR;
    enum image_format branded = sniff_avif_brand(body, len);
    return branded ? branded : sniff_unmarked(body, len);
}

enum err image_sniff(
    const uint8_t *body, size_t len, struct image_info *ret, char message[IMAGE_MESSAGE_SIZE])
{
    *ret = (struct image_info){.orientation = 1};
    if (len == 0)
        return image_fail(message, ERR_NOT_AN_IMAGE, "an empty body");
    ret->format = recognise(body, len);
    if (ret->format == IMAGE_UNKNOWN) {
        const char *kind = NULL;
        bool is_text;
        ret->format = sniff_other(body, len, &kind, &is_text);
        if (ret->format == IMAGE_UNKNOWN)
            return image_fail(
                message, is_text ? ERR_NOT_AN_IMAGE : ERR_UNSUPPORTED_FORMAT, "%s", kind);
    }
    if (!formats[ret->format].read)
        return image_fail(message, ERR_UNSUPPORTED_FORMAT, "%s images are not supported",
            formats[ret->format].title);
    const char *trouble = formats[ret->format].read(body, len, ret);
    if (trouble) {
        ret->width = ret->height = 0;
        return image_fail(message, ERR_DECODE_ERROR, "%s", trouble);
    }
    if (ret->width == 0 || ret->height == 0) {
        ret->width = ret->height = 0;
        return image_fail(message, ERR_DECODE_ERROR, "an image without pixels: a side of zero");
    }
    if (ret->orientation >= 5) {
        uint32_t width = ret->width;
        ret->width = ret->height;
        ret->height = width;
    }
    return ERR_OK;
}

enum err image_is_wanted(
    enum image_format format, const struct image_limits *limits, char message[IMAGE_MESSAGE_SIZE])
{
    bool is_wanted = !limits->formats || (limits->formats >> format & 1);
    if (format == IMAGE_UNKNOWN || is_wanted)
        return ERR_OK;
    return image_fail(message, ERR_UNWANTED_FORMAT, "%s images are not accepted (--formats)",
        formats[format].title);
}

enum err image_check(const struct image_info *info, const struct image_limits *limits,
    char message[IMAGE_MESSAGE_SIZE])
{
    uint64_t pixels = (uint64_t)info->width * info->height;
    uint32_t shortest = info->width < info->height ? info->width : info->height;
    uint32_t longest = info->width < info->height ? info->height : info->width;

    if (limits->max_pixels && pixels > limits->max_pixels)
        return image_fail(message, ERR_IMAGE_TOO_LARGE, "%ux%u is more than %llu pixels",
            info->width, info->height, (unsigned long long)limits->max_pixels);
    if (shortest < limits->min_side)
        return image_fail(message, ERR_IMAGE_TOO_SMALL, "%ux%u has a side below %u", info->width,
            info->height, limits->min_side);
    if (limits->max_aspect > 0 && longest > limits->max_aspect * shortest)
        return image_fail(message, ERR_ASPECT_RATIO, "%ux%u has an aspect ratio above %g",
            info->width, info->height, limits->max_aspect);
    return ERR_OK;
}
