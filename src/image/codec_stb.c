/*
 * JPEG, PNG, GIF (first picture) and BMP by stb_image. The version in Debian 12
 * (2.27) has known memory bugs, so it belongs in a sandbox, and its
 * GIF animation call is never used.
 */
#include "image/codec.h"
#include "image/sniff.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 65535 }; /* JPEG's own limit */

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
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

/*
 * A body as stb's callbacks read it. stb gives up on a JPEG that ends without an
 * end marker; one that is cut off therefore gets some after its last byte, and
 * the rest of the picture is filled in. They are enough to end the longest segment too.
 */
struct source {
    const uint8_t *body;
    size_t len, at;
};

enum { TAIL_SIZE = 2 * 65536 };
static const uint8_t end_marker[2] = {0xFF, 0xD9};

static int source_read(void *user, char *data, int size)
{
    struct source *s = user;
    int n = 0;
    for (; n < size && s->at < s->len; n++)
        data[n] = (char)s->body[s->at++];
    for (; n < size && s->at < s->len + TAIL_SIZE; n++)
        data[n] = (char)end_marker[(s->at++ - s->len) % sizeof end_marker];
    return n;
}

static void source_skip(void *user, int n)
{
    struct source *s = user;
    size_t left = s->len + TAIL_SIZE - s->at;
    if (n > 0)
        s->at += (size_t)n < left ? (size_t)n : left;
}

static int source_is_at_end(void *user)
{
    struct source *s = user;
    return s->at == s->len + TAIL_SIZE;
}

static const stbi_io_callbacks source_calls = {source_read, source_skip, source_is_at_end};

static void open_body(stbi__context *stb, struct source *source, bool fill_up)
{
    source->at = 0;
    stbi__g_failure_reason = NULL; /* stb does not always set one */
    if (fill_up)
        stbi__start_callbacks(stb, (stbi_io_callbacks *)&source_calls, source);
    else
        stbi__start_mem(stb, source->body, (int)source->len);
}

/* Asks the one reader that is right: stbi_info() tries them all, and then names
 * the reason of the last. */
static bool read_size(stbi__context *stb, enum image_format format, int *width, int *height)
{
    int channels;
    switch (format) {
    case IMAGE_JPEG:
        return stbi__jpeg_info(stb, width, height, &channels);
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
        {"only 8-bit", ERR_UNSUPPORTED_FORMAT},
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
    bool fill_up = info->format == IMAGE_JPEG && info->truncated;
    struct source source = {.body = body, .len = len};
    stbi__context stb;
    int width = 0;
    int height = 0;
    int channels = 0;
    if (len > INT_MAX) {
        snprintf(message, IMAGE_MESSAGE_SIZE, "more than %d bytes", INT_MAX);
        return ERR_DECODE_ERROR;
    }
    if (fill_up && !sniff_jpeg_has_scan(body, len)) {
        snprintf(message, IMAGE_MESSAGE_SIZE, "a JPEG that ends before its pixels");
        return ERR_DECODE_ERROR;
    }
    open_body(&stb, &source, fill_up);
    if (!read_size(&stb, info->format, &width, &height) || width < 1 || height < 1)
        return failed(info->format, message);
    enum err err = check_size(width, height, limits, message);
    if (err)
        return err;

    open_body(&stb, &source, fill_up);
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
    .formats = 1u << IMAGE_JPEG | 1u << IMAGE_PNG | 1u << IMAGE_GIF | 1u << IMAGE_BMP,
    .decode = decode,
};
