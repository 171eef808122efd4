/*
 * AVIF by libavif and dav1d, in this thread alone: the still picture, or the first frame of a
 * sequence. image_sniff() finds rotation and mirroring; EXIF does not affect them. 10 and 12 bits
 * are rounded to 8. dav1d cannot shrink.
 */
#include "image/codec.h"

#include "base/sharedlib.h"
#include "image/sniff.h"

#include <avif/avif.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SHAREDLIB_NOTE(CODEC_AVIF_SONAME, "avif", "Images in AVIF", "recommended");

/*
 * libavif is loaded on demand, because it depends on 25 libraries, including encoders, and the
 * dynamic linker needs 20 ms for them: half the start-up time of a run without thumbnails.
 */
#define FUNCTIONS(X)                                                                               \
    X(avifVersion)                                                                                 \
    X(avifResultToString)                                                                          \
    X(avifDecoderCreate)                                                                           \
    X(avifDecoderDestroy)                                                                          \
    X(avifDecoderSetIOMemory)                                                                      \
    X(avifDecoderParse)                                                                            \
    X(avifDecoderNextImage)                                                                        \
    X(avifRGBImageSetDefaults)                                                                     \
    X(avifImageYUVToRGB)
#define POINTER(name) __typeof__(name) *(name);
#define WANTED(name) {#name, &libavif.name},

static struct {
    FUNCTIONS(POINTER)
} libavif; /* valid if `loaded` */
static bool loaded;
static char reason[SHAREDLIB_REASON_SIZE];

static void load_functions(void)
{
    static const struct sharedlib_call wanted[] = {FUNCTIONS(WANTED)};
    loaded = sharedlib_load(CODEC_AVIF_SONAME, wanted, sizeof wanted / sizeof *wanted, reason);
}

/* Loads libavif at the first call, permanently. Without it, decode_avif() fails for each image. */
static void load_avif(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_functions);
}

enum { WIDEST_PIXEL = 4 /* bytes: RGB and alpha */ };

