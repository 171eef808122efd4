/* Lossy WebP by libwebp, alpha exact. */
#include "image/codec.h"

#include <webp/encode.h>

/* libwebp's default, 4, makes files 2 % smaller but takes twice as long. */
enum { METHOD = 2 };

static int output_write(const uint8_t *bytes, size_t len, const WebPPicture *picture)
{
    struct codec_output *out = picture->custom_ptr;
    codec_output_add(out, bytes, len);
    return !out->full;
}

/* libwebp does not support grey. */
static bool widen(const struct pixels *grey, struct pixels *ret)
{
    unsigned alpha = pixels_has_alpha(grey);
    if (!pixels_init(ret, grey->width, grey->height, 3 + alpha))
        return false;
    const uint8_t *from = grey->data;
    uint8_t *to = ret->data;
    for (size_t n = (size_t)grey->width * grey->height; n > 0; n--) {
        to[0] = to[1] = to[2] = *from++;
        if (alpha)
            to[3] = *from++;
        to += ret->channels;
    }
    return true;
}

static bool import(const struct pixels *p, WebPPicture *to)
{
    struct pixels wide = {0};
    if (pixels_is_grey(p) && !widen(p, &wide))
        return false;
    const struct pixels *rgb = wide.data ? &wide : p;
    int stride = (int)pixels_stride(rgb);
    bool ok = pixels_has_alpha(rgb) ? WebPPictureImportRGBA(to, rgb->data, stride)
                                    : WebPPictureImportRGB(to, rgb->data, stride);
    pixels_fini(&wide);
    return ok;
}

static enum err encode_webp(const struct picture *picture, const struct codec_encoding *encoding,
    struct codec_output *out, char message[IMAGE_MESSAGE_SIZE])
{
    const struct pixels *p = picture->planes;
    WebPConfig config;
    WebPPicture webp;
    if (p->width > WEBP_MAX_DIMENSION || p->height > WEBP_MAX_DIMENSION)
        return image_fail(
            message, ERR_IMAGE_TOO_LARGE, "%ux%u is too large for a WebP", p->width, p->height);
    if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, (float)encoding->quality) ||
        !WebPPictureInit(&webp))
        return image_fail(
            message, ERR_DECODE_MEMORY, "libwebp differs from the version built with");
    config.method = METHOD;
    webp.width = (int)p->width;
    webp.height = (int)p->height;
    webp.writer = output_write;
    webp.custom_ptr = out;
    bool ok = import(p, &webp) && WebPEncode(&config, &webp);
    WebPPictureFree(&webp);
    return ok ? ERR_OK : codec_output_fail(out, "no memory for a thumbnail", message);
}

const struct codec_encoder codec_webp_write = {
    .name = "libwebp",
    .format = THUMB_WEBP,
    .alpha = true,
    .encode = encode_webp,
};
