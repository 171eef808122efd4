/*
 * Resizes with a separable filter. When shrinking, the filter is widened so that every source pixel
 * counts. A pure computation. Any thread.
 */
#ifndef IMAGE_RESIZE_H
#define IMAGE_RESIZE_H

#include "image/pixels.h"

enum resize_filter {
    RESIZE_LANCZOS3, /* sharp; overshoots a little at edges */
    RESIZE_MITCHELL, /* Mitchell and Netravali's cubic, B = C = 1/3: softer, hardly overshoots */
    RESIZE_AREA,     /* the mean of the area an output pixel covers; linear when enlarging */
};

/*
 * Resizes the box of the source to `ret`, a new picture of width x height (at least 1 each). With 2
 * or 4 channels the last is alpha: it is premultiplied meanwhile, so the colours of invisible
 * pixels do not bleed into visible ones. The box may begin and end between pixels; a part outside
 * the source is cut off. Pixels outside the box still count, as far as the filter reaches. Same
 * size and whole pixels: a copy. False: no memory.
 */
bool resize(const struct pixels *source, struct pixels_box, uint32_t width, uint32_t height,
    enum resize_filter, struct pixels *ret);

/* The same, but no channel is alpha: for CMYK. */
bool resize_plain(const struct pixels *source, struct pixels_box, uint32_t width, uint32_t height,
    enum resize_filter, struct pixels *ret);

/* Options for planes of one channel. */
struct resize_extra {
    /* Resize as if the source had first been enlarged linearly to twice its size. Decoders do
     * that with the chroma of a JPEG to make RGB. */
    bool double_across, double_down;
    /* Make two channels: the level, rounded down, and its fraction in 256ths. Otherwise,
     * converting three planes to RGB would add up three rounding errors. */
    bool fine;
};

enum { RESIZE_CHANNELS = 3 };

/* Resizes n planes (1 to RESIZE_CHANNELS) of one channel and one size in the same way, and
 * computes the weights only once. False: no memory, and no plane is made. */
bool resize_channels(const struct pixels *sources, unsigned n, struct resize_extra,
    struct pixels_box, uint32_t width, uint32_t height, enum resize_filter, struct pixels *rets);

#endif
