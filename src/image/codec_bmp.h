/*
 * Decodes the bitmap inside a BMP or an icon: a BMP without its file header. Any thread.
 */
#ifndef IMAGE_CODEC_BMP_H
#define IMAGE_CODEC_BMP_H

#include "image/codec.h"

struct codec_bmp_layout {
    /* Offset of the pixels from the bitmap's header; 0: after header and palette. */
    size_t pixels_at;
    /* 0: no icon. An icon's picture has this height, whatever its header says; a mask follows the
     * pixels, in which 1 is transparent. 32-bit pixels have alpha; the mask is used only if alpha
     * is 0 everywhere. */
    uint32_t icon_height;
};

/* Decodes a bitmap that begins with its header. Otherwise like codec_decoder.decode(). */
enum err codec_bmp_decode(const struct codec_input *bitmap, const struct codec_bmp_layout *,
    struct picture *ret, bool *ret_truncated);

#endif
