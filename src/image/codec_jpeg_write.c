/*
 * JPEG by libjpeg-turbo, 4:2:0. A picture of YCbCr planes is written from them; the rest goes
 * through libjpeg's conversion.
 */
#include "image/codec.h"
#include "image/codec_jpeg_error.h"

#include <string.h>

enum {
    MCU = 2 * DCTSIZE, /* of Y, both ways; Cb and Cr have a block for it */
};

struct encoding {
    struct jpeg_compress_struct cinfo;
    struct codec_jpeg_error error;
    struct jpeg_destination_mgr destination;

    const struct picture *picture;
    const struct codec_encoding *wanted;
    struct codec_output *out;
    struct pixels strips[PICTURE_PLANES]; /* one row of MCUs, padded to whole blocks */
};

/* ---- the destination: what is left of the output ---- */

static boolean fail_full(j_compress_ptr cinfo)
{
    struct encoding *e = cinfo->client_data;
    e->out->full = true;
    codec_jpeg_error_raise(
        (j_common_ptr)cinfo, ERR_DECODE_MEMORY, "the thumbnails need more space than allowed");
}

static void open_output(j_compress_ptr cinfo)
{
    struct encoding *e = cinfo->client_data;
    e->destination.next_output_byte = e->out->data + e->out->used;
    e->destination.free_in_buffer = e->out->size - e->out->used;
    if (!e->destination.free_in_buffer) /* libjpeg asks after each byte, not before */
        fail_full(cinfo);
}

static void close_output(j_compress_ptr cinfo)
{
    struct encoding *e = cinfo->client_data;
    e->out->used = e->out->size - e->destination.free_in_buffer;
}

static void set_up(struct encoding *e)
{
    j_compress_ptr cinfo = &e->cinfo;
    const struct pixels *first = &e->picture->planes[0];
    cinfo->client_data = e;
    cinfo->dest = &e->destination;
    e->destination = (struct jpeg_destination_mgr){
        .init_destination = open_output,
        .empty_output_buffer = fail_full,
        .term_destination = close_output,
    };
    cinfo->image_width = first->width;
    cinfo->image_height = first->height;
    cinfo->input_components = e->picture->model == PICTURE_GREY ? 1 : 3;
    cinfo->in_color_space = e->picture->model == PICTURE_GREY  ? JCS_GRAYSCALE
                            : e->picture->model == PICTURE_YCC ? JCS_YCbCr
                                                               : JCS_RGB;
    jpeg_set_defaults(cinfo); /* 4:2:0 */
    jpeg_set_quality(cinfo, e->wanted->quality, TRUE);
    cinfo->raw_data_in = e->picture->model == PICTURE_YCC;
    cinfo->optimize_coding = FALSE; /* four times the work, for 4 % of the size */
    if (e->wanted->progressive)
        jpeg_simple_progression(cinfo);
}

/* ---- from planes ---- */

static bool strips_init(struct encoding *e)
{
    for (unsigned i = 0; i < PICTURE_PLANES; i++) {
        const jpeg_component_info *component = &e->cinfo.comp_info[i];
        if (!pixels_init(&e->strips[i], component->width_in_blocks * DCTSIZE,
                (uint32_t)component->v_samp_factor * DCTSIZE, 1))
            return false;
    }
    return true;
}

/* Copies rows from `y` on into a strip, and repeats the last row and column to fill it. */
static void fill_strip(const struct pixels *plane, uint32_t y, const struct pixels *strip)
{
    for (uint32_t row = 0; row < strip->height; row++, y++) {
        const uint8_t *from = pixels_row(plane, y < plane->height ? y : plane->height - 1);
        uint8_t *to = pixels_row(strip, row);
        memcpy(to, from, plane->width);
        memset(to + plane->width, from[plane->width - 1], strip->width - plane->width);
    }
}

static void write_planes(struct encoding *e)
{
    j_compress_ptr cinfo = &e->cinfo;
    JSAMPROW rows[PICTURE_PLANES][MCU];
    JSAMPARRAY planes[PICTURE_PLANES] = {rows[0], rows[1], rows[2]};
    if (!strips_init(e))
        codec_jpeg_error_raise((j_common_ptr)cinfo, ERR_DECODE_MEMORY, "no memory for a thumbnail");
    for (unsigned i = 0; i < PICTURE_PLANES; i++)
        for (uint32_t y = 0; y < e->strips[i].height; y++)
            rows[i][y] = pixels_row(&e->strips[i], y);
    for (uint32_t mcu = 0; cinfo->next_scanline < cinfo->image_height; mcu++) {
        for (unsigned i = 0; i < PICTURE_PLANES; i++)
            fill_strip(&e->picture->planes[i], mcu * e->strips[i].height, &e->strips[i]);
        jpeg_write_raw_data(cinfo, planes, MCU);
    }
}

/* ---- from pixels ---- */

static void write_pixels(struct encoding *e)
{
    j_compress_ptr cinfo = &e->cinfo;
    while (cinfo->next_scanline < cinfo->image_height) {
        JSAMPROW row = pixels_row(&e->picture->planes[0], cinfo->next_scanline);
        jpeg_write_scanlines(cinfo, &row, 1);
    }
}

/* A separate function, so that no local variable is in a register when libjpeg jumps back. */
static enum err guard(struct encoding *e)
{
    if (!setjmp(e->error.back)) {
        jpeg_create_compress(&e->cinfo);
        set_up(e);
        jpeg_start_compress(&e->cinfo, TRUE);
        if (e->cinfo.raw_data_in)
            write_planes(e);
        else
            write_pixels(e);
        jpeg_finish_compress(&e->cinfo);
    }
    jpeg_destroy_compress(&e->cinfo);
    return e->error.err;
}

static enum err encode_jpeg(const struct picture *picture, const struct codec_encoding *wanted,
    struct codec_output *out, char message[IMAGE_MESSAGE_SIZE])
{
    struct encoding e = {.picture = picture, .wanted = wanted, .out = out};
    e.cinfo.err = codec_jpeg_error_init(&e.error, message);
    enum err err = guard(&e);
    for (unsigned i = 0; i < PICTURE_PLANES; i++)
        pixels_fini(&e.strips[i]);
    return err;
}

const struct codec_encoder codec_jpeg_write = {
    .name = "libjpeg-turbo",
    .format = THUMB_JPG,
    .planes = true,
    .encode = encode_jpeg,
};
