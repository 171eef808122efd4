#include "image/thumbmake.h"

#include "image/codec.h"
#include "image/orient.h"
#include "image/pixels.h"
#include "image/resize.h"
#include "image/sniff.h"

#include <stdio.h>
#include <string.h>

/* A decoded body and which way is up in it. */
struct source {
    struct pixels pixels;
    uint8_t orientation;
};

/* The part of the source that a layout asks for, resized and upright. */
static bool make_part(
    const struct source *source, const struct thumb_layout *layout, struct pixels *ret)
{
    bool swaps = orient_swaps(source->orientation);
    struct pixels_box upright = {
        layout->crop_x, layout->crop_y, layout->crop_width, layout->crop_height};
    struct pixels_box stored =
        orient_to_stored(source->orientation, upright, source->pixels.width, source->pixels.height);
    if (!resize(&source->pixels, stored, swaps ? layout->height : layout->width,
            swaps ? layout->width : layout->height, ret))
        return false;
    if (orient_turn(source->orientation, ret))
        return true;
    pixels_fini(ret);
    return false;
}

/* Puts the part on its canvas where that changes anything. */
static bool finish_part(const struct thumbmake_conf *conf, const struct thumb_layout *layout,
    bool keep_alpha, struct pixels *part)
{
    struct pixels_canvas canvas = {
        .width = layout->canvas_width,
        .height = layout->canvas_height,
        .left = layout->left,
        .top = layout->top,
        .opaque = !keep_alpha,
    };
    bool same_size = canvas.width == part->width && canvas.height == part->height;
    if (same_size && (keep_alpha || !pixels_has_alpha(part)))
        return true;
    memcpy(canvas.background, conf->background, sizeof canvas.background);
    struct pixels composed;
    if (!pixels_compose(part, &canvas, &composed))
        return false;
    pixels_fini(part);
    *part = composed;
    return true;
}

static enum err make_thumb(const struct thumbmake_conf *conf, const struct thumbspec *spec,
    const struct source *source, struct codec_output *out, struct thumbmake_thumb *ret,
    char message[IMAGE_MESSAGE_SIZE])
{
    const struct codec_encoder *encoder = codec_encoder_for(conf->format);
    const struct pixels *stored = &source->pixels;
    bool swaps = orient_swaps(source->orientation);
    struct thumb_layout layout;
    struct pixels part = {0};
    size_t start = out->used;

    thumbspec_layout(spec, swaps ? stored->height : stored->width,
        swaps ? stored->width : stored->height, conf->upscale, &layout);
    if (!make_part(source, &layout, &part) || !finish_part(conf, &layout, encoder->alpha, &part)) {
        pixels_fini(&part);
        snprintf(message, IMAGE_MESSAGE_SIZE, "no memory for a thumbnail");
        return ERR_DECODE_MEMORY;
    }
    enum err err = encoder->encode(&part, conf->quality, out, message);
    *ret = (struct thumbmake_thumb){
        .width = part.width,
        .height = part.height,
        .offset = (uint32_t)start,
        .size = (uint32_t)(out->used - start),
    };
    pixels_fini(&part);
    return err;
}

static enum err decode(const struct thumbmake_conf *conf, const uint8_t *body, size_t len,
    struct source *ret, struct thumbmake_reply *reply)
{
    struct image_info info;
    enum err err = image_sniff(body, len, &info, reply->message);
    if (!err)
        err = image_check(&info, &conf->limits, reply->message);
    if (err)
        return err;
    const struct codec_decoder *decoder = codec_decoder_for(info.format);
    if (!decoder) {
        snprintf(reply->message, IMAGE_MESSAGE_SIZE, "this build cannot decode %s",
            image_format_title(info.format));
        return ERR_UNSUPPORTED_FORMAT;
    }
    err = decoder->decode(body, len, &info, &conf->limits, &ret->pixels, reply->message);
    ret->orientation = info.orientation;
    reply->truncated = !err && info.truncated;
    return err;
}

void thumbmake(const struct thumbmake_conf *conf, const uint8_t *body, size_t len, uint8_t *out,
    size_t out_size, struct thumbmake_reply *reply)
{
    struct codec_output output = {
        .data = out,
        .size = out_size < UINT32_MAX ? out_size : UINT32_MAX, /* the reply counts in 32 bits */
    };
    struct source source = {0};
    *reply = (struct thumbmake_reply){0};
    enum err err = decode(conf, body, len, &source, reply);
    for (unsigned i = 0; !err && i < conf->n_specs; i++)
        err =
            make_thumb(conf, &conf->specs[i], &source, &output, &reply->thumbs[i], reply->message);
    pixels_fini(&source.pixels);
    reply->err = err;
    if (err)
        memset(reply->thumbs, 0, sizeof reply->thumbs);
    else
        reply->n_thumbs = conf->n_specs;
}

static void warm_up(enum thumb_format format, const uint8_t *body, size_t len)
{
    uint8_t out[8192];
    struct thumbmake_reply reply;
    struct thumbmake_conf conf = {
        .specs = {{.width = 8, .height = 8, .mode = THUMB_PAD}},
        .n_specs = 1,
        .format = format,
        .quality = 85,
    };
    thumbmake(&conf, body, len, out, sizeof out, &reply);
}

void thumbmake_warm_up(void)
{
    /* One black pixel. */
    static const uint8_t gif[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
    static const uint8_t bmp[] = "BM:\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0"
                                 "\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    static const enum thumb_format formats[] = {THUMB_JPG, THUMB_PNG};
    uint8_t level[16 * 16 * 3];
    memset(level, 128, sizeof level);
    const struct pixels picture = {level, 16, 16, 3};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        uint8_t file[4096];
        char message[IMAGE_MESSAGE_SIZE];
        struct codec_output out = {.data = file, .size = sizeof file};
        codec_encoder_for(formats[i])->encode(&picture, 85, &out, message);
        warm_up(formats[i], file, out.used);
        warm_up(formats[i], gif, sizeof gif - 1);
        warm_up(formats[i], bmp, sizeof bmp - 1);
    }
}
