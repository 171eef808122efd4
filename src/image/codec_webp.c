/*
 * WebP by libwebp, in this thread alone. Decoding shrinks opaque and lossless pictures. Lossy ones
 * with alpha are decoded at full size, because libwebp would average the colours of transparent
 * pixels into their neighbours. Of an animation the first frame is put on a transparent canvas, as
 * in browsers, and nothing after it is read.
 */
#include "image/codec.h"
#include "image/reader.h"

#include <string.h>
#include <webp/decode.h>

enum {
    RIFF_HEAD_SIZE = 12,
    CHUNK_HEAD_SIZE = 8,
    FRAME_HEAD_SIZE = 16,
    LOSSLESS = 2,
    DAMAGE_STEPS = 64
};

/* The parts of the file (RFC 9649). */
struct file {
    struct reader image;   /* what libwebp decodes: the file, or a frame's chunks */
    struct reader profile; /* empty: none */
    bool animated;
    uint32_t canvas_width, canvas_height, left, top; /* only of an animation */
};

static void read_frame(struct reader frame, struct file *ret)
{
    ret->left = 2 * reader_le(&frame, 3);
    ret->top = 2 * reader_le(&frame, 3);
    reader_skip(&frame, FRAME_HEAD_SIZE - 6); /* size, duration, flags */
    ret->image = frame;
    ret->animated = true;
}

/* Reads up to the first picture. */
static void read_file(const uint8_t *body, size_t len, struct file *ret)
{
    struct reader r = reader_of(body, len);
    *ret = (struct file){.image = r};
    reader_skip(&r, RIFF_HEAD_SIZE);
    while (reader_left(&r) >= CHUNK_HEAD_SIZE) {
        uint32_t type = reader_be(&r, 4);
        uint32_t size = reader_le(&r, 4);
        struct reader chunk = reader_part(&r, size);
        reader_skip(&r, size & 1);
        if (type == reader_tag("VP8X")) {
            reader_skip(&chunk, 4); /* flags, reserved */
            ret->canvas_width = reader_le(&chunk, 3) + 1;
            ret->canvas_height = reader_le(&chunk, 3) + 1;
        } else if (type == reader_tag("ICCP")) {
            ret->profile = chunk;
        } else if (type == reader_tag("ANMF")) {
            read_frame(chunk, ret);
            return;
        } else if (type == reader_tag("VP8 ") || type == reader_tag("VP8L")) {
            return;
        }
    }
}

static enum err webp_failed(VP8StatusCode status, char message[IMAGE_MESSAGE_SIZE])
{
    static const struct {
        const char *text;
        enum err err;
    } known[] = {
        [VP8_STATUS_OUT_OF_MEMORY] = {"out of memory", ERR_DECODE_MEMORY},
        [VP8_STATUS_BITSTREAM_ERROR] = {"broken data", ERR_DECODE_ERROR},
        [VP8_STATUS_UNSUPPORTED_FEATURE] = {"an unknown feature", ERR_UNSUPPORTED_FORMAT},
        [VP8_STATUS_SUSPENDED] = {"it ends before its pixels", ERR_DECODE_ERROR},
        [VP8_STATUS_NOT_ENOUGH_DATA] = {"it ends before its pixels", ERR_DECODE_ERROR},
    };
    bool is_known = status < sizeof known / sizeof *known && known[status].text;
    return image_fail(message, is_known ? known[status].err : ERR_DECODE_ERROR, "WebP: %s",
        is_known ? known[status].text : "broken");
}

/* Decodes the rows before the picture ends or is damaged. Too few of them are an error. In steps,
 * because after an error libwebp no longer knows how many rows of a lossless picture it has. */
static VP8StatusCode decode_part(struct reader image, WebPDecoderConfig *config, uint32_t height)
{
    size_t len = reader_left(&image), step = len / DAMAGE_STEPS + 1;
    VP8StatusCode status = VP8_STATUS_SUSPENDED;
    int most = 0;
    WebPIDecoder *decoder = WebPIDecode(NULL, 0, config);
    if (!decoder)
        return VP8_STATUS_OUT_OF_MEMORY;
    for (size_t n = 0; n < len && status == VP8_STATUS_SUSPENDED;) {
        n = step < len - n ? n + step : len;
        int rows = 0;
        status = WebPIUpdate(decoder, image.at, n);
        WebPIDecGetRGB(decoder, &rows, NULL, NULL, NULL);
        most = rows > most ? rows : most;
    }
    WebPIDelete(decoder);
    if (status == VP8_STATUS_OUT_OF_MEMORY || most == 0 || codec_is_sliver((uint32_t)most, height))
        return status;
    return VP8_STATUS_OK;
}

/* Decodes into `to` from (left, top) on, `width` pixels wide and `height` high. What is missing or
 * damaged is transparent or black. */
