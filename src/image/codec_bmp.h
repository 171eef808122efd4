/*
 * The bitmap inside a BMP, which icons have too: all but the file header. Any thread.
 */
#ifndef IMAGE_CODEC_BMP_H
#define IMAGE_CODEC_BMP_H

#include "image/codec.h"

struct codec_bmp_layout {
    /* Where the pixels begin, from the bitmap's header on; 0: after header and palette. */
    size_t pixels_at;
    /* As icons have it: the height counts a mask that follows the pixels, in which 1 is
     * transparent, and 32 bits have alpha; the mask counts where alpha is 0 everywhere. */
    bool icon;
};

/* Decodes a bitmap from its header on. The rest as in struct codec_decoder. */
enum err codec_bmp_decode(const uint8_t *bitmap, size_t len, const struct codec_bmp_layout *,
    const struct image_limits *, struct picture *ret, bool *ret_truncated,
    char message[IMAGE_MESSAGE_SIZE]);

#endif
