#include "image/resize.h"

#include "image/resize_kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * The vertical pass comes first: it has most of the sums, and reads rows without transposing them.
 * It makes RESIZE_LANES output rows at a time, in strips: the source rows needed for a strip are
 * zipped, and stay in the cache until the sums are made. Then the results of all strips,
 * transposed, go through the horizontal pass.
 */
enum {
    STRIP_BYTES = 64 << 10, /* zipped; fits a second level cache of 256 kB with room to spare */
    STRIP_UNIT = 16,        /* pixels of a strip: a multiple of it, so samples are, too */
    BLOCK = 64,             /* samples summed at a time: their vectors fit the first level cache */
    ALIGN = 64,
    SLACK = 16, /* samples that a kernel may read beyond the end */
};

struct work {
    const struct resize_kernel *kernel;
    const struct pixels *source, *ret;
    bool alpha, fine;
    struct resize_axis across, down;
    uint32_t strip;  /* pairs of pixels */
    int16_t *zipped; /* a strip of source rows, zipped in pairs */
    int16_t *rows;   /* a strip of RESIZE_LANES output rows */
    int16_t *lanes;  /* whole output rows, transposed and zipped */
    int16_t *ready;  /* the same, resized */
    int16_t *split;  /* if fine: levels and their fractions */
};

/* The pairs of source rows needed for output rows [y, end). */
struct span {
    uint32_t from, to;
};

static struct span rows_for(const struct resize_axis *down, uint32_t y, uint32_t end)
{
    struct span span = {UINT32_MAX, 0};
    for (; y < end; y++) {
        if (span.from > down->first[y])
            span.from = down->first[y];
        if (span.to < down->first[y] + down->pairs[y])
            span.to = down->first[y] + down->pairs[y];
    }
    return span;
}

static uint32_t end_of_rows(const struct work *w, uint32_t y)
{
    return w->down.n - y < RESIZE_LANES ? w->down.n : y + RESIZE_LANES;
}

/* Allocates n * times numbers, zeroed; NULL: no memory. */
static int16_t *numbers(size_t n, size_t times)
{
    size_t size;
    if (__builtin_mul_overflow(n, times, &size) ||
        __builtin_mul_overflow(size, sizeof(int16_t), &size) || size > SIZE_MAX - ALIGN)
        return NULL;
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    int16_t *ret = aligned_alloc(ALIGN, size);
    if (ret)
        memset(ret, 0, size);
    return ret;
}

static bool work_buffers(struct work *w)
{
    size_t channels = w->source->channels;
    uint32_t pairs = w->across.to - w->across.from;
    uint32_t most = 1;
    for (uint32_t y = 0; y < w->down.n; y += RESIZE_LANES) {
        struct span span = rows_for(&w->down, y, end_of_rows(w, y));
        if (most < span.to - span.from)
            most = span.to - span.from;
    }
    size_t fits = STRIP_BYTES / (most * channels * 4) / STRIP_UNIT * STRIP_UNIT;
    size_t needs = ((size_t)pairs * 2 + STRIP_UNIT - 1) / STRIP_UNIT * STRIP_UNIT;
    size_t pixels = fits < STRIP_UNIT ? STRIP_UNIT : fits < needs ? fits : needs;
    w->strip = (uint32_t)(pixels / 2);
    w->zipped = numbers(pixels * channels * 2, most);
    w->rows = numbers(pixels * channels + SLACK, RESIZE_LANES);
    w->lanes = numbers(pairs * channels, (size_t)2 * RESIZE_LANES);
    w->ready = numbers(w->across.n * channels + SLACK, RESIZE_LANES);
    w->split = w->fine ? numbers((size_t)w->across.n * 2 + SLACK, RESIZE_LANES) : NULL;
    return w->zipped && w->rows && w->lanes && w->ready && (w->split || !w->fine);
}

static void work_fini(struct work *w)
{
    resize_axis_fini(&w->across);
    resize_axis_fini(&w->down);
    free(w->zipped);
    free(w->rows);
    free(w->lanes);
    free(w->ready);
    free(w->split);
}

/* Zips the pairs of pixels [x, x + pairs) of the source rows. Returns the number of samples of a
 * row. */
