/*
 * A body as libjpeg reads it. One that ends too early gets an end marker more, so that libjpeg
 * fills the picture up.
 */
#ifndef IMAGE_CODEC_JPEG_SOURCE_H
#define IMAGE_CODEC_JPEG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

struct codec_jpeg_source {
    struct jpeg_source_mgr base; /* first: what libjpeg knows of it */
    bool ran_out;                /* bytes beyond the last were asked for */
};

/* Body and source are borrowed by the decompressor. */
void codec_jpeg_source_open(
    struct codec_jpeg_source *, j_decompress_ptr, const uint8_t *body, size_t len);

#endif
