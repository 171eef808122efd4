/*
 * PNG, GIF (first picture) and BMP by stb_image. The version in Debian 12
 * (2.27) has known memory bugs, so it belongs in a sandbox, and its
 * GIF animation call is never used.
 */
#include "image/codec.h"
#include "image/sniff.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 65535 };

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_GIF
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_MAX_DIMENSIONS MAX_SIDE
/* Zeroed: stb leaves out what a broken picture leaves out, and there the pixels of
 * the one before would show. */
#define STBI_MALLOC(size) calloc(1, size)
#define STBI_REALLOC(old, size) realloc(old, size)
#define STBI_FREE(p) free(p)
/* Comes at the end of the file, so it cannot be popped. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#include <stb_image.h>
#pragma GCC diagnostic pop

static void open_body(stbi__context *stb, const uint8_t *body, size_t len)
{
    stbi__g_failure_reason = NULL; /* stb does not always set one */
    stbi__start_mem(stb, body, (int)len);
}

/* Asks the one reader that is right: stbi_info() tries them all, and then names
 * the reason of the last. */
static bool read_size(stbi__context *stb, enum image_format format, int *width, int *height)
{
    int channels;
    switch (format) {
    case IMAGE_PNG:
        return stbi__png_info(stb, width, height, &channels);
    case IMAGE_GIF:
        return stbi__gif_info(stb, width, height, &channels);
    case IMAGE_BMP:
        if (!stbi__bmp_info(stb, width, height, &channels))
            return false;
        if (*height < 0 && *height > INT_MIN) /* the top row comes first */
            *height = -*height;
        return true;
    default:
        return false;
    }
}

static enum err failed(enum image_format format, char message[IMAGE_MESSAGE_SIZE])
{
    static const struct {
        const char *reason;
        enum err err;
    } known[] = {
        {"outofmem", ERR_DECODE_MEMORY},
        {"too large", ERR_IMAGE_TOO_LARGE},
        {"BMP RLE", ERR_UNSUPPORTED_FORMAT}, /* nothing is wrong with these files */
        {"BMP JPEG/PNG", ERR_UNSUPPORTED_FORMAT},
        {"unknown BMP", ERR_UNSUPPORTED_FORMAT},
    };
    const char *reason = stbi_failure_reason();
    reason = reason && *reason ? reason : "broken";
    snprintf(message, IMAGE_MESSAGE_SIZE, "%s: %s", image_format_title(format), reason);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(reason, known[i].reason))
            return known[i].err;
    return ERR_DECODE_ERROR;
}

static enum err check_size(
    int width, int height, const struct image_limits *limits, char message[IMAGE_MESSAGE_SIZE])
{
    if (width > MAX_SIDE || height > MAX_SIDE) {
        snprintf(message, IMAGE_MESSAGE_SIZE, "%dx%d has a side above %d", width, height, MAX_SIDE);
        return ERR_IMAGE_TOO_LARGE;
    }
    struct image_info info = {.width = (uint32_t)width, .height = (uint32_t)height};
    return image_check(&info, limits, message);
}

static enum err decode(const uint8_t *body, size_t len, const struct image_info *info,
    const struct codec_wish *wish, const struct image_limits *limits, struct picture *ret,
    bool *ret_truncated, char message[IMAGE_MESSAGE_SIZE])
{
    (void)wish; /* stb knows one size only */
    stbi__context stb;
    int width = 0;
    int height = 0;
    int channels = 0;
    if (len > INT_MAX) {
        snprintf(message, IMAGE_MESSAGE_SIZE, "more than %d bytes", INT_MAX);
        return ERR_DECODE_ERROR;
    }
    open_body(&stb, body, len);
    if (!read_size(&stb, info->format, &width, &height) || width < 1 || height < 1)
        return failed(info->format, message);
    enum err err = check_size(width, height, limits, message);
    if (err)
        return err;

    open_body(&stb, body, len);
    uint8_t *data = stbi__load_and_postprocess_8bit(&stb, &width, &height, &channels, 0);
    if (!data)
        return failed(info->format, message);
    *ret = picture_of((struct pixels){
        .data = data, /* stb's allocator is malloc */
        .width = (uint32_t)width,
        .height = (uint32_t)height,
        .channels = (unsigned)channels,
    });
    *ret_truncated = info->truncated;
    return ERR_OK;
}

const struct codec_decoder codec_stb = {
    .name = "stb",
    .formats = 1u << IMAGE_PNG | 1u << IMAGE_GIF | 1u << IMAGE_BMP,
    .decode = decode,
};
