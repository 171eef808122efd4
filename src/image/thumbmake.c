#include "image/thumbmake.h"

#include "image/blur.h"
#include "image/codec.h"
#include "image/exif_read.h"
#include "image/icc.h"
#include "image/orient.h"
#include "image/phash.h"
#include "image/picture.h"
#include "image/resize.h"
#include "image/samples.h"
#include "image/sniff.h"
#include "input/boxes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The final filter shrinks by at least this factor, if there are enough pixels: decoders shrink
 * fast, but with lower quality. */
enum { KEEP = 2 };

/* A decoded body, its orientation, and what is to be blurred. */
struct source {
    struct picture picture;
    uint8_t orientation;
    struct boxes *boxes; /* NULL: nothing */
    const uint8_t *body; /* borrowed */
    size_t len;
    bool truncated;
};

static enum thumb_scaling scaling_of(const struct thumbmake_conf *conf)
{
    return conf->upscale ? THUMB_UPSCALE : conf->only_shrink ? THUMB_ONLY_SHRINK : THUMB_AT_MOST;
}

enum image_format thumbmake_body_format(enum thumb_format format)
{
    return (const enum image_format[]){IMAGE_JPEG, IMAGE_PNG, IMAGE_WEBP}[format];
}

/* As thumbmake_may_keep(); ret_profile: the body has a profile. */
static bool may_keep(const uint8_t *body, size_t len, enum image_format wanted, uint32_t width,
    uint32_t height, bool *ret_profile)
{
    struct sniff_bare bare;
    if (len > UINT32_MAX || !sniff_bare(body, len, wanted, &bare))
        return false;
    *ret_profile = bare.has_profile;
    return bare.width == width && bare.height == height;
}

bool thumbmake_may_keep(
    const uint8_t *body, size_t len, enum image_format wanted, uint32_t width, uint32_t height)
{
    bool has_profile;
    return may_keep(body, len, wanted, width, height, &has_profile);
}

/* Computes the size of Cb and Cr for a part, and their box. If they are half as large as Y,
 * rounded up, the box covers an even number of pixels. */
static struct pixels_box chroma_box(
    struct pixels_box box, bool half, uint32_t *width, uint32_t *height)
{
    if (half) {
        box.width *= (double)(*width + *width % 2) / *width;
        box.height *= (double)(*height + *height % 2) / *height;
        *width = (*width + 1) / 2;
        *height = (*height + 1) / 2;
    }
    return box;
}

static bool resize_planes(const struct picture *p, unsigned plane, unsigned n,
    struct resize_extra extra, struct pixels_box box, uint32_t width, uint32_t height,
    enum resize_filter filter, struct pixels *rets)
{
    const struct pixels *planes = &p->planes[plane];
    const struct picture_extent *extent = &p->extents[plane];
    if (p->model == PICTURE_CMYK)
        return resize_plain(planes, box, width, height, filter, rets);
    if (p->model != PICTURE_YCC)
        return resize(planes, box, width, height, filter, rets);
    extra.double_across &= extent->half_across;
    extra.double_down &= extent->half_down;
    return resize_channels(planes, n, extra, box, width, height, filter, rets);
}

/* Makes n equal planes of a part of the source, resized and upright. rets are empty before;
 * after a failure some may not be. */
static bool make_planes(const struct source *source, unsigned plane, unsigned n,
    struct resize_extra extra, struct pixels_box box, uint32_t width, uint32_t height,
    enum resize_filter filter, struct pixels *rets)
{
    const struct picture *stored = &source->picture;
    bool swaps = orient_swaps(source->orientation);
    box = orient_to_stored(source->orientation, box, stored->width, stored->height);
    box = picture_box_in(stored, plane, &box);
    bool ok = resize_planes(
        stored, plane, n, extra, box, swaps ? height : width, swaps ? width : height, filter, rets);
    for (unsigned i = 0; i < n && ok; i++)
        ok = orient_turn(source->orientation, &rets[i]);
    return ok;
}

/* Makes a part with all its planes. If they go straight to the encoder, Cb and Cr have half the
 * size. If they are converted to RGB, all planes keep fractions and have full size. */
