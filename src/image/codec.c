#include "image/codec.h"

#include <string.h>

enum { MAX_SIDE = 65535 }; /* JPEG's and GIF's own limit */

_Static_assert(IMAGE_FORMAT_COUNT <= 32, "codec_decoder.formats has a bit for each");

static const struct codec_decoder *const decoders[] = {
#ifdef HAVE_SPNG
    &codec_png,
#endif
#ifdef HAVE_WEBP
    &codec_webp,
#endif
#ifdef HAVE_AVIF
    &codec_avif,
#endif
#ifdef HAVE_JXL
    &codec_jxl,
#endif
    &codec_jpeg,
    &codec_gif,
    &codec_bmp,
    &codec_ico,
    &codec_stb,
};

static const struct codec_encoder *const encoders[] = {
    &codec_jpeg_write,
#ifdef HAVE_SPNG
    &codec_png_write,
#endif
    &codec_stb_write_png,
#ifdef HAVE_WEBP
    &codec_webp_write,
#endif
};

const struct codec_decoder *codec_decoder_for(enum image_format format)
{
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
        if (decoders[i]->formats & 1u << format)
            return decoders[i];
    return NULL;
}

const struct codec_encoder *codec_encoder_for(enum thumb_format format)
{
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++)
        if (encoders[i]->format == format)
            return encoders[i];
    return NULL;
}

void codec_load(void)
{
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
        if (decoders[i]->load)
            decoders[i]->load();
}

enum err codec_check_size(const struct codec_input *in, uint32_t width, uint32_t height)
{
    const struct image_info info = {.width = width, .height = height};
    if (width > MAX_SIDE || height > MAX_SIDE)
        return image_fail(
            in->message, ERR_IMAGE_TOO_LARGE, "%ux%u has a side above %d", width, height, MAX_SIDE);
    return image_check(&info, in->limits, in->message);
}

enum err codec_check_memory(const struct codec_input *in, uint64_t bytes)
{
    if (!in->limits->max_memory || bytes <= in->limits->max_memory)
        return ERR_OK;
    return image_fail(in->message, ERR_DECODE_MEMORY, "decoding needs %llu MiB of memory",
        (unsigned long long)((bytes + (1 << 20) - 1) >> 20));
}

void codec_output_add(struct codec_output *out, const void *bytes, size_t len)
{
    if (out->full || len > out->size - out->used) {
        out->full = true;
        return;
    }
    memcpy(out->data + out->used, bytes, len);
    out->used += len;
}

enum err codec_output_fail(
    const struct codec_output *out, const char *why, char message[IMAGE_MESSAGE_SIZE])
{
    return image_fail(message, ERR_DECODE_MEMORY, "%s",
        out->full ? "the thumbnails need more space than allowed" : why);
}
