/*
 * The inner loops of the resizer, in plain C and for x86 vector units. All give the same bytes.
 *
 * Both passes use one loop: a weighted sum of vectors, two source vectors at a time. For that, the
 * samples of two rows a and b are zipped: a0 b0 a1 b1... In the vertical pass the vectors are rows.
 * In the horizontal pass RESIZE_LANES rows are transposed, so that a vector holds one sample of
 * each of these rows ("lanes"). So every filter, scale and number of channels runs at full width,
 * and no sum is needed inside a vector.
 *
 * Samples between the passes have RESIZE_FRACTION fractional bits and may leave 0..255: they are
 * clipped at the end. With the weights of resize_axis.h they stay below 1.3 * 255 * 64, and sums
 * below 2^31.
 */
#ifndef IMAGE_RESIZE_KERNEL_H
#define IMAGE_RESIZE_KERNEL_H

#include "image/resize_axis.h"

enum {
    RESIZE_LANES = 16,
    RESIZE_FRACTION = 6,
    RESIZE_ONE = 1 << RESIZE_FRACTION,
    RESIZE_OPAQUE = 255 * RESIZE_ONE,
    /* For level v and alpha a: the upper 16 bits of v * a * this are the premultiplied level
     * with its fraction. Exact if a is 255, else less than 1 / RESIZE_ONE too low. */
    RESIZE_MULTIPLY = 16449,
};

/* Vectors in memory, one every `stride` numbers; the first belongs to `pair`. */
struct resize_vectors {
    const int16_t *data;
    size_t stride;
    uint32_t pair;
};

struct resize_kernel {
    const char *name;

    /* ret[2i] = a[i], ret[2i + 1] = b[i]. */
    void (*zip)(const uint8_t *a, const uint8_t *b, size_t n, int16_t *ret);

    /* The same, premultiplied with alpha and with the fraction. The last of 2 or 4 channels is
     * alpha; n is a multiple of channels. */
    void (*zip_alpha)(
        const uint8_t *a, const uint8_t *b, size_t n, unsigned channels, int16_t *ret);

    /* Computes output pixels [i, end) of an axis: for each, n samples (a multiple of 16), which
     * are weighted sums divided by 2^shift. An output pixel begins every `step` numbers of ret. */
    void (*sum)(const struct resize_vectors *, const struct resize_axis *, uint32_t i, uint32_t end,
        unsigned shift, size_t n, int16_t *ret, size_t step);

    /* Transposes RESIZE_LANES rows of `pairs` pairs of pixels, a row every `stride` numbers, to
     * zipped lanes: for each pair and channel, lane by lane, the samples of both pixels. Reads
     * up to 8 numbers beyond the end of a row. */
    void (*turn)(const int16_t *rows, size_t stride, size_t pairs, unsigned channels, int16_t *ret);

    /* Converts lanes of n samples to rows of levels, a row every `stride` bytes. Reads the lanes
     * of up to 15 samples more. */
    void (*finish)(const int16_t *lanes, size_t n, unsigned rows, uint8_t *ret, size_t stride);
};

/* NULL: this machine does not support it. */
const struct resize_kernel *resize_scalar(void);
const struct resize_kernel *resize_sse2(void);
const struct resize_kernel *resize_avx2(void);

/* The loops of the SSE2 kernel that the AVX2 kernel uses too. */
void resize_sse2_zip_alpha(
    const uint8_t *a, const uint8_t *b, size_t n, unsigned channels, int16_t *ret);
void resize_sse2_turn(
    const int16_t *rows, size_t stride, size_t pairs, unsigned channels, int16_t *ret);
void resize_sse2_finish(const int16_t *lanes, size_t n, unsigned rows, uint8_t *ret, size_t stride);

/* resize() and resize_plain() with a given kernel. */
bool resize_with(const struct resize_kernel *, const struct pixels *source, bool alpha,
    struct pixels_box, uint32_t width, uint32_t height, enum resize_filter, struct pixels *ret);

#endif