static size_t zip_strip(const struct work *w, uint32_t x, uint32_t pairs, struct span span)
{
    const struct pixels *source = w->source;
    size_t channels = source->channels;
    size_t stride = (size_t)w->strip * 2 * channels * 2;
    size_t n = (size_t)pairs * 2 * channels;
    size_t skip = (size_t)x * 2 * channels;
    int16_t *to = w->zipped;
    if (n > pixels_stride(source) - skip) /* the second pixel of the last pair is missing */
        n = pixels_stride(source) - skip;
    for (uint32_t p = span.from; p < span.to; p++, to += stride) {
        const uint8_t *a = pixels_row(source, 2 * p) + skip;
        const uint8_t *b = 2 * p + 1 < source->height ? a + pixels_stride(source) : a;
        if (w->alpha)
            w->kernel->zip_alpha(a, b, n, source->channels, to);
        else
            w->kernel->zip(a, b, n, to);
    }
    return n;
}

/* Resizes output rows [y, end) vertically and transposes them. */
static void resize_down(const struct work *w, uint32_t y, uint32_t end)
{
    size_t channels = w->source->channels;
    size_t stride = (size_t)w->strip * 2 * channels;
    struct span span = rows_for(&w->down, y, end);
    struct resize_vectors in = {.stride = stride * 2, .pair = span.from};
    unsigned shift = w->down.shift - (w->alpha ? 0 : RESIZE_FRACTION);

    for (uint32_t x = w->across.from; x < w->across.to; x += w->strip) {
        uint32_t pairs = w->across.to - x < w->strip ? w->across.to - x : w->strip;
        size_t n = zip_strip(w, x, pairs, span);
        for (size_t at = 0; at < n; at += BLOCK) {
            in.data = w->zipped + 2 * at;
            size_t block = n - at < BLOCK ? (n - at + 15) / 16 * 16 : BLOCK;
            w->kernel->sum(&in, &w->down, y, end, shift, block, w->rows + at, stride + SLACK);
        }
        w->kernel->turn(w->rows, stride + SLACK, pairs, w->source->channels,
            w->lanes + (x - w->across.from) * channels * 2 * RESIZE_LANES);
    }
}