static bool make_part(const struct source *source, const struct thumb_layout *layout,
    enum resize_filter filter, bool as_planes, struct picture *ret)
{
    /* Planes that are neither resized nor converted to RGB stay as stored. */
    bool enlarge =
        !as_planes || layout->crop_width != layout->width || layout->crop_height != layout->height;
    const struct resize_extra extra = {enlarge, enlarge, .fine = !as_planes};
    const struct pixels_box crop = {
        layout->crop_x, layout->crop_y, layout->crop_width, layout->crop_height};
    *ret = (struct picture){
        .model = source->picture.model, .width = layout->width, .height = layout->height};
    for (unsigned i = 0, n; i < picture_n_planes(ret); i += n) {
        uint32_t width = layout->width;
        uint32_t height = layout->height;
        struct pixels_box box = chroma_box(crop, i > 0 && as_planes, &width, &height);
        n = i == 1 && picture_alike(&source->picture, 1, 2) ? 2 : 1;
        if (!make_planes(source, i, n, extra, box, width, height, filter, &ret->planes[i]))
            return false;
    }
    return true;
}

static bool fills_canvas(const struct thumb_layout *layout)
{
    return layout->canvas_width == layout->width && layout->canvas_height == layout->height;
}

/* Puts the part, grey or RGB, on its canvas, unless that changes nothing. */
static bool put_on_canvas(const struct thumbmake_conf *conf, const struct thumb_layout *layout,
    bool keep_alpha, struct picture *part)
{
    struct pixels_canvas canvas = {
        .width = layout->canvas_width,
        .height = layout->canvas_height,
        .left = layout->left,
        .top = layout->top,
        .opaque = !keep_alpha,
    };
    if (fills_canvas(layout) && (keep_alpha || !picture_has_alpha(part)))
        return true;
    memcpy(canvas.background, conf->background, sizeof canvas.background);
    struct pixels composed;
    if (!pixels_compose(&part->planes[0], &canvas, &composed))
        return false;
    picture_fini(part);
    *part = picture_of(composed);
    return true;
}

/* Converts the part from the source's colours, perhaps in planes, to grey or RGB in sRGB. */
static bool to_srgb(const struct icc_transform *icc, struct picture *part)
{
    if ((!icc || part->model != PICTURE_CMYK) && !picture_to_rgb(part))
        return false;
    if (icc && !icc_apply(icc, &part->planes[0]))
        return false;
    if (part->model == PICTURE_CMYK)
        part->model = PICTURE_RGB;
    return true;
}

/* Blurs the boxes in the part, which is upright and in sRGB. */
static bool blur_part(const struct thumbmake_conf *conf, const struct thumb_layout *layout,
    const struct source *source, struct picture *part)
{
    const struct picture *stored = &source->picture;
    bool swaps = orient_swaps(source->orientation);
    double across = layout->width / layout->crop_width, down = layout->height / layout->crop_height;
    const struct blur_place place = {
        .width = across * (swaps ? stored->height : stored->width),
        .height = down * (swaps ? stored->width : stored->height),
        .left = across * layout->crop_x,
        .top = down * layout->crop_y,
    };
    return !source->boxes ||
           blur_boxes(&part->planes[0], source->boxes, &place, conf->limits.max_memory);
}

/* Does all work between decoding and encoding. `icc`: the transform to sRGB; NULL: none needed. */
static bool make_picture(const struct thumbmake_conf *conf, const struct thumb_layout *layout,
    const struct source *source, const struct icc_transform *icc, struct picture *ret)
{
    const struct codec_encoder *encoder = codec_encoder_for(conf->format);
    bool as_planes = encoder->planes && fills_canvas(layout) && !icc && !source->boxes;
    if (!make_part(source, layout, conf->filter, as_planes, ret))
        return false;
    if (as_planes && ret->model == PICTURE_YCC)
        return true;
    return to_srgb(icc, ret) && blur_part(conf, layout, source, ret) &&
           put_on_canvas(conf, layout, encoder->alpha, ret);
}

/* True if the layout changes nothing. */
static bool is_whole(const struct thumb_layout *layout, uint32_t width, uint32_t height)
{
    return layout->width == width && layout->height == height && layout->crop_width == width &&
           layout->crop_height == height && fills_canvas(layout) && width <= THUMBSPEC_MAX_SIDE &&
           height <= THUMBSPEC_MAX_SIDE;
}

