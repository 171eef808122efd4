/*
 * For tests: JPEGs of every kind, written and read by libjpeg without the code under test, and a
 * measure of the difference between two pictures.
 */
#ifndef IMAGE_TEST_JPEG_H
#define IMAGE_TEST_JPEG_H

#include "base/buf.h"
#include "base/test.h"
#include "image/codec.h"
#include "image/resize.h"

#include <math.h>
#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

struct jpeg_kind {
    J_COLOR_SPACE stored;   /* JCS_UNKNOWN: YCbCr, or grey of one channel */
    uint8_t sampling[4][2]; /* across, down; 0: libjpeg's choice, 4:2:0 */
    int quality;            /* 0: 90 */
    bool progressive, arithmetic;
    unsigned restart_rows;
    const char *icc;
};

/* Encodes 1 (grey), 3 (RGB) or 4 channels (CMYK, as it is stored in the file). */
static inline struct buf jpeg_of(const struct pixels *p, const struct jpeg_kind *kind)
{
    static const J_COLOR_SPACE spaces[] = {[1] = JCS_GRAYSCALE, [3] = JCS_RGB, [4] = JCS_CMYK};
    struct jpeg_error_mgr error;
    struct jpeg_compress_struct c = {.err = jpeg_std_error(&error)};
    unsigned char *file = NULL;
    unsigned long size = 0;
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &file, &size);
    c.image_width = p->width;
    c.image_height = p->height;
    c.input_components = (int)p->channels;
    c.in_color_space = spaces[p->channels];
    jpeg_set_defaults(&c);
    if (kind->stored != JCS_UNKNOWN)
        jpeg_set_colorspace(&c, kind->stored);
    jpeg_set_quality(&c, kind->quality ? kind->quality : 90, TRUE);
    for (int i = 0; i < c.num_components && kind->sampling[0][0]; i++) {
        c.comp_info[i].h_samp_factor = kind->sampling[i][0];
        c.comp_info[i].v_samp_factor = kind->sampling[i][1];
    }
    c.arith_code = kind->arithmetic;
    c.restart_in_rows = (int)kind->restart_rows;
    if (kind->progressive)
        jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    if (kind->icc)
        jpeg_write_icc_profile(&c, (const uint8_t *)kind->icc, (unsigned)strlen(kind->icc));
    while (c.next_scanline < c.image_height) {
        JSAMPROW row = pixels_row(p, c.next_scanline);
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    return (struct buf){.data = file, .len = size, .cap = size};
}

/* Decodes a whole file at full size, as RGB or grey. */
static inline struct pixels jpeg_pixels(const struct buf *file)
{
    struct jpeg_error_mgr error;
    struct jpeg_decompress_struct d = {.err = jpeg_std_error(&error)};
    struct pixels p;
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, file->data, file->len);
    jpeg_read_header(&d, TRUE);
    jpeg_start_decompress(&d);
    ck_assert(pixels_init(&p, d.output_width, d.output_height, (unsigned)d.output_components));
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = pixels_row(&p, d.output_scanline);
        jpeg_read_scanlines(&d, &row, 1);
    }
    jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    return p;
}

/* Something like a photograph: soft shades, hard edges, fine texture. */
static inline struct pixels scenery(uint32_t width, uint32_t height, unsigned channels)
{
    struct pixels p;
    uint32_t noise = 1;
    ck_assert(pixels_init(&p, width, height, channels));
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            double disc = hypot((x % 190) - 95.0, (y % 170) - 85.0) < 60 ? 45 : 0;
            for (unsigned c = 0; c < channels; c++) {
                noise = noise * 1664525 + 1013904223;
                double level = 115 + 40 * sin(x / (31.0 + 9 * c)) + 30 * cos(y / (23.0 + 7 * c)) +
                               12 * sin((x + y) / 3.0) + disc * (1 - 0.8 * c) +
                               noise % 1024 / 128.0;
                pixels_row(&p, y)[(size_t)x * channels + c] = (uint8_t)(level < 0     ? 0
                                                                        : level > 255 ? 255
                                                                                      : level);
            }
        }
    }
    return p;
}

static inline double lanczos3(double x)
{
    x = fabs(x) * M_PI;
    return x < 1e-9 ? 1 : x >= 3 * M_PI ? 0 : 3 * sin(x) * sin(x / 3) / (x * x);
}

/* Levels of an image as doubles, with the strides of both directions. */
struct levels {
    double *data;
    size_t across, down;
};

/* Resizes each row from n levels to `to`. */
static inline void shrink_rows(
    struct levels in, uint32_t n, uint32_t rows, struct levels ret, uint32_t to)
{
    double scale = (double)n / to;
    double stretch = scale > 1 ? scale : 1;
    for (uint32_t i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        uint32_t first = (uint32_t)fmax(centre - 3 * stretch, 0);
        uint32_t end = (uint32_t)fmin(centre + 3 * stretch + 1, n);
        double sum = 0;
        for (uint32_t y = 0; y < rows; y++)
            ret.data[i * ret.across + y * ret.down] = 0;
        for (uint32_t x = first; x < end; x++) {
            double weight = lanczos3((x + 0.5 - centre) / stretch);
            sum += weight;
            for (uint32_t y = 0; y < rows; y++)
                ret.data[i * ret.across + y * ret.down] +=
                    weight * in.data[x * in.across + y * in.down];
        }
        for (uint32_t y = 0; y < rows; y++)
            ret.data[i * ret.across + y * ret.down] /= sum;
    }
}

/* The ideal thumbnail: Lanczos-3 of all pixels in double precision. free() it. */
static inline double *ideal(const struct pixels *p, uint32_t width, uint32_t height)
{
    size_t n = p->channels;
    double *full = calloc((size_t)p->width * p->height * n, sizeof *full);
    double *narrow = calloc((size_t)width * p->height * n, sizeof *narrow);
    double *ret = calloc((size_t)width * height * n, sizeof *ret);
    for (size_t i = 0; i < (size_t)p->width * p->height * n; i++)
        full[i] = p->data[i];
    for (size_t c = 0; c < n; c++) {
        struct levels turned = {narrow + c, width * n, n}; /* rows are its columns */
        shrink_rows((struct levels){full + c, n, p->width * n}, p->width, p->height,
            (struct levels){narrow + c, n, width * n}, width);
        shrink_rows(turned, p->height, width, (struct levels){ret + c, width * n, n}, height);
    }
    free(full);
    free(narrow);
    return ret;
}

/* In decibels; both pictures have the same size and channels. */
static inline double psnr(const double *want, const struct pixels *got)
{
    size_t n = got->height * pixels_stride(got);
    double sum = 1e-9;
    for (size_t i = 0; i < n; i++) {
        double level = want[i] < 0 ? 0 : want[i] > 255 ? 255 : want[i];
        sum += (level - got->data[i]) * (level - got->data[i]);
    }
    return 10 * log10(255 * 255 * (double)n / sum);
}

/* Converts a decoded picture to one plane, grey or RGB, at full size. */
static inline struct pixels flat(struct picture *p)
{
    for (unsigned i = 0; i < picture_n_planes(p) && p->model == PICTURE_YCC; i++) {
        struct pixels_box box = {0, 0, p->extents[i].width, p->extents[i].height};
        struct pixels full;
        ck_assert(resize_channels(&p->planes[i], 1, (struct resize_extra){.fine = true}, box,
            p->width, p->height, RESIZE_LANCZOS3, &full));
        pixels_fini(&p->planes[i]);
        p->planes[i] = full;
    }
    ck_assert(picture_to_rgb(p));
    return p->planes[0];
}

#endif
