/*
 * The loops of resize_sse2.c that resize_avx2.c uses too. Every x86-64 CPU can run them.
 */
#ifndef IMAGE_RESIZE_SSE2_H
#define IMAGE_RESIZE_SSE2_H

#include "image/resize_kernel.h"

void resize_sse2_zip_alpha(
    const uint8_t *a, const uint8_t *b, size_t n, unsigned channels, int16_t *ret);
void resize_sse2_turn(
    const int16_t *rows, size_t stride, size_t pairs, unsigned channels, int16_t *ret);
void resize_sse2_finish(const int16_t *lanes, size_t n, unsigned rows, uint8_t *ret, size_t stride);

#endif