/* True if the thumbnail would be the same picture in the same format as the whole body. */
static bool is_kept(const struct thumbmake_conf *conf, const struct thumb_layout *layout,
    const struct source *source)
{
    const struct picture *p = &source->picture;
    enum image_format wanted = thumbmake_body_format(conf->format);
    bool has_profile;
    return conf->skip_reencode && !source->truncated && !source->boxes &&
           is_whole(layout, p->width, p->height) &&
           may_keep(source->body, source->len, wanted, p->width, p->height, &has_profile) &&
           has_profile == (p->icc != NULL) && icc_is_srgb(p);
}

/* Makes the picture of a thumbnail, in sRGB. */
static enum err draw(const struct thumbmake_conf *conf, const struct thumb_layout *layout,
    const struct source *source, struct picture *ret, char message[IMAGE_MESSAGE_SIZE])
{
    const struct picture *stored = &source->picture;
    bool alpha = picture_has_alpha(stored);
    struct icc_transform *icc = stored->icc
                                    ? icc_get(stored->icc, stored->icc_len, stored->model, alpha)
                                    : icc_of_colour(&stored->colour, stored->model, alpha);
    bool made = make_picture(conf, layout, source, icc, ret);
    icc_release(icc);
    return made ? ERR_OK : image_fail(message, ERR_DECODE_MEMORY, "no memory for a thumbnail");
}

static enum err encode(const struct thumbmake_conf *conf, const struct picture *part,
    struct codec_output *out, struct thumbmake_thumb *ret, char message[IMAGE_MESSAGE_SIZE])
{
    const struct codec_encoding encoding = {conf->quality, conf->progressive};
    size_t start = out->used;
    enum err err = codec_encoder_for(conf->format)->encode(part, &encoding, out, message);
    *ret = (struct thumbmake_thumb){
        .width = part->width,
        .height = part->height,
        .offset = (uint32_t)start,
        .size = (uint32_t)(out->used - start),
    };
    return err;
}

/* phash: set to the hash; NULL: it is not wanted. */
static enum err make_thumb(const struct thumbmake_conf *conf, const struct thumbspec *spec,
    const struct source *source, struct codec_output *out, struct thumbmake_thumb *ret,
    uint64_t *phash, char message[IMAGE_MESSAGE_SIZE])
{
    const struct picture *stored = &source->picture;
    bool swaps = orient_swaps(source->orientation);
    struct thumb_layout layout;
    struct picture part = {0};
    enum err err = ERR_OK;
    thumbspec_layout(spec, swaps ? stored->height : stored->width,
        swaps ? stored->width : stored->height, scaling_of(conf), &layout);
    bool kept = is_kept(conf, &layout, source);
    if (!kept || phash)
        err = draw(conf, &layout, source, &part, message);
    if (!err && phash && !phash_of(&part, conf->background, phash))
        err = image_fail(message, ERR_DECODE_MEMORY, "no memory for a hash");
    if (!err && kept)
        *ret = (struct thumbmake_thumb){
            .width = layout.width,
            .height = layout.height,
            .offset = (uint32_t)out->used,
            .is_body = true,
        };
    else if (!err)
        err = encode(conf, &part, out, ret, message);
    picture_fini(&part);
    return err;
}

/* Returns the side of the whole image for which `part` of it has at least KEEP times `to`
 * pixels. */
static uint32_t side_for(uint32_t whole, double part, uint32_t to)
{
    double side = ceil(whole / part * to * KEEP);
    return side < UINT32_MAX ? (uint32_t)side : UINT32_MAX;
}

/* Returns the decoded size that is enough for all specs. */
static struct codec_wish wish_for(const struct thumbmake_conf *conf, const struct image_info *info)
{
    /* as shown, upright; JPEG thumbnails are 4:2:0 */
    struct codec_wish shown = {1, 1, .half_chroma = conf->format == THUMB_JPG};
    for (unsigned i = 0; i < conf->n_specs; i++) {
        struct thumb_layout l;
        thumbspec_layout(&conf->specs[i], info->width, info->height, scaling_of(conf), &l);
        uint32_t width = side_for(info->width, l.crop_width, l.width);
        uint32_t height = side_for(info->height, l.crop_height, l.height);
        shown.width = width > shown.width ? width : shown.width;
        shown.height = height > shown.height ? height : shown.height;
    }
    if (orient_swaps(info->orientation))
        return (struct codec_wish){shown.height, shown.width, shown.half_chroma};
    return shown;
}