static int between(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* Undoes the premultiplication in the lanes of one pixel. Invisible pixels become black. */
static void divide(int16_t *pixel, unsigned channels)
{
    int16_t *alphas = pixel + (channels - 1) * (size_t)RESIZE_LANES;
    for (unsigned lane = 0; lane < RESIZE_LANES; lane++) {
        int alpha = between(alphas[lane], RESIZE_OPAQUE);
        bool seen = alpha >= RESIZE_ONE / 2;
        float by = seen ? (float)RESIZE_OPAQUE / (float)alpha : 0;
        alphas[lane] = (int16_t)alpha;
        for (int16_t *at = pixel + lane; at < alphas; at += RESIZE_LANES)
            *at = (int16_t)((float)between(*at, alpha) * by + 0.5F);
    }
}

/* Splits lanes of n samples into twice as many: for each, its level and its fraction in 256ths. */
static void split(const int16_t *lanes, size_t n, int16_t *ret)
{
    for (; n; n--, lanes += RESIZE_LANES, ret += (size_t)2 * RESIZE_LANES)
        for (unsigned lane = 0; lane < RESIZE_LANES; lane++) {
            int exact = between(lanes[lane], RESIZE_OPAQUE);
            int more = exact % RESIZE_ONE;
            ret[lane] = (int16_t)(exact - more);
            ret[RESIZE_LANES + lane] = (int16_t)(more * (256 / RESIZE_ONE) * RESIZE_ONE);
        }
}

static void resize_all(const struct work *w)
{
    unsigned channels = w->source->channels;
    size_t step = (size_t)channels * RESIZE_LANES;
    const struct pixels *ret = w->ret;
    const struct resize_vectors in = {w->lanes, step * 2, w->across.from};

    for (uint32_t y = 0; y < ret->height; y += RESIZE_LANES) {
        uint32_t end = end_of_rows(w, y);
        resize_down(w, y, end);
        w->kernel->sum(&in, &w->across, 0, ret->width, w->across.shift, step, w->ready, step);
        for (size_t x = 0; w->alpha && x < ret->width; x++)
            divide(w->ready + x * step, channels);
        if (w->fine)
            split(w->ready, ret->width, w->split);
        w->kernel->finish(w->fine ? w->split : w->ready, pixels_stride(ret), end - y,
            pixels_row(ret, y), pixels_stride(ret));
    }
}

static void cut_to(double *start, double *length, uint32_t side)
{
    double end = fmin(*start + *length, side);
    *start = fmax(*start, 0);
    *length = end - *start;
}

static bool is_copy(const struct pixels_box *box, uint32_t width, uint32_t height)
{
    return box->width == width && box->height == height && box->x == floor(box->x) &&
           box->y == floor(box->y);
}

static void copy_box(
    const struct pixels *source, const struct pixels_box *box, const struct pixels *ret)
{
    for (uint32_t y = 0; y < ret->height; y++) {
        const uint8_t *from =
            pixels_row(source, (uint32_t)box->y + y) + (size_t)box->x * source->channels;
        uint8_t *to = pixels_row(ret, y);
        if (ret->channels == source->channels) {
            memcpy(to, from, pixels_stride(ret));
            continue;
        }
        memset(to, 0, pixels_stride(ret)); /* fine: nothing on top */
        for (uint32_t x = 0; x < ret->width; x++)
            to[(size_t)x * 2] = from[x];
    }
}

/* Makes axes and buffers for sources of that size. */
static bool work_init(struct work *w, struct resize_extra extra, const struct pixels_box *box,
    uint32_t width, uint32_t height, enum resize_filter filter)
{
    return resize_axis_init(&w->across, filter, w->source->width, box->x, box->width,
               extra.double_across, width) &&
           resize_axis_init(&w->down, filter, w->source->height, box->y, box->height,
               extra.double_down, height) &&
           work_buffers(w);
}

static bool run(const struct resize_kernel *kernel, const struct pixels *sources, unsigned n,
    bool alpha, struct resize_extra extra, struct pixels_box box, uint32_t width, uint32_t height,
    enum resize_filter filter, struct pixels *rets)
{
    struct pixels made[RESIZE_CHANNELS] = {0};
    struct work w = {.kernel = kernel, .source = sources, .alpha = alpha, .fine = extra.fine};
    cut_to(&box.x, &box.width, sources->width);
    cut_to(&box.y, &box.height, sources->height);
    bool copies = !extra.double_across && !extra.double_down && is_copy(&box, width, height);
    bool ok = true;
    for (unsigned i = 0; i < n && ok; i++)
        ok = pixels_init(&made[i], width, height, extra.fine ? 2 : sources->channels);
    ok = ok && (copies || work_init(&w, extra, &box, width, height, filter));
    for (unsigned i = 0; i < n && ok; i++) {
        w.source = &sources[i];
        w.ret = &made[i];
        if (copies)
            copy_box(w.source, &box, w.ret);
        else
            resize_all(&w);
    }
    work_fini(&w);
    for (unsigned i = 0; i < n; i++)
        if (ok)
            rets[i] = made[i];
        else
            pixels_fini(&made[i]);
    return ok;
}

bool resize_with(const struct resize_kernel *kernel, const struct pixels *source, bool alpha,
    struct pixels_box box, uint32_t width, uint32_t height, enum resize_filter filter,
    struct pixels *ret)
{
    return run(kernel, source, 1, alpha, (struct resize_extra){0}, box, width, height, filter, ret);
}

static const struct resize_kernel *fastest(void)
{
    const struct resize_kernel *kernel = resize_avx2();
    if (!kernel)
        kernel = resize_sse2();
    return kernel ? kernel : resize_scalar();
}

bool resize(const struct pixels *source, struct pixels_box box, uint32_t width, uint32_t height,
    enum resize_filter filter, struct pixels *ret)
{
    return resize_with(
        fastest(), source, pixels_has_alpha(source), box, width, height, filter, ret);
}

bool resize_plain(const struct pixels *source, struct pixels_box box, uint32_t width,
    uint32_t height, enum resize_filter filter, struct pixels *ret)
{
    return resize_with(fastest(), source, false, box, width, height, filter, ret);
}

bool resize_channels(const struct pixels *sources, unsigned n, struct resize_extra extra,
    struct pixels_box box, uint32_t width, uint32_t height, enum resize_filter filter,
    struct pixels *rets)
{
    return run(fastest(), sources, n, false, extra, box, width, height, filter, rets);
}
