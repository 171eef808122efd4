/*
 * The chunks of a PNG that make the picture, as a stream for libspng.
 *
 * The stream is a PNG of IHDR, PLTE, tRNS and IDAT. So no text, palette suggestion or broken
 * ancillary chunk can cause an error or use memory. Checksums are zeros: libspng does not look at
 * them (damaged data shows when it is decompressed).
 *
 * An animation (APNG; PNG 3, 4.9) whose first frame is not the default image gives that frame: its
 * fdAT chunks become the IDAT chunks of a PNG of the frame's size. The default image is for
 * programs that know no animations, and browsers do not show it.
 */
#ifndef IMAGE_CODEC_PNG_SOURCE_H
#define IMAGE_CODEC_PNG_SOURCE_H

#include "image/reader.h"

enum {
    PNG_SOURCE_FRAME = 12,        /* length, type and sum around a chunk's data */
    PNG_SOURCE_HEAD = 8 + 8 + 13, /* the signature; IHDR's length, type and data */
};

struct png_source {
    struct reader rest;             /* the body behind what was read */
    struct reader piece, data;      /* what is being read, and what comes after it */
    uint8_t first[PNG_SOURCE_HEAD]; /* signature and IHDR */
    uint8_t head[PNG_SOURCE_FRAME]; /* the previous chunk's checksum; a chunk's length and type */
    bool indexed;                   /* a palette counts */
    bool animated;                  /* the picture is a frame, at (x, y) of the canvas */
    bool in_frame;                  /* its data may come now */
    uint32_t x, y, width, height;   /* of the canvas the size, unless the header is cut off: 0 */
};

/* `body` stays the caller's and has to outlive the source, which may not be copied or moved after
 * the first codec_png_source_read(). */
void codec_png_source_init(struct png_source *, const uint8_t *body, size_t len);

/* Copies the next `len` bytes. False: the stream ends before. */
bool codec_png_source_read(struct png_source *, void *to, size_t len);

#endif
