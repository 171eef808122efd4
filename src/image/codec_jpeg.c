/*
 * JPEG by libjpeg-turbo. Decoding shrinks the picture by 2, 4 or 8 only, for which libjpeg-turbo is
 * fast. Grey and YCbCr, whatever their sampling, are decoded without conversion: one plane per
 * component, each at its own size.
 */
#include "image/codec.h"
#include "image/codec_jpeg_error.h"
#include "image/codec_jpeg_planes.h"
#include "image/codec_jpeg_scans.h"
#include "image/codec_jpeg_source.h"
#include "image/sniff.h"

#include <limits.h>

struct decoding {
    struct jpeg_decompress_struct cinfo;
    struct codec_jpeg_error error;
    struct codec_jpeg_source source;
    struct codec_jpeg_planes planes;

    const struct codec_input *in;
    struct picture picture;
};

static void no_memory(struct decoding *d)
{
    codec_jpeg_error_raise((j_common_ptr)&d->cinfo, ERR_DECODE_MEMORY, "no memory for the pixels");
}

/* Adobe's programs store CMYK inverted, others do the same, and decoders assume it. */
static void invert(uint8_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++)
        samples[i] = (uint8_t)(255 - samples[i]);
}

/* Reads RGB and CMYK as one plane; libjpeg does the upsampling. */
static void read_interleaved(struct decoding *d)
{
    j_decompress_ptr cinfo = &d->cinfo;
    struct pixels *plane = &d->picture.planes[0];
    if (!pixels_init(
            plane, cinfo->output_width, cinfo->output_height, (unsigned)cinfo->output_components))
        no_memory(d);
    d->picture.extents[0] = (struct picture_extent){
        .width = (double)cinfo->image_width * cinfo->scale_num / cinfo->scale_denom,
        .height = (double)cinfo->image_height * cinfo->scale_num / cinfo->scale_denom,
    };
    while (cinfo->output_scanline < cinfo->output_height) {
        uint8_t *row = pixels_row(plane, cinfo->output_scanline);
        jpeg_read_scanlines(cinfo, &row, 1);
        if (d->picture.model == PICTURE_CMYK)
            invert(row, pixels_stride(plane));
    }
}

static void choose_model(struct decoding *d)
{
    j_decompress_ptr cinfo = &d->cinfo;
    switch (cinfo->jpeg_color_space) {
    case JCS_GRAYSCALE:
        d->picture.model = PICTURE_GREY;
        cinfo->raw_data_out = TRUE;
        break;
    case JCS_YCbCr:
        d->picture.model = PICTURE_YCC;
        cinfo->raw_data_out = TRUE;
        break;
    case JCS_RGB:
        d->picture.model = PICTURE_RGB;
        cinfo->out_color_space = JCS_RGB;
        break;
    case JCS_CMYK:
    case JCS_YCCK:
        d->picture.model = PICTURE_CMYK;
        cinfo->out_color_space = JCS_CMYK;
        break;
    default:
        codec_jpeg_error_raise(
            (j_common_ptr)cinfo, ERR_UNSUPPORTED_FORMAT, "an unusual number of components");
    }
}

/* Raises an error whose message is already set. */
static void check(struct decoding *d, enum err err)
{
    if (!err)
        return;
    d->error.err = err;
    longjmp(d->error.back, 1);
}

/* Limits libjpeg's memory: it holds all coefficients of a progressive JPEG, and we hold the
 * samples. */
static void limit_memory(struct decoding *d)
{
    j_decompress_ptr cinfo = &d->cinfo;
    uint64_t most = d->in->limits->max_memory;
    uint64_t samples = (uint64_t)(cinfo->image_width / cinfo->scale_denom + 1) *
                       (cinfo->image_height / cinfo->scale_denom + 1) *
                       (unsigned)cinfo->num_components;
    check(d, codec_check_memory(d->in, samples));
    if (most && most - samples < LONG_MAX)
        cinfo->mem->max_memory_to_use = (long)(most - samples) + 1; /* 0: any */
}

static void choose_scale(struct decoding *d)
{
    j_decompress_ptr cinfo = &d->cinfo;
    unsigned shrink = 8;
    while (shrink > 1 && (cinfo->image_width / shrink < d->in->wish->width ||
                             cinfo->image_height / shrink < d->in->wish->height))
        shrink /= 2;
    cinfo->scale_num = 1;
    cinfo->scale_denom = shrink;
}

static void read_jpeg_header(struct decoding *d)
{
    j_decompress_ptr cinfo = &d->cinfo;
    struct picture *p = &d->picture;
    jpeg_save_markers(cinfo, JPEG_APP0 + 2, 0xFFFF); /* the profile */
    jpeg_read_header(cinfo, TRUE);
    p->width = cinfo->image_width;
    p->height = cinfo->image_height;
    struct image_info info = {.width = p->width, .height = p->height};
    check(d, image_check(&info, d->in->limits, d->in->message));
    /* a block takes at least one bit of a Huffman code */
    uint64_t blocks = (uint64_t)p->width * p->height / DCTSIZE2;
    if (!cinfo->arith_code && codec_is_sliver((uint64_t)d->in->len * 8, blocks))
        codec_jpeg_error_raise((j_common_ptr)cinfo, ERR_DECODE_ERROR, "it ends before its pixels");
    unsigned icc_len;
    if (jpeg_read_icc_profile(cinfo, &p->icc, &icc_len))
        p->icc_len = icc_len;
}

static void run(struct decoding *d)
{
    j_decompress_ptr cinfo = &d->cinfo;
    codec_jpeg_source_open(&d->source, cinfo, d->in->body, d->in->len);
    read_jpeg_header(d);
    choose_model(d);
    choose_scale(d);
    limit_memory(d);
    cinfo->do_block_smoothing = FALSE; /* costs time, and what is there counts */
    if (cinfo->raw_data_out)
        codec_jpeg_planes_prepare(&d->planes, cinfo, d->in->wish);
    codec_jpeg_scans_start(cinfo);
    if (!cinfo->raw_data_out)
        read_interleaved(d);
    else if (!codec_jpeg_planes_read(cinfo, &d->picture))
        no_memory(d);
}

/* A separate function, so that no local variable is in a register when libjpeg jumps back. */
static enum err guard(struct decoding *d)
{
    if (!setjmp(d->error.back)) {
        jpeg_create_decompress(&d->cinfo);
        run(d);
    }
    jpeg_destroy_decompress(&d->cinfo);
    return d->error.err;
}

static enum err decode_jpeg(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    struct decoding d = {.in = in};
    if (in->info->truncated && !sniff_jpeg_has_scan(in->body, in->len))
        return image_fail(in->message, ERR_DECODE_ERROR, "a JPEG that ends before its pixels");
    d.cinfo.err = codec_jpeg_error_init(&d.error, in->message);
    enum err err = guard(&d);
    if (err) {
        picture_fini(&d.picture);
        return err;
    }
    *ret = d.picture;
    *ret_truncated = in->info->truncated || d.source.ran_out || d.error.ended;
    return ERR_OK;
}

const struct codec_decoder codec_jpeg = {
    .name = "libjpeg-turbo",
    .formats = 1u << IMAGE_JPEG,
    .decode = decode_jpeg,
};
