/*
 * Compares the speed of the resizer with stb_image_resize 0.97 with its defaults. Runs both in
 * turn, round after round, on pictures that a decoder has shrunk, and on one that it could not
 * shrink. Prints medians and the median of the rounds' ratios.
 */
#include "base/clock.h"
#include "image/resize_kernel.h"

#include <stdio.h>
#include <stdlib.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb_image_resize.h>

enum { ROUNDS = 15, ROUND_NS = 10 * 1000 * 1000, N_KERNELS = 3, N_CALLS = N_KERNELS + 1 };

struct shape {
    uint32_t width, height, to_width, to_height;
};

static struct pixels photo_like(uint32_t width, uint32_t height, unsigned channels)
{
    struct pixels p;
    if (!pixels_init(&p, width, height, channels))
        abort();
    unsigned seed = 1;
    for (size_t i = 0; i < pixels_stride(&p) * height; i++) {
        seed = seed * 1664525 + 1013904223;
        p.data[i] = (uint8_t)(i / channels % width / 5 + (seed >> 26));
    }
    return p;
}

static void ours(
    const struct resize_kernel *kernel, const struct pixels *p, const struct shape *shape)
{
    const struct pixels_box box = {0, 0, shape->width, shape->height};
    struct pixels got;
    if (!resize_with(kernel, p, pixels_has_alpha(p), box, shape->to_width, shape->to_height,
            RESIZE_LANCZOS3, &got))
        abort();
    pixels_fini(&got);
}

static void stb(const struct pixels *p, const struct shape *shape)
{
    int channels = (int)p->channels;
    struct pixels got;
    if (!pixels_init(&got, shape->to_width, shape->to_height, p->channels))
        abort();
    stbir_resize_uint8_generic(p->data, (int)p->width, (int)p->height, 0, got.data, (int)got.width,
        (int)got.height, 0, channels, pixels_has_alpha(p) ? channels - 1 : STBIR_ALPHA_CHANNEL_NONE,
        0, STBIR_EDGE_CLAMP, STBIR_FILTER_DEFAULT, STBIR_COLORSPACE_LINEAR, NULL);
    pixels_fini(&got);
}

/* Microseconds per call of a kernel, or of stb for NULL. */
static double time_of(
    const struct resize_kernel *kernel, const struct pixels *p, const struct shape *shape)
{
    uint64_t start = clock_ns();
    uint64_t took;
    unsigned calls = 0;
    do {
        if (kernel)
            ours(kernel, p, shape);
        else
            stb(p, shape);
        calls++;
        took = clock_ns() - start;
    } while (took < ROUND_NS);
    return (double)took / calls / 1000;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static void bench(const struct shape *shape, unsigned channels)
{
    const struct resize_kernel *const calls[N_CALLS] = {
        NULL, resize_scalar(), resize_sse2(), resize_avx2()};
    double times[N_CALLS][ROUNDS];
    double ratios[N_CALLS][ROUNDS];
    struct pixels p = photo_like(shape->width, shape->height, channels);

    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < N_CALLS; i++)
            if (!i || calls[i]) {
                times[i][round] = time_of(calls[i], &p, shape);
                ratios[i][round] = times[0][round] / times[i][round];
            }
    printf("  %4ux%-4u to %3ux%-3u, %u channel%s", shape->width, shape->height, shape->to_width,
        shape->to_height, channels, channels > 1 ? "s: " : ":  ");
    printf("stb %8.0f us", median(times[0]));
    for (unsigned i = 1; i < N_CALLS; i++)
        if (calls[i])
            printf("  %s %6.0f (%.1f times as fast)", calls[i]->name, median(times[i]),
                median(ratios[i]));
    printf("\n");
    pixels_fini(&p);
}

int main(void)
{
    static const struct shape shapes[] = {
        {750, 500, 256, 171},
        {640, 480, 256, 192},
        {375, 250, 128, 86},
        {4000, 3000, 256, 192},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (unsigned channels = 1; channels <= 4; channels++)
            if (channels != 2)
                bench(&shapes[i], channels);
    return 0;
}
