#include "image/resize_kernel.h"

#ifdef __x86_64__

#include <emmintrin.h>
#include <string.h>

static __m128i load_lanes(const void *p)
{
    return _mm_loadu_si128(p);
}

static void store(void *p, __m128i v)
{
    _mm_storeu_si128(p, v);
}

static void zip(const uint8_t *a, const uint8_t *b, size_t n, int16_t *ret)
{
    const __m128i zero = _mm_setzero_si128();
    size_t i = 0;
    for (; i + 16 <= n; i += 16, ret += 32) {
        __m128i low = _mm_unpacklo_epi8(load_lanes(a + i), load_lanes(b + i));
        __m128i high = _mm_unpackhi_epi8(load_lanes(a + i), load_lanes(b + i));
        store(ret, _mm_unpacklo_epi8(low, zero));
        store(ret + 8, _mm_unpackhi_epi8(low, zero));
        store(ret + 16, _mm_unpacklo_epi8(high, zero));
        store(ret + 24, _mm_unpackhi_epi8(high, zero));
    }
    resize_scalar()->zip(a + i, b + i, n - i, ret);
}

/* Premultiplies 8 samples. */
static __m128i multiplied(const uint8_t *p, unsigned channels)
{
    __m128i levels = _mm_unpacklo_epi8(_mm_loadl_epi64((const void *)p), _mm_setzero_si128());
    __m128i alpha;
    if (channels == 4) {
        alpha = _mm_shufflehi_epi16(_mm_shufflelo_epi16(levels, 0xFF), 0xFF);
        alpha = _mm_or_si128(alpha, _mm_set_epi16(255, 0, 0, 0, 255, 0, 0, 0));
    } else {
        alpha = _mm_shufflehi_epi16(_mm_shufflelo_epi16(levels, 0xF5), 0xF5);
        alpha = _mm_or_si128(alpha, _mm_set_epi16(255, 0, 255, 0, 255, 0, 255, 0));
    }
    return _mm_mulhi_epu16(_mm_mullo_epi16(levels, alpha), _mm_set1_epi16(RESIZE_MULTIPLY));
}

void resize_sse2_zip_alpha(
    const uint8_t *a, const uint8_t *b, size_t n, unsigned channels, int16_t *ret)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8, ret += 16) {
        __m128i upper = multiplied(a + i, channels);
        __m128i lower = multiplied(b + i, channels);
        store(ret, _mm_unpacklo_epi16(upper, lower));
        store(ret + 8, _mm_unpackhi_epi16(upper, lower));
    }
    resize_scalar()->zip_alpha(a + i, b + i, n - i, channels, ret);
}

/* Sums 16 samples of one output pixel. */
static void sum_block(const int16_t *in, size_t stride, const int16_t *weights, uint32_t pairs,
    unsigned shift, int16_t *ret)
{
    __m128i sums[4];
    for (unsigned i = 0; i < 4; i++)
        sums[i] = _mm_set1_epi32(1 << (shift - 1));
    for (uint32_t k = 0; k < pairs; k++, in += stride, weights += 2) {
        int pair;
        memcpy(&pair, weights, sizeof pair);
        __m128i both = _mm_set1_epi32(pair);
        for (unsigned i = 0; i < 4; i++)
            sums[i] = _mm_add_epi32(sums[i], _mm_madd_epi16(load_lanes(in + 8 * i), both));
    }
    __m128i by = _mm_cvtsi32_si128((int)shift);
    for (unsigned i = 0; i < 4; i++)
        sums[i] = _mm_sra_epi32(sums[i], by);
    store(ret, _mm_packs_epi32(sums[0], sums[1]));
    store(ret + 8, _mm_packs_epi32(sums[2], sums[3]));
}

static void sum(const struct resize_vectors *in, const struct resize_axis *axis, uint32_t i,
    uint32_t end, unsigned shift, size_t n, int16_t *ret, size_t step)
{
    for (; i < end; i++, ret += step) {
        const int16_t *first = in->data + (axis->first[i] - in->pair) * in->stride;
        for (size_t at = 0; at < n; at += 16)
            sum_block(first + 2 * at, in->stride, axis->weights + i * axis->room, axis->pairs[i],
                shift, ret + at);
    }
}

