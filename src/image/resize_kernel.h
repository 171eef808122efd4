/*
 * The loops of the resizer, in plain C and for the vector units of x86. Whichever runs, the
 * bytes are the same.
 *
 * Both passes are one loop: a weighted sum of vectors, two source vectors at a time, for which
 * the samples of two rows are zipped: of the rows a and b, a0 b0 a1 b1... Down the picture, the
 * vectors are rows as they are. For the pass across, RESIZE_LANES rows are turned, so that a
 * vector holds one sample of each of these rows ("lanes"); so every filter, shrink and number of
 * channels runs at full width, and no sum has to be made inside a vector.
 *
 * Samples between the passes have RESIZE_FRACTION bits after the point and can leave 0..255:
 * clipping is left to the end. With weights as in resize_axis.h they stay below 1.3 * 255 * 64,
 * and sums below 2^31.
 */
#ifndef IMAGE_RESIZE_KERNEL_H
#define IMAGE_RESIZE_KERNEL_H

#include "image/resize_axis.h"

enum {
    RESIZE_LANES = 16,
    RESIZE_FRACTION = 6,
    RESIZE_ONE = 1 << RESIZE_FRACTION,
    RESIZE_OPAQUE = 255 * RESIZE_ONE,
    /* The level v under alpha a, with the fraction: v a times this, the upper 16 bits. Exact where
     * a is 255, else less than 1 / RESIZE_ONE too low. */
    RESIZE_MULTIPLY = 16449,
};

/* Vectors in memory, one every `stride` numbers, the first that of `pair`. */
struct resize_vectors {
    const int16_t *data;
    size_t stride;
    uint32_t pair;
};

struct resize_kernel {
    const char *name;

    /* ret[2i] = a[i], ret[2i + 1] = b[i]. */
    void (*zip)(const uint8_t *a, const uint8_t *b, size_t n, int16_t *ret);

    /* The same with alpha multiplied in and with the fraction. Of 2 or 4 channels, the last is
     * alpha; n is a multiple of channels. */
    void (*zip_alpha)(
        const uint8_t *a, const uint8_t *b, size_t n, unsigned channels, int16_t *ret);

    /* Output pixels [i, end) of an axis, n samples of each (a multiple of 16), one every `step`
     * numbers of ret: sums, divided by 2^shift. */
    void (*sum)(const struct resize_vectors *, const struct resize_axis *, uint32_t i, uint32_t end,
        unsigned shift, size_t n, int16_t *ret, size_t step);

    /* RESIZE_LANES rows of so many pairs of pixels, one every `stride` numbers, to lanes, zipped:
     * of each pair and channel, lane by lane, the samples of both pixels. Reads up to 8 numbers
     * beyond the end of a row. */
    void (*turn)(const int16_t *rows, size_t stride, size_t pairs, unsigned channels, int16_t *ret);

    /* Lanes of n samples to rows of levels, one every `stride` bytes. Reads lanes of up to 15
     * samples more. */
    void (*finish)(const int16_t *lanes, size_t n, unsigned rows, uint8_t *ret, size_t stride);
};

/* NULL: not on this machine. */
const struct resize_kernel *resize_scalar(void);
const struct resize_kernel *resize_sse2(void);
const struct resize_kernel *resize_avx2(void);

/* resize() and resize_plain() with a kernel of choice. */
bool resize_with(const struct resize_kernel *, const struct pixels *source, bool alpha,
    struct pixels_box, uint32_t width, uint32_t height, enum resize_filter, struct pixels *ret);

#endif
