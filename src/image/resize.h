/*
 * Resizing with a separable filter, widened when it shrinks so that every source pixel
 * counts. A pure computation. Any thread.
 */
#ifndef IMAGE_RESIZE_H
#define IMAGE_RESIZE_H

#include "image/pixels.h"

enum resize_filter {
    RESIZE_LANCZOS3, /* sharp; overshoots a little at edges */
    RESIZE_MITCHELL, /* Mitchell and Netravali's cubic, B = C = 1/3: softer, hardly overshoots */
    RESIZE_AREA,     /* the mean of what an output pixel covers; linear where it enlarges */
};

/*
 * Makes `ret`, a new picture of width x height (at least 1 each), of the box of the
 * source. Of 2 and 4 channels the last is alpha: it is multiplied in meanwhile, so what cannot
 * be seen does not bleed into what can. The box need not lie on whole pixels; what hangs over the
 * source's edge is cut off. Pixels just outside the box still count, as far as the filter reaches.
 * Same size, whole pixels: a copy. False: no memory.
 */
bool resize(const struct pixels *source, struct pixels_box, uint32_t width, uint32_t height,
    enum resize_filter, struct pixels *ret);

/* The same where no channel is alpha: CMYK. */
bool resize_plain(const struct pixels *source, struct pixels_box, uint32_t width, uint32_t height,
    enum resize_filter, struct pixels *ret);

/* What else can be asked of a plane of one channel. */
struct resize_extra {
    /* As though the source had been enlarged linearly to twice its size before. That is what
     * decoders do with the colours of a JPEG to make RGB. */
    bool double_across, double_down;
    /* Two channels: the level, rounded down, and how many 256ths there are on top. Three planes
     * that are to be added up to RGB would bring three roundings along. */
    bool fine;
};

enum { RESIZE_CHANNELS = 3 };

/* n planes (1 to RESIZE_CHANNELS) of one channel and one size, all in the same way: the weights are
 * made once. False: none is made. */
bool resize_channels(const struct pixels *sources, unsigned n, struct resize_extra,
    struct pixels_box, uint32_t width, uint32_t height, enum resize_filter, struct pixels *rets);

#endif