/* Transposes 8 rows of 8 numbers. */
static inline __attribute__((always_inline)) void transpose(__m128i v[8])
{
    for (unsigned round = 0; round < 3; round++) {
        __m128i to[8];
        for (unsigned i = 0; i < 4; i++) {
            to[2 * i] = _mm_unpacklo_epi16(v[i], v[i + 4]);
            to[2 * i + 1] = _mm_unpackhi_epi16(v[i], v[i + 4]);
        }
        memcpy(v, to, sizeof to);
    }
}

/* Transposes the whole pairs of pixels in 8 samples of 8 rows, up to `pairs`. */
static inline __attribute__((always_inline)) void turn_tile(
    const int16_t *rows, size_t stride, size_t pairs, const unsigned channels, int16_t *ret)
{
    __m128i v[8];
    for (unsigned i = 0; i < 8; i++)
        v[i] = load_lanes(rows + i * stride);
    transpose(v);
    for (unsigned p = 0; p < 4 / channels && p < pairs; p++)
        for (unsigned c = 0; c < channels; c++, ret += (size_t)2 * RESIZE_LANES) {
            __m128i left = v[2 * p * channels + c];
            __m128i right = v[(2 * p + 1) * channels + c];
            store(ret, _mm_unpacklo_epi16(left, right));
            store(ret + 8, _mm_unpackhi_epi16(left, right));
        }
}

/* Inlined once for each number of channels, so that the loops are unrolled. */
static inline __attribute__((always_inline)) void turn_rows(
    const int16_t *rows, size_t stride, size_t pairs, const unsigned channels, int16_t *ret)
{
    const unsigned tile = 4 / channels;
    for (size_t at = 0; at < pairs; at += tile) {
        const int16_t *from = rows + at * 2 * channels;
        int16_t *to = ret + at * channels * 2 * RESIZE_LANES;
        turn_tile(from, stride, pairs - at, channels, to);
        turn_tile(from + 8 * stride, stride, pairs - at, channels, to + RESIZE_LANES);
    }
}

void resize_sse2_turn(
    const int16_t *rows, size_t stride, size_t pairs, unsigned channels, int16_t *ret)
{
    switch (channels) {
    case 1:
        turn_rows(rows, stride, pairs, 1, ret);
        break;
    case 2:
        turn_rows(rows, stride, pairs, 2, ret);
        break;
    case 3:
        turn_rows(rows, stride, pairs, 3, ret);
        break;
    default:
        turn_rows(rows, stride, pairs, 4, ret);
    }
}

/* Converts the lanes of a sample to levels. */
static __m128i levels(const int16_t *lanes)
{
    const __m128i half = _mm_set1_epi16(RESIZE_ONE / 2);
    __m128i low = _mm_srai_epi16(_mm_adds_epi16(load_lanes(lanes), half), RESIZE_FRACTION);
    __m128i high = _mm_srai_epi16(_mm_adds_epi16(load_lanes(lanes + 8), half), RESIZE_FRACTION);
    return _mm_packus_epi16(low, high);
}

void resize_sse2_finish(const int16_t *lanes, size_t n, unsigned rows, uint8_t *ret, size_t stride)
{
    for (size_t at = 0; at < n; at += 16, lanes += (size_t)16 * RESIZE_LANES) {
        __m128i v[16];
        for (unsigned i = 0; i < 16; i++)
            v[i] = levels(lanes + (size_t)i * RESIZE_LANES);
        for (unsigned round = 0; round < 4; round++) { /* rows to columns */
            __m128i to[16];
            for (unsigned i = 0; i < 8; i++) {
                to[2 * i] = _mm_unpacklo_epi8(v[i], v[i + 8]);
                to[2 * i + 1] = _mm_unpackhi_epi8(v[i], v[i + 8]);
            }
            memcpy(v, to, sizeof to);
        }
        for (unsigned lane = 0; lane < rows; lane++) {
            if (n - at >= 16)
                store(ret + lane * stride + at, v[lane]);
            else
                memcpy(ret + lane * stride + at, &v[lane], n - at);
        }
    }
}

const struct resize_kernel *resize_sse2(void)
{
    static const struct resize_kernel kernel = {
        "sse2", zip, resize_sse2_zip_alpha, sum, resize_sse2_turn, resize_sse2_finish};
    return &kernel;
}

#else

const struct resize_kernel *resize_sse2(void)
{
    return NULL;
}

#endif