static enum err decode_source(const struct thumbmake_conf *conf, const uint8_t *body, size_t len,
    struct source *ret, struct thumbmake_reply *reply)
{
    struct image_info info;
    bool truncated;
    enum err err = image_sniff(body, len, &info, reply->message);
    if (!err)
        err = image_check(&info, &conf->limits, reply->message);
    if (err)
        return err;
    if (conf->exif)
        exif_read(&info, body, len, conf->exif == THUMB_EXIF_GPS, &reply->exif);
    if (!conf->n_specs)
        return ERR_OK;
    const struct codec_decoder *decoder = codec_decoder_for(info.format);
    if (!decoder)
        return image_fail(reply->message, ERR_UNSUPPORTED_FORMAT, "this build cannot decode %s",
            image_format_title(info.format));
    const struct codec_wish wish = wish_for(conf, &info);
    const struct codec_input in = {body, len, &info, &wish, &conf->limits, reply->message};
    err = decoder->decode(&in, &ret->picture, &truncated);
    ret->orientation = info.orientation;
    ret->body = body;
    ret->len = len;
    ret->truncated = !err && truncated;
    reply->truncated = ret->truncated;
    return err;
}

/* Reads the boxes behind the body, and takes them off its length. */
static enum err take_boxes(
    const uint8_t *body, size_t *len, struct source *ret, struct thumbmake_reply *reply)
{
    ret->boxes = boxes_read(body, len);
    if (!ret->boxes)
        return image_fail(reply->message, ERR_DECODE_ERROR, "the boxes to blur are not valid");
    if (ret->boxes->n == 0) {
        free(ret->boxes);
        ret->boxes = NULL;
    }
    return ERR_OK;
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
    enum err err = conf->blur ? take_boxes(body, &len, &source, reply) : ERR_OK;
    if (!err)
        err = decode_source(conf, body, len, &source, reply);
    for (unsigned i = 0; !err && i < conf->n_specs; i++)
        err = make_thumb(conf, &conf->specs[i], &source, &output, &reply->thumbs[i],
            i == 0 && conf->phash ? &reply->phash : NULL, reply->message);
    picture_fini(&source.picture);
    free(source.boxes);
    reply->err = err;
    if (err) {
        memset(reply->thumbs, 0, sizeof reply->thumbs);
        reply->exif = (struct exiftags){0};
        reply->phash = 0;
    } else {
        reply->n_thumbs = conf->n_specs;
        reply->has_phash = conf->phash;
    }
}

static void warm_up(enum thumb_format format, const void *body, size_t len)
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

static int compare_bytes(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* The first time that glibc's qsort() sorts more than 1 KB, it reads the size of the machine's
 * memory. Encoders use qsort(), so it must happen before the sandbox starts. */
static void warm_up_qsort(void)
{
    uint8_t numbers[4096] = {0};
    qsort(numbers, sizeof numbers, 1, compare_bytes);
}

void thumbmake_load(void)
{
    codec_load();
}

void thumbmake_warm_up(void)
{
    uint8_t level[16 * 16 * 3];
    memset(level, 128, sizeof level);
    const struct picture picture = picture_of((struct pixels){level, 16, 16, 3});
    const struct codec_encoding encoding = {.quality = 85};

    warm_up_qsort();
    icc_warm_up();
    for (int format = 0; format < THUMB_FORMAT_COUNT; format++) {
        uint8_t file[4096];
        char message[IMAGE_MESSAGE_SIZE];
        struct codec_output out = {.data = file, .size = sizeof file};
        const struct codec_encoder *encoder = codec_encoder_for(format);
        if (!encoder)
            continue;
        encoder->encode(&picture, &encoding, &out, message);
        warm_up(format, file, out.used);
        warm_up(format, samples_gif, sizeof samples_gif - 1);
        warm_up(format, samples_bmp, sizeof samples_bmp - 1);
        warm_up(format, samples_avif, sizeof samples_avif - 1);
        warm_up(format, samples_avif_12, sizeof samples_avif_12 - 1);
    }
}
