/*
 * JPEG XL by libjxl, in this thread alone: the first frame. image_sniff() finds the orientation.
 * The library is loaded on demand, as libavif is.
 */
#include "image/codec.h"

#include "base/sharedlib.h"

#include <jxl/decode.h>
#include <jxl/version.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

SHAREDLIB_NOTE(CODEC_JXL_SONAME, "jxl", "Images in JPEG XL", "recommended");

#define FUNCTIONS(X)                                                                               \
    X(JxlDecoderCreate)                                                                            \
    X(JxlDecoderDestroy)                                                                           \
    X(JxlDecoderSubscribeEvents)                                                                   \
    X(JxlDecoderSetKeepOrientation)                                                                \
    X(JxlDecoderSetInput)                                                                          \
    X(JxlDecoderProcessInput)                                                                      \
    X(JxlDecoderGetBasicInfo)                                                                      \
    X(JxlDecoderGetColorAsEncodedProfile)                                                          \
    X(JxlDecoderGetICCProfileSize)                                                                 \
    X(JxlDecoderGetColorAsICCProfile)                                                              \
    X(JxlDecoderSetImageOutBuffer)                                                                 \
    X(JxlDecoderFlushImage)
#define POINTER(name) __typeof__(name) *(name);
#define WANTED(name) {#name, &libjxl.name},

static struct {
    FUNCTIONS(POINTER)
} libjxl; /* valid if `loaded` */
static bool loaded;
static char reason[SHAREDLIB_REASON_SIZE];

static void load_functions(void)
{
    static const struct sharedlib_call wanted[] = {FUNCTIONS(WANTED)};
    loaded = sharedlib_load(CODEC_JXL_SONAME, wanted, sizeof wanted / sizeof *wanted, reason);
}

static void load_jxl(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_functions);
}

/* Until 0.8 these calls took a format that they did not use. */
#if JPEGXL_NUMERIC_VERSION < JPEGXL_COMPUTE_NUMERIC_VERSION(0, 9, 0)
#define NO_FORMAT NULL,
#else
#define NO_FORMAT
#endif

/* ---- decoding ---- */

struct decoding {
    const struct codec_input *in;
    JxlDecoder *jxl;
    JxlPixelFormat format;
    struct pixels pixels; /* empty until the size is known */
    struct colour colour;
    uint8_t *icc; /* NULL: none */
    size_t icc_len;
    bool ended; /* the body ended before the picture did */
};

static enum err jxl_failed(const struct decoding *d, const char *why)
{
    return image_fail(d->in->message, ERR_DECODE_ERROR, "JPEG XL: %s", why);
}

static enum err read_size(struct decoding *d)
{
    JxlBasicInfo info;
    if (libjxl.JxlDecoderGetBasicInfo(d->jxl, &info) != JXL_DEC_SUCCESS)
        return jxl_failed(d, "broken data");
    enum err err = codec_check_size(d->in, info.xsize, info.ysize);
    if (err)
        return err;
    unsigned channels = (info.num_color_channels == 1 ? 1 : 3) + (info.alpha_bits > 0);
    d->format = (JxlPixelFormat){.num_channels = channels, .data_type = JXL_TYPE_UINT8};
    /* libjxl decodes to planes of floats: three of colour, one of alpha. */
    size_t held = sizeof(float) * (3 + (info.alpha_bits > 0));
    err = codec_check_memory(d->in, (uint64_t)info.xsize * info.ysize * (channels + held));
    if (err)
        return err;
    if (!pixels_init(&d->pixels, info.xsize, info.ysize, channels))
        return image_fail(d->in->message, ERR_DECODE_MEMORY, "no memory for %ux%u pixels",
            info.xsize, info.ysize);
    memset(d->pixels.data, 0, pixels_stride(&d->pixels) * d->pixels.height);
    return ERR_OK;
}

static void copy_point(const double from[2], float to[2])
{
    to[0] = (float)from[0];
    to[1] = (float)from[1];
}

/* libjxl's numbers of transfer functions are those of H.273, but for a gamma. */
static bool read_encoding(const JxlColorEncoding *e, struct colour *ret)
{
    if (e->transfer_function == JXL_TRANSFER_FUNCTION_GAMMA) {
        ret->curve = COLOUR_GAMMA;
        ret->gamma = (float)(1 / e->gamma);
    } else if (!colour_of_transfer(e->transfer_function, ret)) {
        return false;
    }
    if (e->color_space == JXL_COLOR_SPACE_GRAY) {
        colour_of_primaries(1, ret);
        return true;
    }
    copy_point(e->white_point_xy, ret->white);
    copy_point(e->primaries_red_xy, ret->red);
    copy_point(e->primaries_green_xy, ret->green);
    copy_point(e->primaries_blue_xy, ret->blue);
    return e->color_space == JXL_COLOR_SPACE_RGB;
}

