#include "image/resize_kernel.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static void zip(const uint8_t *a, const uint8_t *b, size_t n, int16_t *ret)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16, ret += 32) {
        __m128i upper = _mm_loadu_si128((const void *)(a + i));
        __m128i lower = _mm_loadu_si128((const void *)(b + i));
        _mm256_storeu_si256((void *)ret, _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(upper, lower)));
        _mm256_storeu_si256(
            (void *)(ret + 16), _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(upper, lower)));
    }
    resize_scalar()->zip(a + i, b + i, n - i, ret);
}

/* Sums 16 samples of one output pixel, `blocks` times. */
AVX2 static inline __attribute__((always_inline)) void sum_blocks(const int16_t *in, size_t stride,
    const int16_t *weights, uint32_t pairs, unsigned shift, const unsigned blocks, int16_t *ret)
{
    __m256i sums[8];
    for (unsigned i = 0; i < 2 * blocks; i++)
        sums[i] = _mm256_set1_epi32(1 << (shift - 1));
    for (uint32_t k = 0; k < pairs; k++, in += stride, weights += 2) {
        int pair;
        memcpy(&pair, weights, sizeof pair);
        __m256i both = _mm256_set1_epi32(pair);
        for (unsigned i = 0; i < 2 * blocks; i++) {
            __m256i samples = _mm256_loadu_si256((const void *)(in + (size_t)16 * i));
            sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(samples, both));
        }
    }
    __m128i by = _mm_cvtsi32_si128((int)shift);
    for (unsigned i = 0; i < blocks; i++) {
        __m256i low = _mm256_sra_epi32(sums[2 * i], by);
        __m256i high = _mm256_sra_epi32(sums[2 * i + 1], by);
        /* packs works in halves of 128 bits: put the quarters in order */
        __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
        _mm256_storeu_si256((void *)(ret + (size_t)16 * i), packed);
    }
}

AVX2 static void sum(const struct resize_vectors *in, const struct resize_axis *axis, uint32_t i,
    uint32_t end, unsigned shift, size_t n, int16_t *ret, size_t step)
{
    for (; i < end; i++, ret += step) {
        const int16_t *first = in->data + (axis->first[i] - in->pair) * in->stride;
        const int16_t *weights = axis->weights + i * axis->room;
        uint32_t pairs = axis->pairs[i];
        size_t at = 0;
        for (; at + 64 <= n; at += 64)
            sum_blocks(first + 2 * at, in->stride, weights, pairs, shift, 4, ret + at);
        switch (n - at) {
        case 48:
            sum_blocks(first + 2 * at, in->stride, weights, pairs, shift, 3, ret + at);
            break;
        case 32:
            sum_blocks(first + 2 * at, in->stride, weights, pairs, shift, 2, ret + at);
            break;
        case 16:
            sum_blocks(first + 2 * at, in->stride, weights, pairs, shift, 1, ret + at);
        }
    }
}

const struct resize_kernel *resize_avx2(void)
{
    static const struct resize_kernel kernel = {
        "avx2", zip, resize_sse2_zip_alpha, sum, resize_sse2_turn, resize_sse2_finish};
    return __builtin_cpu_supports("avx2") ? &kernel : NULL;
}

#else

const struct resize_kernel *resize_avx2(void)
{
    return NULL;
}

#endif
