/*
 * libjpeg's data source for a body. After a truncated body it supplies an end marker, so that
 * libjpeg fills in the rest of the picture.
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
    bool ran_out;                /* libjpeg wanted more bytes than there are */
};

/* Body and source are borrowed by the decompressor. */
void codec_jpeg_source_open(
    struct codec_jpeg_source *, j_decompress_ptr, const uint8_t *body, size_t len);

#endif