/* Reads what the pixels' numbers mean; without an answer they are sRGB. */
static void read_colour(struct decoding *d)
{
    const JxlColorProfileTarget data = JXL_COLOR_PROFILE_TARGET_DATA;
    JxlColorEncoding encoding;
    size_t len;
    if (libjxl.JxlDecoderGetColorAsEncodedProfile(d->jxl, NO_FORMAT data, &encoding) ==
        JXL_DEC_SUCCESS) {
        struct colour c = {0};
        if (read_encoding(&encoding, &c))
            d->colour = c;
        return;
    }
    if (libjxl.JxlDecoderGetICCProfileSize(d->jxl, NO_FORMAT data, &len) != JXL_DEC_SUCCESS ||
        len > PICTURE_ICC_MAX || !(d->icc = malloc(len)))
        return;
    d->icc_len = len;
    if (libjxl.JxlDecoderGetColorAsICCProfile(d->jxl, NO_FORMAT data, d->icc, len) !=
        JXL_DEC_SUCCESS)
        d->icc_len = 0;
}

static enum err set_output(struct decoding *d)
{
    size_t size = pixels_stride(&d->pixels) * d->pixels.height;
    JxlDecoderStatus status = d->pixels.data ? libjxl.JxlDecoderSetImageOutBuffer(
                                                   d->jxl, &d->format, d->pixels.data, size)
                                             : JXL_DEC_ERROR;
    return status == JXL_DEC_SUCCESS ? ERR_OK : jxl_failed(d, "broken data");
}

/* The body has ended: keeps what there is of the picture. */
static enum err keep_part(struct decoding *d)
{
    d->ended = true;
    if (d->pixels.data && libjxl.JxlDecoderFlushImage(d->jxl) == JXL_DEC_SUCCESS)
        return ERR_OK;
    return jxl_failed(d, "it ends before its pixels");
}

static enum err decode_first_frame(struct decoding *d)
{
    for (;;) {
        enum err err = ERR_OK;
        switch (libjxl.JxlDecoderProcessInput(d->jxl)) {
        case JXL_DEC_BASIC_INFO:
            err = read_size(d);
            break;
        case JXL_DEC_COLOR_ENCODING:
            read_colour(d);
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
            err = set_output(d);
            break;
        case JXL_DEC_FULL_IMAGE:
            return ERR_OK;
        case JXL_DEC_NEED_MORE_INPUT:
            return keep_part(d);
        case JXL_DEC_SUCCESS:
            return jxl_failed(d, "no picture");
        default:
            return jxl_failed(d, "broken data");
        }
        if (err)
            return err;
    }
}

static enum err open_decoder(struct decoding *d)
{
    d->jxl = libjxl.JxlDecoderCreate(NULL);
    if (!d->jxl ||
        libjxl.JxlDecoderSubscribeEvents(d->jxl,
            JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE) != JXL_DEC_SUCCESS ||
        libjxl.JxlDecoderSetKeepOrientation(d->jxl, JXL_TRUE) != JXL_DEC_SUCCESS ||
        libjxl.JxlDecoderSetInput(d->jxl, d->in->body, d->in->len) != JXL_DEC_SUCCESS)
        return image_fail(d->in->message, ERR_DECODE_MEMORY, "JPEG XL: out of memory");
    return ERR_OK;
}

static enum err decode_jxl(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    load_jxl();
    if (!loaded)
        return image_fail(in->message, ERR_UNSUPPORTED_FORMAT, "JPEG XL: %.110s", reason);
    struct decoding d = {.in = in};
    enum err err = open_decoder(&d);
    if (!err)
        err = decode_first_frame(&d);
    if (d.jxl)
        libjxl.JxlDecoderDestroy(d.jxl);
    if (!err) {
        *ret = picture_of(d.pixels);
        picture_set_icc(ret, d.icc, d.icc_len);
        ret->colour = d.colour;
        *ret_truncated = in->info->truncated || d.ended;
    } else {
        pixels_fini(&d.pixels);
    }
    free(d.icc);
    return err;
}

const struct codec_decoder codec_jxl = {
    .name = "libjxl",
    .formats = 1u << IMAGE_JXL,
    .load = load_jxl,
    .decode = decode_jxl,
};
