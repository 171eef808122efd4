/*
 * AVIF by libavif and dav1d, in this thread alone: the still picture, or the first frame of a
 * sequence. image_sniff() finds rotation and mirroring; EXIF does not affect them. A crop box
 * (`clap`) is ignored. 10 and 12 bits are rounded to 8. dav1d cannot shrink.
 */
#include "image/codec.h"
#include "image/codec_avif_load.h"
#include "image/icc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST_PIXEL = 4 /* bytes: RGB and alpha */ };

static enum err avif_failed(
    const struct codec_input *in, avifResult result, const avifDecoder *decoder)
{
    const char *detail = decoder ? decoder->diag.error : "";
    snprintf(in->message, IMAGE_MESSAGE_SIZE, "AVIF: %.100s",
        *detail ? detail : codec_avif_calls.result_to_string(result));
    switch (result) {
    case AVIF_RESULT_OUT_OF_MEMORY:
        return ERR_DECODE_MEMORY;
    case AVIF_RESULT_NOT_IMPLEMENTED:
    case AVIF_RESULT_NO_CODEC_AVAILABLE:
        return ERR_UNSUPPORTED_FORMAT;
    default:
        return ERR_DECODE_ERROR;
    }
}

static avifDecoder *make_decoder(const struct image_limits *limits)
{
    avifDecoder *decoder = codec_avif_calls.decoder_create();
    if (!decoder)
        return NULL;
    decoder->codecChoice = AVIF_CODEC_CHOICE_DAV1D;
    decoder->maxThreads = 1;
    decoder->ignoreExif = decoder->ignoreXMP = AVIF_TRUE;
    if (limits->max_pixels && limits->max_pixels < decoder->imageSizeLimit)
        decoder->imageSizeLimit = (uint32_t)limits->max_pixels;
    decoder->imageCountLimit = 0;                /* a long sequence is no reason: one is decoded */
    decoder->strictFlags = AVIF_STRICT_DISABLED; /* as browsers */
    return decoder;
}

static avifResult convert(const avifImage *image, const struct pixels *to)
{
    avifRGBImage rgb;
    codec_avif_calls.rgb_image_set_defaults(&rgb, image);
    rgb.depth = 8;
    rgb.format = to->channels == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = to->data;
    rgb.rowBytes = (uint32_t)pixels_stride(to);
    return codec_avif_calls.image_yuv_to_rgb(image, &rgb);
}

/* Converts RGB with equal channels to grey, in place. */
static void make_grey(struct pixels *p)
{
    unsigned alpha = pixels_has_alpha(p);
    size_t n = (size_t)p->width * p->height;
    for (size_t i = 0; i < n; i++) {
        p->data[i * (1 + alpha)] = p->data[i * p->channels];
        if (alpha)
            p->data[i * 2 + 1] = p->data[i * 4 + 3];
    }
    p->channels = 1 + alpha;
}

static void read_profile(const avifImage *image, struct picture *ret)
{
    if (!image->icc.size || image->icc.size > ICC_MAX_PROFILE)
        return;
    ret->icc = malloc(image->icc.size);
    if (!ret->icc)
        return;
    memcpy(ret->icc, image->icc.data, image->icc.size);
    ret->icc_len = image->icc.size;
}

/* The memory of dav1d's planes and of the pixels made from them. */
static enum err check_memory(const struct codec_input *in, const avifImage *image)
{
    static const uint8_t samples_of_two[] = {[AVIF_PIXEL_FORMAT_NONE] = 6,
        [AVIF_PIXEL_FORMAT_YUV444] = 6,
        [AVIF_PIXEL_FORMAT_YUV422] = 4,
        [AVIF_PIXEL_FORMAT_YUV420] = 3,
        [AVIF_PIXEL_FORMAT_YUV400] = 2};
    uint64_t pixels = (uint64_t)image->width * image->height;
    uint64_t samples = pixels * samples_of_two[image->yuvFormat] / 2;
    return codec_check_memory(in, samples * (image->depth > 8 ? 2 : 1) + pixels * WIDEST_PIXEL);
}

static enum err read_picture(
    const struct codec_input *in, avifDecoder *decoder, struct picture *ret)
{
    struct pixels p;
    avifResult result = codec_avif_calls.decoder_parse(decoder);
    if (result != AVIF_RESULT_OK)
        return avif_failed(in, result, decoder);
    const avifImage *image = decoder->image;
    enum err err = codec_check_size(in, image->width, image->height);
    if (!err)
        err = check_memory(in, image);
    if (err)
        return err;
    result = codec_avif_calls.decoder_next_image(decoder);
    if (result != AVIF_RESULT_OK)
        return avif_failed(in, result, decoder);
    if (!pixels_init(&p, image->width, image->height, image->alphaPlane ? 4 : 3))
        return avif_failed(in, AVIF_RESULT_OUT_OF_MEMORY, NULL);
    result = convert(image, &p);
    if (result != AVIF_RESULT_OK) {
        pixels_fini(&p);
        return avif_failed(in, result, decoder);
    }
    if (image->yuvFormat == AVIF_PIXEL_FORMAT_YUV400)
        make_grey(&p);
    *ret = picture_of(p);
    read_profile(image, ret);
    return ERR_OK;
}

static enum err decode_avif(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    if (!codec_avif_load())
        return image_fail(in->message, ERR_UNSUPPORTED_FORMAT, "AVIF: %s", codec_avif_load_error());
    avifDecoder *decoder = make_decoder(in->limits);
    if (!decoder)
        return avif_failed(in, AVIF_RESULT_OUT_OF_MEMORY, NULL);
    avifResult result = codec_avif_calls.decoder_set_io_memory(decoder, in->body, in->len);
    enum err err = result == AVIF_RESULT_OK ? read_picture(in, decoder, ret)
                                            : avif_failed(in, result, decoder);
    codec_avif_calls.decoder_destroy(decoder);
    *ret_truncated = in->info->truncated;
    return err;
}

static void load_avif(void)
{
    codec_avif_load(); /* without it, decode_avif() says so of each image */
}

const struct codec_decoder codec_avif = {
    .name = "libavif",
    .formats = 1u << IMAGE_AVIF,
    .load = load_avif,
    .decode = decode_avif,
};
