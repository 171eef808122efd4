/*
 * The filter weights of each output pixel in one direction, as integers. They come in pairs,
 * because the sums are made of pairs of source pixels (resize_kernel.h). A pair begins at an even
 * source pixel; the first and last weight may be 0 to make it so.
 */
#ifndef IMAGE_RESIZE_AXIS_H
#define IMAGE_RESIZE_AXIS_H

#include "image/resize.h"

/*
 * The weights of a pixel sum to exactly 2^shift. Their absolute values sum to at most 1.6 times
 * that; if shift is 16, to 1.45 times (then no weight is a half or more: it shrinks to less than a
 * half).
 */
enum { RESIZE_MAX_SHIFT = 16 };

struct resize_axis {
    uint32_t n;        /* output pixels */
    uint32_t from, to; /* source pairs in use: [from, to) */
    unsigned shift;    /* weights are times 2^shift; 14 to RESIZE_MAX_SHIFT */
    size_t room;       /* for the weights of each output pixel */
    uint32_t *first;   /* [n] source pair of the first weight */
    uint32_t *pairs;   /* [n] pairs of weights in use, at least 1 */
    int16_t *weights;  /* [n][room] */
};

/* Maps `length` (above 0) of `source` pixels, from `start` on, to n pixels. doubled: as if the
 * source had first been enlarged linearly to twice its size. False: no memory. */
bool resize_axis_init(struct resize_axis *, enum resize_filter, uint32_t source, double start,
    double length, bool doubled, uint32_t n);
void resize_axis_fini(struct resize_axis *);

#endif
