/* PNG by stb_image_write. */
#include "image/codec.h"

#include <limits.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
/* Not popped: stb's code is compiled at the end of the file. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wshadow"
#include <stb_image_write.h>
#pragma GCC diagnostic pop

enum { PNG_MAX_BYTES = INT_MAX / 4 }; /* stb counts a PNG's bytes in int */

static void add_output(void *user, void *bytes, int len)
{
    codec_output_add(user, bytes, (size_t)len);
}

static enum err encode_png(const struct picture *picture, const struct codec_encoding *encoding,
    struct codec_output *out, char message[IMAGE_MESSAGE_SIZE])
{
    (void)encoding;
    const struct pixels *p = picture->planes;
    size_t stride = pixels_stride(p);
    if (p->width > PNG_MAX_BYTES || (stride + 1) > PNG_MAX_BYTES / p->height)
        return image_fail(
            message, ERR_IMAGE_TOO_LARGE, "%ux%u is too large for a PNG", p->width, p->height);
    int written = stbi_write_png_to_func(
        add_output, out, (int)p->width, (int)p->height, (int)p->channels, p->data, (int)stride);
    return written && !out->full ? ERR_OK
                                 : codec_output_fail(out, "no memory for a thumbnail", message);
}

const struct codec_encoder codec_stb_write_png = {
    .name = "stb",
    .format = THUMB_PNG,
    .alpha = true,
    .encode = encode_png,
};