static VP8StatusCode decode_into(const struct file *file, WebPDecoderConfig *config, uint32_t width,
    uint32_t height, const struct pixels *to, bool *truncated)
{
    size_t offset = pixels_stride(to) * file->top + (size_t)file->left * to->channels;
    WebPDecBuffer *out = &config->output;
    config->options.use_scaling =
        width != (uint32_t)config->input.width || height != (uint32_t)config->input.height;
    config->options.scaled_width = (int)width;
    config->options.scaled_height = (int)height;
    out->colorspace = pixels_has_alpha(to) ? MODE_RGBA : MODE_RGB;
    out->is_external_memory = 1;
    out->u.RGBA.rgba = to->data + offset;
    out->u.RGBA.stride = (int)pixels_stride(to);
    out->u.RGBA.size = pixels_stride(to) * to->height - offset;
    size_t size = pixels_stride(to) * to->height;
    if (!*truncated) {
        memset(to->data, 0, size);
        VP8StatusCode status = WebPDecode(file->image.at, reader_left(&file->image), config);
        if (status == VP8_STATUS_OK || status == VP8_STATUS_OUT_OF_MEMORY)
            return status;
    }
    *truncated = true;
    memset(to->data, 0, size);
    return decode_part(file->image, config, height);
}

static bool lies_on_canvas(const struct file *file, const WebPBitstreamFeatures *frame)
{
    return file->left + (uint32_t)frame->width <= file->canvas_width &&
           file->top + (uint32_t)frame->height <= file->canvas_height;
}

/* Reads the picture's header. Without an animation the picture is its own canvas. */
static enum err read_webp_header(
    const struct codec_input *in, struct file *file, WebPDecoderConfig *config)
{
    if (!WebPInitDecoderConfig(config))
        return webp_failed(VP8_STATUS_INVALID_PARAM, in->message);
    const WebPBitstreamFeatures *frame = &config->input;
    VP8StatusCode status =
        WebPGetFeatures(file->image.at, reader_left(&file->image), &config->input);
    if (status != VP8_STATUS_OK)
        return webp_failed(status, in->message);
    if (!file->animated) {
        file->canvas_width = (uint32_t)frame->width;
        file->canvas_height = (uint32_t)frame->height;
    } else if (!lies_on_canvas(file, frame)) {
        return image_fail(
            in->message, ERR_DECODE_ERROR, "a WebP whose first frame leaves its canvas");
    }
    return codec_check_size(in, file->canvas_width, file->canvas_height);
}

/* The memory needed at a time: all pixels of a lossless picture, or one byte of alpha per pixel
 * of a lossy one; and the decoded result. */
static enum err check_memory(
    const struct codec_input *in, const WebPBitstreamFeatures *frame, uint64_t given)
{
    unsigned held = frame->format == LOSSLESS ? 4 : frame->has_alpha ? 1 : 0;
    uint64_t pixels = (uint64_t)frame->width * (uint64_t)frame->height;
    return codec_check_memory(in, pixels * held + given);
}

/* One side's size: the wish, or the full size if smaller. */
static uint32_t side_of(uint32_t wish, uint32_t full)
{
    return wish < full ? wish : full;
}

static enum err decode_webp(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    struct file file;
    WebPDecoderConfig config;
    struct pixels pixels;
    read_file(in->body, in->len, &file);
    enum err err = read_webp_header(in, &file, &config);
    if (err)
        return err;
    const WebPBitstreamFeatures *frame = &config.input;
    uint32_t width = (uint32_t)frame->width;
    uint32_t height = (uint32_t)frame->height;
    bool covers = width == file.canvas_width && height == file.canvas_height;
    if (covers && (!frame->has_alpha || frame->format == LOSSLESS)) {
        width = side_of(in->wish->width, width);
        height = side_of(in->wish->height, height);
    }
    uint32_t out_width = covers ? width : file.canvas_width;
    uint32_t out_height = covers ? height : file.canvas_height;
    /* Lossless pixels have alpha, whatever the header says of it: that is a hint (RFC 9649, 3.4).
     */
    bool has_alpha = frame->has_alpha || frame->format == LOSSLESS;
    unsigned channels = has_alpha || !covers ? 4 : 3;
    err = check_memory(in, frame, (uint64_t)out_width * out_height * channels);
    if (err)
        return err;
    if (!pixels_init(&pixels, out_width, out_height, channels))
        return webp_failed(VP8_STATUS_OUT_OF_MEMORY, in->message);
    *ret_truncated = in->info->truncated;
    VP8StatusCode status = decode_into(&file, &config, width, height, &pixels, ret_truncated);
    if (status != VP8_STATUS_OK) {
        pixels_fini(&pixels);
        return webp_failed(status, in->message);
    }
    if (!frame->has_alpha && covers)
        pixels_drop_opaque_alpha(&pixels);
    *ret = picture_of(pixels);
    ret->width = file.canvas_width;
    ret->height = file.canvas_height;
    picture_set_icc(ret, file.profile.at, reader_left(&file.profile));
    return ERR_OK;
}

const struct codec_decoder codec_webp = {
    .name = "libwebp",
    .formats = 1u << IMAGE_WEBP,
    .decode = decode_webp,
};
