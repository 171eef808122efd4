/*
 * Resizing with a separable Lanczos-3 filter, widened when it shrinks so that
 * every source pixel counts. Alpha is multiplied in while it works, so what cannot
 * be seen does not bleed into what can. A pure computation. Any thread.
 */
#ifndef IMAGE_RESIZE_H
#define IMAGE_RESIZE_H

#include "image/pixels.h"

/*
 * Makes `ret`, a new picture of width x height (at least 1 each), of the box of the
 * source. The box need not lie on whole pixels; what hangs over the source's
 * edge is cut off. Pixels just outside the box still count, as far as the filter reaches.
 * Same size, whole pixels: a copy. False: no memory.
 */
bool resize(const struct pixels *source, struct pixels_box, uint32_t width, uint32_t height,
    struct pixels *ret);

#endif
