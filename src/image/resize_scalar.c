#include "image/resize_kernel.h"

static void zip(const uint8_t *a, const uint8_t *b, size_t n, int16_t *ret)
{
    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = a[i];
        ret[2 * i + 1] = b[i];
    }
}

static int16_t multiply(unsigned level, unsigned alpha)
{
    return (int16_t)(level * alpha * RESIZE_MULTIPLY >> 16);
}

static void zip_alpha(const uint8_t *a, const uint8_t *b, size_t n, unsigned channels, int16_t *ret)
{
    for (size_t i = 0; i < n; i += channels, a += channels, b += channels, ret += 2 * channels) {
        unsigned last = channels - 1;
        for (unsigned c = 0; c < channels; c++) {
            ret[2 * c] = multiply(a[c], c == last ? 255 : a[last]);
            ret[2 * c + 1] = multiply(b[c], c == last ? 255 : b[last]);
        }
    }
}

static int clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

enum { BLOCK = 16 };

/* Sums a block of one output pixel. */
static void sum_block(const int16_t *in, size_t stride, const int16_t *weights, uint32_t pairs,
    unsigned shift, int16_t *ret)
{
    int32_t sums[BLOCK];
    for (unsigned i = 0; i < BLOCK; i++)
        sums[i] = 1 << (shift - 1);
    for (uint32_t k = 0; k < pairs; k++, in += stride, weights += 2)
        for (unsigned i = 0; i < BLOCK; i++)
            sums[i] += in[2 * i] * weights[0] + in[2 * i + 1] * weights[1];
    for (unsigned i = 0; i < BLOCK; i++)
        ret[i] = (int16_t)clamp(sums[i] >> shift, INT16_MIN, INT16_MAX);
}

static void sum(const struct resize_vectors *in, const struct resize_axis *axis, uint32_t i,
    uint32_t end, unsigned shift, size_t n, int16_t *ret, size_t step)
{
    for (; i < end; i++, ret += step) {
        const int16_t *first = in->data + (axis->first[i] - in->pair) * in->stride;
        for (size_t at = 0; at < n; at += BLOCK)
            sum_block(first + 2 * at, in->stride, axis->weights + i * axis->room, axis->pairs[i],
                shift, ret + at);
    }
}

static void turn(const int16_t *rows, size_t stride, size_t pairs, unsigned channels, int16_t *ret)
{
    for (; pairs; pairs--, rows += 2 * channels)
        for (unsigned c = 0; c < channels; c++)
            for (unsigned lane = 0; lane < RESIZE_LANES; lane++) {
                *ret++ = rows[lane * stride + c];
                *ret++ = rows[lane * stride + channels + c];
            }
}

static void round_lanes(const int16_t *lanes, size_t n, unsigned rows, uint8_t *ret, size_t stride)
{
    for (unsigned lane = 0; lane < rows; lane++, ret += stride)
        for (size_t i = 0; i < n; i++)
            ret[i] = (uint8_t)clamp(
                (lanes[i * RESIZE_LANES + lane] + RESIZE_ONE / 2) >> RESIZE_FRACTION, 0, 255);
}

const struct resize_kernel *resize_scalar(void)
{
    static const struct resize_kernel kernel = {"scalar", zip, zip_alpha, sum, turn, round_lanes};
    return &kernel;
}