static enum err avif_failed(
    const struct codec_input *in, avifResult result, const avifDecoder *decoder)
{
    const char *detail = decoder ? decoder->diag.error : "";
    snprintf(in->message, IMAGE_MESSAGE_SIZE, "AVIF: %.100s",
        *detail ? detail : libavif.avifResultToString(result));
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
    avifDecoder *decoder = libavif.avifDecoderCreate();
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
    libavif.avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = 8;
    rgb.format = to->channels == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = to->data;
    rgb.rowBytes = (uint32_t)pixels_stride(to);
    return libavif.avifImageYUVToRGB(image, &rgb);
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

/* As in Chromium, the curves of cameras count as sRGB, and so does what is unknown. */
static void read_colour(const avifImage *image, struct colour *ret)
{
    unsigned transfer = image->transferCharacteristics;
    bool camera = transfer == AVIF_TRANSFER_CHARACTERISTICS_BT709 ||
                  transfer == AVIF_TRANSFER_CHARACTERISTICS_BT601 ||
                  transfer == AVIF_TRANSFER_CHARACTERISTICS_BT2020_10BIT ||
                  transfer == AVIF_TRANSFER_CHARACTERISTICS_BT2020_12BIT;
    if (!colour_of_primaries(image->colorPrimaries, ret))
        colour_of_primaries(AVIF_COLOR_PRIMARIES_BT709, ret);
    if (camera || !colour_of_transfer(transfer, ret))
        ret->curve = COLOUR_SRGB;
}

/* Cuts the picture to its crop box. */
static void crop(const avifImage *image, struct pixels *p)
{
    const avifCleanApertureBox *c = &image->clap;
    uint32_t width = p->width;
    size_t stride = pixels_stride(p);
    if (!(image->transformFlags & AVIF_TRANSFORM_CLAP))
        return;
    sniff_avif_crop((const uint32_t[]){c->widthN, c->widthD, c->heightN, c->heightD, c->horizOffN,
                        c->horizOffD, c->vertOffN, c->vertOffD},
        &p->width, &p->height);
    for (uint32_t y = 1; y < p->height && p->width < width; y++)
        memmove(pixels_row(p, y), p->data + y * stride, pixels_stride(p));
}

/*
 * Reads the container. Where libavif cannot read the tracks, the still picture counts: before 1.0
 * it wants every track to be one of pictures, and sound is none. ret_copy: to be freed after the
 * decoder, or NULL.
 */
static avifResult parse(const struct codec_input *in, avifDecoder *decoder, uint8_t **ret_copy)
{
    avifResult result = libavif.avifDecoderSetIOMemory(decoder, in->body, in->len);
    if (result == AVIF_RESULT_OK)
        result = libavif.avifDecoderParse(decoder);
    if (result != AVIF_RESULT_BMFF_PARSE_FAILED || codec_check_memory(in, in->len))
        return result;
    avifDiagnostics why = decoder->diag;
    *ret_copy = malloc(in->len);
    if (!*ret_copy)
        return AVIF_RESULT_OUT_OF_MEMORY;
    memcpy(*ret_copy, in->body, in->len);
    sniff_avif_hide_tracks(*ret_copy, in->len);
    if (libavif.avifDecoderSetIOMemory(decoder, *ret_copy, in->len) == AVIF_RESULT_OK &&
        libavif.avifDecoderParse(decoder) == AVIF_RESULT_OK)
        return AVIF_RESULT_OK;
    decoder->diag = why;
    return result;
}

/* What libavif would decode to a wrong picture, unless it is new enough. */
static enum sniff_avif_trap find_trap(const struct codec_input *in)
{
    return libavif.avifVersion()[0] == '0' ? sniff_avif_trap(in->body, in->len)
                                           : SNIFF_AVIF_NO_TRAP;
}

/* After parse(). */
static enum err read_picture(const struct codec_input *in, enum sniff_avif_trap trap,
    avifDecoder *decoder, struct picture *ret)
{
    struct pixels p;
    const avifImage *image = decoder->image;
    enum err err = codec_check_size(in, image->width, image->height);
    if (!err)
        err = check_memory(in, image);
    if (err)
        return err;
    avifResult result = libavif.avifDecoderNextImage(decoder);
    if (result != AVIF_RESULT_OK)
        return avif_failed(in, result, decoder);
    bool alpha = image->alphaPlane && trap != SNIFF_AVIF_NOT_ALPHA;
    if (!pixels_init(&p, image->width, image->height, alpha ? 4 : 3))
        return avif_failed(in, AVIF_RESULT_OUT_OF_MEMORY, NULL);
    result = convert(image, &p);
    if (result != AVIF_RESULT_OK) {
        pixels_fini(&p);
        return avif_failed(in, result, decoder);
    }
    crop(image, &p);
    if (image->yuvFormat == AVIF_PIXEL_FORMAT_YUV400)
        make_grey(&p);
    *ret = picture_of(p);
    picture_set_icc(ret, image->icc.data, image->icc.size);
    read_colour(image, &ret->colour);
    return ERR_OK;
}

static enum err decode_avif(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    load_avif();
    if (!loaded)
        return image_fail(in->message, ERR_UNSUPPORTED_FORMAT, "AVIF: %.113s", reason);
    enum sniff_avif_trap trap = find_trap(in);
    if (trap == SNIFF_AVIF_GRID_ALPHA)
        return image_fail(in->message, ERR_UNSUPPORTED_FORMAT,
            "AVIF: a grid whose alpha is no grid, which libavif %.20s loses",
            libavif.avifVersion());
    avifDecoder *decoder = make_decoder(in->limits);
    uint8_t *copy = NULL;
    if (!decoder)
        return avif_failed(in, AVIF_RESULT_OUT_OF_MEMORY, NULL);
    avifResult result = parse(in, decoder, &copy);
    enum err err = result == AVIF_RESULT_OK ? read_picture(in, trap, decoder, ret)
                                            : avif_failed(in, result, decoder);
    libavif.avifDecoderDestroy(decoder);
    free(copy);
    *ret_truncated = in->info->truncated;
    return err;
}

const struct codec_decoder codec_avif = {
    .name = "libavif",
    .formats = 1u << IMAGE_AVIF,
    .load = load_avif,
    .decode = decode_avif,
};
