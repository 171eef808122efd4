/*
 * JPEG by libjpeg-turbo. Decoding shrinks the picture by 2, 4 or 8 only, for which libjpeg-turbo is
 * fast. Grey and YCbCr, whatever their sampling, are decoded without conversion: one plane per
 * component, each at its own size.
 */
#include "image/codec.h"
#include "image/codec_jpeg_error.h"
#include "image/codec_jpeg_planes.h"
#include "image/sniff.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- the body ---- */

/* After a truncated body libjpeg gets an end marker, so that it fills in the rest of the picture.
 */

static void do_nothing(j_decompress_ptr cinfo)
{
    (void)cinfo;
}

static boolean fill_input(j_decompress_ptr cinfo)
{
    static const JOCTET end[2] = {0xFF, JPEG_EOI};
    codec_jpeg_error_end(cinfo);
    cinfo->src->next_input_byte = end;
    cinfo->src->bytes_in_buffer = sizeof end;
    return TRUE;
}

static void skip_input(j_decompress_ptr cinfo, long n)
{
    struct jpeg_source_mgr *base = cinfo->src;
    if (n <= 0)
        return;
    if ((size_t)n > base->bytes_in_buffer) {
        fill_input(cinfo);
        return;
    }
    base->next_input_byte += n;
    base->bytes_in_buffer -= (size_t)n;
}

static void open_source(
    struct jpeg_source_mgr *source, j_decompress_ptr cinfo, const uint8_t *body, size_t len)
{
    *source = (struct jpeg_source_mgr){
        .next_input_byte = body,
        .bytes_in_buffer = len,
        .init_source = do_nothing,
        .fill_input_buffer = fill_input,
        .skip_input_data = skip_input,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = do_nothing,
    };
    cinfo->src = source;
}

/* ---- how many scans of a progressive JPEG are read ---- */

enum { MAX_SCANS = 500 }; /* like TurboJPEG's TJFLAG_LIMITSCANS */

/* The largest error of a coefficient. In a block's mean, 8 is one level of its samples; the
 * final filter smooths out smaller errors. */
enum { TOLERANCE = 8 };

/* The coefficients that blocks of 1x1, 2x2 and 4x4 samples use, in this order: their positions
 * in the file's zigzag and in a quantization table. */
static const struct {
    uint8_t zigzag, natural;
} low[4 * 4] = {{0, 0}, {1, 1}, {2, 8}, {4, 9}, {5, 2}, {7, 10}, {3, 16}, {8, 17}, {12, 18}, {6, 3},
    {13, 11}, {17, 19}, {9, 24}, {11, 25}, {18, 26}, {24, 27}};

/* True if the scans read so far give a component's samples within the tolerance. */
static bool knows_component(j_decompress_ptr cinfo, int i)
{
    const jpeg_component_info *component = &cinfo->comp_info[i];
    int size = component->DCT_scaled_size;
    if (size > 4 || !component->quant_table)
        return false;
    for (int k = 0; k < size * size; k++) {
        int missing = cinfo->coef_bits[i][low[k].zigzag]; /* bits; -1: all */
        int step = component->quant_table->quantval[low[k].natural];
        if (missing < 0 || ((1 << missing) - 1) * step > TOLERANCE)
            return false;
    }
    return true;
}

static bool knows_enough(j_decompress_ptr cinfo)
{
    if (!cinfo->coef_bits) /* not progressive: every scan is needed */
        return false;
    for (int i = 0; i < cinfo->num_components; i++)
        if (!knows_component(cinfo, i))
            return false;
    return true;
}

/* Calls jpeg_start_decompress(), and for several scans also jpeg_start_output() once enough of
 * them are read: later scans would not change planes of a small size visibly. Too many scans are
 * an error, because a small file could keep a CPU busy for hours. */
static void start_scans(j_decompress_ptr cinfo)
{
    int status;
    cinfo->buffered_image = jpeg_has_multiple_scans(cinfo);
    jpeg_start_decompress(cinfo);
    if (!cinfo->buffered_image)
        return;
    do {
        status = jpeg_consume_input(cinfo);
        if (cinfo->input_scan_number > MAX_SCANS)
            codec_jpeg_error_raise((j_common_ptr)cinfo, ERR_DECODE_ERROR, "more than 500 scans");
    } while (status != JPEG_REACHED_EOI && !(status == JPEG_SCAN_COMPLETED && knows_enough(cinfo)));
    jpeg_start_output(cinfo, cinfo->input_scan_number);
}

/* ---- decoding ---- */

struct decoding {
    struct jpeg_decompress_struct cinfo;
    struct codec_jpeg_error error;
    struct jpeg_source_mgr source;
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

/* A part of a profile (ICC.1:2022, annex B.4): the name, the number of the part from 1 on, and how
 * many there are. */
enum { PROFILE_HEAD = 14 };
static const char profile_name[] = "ICC_PROFILE";

/* The first segment with that part; some programs store all of them again. NULL: none, or it says
 * another number of parts. */
static jpeg_saved_marker_ptr find_profile_part(j_decompress_ptr cinfo, unsigned part, unsigned of)
{
    jpeg_saved_marker_ptr m = cinfo->marker_list;
    for (; m; m = m->next)
        if (m->marker == JPEG_APP0 + 2 && m->data_length >= PROFILE_HEAD &&
            !memcmp(m->data, profile_name, sizeof profile_name) && (!part || m->data[12] == part))
            break;
    return m && (!of || m->data[13] == of) ? m : NULL;
}

/* Keeps the profile if all its parts are there. */
static void read_profile(struct decoding *d)
{
    jpeg_saved_marker_ptr parts[UINT8_MAX + 1], any = find_profile_part(&d->cinfo, 0, 0);
    unsigned n = any ? any->data[13] : 0;
    size_t len = 0;
    for (unsigned i = 1; i <= n; i++) {
        parts[i] = find_profile_part(&d->cinfo, i, n);
        if (!parts[i])
            return;
        len += parts[i]->data_length - PROFILE_HEAD;
    }
    if (!len || !(d->picture.icc = malloc(len)))
        return;
    for (unsigned i = 1; i <= n; i++) {
        size_t part = parts[i]->data_length - PROFILE_HEAD;
        memcpy(d->picture.icc + d->picture.icc_len, parts[i]->data + PROFILE_HEAD, part);
        d->picture.icc_len += part;
    }
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
    read_profile(d);
}

static void run(struct decoding *d)
{
    j_decompress_ptr cinfo = &d->cinfo;
    open_source(&d->source, cinfo, d->in->body, d->in->len);
    read_jpeg_header(d);
    choose_model(d);
    choose_scale(d);
    limit_memory(d);
    cinfo->do_block_smoothing = FALSE; /* costs time, and what is there counts */
    if (cinfo->raw_data_out)
        codec_jpeg_planes_prepare(&d->planes, cinfo, d->in->wish);
    start_scans(cinfo);
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
    *ret_truncated = in->info->truncated || d.error.damaged;
    return ERR_OK;
}

const struct codec_decoder codec_jpeg = {
    .name = "libjpeg-turbo",
    .formats = 1u << IMAGE_JPEG,
    .decode = decode_jpeg,
};
